"""Training instant styles in Blender, a few iterations on two small pictures; presets with a network."""

import shutil

import bpy
import numpy as np
import pytest

from tests.addon.jobs import drive
from tests.addon.pictures import picture


@pytest.fixture
def training(load):
    return load("addon.tasks.training")


@pytest.fixture
def presets(load):
    return load("addon.styles.presets")


@pytest.fixture
def stores(load):
    return load("addon.styles.stores")


@pytest.fixture
def chosen(load, tmp_path):
    """The scene's choices: to learn a picture's style in three iterations, from two photos."""
    (tmp_path / "photos").mkdir()
    for number in range(2):
        load("core.files.pictures").write_picture(
            tmp_path / "photos" / f"{number}.png", picture(80, 72, seed=number)[..., :3]
        )
    chosen, instant = bpy.context.scene.pochade, bpy.context.scene.pochade.instant
    chosen.style_kind, chosen.style_image, chosen.size = "IMAGE", blender_picture("checks.png"), 64
    instant.photos, instant.iterations = str(tmp_path / "photos"), 3
    instant.crop, instant.batch, instant.style_size = 64, 1, 64
    yield chosen
    shutil.rmtree(load("addon.preferences").training_folder(), ignore_errors=True)


@pytest.fixture
def photo():
    return blender_picture("photo.png")


@pytest.fixture
def start(load, training, chosen, photo):
    """`start()`: begin the training as the button does, in a thread; the job."""
    job = load("addon.job")

    def start():
        window = bpy.context.window_manager.windows[0]
        area = window.screen.areas[0]
        area.type = "IMAGE_EDITOR"
        area.spaces.active.image = photo
        with bpy.context.temp_override(window=window, area=area):
            work = training.Training(bpy.context)
        return job.start(work.title, work.steps(), on_picture=work.show, on_end=work.end)

    yield start
    if job.current():
        job.current().stop("the test is over")


@pytest.fixture
def network(load):
    """The bytes of a network that was trained on nothing yet."""
    it = load("core.instant.architecture")
    about = it.About("Nothing", "", it.ARCHITECTURES["slim"], [[0.5] * 3, np.eye(3).tolist()], {})
    return load("core.instant.files").network_bytes(load("core.instant.network").Network(about, 0))


def blender_picture(name):
    image = bpy.data.images.new(name, 80, 72, alpha=True)
    image.pixels.foreach_set(picture(80, 72, seed=9).ravel())
    image.pack()
    return image


def checkpoints(load):
    return [file.name for file in load("addon.preferences").training_folder().glob("*")]


def painted():
    """The photo as the scene would paint it now."""
    assert bpy.ops.pochade.stylize(image="photo.png") == {"FINISHED"}
    result = bpy.context.scene.pochade.result
    values = np.empty(len(result.pixels), np.float32)
    result.pixels.foreach_get(values)
    return values


@pytest.mark.parametrize("kind", ["picture", "factory"])
def test_training_ends_in_a_preset_that_paints_instantly(load, presets, chosen, photo, kind):
    if kind == "factory":
        chosen.style_kind, chosen.preset = "PRESET", "udnie"
    name = "Udnie" if kind == "factory" else "checks"
    bpy.ops.ed.undo_push(message="before")
    assert bpy.ops.pochade.train_instant() == {"FINISHED"}
    assert (chosen.style_kind, chosen.preset, chosen.method) == (
        "PRESET",
        f"image:{name}, instant",
        "instant",
    )
    entry = presets.chosen_style(chosen)
    assert (entry.name, entry.instant, entry.settings["method"]) == (f"{name}, instant", True, "instant")
    about = load("core.instant.files").read_about(presets.load_style(bpy.context.scene, entry)().network)
    assert (about.name, about.training["photos"], bool(about.attribution)) == (name, 2, kind == "factory")
    assert painted().std() > 0.01
    assert checkpoints(load) == []
    bpy.ops.ed.undo()  # the painting
    bpy.ops.ed.undo()
    assert f"{name}, instant" not in bpy.data.images
    assert bpy.context.scene.pochade.method == "optimised"


@pytest.mark.oldest
def test_what_is_kept_paints_and_goes_on(load, stores, training, chosen, start, photo):
    chosen.instant.iterations = 100_000
    job = start()
    drive(job, until=lambda: "checks, learning" in bpy.data.images and job.progress and job.progress.step > 1)
    job.cancel(keep=True)
    drive(job)
    assert (job.state, job.sentence.partition(" at iteration ")[0]) == ("cancelled", "Kept")
    done = int(job.sentence.split()[3])
    assert done > 1
    assert "checks, learning" not in bpy.data.images
    assert (chosen.preset, chosen.method) == ("image:checks, instant", "instant")
    kept = bpy.data.images["checks, instant"][stores.NETWORK]
    painted()
    assert checkpoints(load) == [training.plan(bpy.context.scene).checkpoint]

    # Neither begins another training.
    chosen.size, chosen.keep_colours, chosen.instant.iterations = (96, "match", done + 1)
    job = start()
    steps = []
    drive(job, until=lambda: job.progress and steps.append(job.progress.step))
    assert job.state == "done", job.sentence
    assert set(steps) <= {done + 1}
    assert checkpoints(load) == []
    assert [image.name for image in bpy.data.images if stores.KEY in image] == ["checks, instant"], (
        "the same preset was trained further"
    )
    assert bpy.data.images["checks, instant"][stores.NETWORK] != kept
    painted()


def test_cancelled_leaves_all_as_it_was_but_the_checkpoint(load, presets, chosen, start, photo):
    before = set(bpy.data.images.keys())
    chosen.instant.iterations = 100_000
    job = start()
    drive(job, until=lambda: job.progress)
    job.cancel()
    drive(job)
    assert job.sentence.endswith("of 100000; the same command goes on from there")
    assert set(bpy.data.images.keys()) == before
    assert (chosen.style_kind, chosen.method) == ("IMAGE", "optimised")
    assert len(checkpoints(load)) == 1


def test_a_network_is_not_lost_with_its_style_or_scene(load, stores, chosen, start):
    trained = bpy.context.scene
    chosen.instant.iterations = 5
    job = start()
    drive(job, until=lambda: job.progress)
    bpy.data.images.remove(bpy.data.images["checks.png"])
    bpy.context.window_manager.windows[0].scene = bpy.data.scenes.new("Other")
    bpy.data.scenes.remove(trained)
    drive(job)
    assert job.state == "done", job.sentence
    assert stores.NETWORK in bpy.data.images["checks, instant"]


@pytest.mark.parametrize(
    ("sentence", "change"),
    [
        ("Save the .blend first", lambda chosen: setattr(chosen.instant, "photos", "//photos")),
        ("A network learns a single style", lambda chosen: chosen.mix.add()),
        ("Open a style picture", lambda chosen: setattr(chosen, "style_image", None)),
    ],
)
def test_what_the_artist_has_yet_to_choose_is_said_in_the_panel_and_by_the_button(
    training, chosen, sentence, change
):
    change(chosen)
    assert training.training_summary(bpy.context.scene).startswith(sentence)
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.pochade.train_instant()


def test_without_a_folder_it_learns_from_the_plates(load, training, presets, chosen):
    chosen.instant.photos = ""
    assert "from Pochade's own pictures" in training.training_summary(bpy.context.scene)
    training.QUICK, iterations = 2, training.QUICK
    assert bpy.ops.pochade.make_instant() == {"FINISHED"}
    training.QUICK = iterations
    entry = presets.chosen_style(chosen)
    about = load("core.instant.files").read_about(presets.load_style(bpy.context.scene, entry)().network)
    assert (about.training["photos"], about.training["training"]["iterations"]) == (30, 2)
    assert about.training["began_with"] == "start"


def test_a_photo_that_cannot_be_read_is_left_out_and_named(chosen, start, tmp_path):
    (tmp_path / "photos" / "1.png").write_bytes(b"no picture")
    chosen.instant.iterations = 5
    job = start()
    drive(job)
    assert job.state == "done" and "1.png is no picture that can be read" in job.sentence


def test_photos_that_are_none_are_said(load, chosen, tmp_path):
    for name in ("0.png", "1.png"):
        (tmp_path / "photos" / name).write_bytes(b"no picture")
    with pytest.raises(RuntimeError, match=".png is no picture"):
        bpy.ops.pochade.train_instant()
    chosen.instant.photos = str(tmp_path / "empty")
    with pytest.raises(RuntimeError, match="There are no pictures in .*empty"):
        bpy.ops.pochade.train_instant()
    assert (chosen.style_kind, chosen.method) == ("IMAGE", "optimised")


def test_frames_that_pochade_rendered_are_photos_once(load, chosen, tmp_path):
    (tmp_path / "photos" / "0.exr").write_bytes(b"passes of the same frame")
    (tmp_path / "photos" / "progress.json").write_text("{}")
    found = load("core.files.photos").find_photos(tmp_path / "photos")
    assert [path.name for path in found] == ["0.png", "1.png"]


def test_a_network_stays_with_its_preset_wherever_that_goes(load, presets, stores, chosen, network, tmp_path):
    scene, settings = bpy.context.scene, load("addon.scene.properties").read_settings(bpy.context.scene)
    identifier = stores.PROJECT.save_network(
        scene, presets.chosen_style(chosen), "Mine", settings, picture(80, 72)[..., :3], network
    )
    presets.pick(scene, identifier)
    assert bpy.ops.pochade.save_preset(name="Copy") == {"FINISHED"}
    bpy.data.images["Mine"].pixels[0] = 0.5
    assert bpy.ops.pochade.save_preset(name="Retouched") == {"FINISHED"}
    file = str(tmp_path / "scene.blend")
    bpy.ops.wm.save_as_mainfile(filepath=file)

    def check():
        found = {entry.name: entry for entry in stores.entries() if entry.image}
        assert set(found) == {"Mine", "Copy", "Retouched"}
        for entry in found.values():
            assert entry.instant
            assert presets.load_style(bpy.context.scene, entry)().network == network

    bpy.ops.wm.open_mainfile(filepath=file)
    check()
    for link in (False, True):
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        with bpy.data.libraries.load(file, link=link) as (source, target):
            target.images = [name for name in source.images if name != "checks.png"]
        check()


def test_a_factory_presets_network_goes_along_with_what_is_saved_from_it(
    load, presets, stores, chosen, network, tmp_path, monkeypatch
):
    core = load("core.presets.preset")
    shutil.copytree(core.FACTORY / "udnie", tmp_path / "presets" / "udnie")
    (tmp_path / "presets" / "udnie" / "instant.safetensors").write_bytes(network)
    monkeypatch.setattr(core, "FACTORY", tmp_path / "presets")
    try:
        stores.unregister()
        stores.register()
        chosen.style_kind, chosen.preset = "PRESET", "udnie"
        bpy.ops.pochade.save_preset(name="Mine")
        entries = stores.entries()
        assert [(entry.name, entry.instant) for entry in entries] == [("Udnie", True), ("Mine", True)]
        assert {presets.load_style(bpy.context.scene, entry)().network for entry in entries} == {
            entries[0].preset.network
        }
    finally:
        monkeypatch.undo()
        stores.unregister()
        stores.register()


def test_method_instant_says_what_to_do_about_styles_that_it_cannot_paint(stores, chosen, network, photo):
    def refused(sentence):
        with pytest.raises(RuntimeError, match=sentence):
            bpy.ops.pochade.stylize(image="photo.png")

    chosen.method = "instant"
    refused("No network has learnt checks yet: use Train Instant Style, or set Method to Step by Step")
    chosen.style_image[stores.NETWORK] = network
    painted()
    region = chosen.regions.add()
    region.kind, region.style_kind, region.style_image = "INSIDE", "IMAGE", photo
    refused("No network has learnt photo yet")
    region.style_kind = "NONE"
    painted()
    region.style_kind, region.enabled = "IMAGE", False
    painted()
    chosen.mix.add()
    refused("Instant painting takes one style at a time")
    chosen.mix[0].weight = 0
    painted()


def test_painting_begins_with_a_network_only_where_there_is_one(stores, chosen, network, photo):
    chosen.start, chosen.size, chosen.steps = "instant", 64, 1
    with pytest.raises(
        RuntimeError,
        match="No network has learnt checks yet: use Train Instant Style, or choose another Start From",
    ):
        bpy.ops.pochade.stylize(image="photo.png")
    chosen.style_image[stores.NETWORK] = network
    painted()
    chosen.mix.add()
    chosen.mix[0].style_kind, chosen.mix[0].style_image, chosen.mix[0].weight = "IMAGE", photo, 0.5
    painted()
    chosen.mix[0].weight = 2.0
    with pytest.raises(RuntimeError, match="No network has learnt photo yet"):
        bpy.ops.pochade.stylize(image="photo.png")
