"""Pictures come out of Blender as the artist sees them, and go back in exactly as painted."""

import math
import tempfile
import time

import bpy
import numpy as np
import pytest

from tests.addon.pictures import BYTE, HEIGHT, WIDTH, blender_image, picture, read_file, render, same, to_srgb

pytestmark = pytest.mark.oldest

# Reading
# ------------------------------------------------------------------------------------------------------------


def test_byte_image_is_read_to_the_bit(images, scene):
    painted = picture()
    assert same(images.read_source(scene, blender_image(painted)), painted)


def test_picture_file_and_packed_picture_are_read_to_the_bit(images, scene, tmp_path):
    painted = picture()
    image = blender_image(painted)
    image.save(filepath=str(tmp_path / "photo.png"))
    loaded = bpy.data.images.load(str(tmp_path / "photo.png"))
    assert same(images.read_source(scene, loaded), painted)
    loaded.pack()
    (tmp_path / "photo.png").unlink()
    assert same(images.read_source(scene, loaded), painted)


@pytest.mark.parametrize(
    "view, look, exposure, gamma",
    [
        ("AgX", "None", 0, 1),
        ("AgX", "AgX - Punchy", 0.7, 1.2),
        ("Filmic", "High Contrast", 0, 1),
        ("Standard", "None", 0, 1),
    ],
)
def test_render_is_read_as_displayed(images, scene, tmp_path, view, look, exposure, gamma):
    settings = scene.view_settings
    settings.view_transform = view
    settings.look, settings.exposure, settings.gamma = look, exposure, gamma
    saved = render(scene, tmp_path / "frame.png")
    seen = images.read_source(scene, bpy.data.images["Render Result"])
    assert seen.dtype == np.float32 and seen.shape == (HEIGHT, WIDTH, 4)
    assert np.abs(seen - saved).max() <= 0.51 * BYTE
    assert np.ptp(seen[..., :3]) > 0.3, "the frame shows nothing"


def test_transparent_film_keeps_colour_and_alpha_apart(images, scene, tmp_path):
    scene.render.film_transparent = True
    saved = render(scene, tmp_path / "frame.png")
    seen = images.read_source(scene, bpy.data.images["Render Result"])
    assert np.abs(seen - saved).max() <= 0.51 * BYTE
    assert seen[0, 0, 3] == 0 and seen[HEIGHT // 2, WIDTH // 2, 3] == 1


def test_float_image_is_read_as_the_editor_shows_it(images, scene):
    ramp = np.ones((2, 4096, 4), np.float32)
    ramp[..., :3] = np.linspace(0, 1.5, 4096)[:, None]
    image = blender_image(ramp, float_buffer=True)
    seen = images.read_source(scene, image)
    assert np.abs(seen[..., :3] - np.clip(to_srgb(ramp[..., :3]), 0, 1)).max() < 2 / 65535, (
        "16 bits and the Standard view"
    )

    image.use_view_as_render = True
    scene.view_settings.view_transform = "AgX"
    assert seen[0, 2730, 0] - images.read_source(scene, image)[0, 2730, 0] > 0.1, (
        "AgX shows white darker than Standard does"
    )


def test_byte_image_is_read_as_the_editor_shows_it(images, scene, tmp_path):
    values = picture()
    values[..., 3] = 1
    blender_image(values).save(filepath=str(tmp_path / "photo.png"))
    image = bpy.data.images.load(str(tmp_path / "photo.png"))
    image.colorspace_settings.name = "Linear Rec.709"
    assert np.abs(images.read_source(scene, image)[..., :3] - to_srgb(values[..., :3])).max() <= 0.51 * BYTE

    image.colorspace_settings.name = "sRGB"
    image.use_view_as_render = True
    scene.view_settings.view_transform = "AgX"
    white = values[..., :3].min(axis=2).argmax()
    assert images.read_source(scene, image).reshape(-1, 4)[white, :3].max() < 0.9, (
        "AgX shows white darker than Standard does"
    )


def test_transparent_float_image_comes_with_straight_alpha(images, scene):
    glass = np.full((8, 8, 4), 0.25, np.float32)
    glass[..., 3] = 0.5
    seen = images.read_source(scene, blender_image(glass, float_buffer=True))
    assert np.allclose(seen[0, 0], [to_srgb(0.5)] * 3 + [0.5], atol=1e-4)


def test_data_is_read_as_it_is(images, scene):
    values = picture()
    for float_buffer in (False, True):
        assert same(
            images.read_source(scene, blender_image(values, float_buffer=float_buffer, is_data=True)), values
        )


def test_broken_pixels_come_as_they_are_shown(images, scene):
    broken = np.full((8, 8, 4), 0.5, np.float32)
    broken[..., 3] = 1
    broken[0, 0, :3] = np.nan
    broken[1, 1, :3] = np.inf
    broken[2, 2, :3] = -np.inf
    broken[3, 3, :3] = 7
    broken[4, 4, :3] = -7
    for is_data in (False, True):
        seen = images.read_source(scene, blender_image(broken, float_buffer=True, is_data=is_data))
        assert np.isfinite(seen).all() and seen.min() >= 0 and seen.max() <= 1
        assert seen[1, 1, 0] == 1 and seen[2, 2, 0] == 0


def test_sequence_gives_the_frame_that_is_shown(images, scene, tmp_path, PochadeError):
    for frame in (1, 2, 12):
        blender_image(picture(seed=frame)).save(filepath=str(tmp_path / f"shot2_{frame:03d}.png"))
    sequence = bpy.data.images.load(str(tmp_path / "shot2_001.png"))
    sequence.source = "SEQUENCE"
    before = len(bpy.data.images)
    scene.frame_set(12)
    assert same(images.read_source(scene, sequence), picture(seed=12))

    texture = bpy.data.textures.new("", "IMAGE")  # carries the same kind of image user as an editor
    texture.image_user.frame_current = 2
    assert same(images.read_source(scene, sequence, texture.image_user), picture(seed=2))

    scene.frame_set(5)
    with pytest.raises(PochadeError, match="no frame 5"):
        images.read_source(scene, sequence)
    assert len(bpy.data.images) == before


def test_scene_is_as_before_and_nothing_is_left_behind(images, pochade, tmp_path, monkeypatch, PochadeError):
    bpy.ops.wm.read_homefile(use_factory_startup=True)  # its images have a Render Result, not rendered yet
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    scene = bpy.context.scene
    settings, view = scene.render.image_settings, scene.view_settings
    settings.file_format, settings.color_mode, settings.quality = "JPEG", "BW", 33
    settings.color_management = "OVERRIDE"
    settings.view_settings.view_transform, settings.view_settings.exposure = "AgX", 1.5
    scene.display_settings.display_device = "Display P3"
    view.view_transform = "AgX"
    view.look, view.exposure, view.use_curve_mapping = "AgX - Punchy", -1, True
    structs = settings, settings.view_settings, settings.display_settings, view, scene.display_settings

    def state():
        return [
            (struct.bl_rna.identifier, name, getattr(struct, name))
            for struct in structs
            for name, kind in struct.bl_rna.properties.items()
            if kind.type not in {"POINTER", "COLLECTION"}
        ]

    image = blender_image(picture(), float_buffer=True)
    before, count = state(), len(bpy.data.images)
    for as_render in (False, True):
        image.use_view_as_render = as_render
        images.read_source(scene, image)
        assert state() == before
    with pytest.raises(PochadeError):
        images.read_source(scene, bpy.data.images["Render Result"])
    assert state() == before
    assert list(tmp_path.iterdir()) == [] and len(bpy.data.images) == count


@pytest.mark.skipif(
    bpy.app.version < (5, 0), reason="until 4.5 a view that one display has is a view of them all"
)
def test_view_of_an_hdr_display_is_kept(images, scene):
    scene.display_settings.display_device = "Rec.2100-PQ"
    scene.view_settings.view_transform = "AgX - SDR"
    image = blender_image(picture(), float_buffer=True)
    image.use_view_as_render = True
    images.read_source(scene, image)
    assert (scene.display_settings.display_device, scene.view_settings.view_transform) == (
        "Rec.2100-PQ",
        "AgX - SDR",
    )


def test_what_cannot_be_read_is_said_in_one_sentence(images, scene, tmp_path, PochadeError):
    def refused(image):
        with pytest.raises(PochadeError) as caught:
            images.read_source(scene, image)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    tiled = bpy.data.images.new("Skin", 8, 8, tiled=True)
    assert "UDIM" in refused(tiled)

    (tmp_path / "gone.png").write_bytes(b"")
    for content in (None, b"no picture", b"\x89PNG\r\n\x1a\n half a header"):
        path = tmp_path / "gone.png"
        image = bpy.data.images.load(str(path), check_existing=False)
        path.unlink() if content is None else path.write_bytes(content)
        assert "no pixels" in refused(image) and images.source_size(image, scene) is None
        path.write_bytes(b"")


def test_movie_and_stereo_render_are_refused(images, scene, tmp_path, PochadeError):
    settings = scene.render.image_settings
    if bpy.app.version >= (5, 0):
        settings.media_type = "VIDEO"
    settings.file_format = "FFMPEG"
    scene.render.filepath, scene.frame_end = str(tmp_path / "movie"), 1
    bpy.ops.render.render(animation=True)
    with pytest.raises(PochadeError, match="movie"):
        images.read_source(scene, bpy.data.images.load(str(next(tmp_path.iterdir()))))

    scene.render.use_multiview = True
    bpy.ops.render.render()
    with pytest.raises(PochadeError, match="Stereoscopy"):
        images.read_source(scene, bpy.data.images["Render Result"])


def test_render_result_without_a_render(images, scene, PochadeError):
    bpy.ops.wm.read_homefile(use_factory_startup=True)  # its images have an empty Render Result
    with pytest.raises(PochadeError, match="F12"):
        images.read_source(bpy.context.scene, bpy.data.images["Render Result"])


def test_source_size_is_known_before_reading(images, scene, tmp_path):
    assert images.source_size(blender_image(picture(9, 5)), scene) == (9, 5)
    render(scene, tmp_path / "frame.png")
    result = bpy.data.images["Render Result"]
    assert images.is_render_result(result) and images.source_size(result, scene) == (WIDTH, HEIGHT)

    scene.render.use_border = scene.render.use_crop_to_border = True
    scene.render.border_max_x = 0.5
    assert images.source_size(result, scene) == (WIDTH // 2, HEIGHT)


# Writing
# ------------------------------------------------------------------------------------------------------------


def test_painting_is_kept_exactly(images, scene, tmp_path):
    painted = picture()
    image = images.write_result("Source · Starry Night", painted)
    assert same(images.read_source(scene, image), painted), "what the editor shows"

    image.save(filepath=str(tmp_path / "saved.png"))
    assert same(read_file(tmp_path / "saved.png"), painted), "what the artist saves"

    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    again = bpy.data.images["Source · Starry Night"]
    assert same(images.read_source(bpy.context.scene, again), painted), "what the .blend keeps"


def test_opaque_painting_rounds_to_the_nearest_byte(images, scene):
    painted = np.random.default_rng(0).random((20, 30, 3), dtype=np.float32)
    seen = images.read_source(scene, images.write_result("Opaque", painted))
    assert np.abs(seen[..., :3] - painted).max() <= 0.501 * BYTE and (seen[..., 3] == 1).all()


def test_source_is_never_overwritten(images, scene):
    source = blender_image(picture(), name="Photo")
    result = images.write_result("Photo", picture(seed=1))
    assert result is not source and result.name == "Photo 2"
    assert same(images.read_source(scene, source), picture())


def test_previews_of_any_size_keep_their_place(images, scene):
    image = images.new_preview("Painting", WIDTH, HEIGHT)
    coarse = picture(WIDTH // 4, HEIGHT // 4)
    images.update_preview(image, coarse)
    assert same(images.read_source(scene, image), coarse.repeat(4, axis=0).repeat(4, axis=1))
    images.update_preview(image, picture(2 * WIDTH, 2 * HEIGHT))
    assert tuple(image.size) == (WIDTH, HEIGHT)

    final = picture(WIDTH + 7, HEIGHT + 3)
    images.write_result("ignored", final, into=image)
    assert same(images.read_source(scene, image), final) and image.name == "Painting"
    images.write_result("ignored", picture(), into=image)
    assert same(images.read_source(scene, image), picture()), "painted over a packed painting"


def test_preview_is_fast(images):
    image = images.new_preview("Painting", 1920, 1080)
    finest, coarse = np.zeros((1080, 1920, 4), np.float32), np.zeros((270, 480, 3), np.float32)
    for array in (finest, coarse):
        least = {}  # seconds of the processor, beside those of what cannot be spared on any machine
        for _ in range(5):
            for what, do in (
                ("preview", lambda: images.update_preview(image, array)),  # noqa: B023 - called at once
                ("copy", lambda: image.pixels.foreach_set(finest.copy().ravel())),
            ):
                start = time.process_time()
                do()
                least[what] = min(least.get(what, math.inf), time.process_time() - start)
        assert least["preview"] < 5 * least["copy"]


def test_recipe_stays_with_the_painting(load, images, tmp_path):
    settings_module = load("core.settings")
    painting = images.write_result("Painting", picture())
    settings = settings_module.Settings(size=512, seed=2**31 - 1)
    recipe = {
        "source": "Photo",
        "style": "Starry Night",
        "settings": settings_module.settings_to_json(settings),
        "seed": 2**31 - 1,
        "choices": "[]",
    }
    images.record_recipe(painting, source="Photo", style="Starry Night", settings=settings)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert images.recipe(bpy.data.images["Painting"]) == recipe
    assert images.recipe(blender_image(picture())) is None
