"""What tells nothing of motion, or has several pictures in one, is refused before the first frame."""

import bpy
import pytest

from tests.addon.moving import footage, state
from tests.addon.pictures import blender_image, picture

pytestmark = pytest.mark.oldest


class Grey:
    """Renders grey."""

    def render(self, depsgraph):
        scene = depsgraph.scene_eval.render
        result = self.begin_result(0, 0, scene.resolution_x, scene.resolution_y)
        for one in result.layers[0].passes:
            one.rect = [[0.5] * one.channels] * (scene.resolution_x * scene.resolution_y)
        self.end_result(result)


class Plain(Grey, bpy.types.RenderEngine):
    """Has no vectors."""

    bl_idname, bl_label = "POCHADE_TEST_PLAIN", "Plain"


class Telling(Grey, bpy.types.RenderEngine):
    """Has vectors: nothing moves."""

    bl_idname, bl_label = "POCHADE_TEST_TELLING", "Telling"

    def update_render_passes(self, scene=None, renderlayer=None):
        self.register_pass(scene, renderlayer, "Combined", 4, "RGBA", "COLOR")
        if renderlayer.use_pass_vector:
            self.register_pass(scene, renderlayer, "Vector", 4, "XYZW", "VECTOR")


@pytest.fixture
def engines():
    for kind in (Plain, Telling):
        bpy.utils.register_class(kind)
    yield
    for kind in (Plain, Telling):
        bpy.utils.unregister_class(kind)


@pytest.mark.parametrize("engine", ["BLENDER_WORKBENCH", Plain.bl_idname])
def test_an_engine_without_vectors_is_told_of_before_it_renders(moving, folder, engines, engine):
    moving.render.engine = engine
    before = state(moving), len(bpy.data.node_groups)
    with pytest.raises(
        RuntimeError, match="engine does not tell how things move: choose Cycles.*optical flow as Motion"
    ):
        bpy.ops.pochade.stylize_animation()
    assert not folder.exists() and (state(moving), len(bpy.data.node_groups)) == before


@pytest.mark.parametrize(("engine", "motion"), [(Plain.bl_idname, "dis"), (Telling.bl_idname, "auto")])
def test_with_optical_flow_or_vectors_it_paints(moving, folder, engines, engine, motion):
    moving.render.engine, moving.pochade.animation.motion = engine, motion
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    assert len(list(folder.glob("*.png"))) == 3


def test_others_stereo_files_are_refused(moving, folder, tmp_path):
    moving.render.use_multiview = True
    settings = moving.render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "MULTI_LAYER_IMAGE"
    settings.file_format = "OPEN_EXR_MULTILAYER"
    settings.views_format = "MULTIVIEW"
    for number in (1, 2):
        moving.frame_set(number)
        moving.render.filepath = str(tmp_path / f"r_{number:04}.exr")
        bpy.ops.render.render(write_still=True)
    footage(moving, tmp_path / "r_0001.exr")
    with pytest.raises(RuntimeError, match="r_0001.exr is a stereo render.*: render with Stereoscopy off"):
        bpy.ops.pochade.stylize_animation()
    assert not list(folder.rglob("*.png"))


@pytest.fixture
def tiles(tmp_path):
    """An image of two UDIM tiles."""
    for number in (1001, 1002):
        image = blender_image(picture())
        image.filepath_raw, image.file_format = str(tmp_path / f"wood.{number}.png"), "PNG"
        image.save()
        bpy.data.images.remove(image)
    image = bpy.data.images.load(str(tmp_path / "wood.1001.png"))
    image.source = "TILED"
    image.filepath = str(tmp_path / "wood.<UDIM>.png")
    return image


def test_udim_tiles_are_no_frames_and_no_style(moving, folder, tiles, tmp_path):
    moving.pochade.style_kind, moving.pochade.style_image = "IMAGE", tiles
    with pytest.raises(RuntimeError, match="has UDIM tiles; paint its tiles as single images"):
        bpy.ops.pochade.stylize_animation()
    assert not list(folder.rglob("*.exr"))
    moving.pochade.style_kind = "PRESET"
    footage(moving, tmp_path / "wood.1001.png")
    with pytest.raises(RuntimeError, match="wood.1001.png is a UDIM tile, no frame of an animation"):
        bpy.ops.pochade.stylize_animation()
    assert not list(folder.rglob("*.png"))
