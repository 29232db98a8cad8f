"""The preferences' rows on where the engine is, and on installing one: the full edition's."""

import bpy
from bpy.props import EnumProperty, StringProperty

from ..engine import install
from ..language import as_one
from .labels import draw_sentence
from .remedies import draw_download, draw_online_access


def draw(box: bpy.types.UILayout, context: bpy.types.Context, preferences: "EngineChoice") -> None:
    """Which engine, and the button that installs one."""
    box.prop(preferences, "engine_folder")
    if len(install.BUILDS) > 1:
        box.prop(preferences, "engine_build")
    draw_sentence(box, context, install.BUILDS[preferences.engine_build].description, "IMPORT")
    draw_online_access(box, context)
    draw_download(box, "pochade.install_engine")


def _full_engine_folder(preferences: bpy.types.AddonPreferences, _) -> None:
    """Turn the folder that was just chosen beside the .blend into a full path."""
    if preferences.engine_folder.startswith("//") and bpy.data.filepath:
        preferences.engine_folder = bpy.path.abspath(preferences.engine_folder)


class EngineChoice:
    """A part of the preferences."""

    engine_folder: StringProperty(
        name="Engine Folder",
        subtype="DIR_PATH",
        description="A folder with PyTorch and safetensors for this Blender's Python, as "
        "pip install --target makes it; empty to use Blender's own Python or the installed engine",
        update=_full_engine_folder,
    )
    engine_build: EnumProperty(
        name="Build",
        description="Which PyTorch to install",
        items=[(key, build.label, as_one(build.description)) for key, build in install.BUILDS.items()],
    )
