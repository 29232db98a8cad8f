"""A shot of five frames painted in parts, as the machines of a farm do, and the job that a farm is given."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import bpy
import pytest

import build
from tests.addon.pictures import BYTE, blender_image, picture, read_file, small_scene

FRAMES, CHUNK = range(1, 6), 2
OPENJD = build.python_of(build.VENV).with_name("openjd")


@pytest.fixture
def shot(pochade, tmp_path):
    """A red sphere that moves, saved as a .blend with quick settings."""
    scene = small_scene()
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 80, 64, 100
    scene.cycles.samples = 1
    scene.frame_start, scene.frame_end = FRAMES.start, FRAMES.stop - 1
    for frame, x in ((FRAMES.start, -0.4), (FRAMES.stop - 1, 0.4)):
        scene.objects[0].location.x = x
        scene.objects[0].keyframe_insert("location", frame=frame)
    chosen = scene.pochade
    chosen.preset = "starry_night"
    chosen.resolution = "draft"
    chosen.size, chosen.steps, chosen.coarse_size, chosen.animation.later_steps = 80, 2, 80, 2
    chosen.farm.chunk, chosen.farm.render_chunk = CHUNK, 3
    path = tmp_path / "shot.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


@pytest.fixture
def stage(load, shot, tmp_path, capfd):
    """`stage("chunk", "--number", 1)`: the exit status and the last line."""

    def stage(name, *more, folder=tmp_path / "painted"):
        capfd.readouterr()
        arguments = [
            "animate",
            shot,
            "--stage",
            name,
            "--folder",
            folder,
            "--chunk",
            CHUNK,
            "--render-chunk",
            3,
            *more,
        ]
        status = load("addon.cli").run([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return status, (out + err).strip().splitlines()[-1]

    return stage


def written(folder):
    return {file.name: file.stat().st_mtime_ns for file in folder.glob("*.png")}


@pytest.mark.oldest
def test_a_shot_is_painted_in_parts(stage, shot, tmp_path, load):
    painted = tmp_path / "painted"
    assert stage("anchors")[1] == "pochade: Frame 1 is not rendered yet: run the stage render for it first"
    assert stage("render", "--from", 4)[0] == 0, "machines need no order"
    assert sorted(written(painted / "source")) == ["0004.png", "0005.png"]
    assert stage("anchors")[0] == 1
    assert stage("render", "--number", 1)[0] == 0
    assert stage("chunk", "--number", 1)[0] == 1, "no anchors yet"
    assert stage("anchors")[0] == 0
    assert sorted(written(painted)) == ["0001.png", "0003.png", "0005.png"]
    assert stage("chunk", "--from", 3)[0] == 0
    assert "Chunk 1" in stage("collect")[1]
    assert stage("chunk", "--number", 1)[0] == 0
    assert stage("chunk", "--number", 3) == (0, "There is no chunk 3 of 2: nothing to paint")
    before = written(painted), written(painted / "source")
    assert stage("render", "--number", 1)[0] == stage("chunk", "--number", 1)[0] == stage("anchors")[0] == 0
    assert (written(painted), written(painted / "source")) == before, "run twice, or not"
    assert stage("collect")[0] == 0
    assert sorted(written(painted)) == [f"{number:04}.png" for number in FRAMES]


def test_frames_are_rendered_one_by_one_too(stage, tmp_path):
    assert stage("render", "--frames", "1,5")[0] == 0
    assert sorted(written(tmp_path / "painted" / "source")) == ["0001.png", "0005.png"]


@pytest.fixture
def other_worker(pochade, shot, tmp_path):
    """A Blender that renders the same frames, and sleeps before the second until it gets a signal."""
    script = """
import os, signal, sys
from importlib import import_module
import bpy, addon_utils
package = sys.argv[1]
addon_utils.enable(package, default_set=True)
report = import_module(package + ".addon.cli.report").Report
report.progress = lambda self, step: "2 of 3" in step.message and os.kill(os.getpid(), signal.SIGSTOP)
sys.exit(import_module(package + ".addon.cli").run(sys.argv[2:]))
"""
    arguments = [
        "animate",
        shot,
        "--stage",
        "render",
        "--number",
        1,
        "--folder",
        tmp_path / "painted",
        "--render-chunk",
        3,
    ]
    process = subprocess.Popen([sys.executable, "-c", script, pochade.__name__, *map(str, arguments)])
    assert os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED)[1])
    yield process
    process.kill()
    process.wait()


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="needs POSIX signals")
@pytest.mark.parametrize("number", ["SIGCONT", "SIGKILL"])
def test_of_two_workers_with_the_same_frames_one_waits(
    stage, other_worker, tmp_path, load, monkeypatch, number
):
    """The other one ends its work, or is ended: then this one does the rest."""
    told = []

    def progress(self, step):
        told.append(step.message)
        if "waiting" in step.message:
            other_worker.send_signal(getattr(signal, number))

    monkeypatch.setattr(load("addon.cli.report").Report, "progress", progress)
    source = tmp_path / "painted" / "source"
    first = written(source)
    assert list(first) == ["0001.png"]
    assert stage("render", "--number", 1)[0] == 0
    assert "Frames 1 to 3: waiting for another worker, which is at work on them" in told
    assert (
        sorted(written(source)) == ["0001.png", "0002.png", "0003.png"]
        and written(source)["0001.png"] == first["0001.png"]
    )
    assert [message for message in told if "waiting" not in message] == (
        [] if number == "SIGCONT" else ["Rendering frame 2, 2 of 3", "Rendering frame 3, 3 of 3"]
    )
    assert other_worker.wait() == (0 if number == "SIGCONT" else -signal.SIGKILL)


def test_machines_with_other_versions_are_refused(stage, tmp_path, load, monkeypatch):
    stage("render")
    stages = load("addon.farm.stages")
    monkeypatch.setattr(stages, "version", lambda: "9.9")
    status, line = stage("anchors")
    assert status == 1 and "all machines must have the same versions" in line and "Pochade 9.9" in line
    monkeypatch.undo()
    assert stage("anchors")[0] == 0
    monkeypatch.setattr(stages, "_torch_version", lambda: "9.9")
    status, line = stage("chunk", "--number", 1)
    assert status == 1 and "PyTorch 9.9" in line and "same versions on all machines" in line


def test_renders_of_another_state_are_refused(stage, shot):
    stage("render", "--number", 1)
    bpy.context.scene.camera.location.x += 0.1
    bpy.ops.wm.save_mainfile()
    stage("render", "--number", 2)
    assert "Frame 1 was rendered from another state" in stage("anchors")[1]


def test_settings_and_range_of_a_whole_shot_are_typed(load, shot, tmp_path):
    run, painted = load("addon.cli").run, tmp_path / "typed"
    scene = bpy.context.scene
    scene.pochade.keyframe_insert("strength", frame=1)
    bpy.ops.pochade.add_item(items="mix")
    scene.pochade.mix[0].weight = 0.25
    scene.pochade.mix[0].keyframe_insert("weight", frame=1)
    bpy.ops.wm.save_mainfile()
    arguments = [
        "animate",
        "--folder",
        str(painted),
        "--frames",
        "2-3",
        "--strength",
        "0",
        "--style",
        "udnie",
        "--style",
        "great_wave:3",
        "--method",
        "optimised",
    ]
    assert run(arguments) == 0
    assert sorted(written(painted)) == ["0002.png", "0003.png"]
    source = read_file(painted / "source" / "0003.png")
    assert abs(read_file(painted / "0003.png") - source)[..., :3].max() <= BYTE, (
        "no strength, whatever the keyframe says"
    )
    painted_in = json.loads((painted / "pochade-job" / "job.json").read_text())["identity"]["styles"]
    assert [weight for _, _, weight in painted_in] == [1, 3], "nor the weight that is keyframed"
    before = written(painted)
    assert run(arguments) == 0
    assert written(painted) == before
    assert run(["animate", "--frames", "1,3", "--folder", str(painted)]) == 1


@pytest.fixture
def bundle(shot, tmp_path):
    """The folder of a job of the shot, which has a preset of the artist's own and a texture beside it."""
    texture = blender_image(picture())
    texture.filepath_raw, texture.file_format = str(tmp_path / "texture.png"), "PNG"
    texture.save()
    nodes = bpy.data.materials["Red"].node_tree
    node = nodes.nodes.new("ShaderNodeTexImage")
    node.image = bpy.data.images.load(str(tmp_path / "texture.png"))
    nodes.links.new(node.outputs[0], nodes.nodes["Principled BSDF"].inputs["Base Color"])
    bpy.data.images.remove(texture)
    bpy.context.scene.pochade.style_kind, bpy.context.scene.pochade.style_image = "IMAGE", node.image
    bpy.ops.pochade.save_preset(name="My own", place="LIBRARY")
    bpy.ops.wm.save_mainfile()
    yield from _submitted(shot, tmp_path)
    bpy.ops.wm.open_mainfile(filepath=str(shot))
    bpy.ops.pochade.delete_preset()


def _submitted(shot, tmp_path):
    before = shot.stat().st_mtime_ns, bpy.data.is_dirty
    assert bpy.ops.pochade.submit_to_farm(directory=str(tmp_path / "farm")) == {"FINISHED"}
    assert (shot.stat().st_mtime_ns, bpy.data.is_dirty) == before
    assert Path(bpy.data.filepath) == shot and not any(image.packed_file for image in bpy.data.images)
    assert not bpy.context.scene.view_layers[0].use_pass_vector
    yield tmp_path / "farm" / "shot on the farm"


@pytest.mark.oldest
def test_a_job_has_everything_in_it(bundle, shot, tmp_path, load):
    assert {file.name for file in bundle.iterdir()} == {
        "shot.blend",
        "template.json",
        "parameter_values.json",
        "pochade_animation.js",
        "What to do next.txt",
        "painted",
    }
    assert "Not packed" not in (bundle / "What to do next.txt").read_text()
    (tmp_path / "texture.png").rename(tmp_path / "gone.png")
    bpy.ops.wm.open_mainfile(filepath=str(bundle / "shot.blend"))
    assert bpy.data.images["texture.png"].packed_file and bpy.context.scene.view_layers[0].use_pass_vector
    ((entry, _),) = load("addon.styles.presets").mixed_styles(bpy.context.scene)
    assert (entry.name, entry.store.key) == ("My own", "PROJECT")
    (tmp_path / "gone.png").rename(tmp_path / "texture.png")


def test_what_comes_with_blender_is_no_file_that_machines_lack(shot, load, tmp_path):
    own = next(Path(bpy.utils.system_resource("DATAFILES"), "assets").rglob("*hair*.blend"))
    shutil.copy(own, tmp_path / "mine.blend")
    for file in (own, tmp_path / "mine.blend"):
        with bpy.data.libraries.load(str(file), link=True) as (there, wanted):
            wanted.node_groups = there.node_groups[:1]
    assert {own, tmp_path / "mine.blend"} <= set(map(Path, bpy.utils.blend_paths(absolute=True)))
    assert load("addon.farm.packing").needed_files() == {tmp_path / "mine.blend"}


def test_the_template_is_valid_and_says_what_to_do(bundle):
    template = bundle / "template.json"
    checked = subprocess.run([OPENJD, "check", template], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    summary = subprocess.run(
        [OPENJD, "summary", template, "--output", "json", "-p", "LastFrame=25", "-p", "Chunk=6"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    steps = {step["name"]: step for step in json.loads(summary)["steps"]}
    assert list(steps) == ["render", "anchors", "chunk", "collect"]
    assert [each.get("total_tasks", 1) for each in steps.values()] == [9, 1, 5, 1]
    values = {
        each["name"]: each["value"]
        for each in json.loads((bundle / "parameter_values.json").read_text())["parameterValues"]
    }
    assert values == {
        "Blender": "blender",
        "FirstFrame": 1,
        "LastFrame": 5,
        "Chunk": CHUNK,
        "RenderChunk": 3,
        "Device": "preferences",
    }


def test_what_cannot_be_submitted_is_said(shot, tmp_path, load):
    bpy.context.scene.pochade.animation.own_range = True
    bpy.context.scene.pochade.animation.last = 1
    with pytest.raises(RuntimeError, match="needs two frames or more"):
        bpy.ops.pochade.submit_to_farm(directory=str(tmp_path))
    shutil.rmtree(tmp_path / "farm", ignore_errors=True)


def test_footage_is_painted_in_parts_without_a_render(stage, shot, tmp_path):
    for number in range(1, 5):
        image = blender_image(picture(80, 64, seed=number))
        image.filepath_raw, image.file_format = str(tmp_path / f"photo_{number}.png"), "PNG"
        image.save()
    footage = ["--source", tmp_path / "photo_1.png", "--motion", "none"]
    for number in (2, 1):
        assert stage("render", "--number", number, *footage)[0] == 0
    assert sorted(written(tmp_path / "painted" / "source")) == [f"{number:04}.png" for number in range(1, 5)]
    for name, number in (
        ("anchors", []),
        ("chunk", ["--number", 2]),
        ("chunk", ["--number", 1]),
        ("collect", []),
    ):
        assert stage(name, *number, *footage)[0] == 0
    assert len(written(tmp_path / "painted")) == 4


def test_keys_travel_with_the_shot_and_what_was_painted_on_them(load, shot, tmp_path):
    hand = picture(80, 64)
    hand[:, :40, 3], hand[:, 40:, 3] = 1, 0
    image = blender_image(0 * hand, "hand")
    image.pack()
    image.pixels.foreach_set(hand[::-1].ravel())  # saved nowhere yet
    key = bpy.context.scene.pochade.animation.keys.add()
    key.frame, key.image = 2, image
    bpy.ops.pochade.submit_to_farm(directory=str(tmp_path / "farm"))
    blend, run = next(tmp_path.glob("farm/*/*.blend")), load("addon.cli").run
    for stage in ("render", "anchors", "chunk --number 1", "chunk --number 2", "collect"):
        words = f"--folder {tmp_path / 'painted'} --chunk {CHUNK} --stage {stage}".split()
        assert run(["animate", str(blend), *words]) == 0
    painted = read_file(tmp_path / "painted" / "0002.png")
    assert abs(painted[:, :40, :3] - hand[:, :40, :3]).max() <= 0.01 * BYTE
    assert len(written(tmp_path / "painted")) == len(FRAMES)
