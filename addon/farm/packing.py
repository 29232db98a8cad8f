"""A copy of a .blend that needs nothing beside it, made in another Blender: the artist's is unchanged."""

import json
import sys
from pathlib import Path

import bpy

from ..blender import passes
from ..styles import regions, stores

TOLD = "pochade-packed: "  # before what the other Blender has to say, as JSON
_PASSES = ("use_pass_vector", "use_pass_z", "use_pass_object_index")


def command(copy: Path, package: str) -> list[str]:
    """The command that starts that Blender; of Blender as a module, that Python. It runs no script that the
    file brings.
    """
    script = f"""
import addon_utils, bpy, sys
from importlib import import_module
if {package!r} not in sys.modules:
    addon_utils.enable({package!r})
bpy.ops.wm.open_mainfile(filepath={str(copy)!r}, load_ui=False, use_scripts=False)
import_module({package + ".addon.farm.packing"!r}).pack()
"""
    if bpy.app.binary_path:
        options = ["--background", "--disable-autoexec", "--python-exit-code", "1", "--python-expr"]
        return [bpy.app.binary_path, *options, script]
    return [sys.executable, "-c", "import bpy\n" + script]


def pack() -> None:
    """Pack the open file, save it, and tell which files it still needs."""
    for scene in bpy.data.scenes:
        _keep_presets(scene)
        passes.switch_on(scene, regions.passes_needed(scene))
        for layer in scene.view_layers:
            if layer.use:
                for name in _PASSES:
                    setattr(layer, name, True)
    for image in bpy.data.images:
        if image.source in ("FILE", "TILED") and _can_be_packed(image):
            image.pack()
    for block in (*bpy.data.fonts, *bpy.data.sounds, *bpy.data.volumes):
        if block.filepath != "<builtin>" and _can_be_packed(block):
            block.pack()
    if bpy.data.libraries:
        bpy.ops.file.pack_libraries()
    bpy.context.preferences.filepaths.save_version = 0  # no .blend1 beside it
    bpy.ops.wm.save_mainfile(compress=True)
    sys.stdout.write(f"\n{TOLD}{json.dumps(sorted(map(str, needed_files())))}\n")
    sys.stdout.flush()


def needed_files() -> set[Path]:
    """The files that the open file needs and has not packed, without those of Blender itself: to 5.2's own
    brushes each file is linked.
    """
    files = set(map(Path, bpy.utils.blend_paths(absolute=True, packed=False)))
    return {file for file in files if not file.is_relative_to(bpy.utils.system_resource("DATAFILES"))}


def _can_be_packed(block: bpy.types.ID) -> bool:
    """Whether a data-block of this file has its own, and that is there."""
    if block.packed_file or block.library or not block.filepath:
        return False
    return Path(bpy.path.abspath(block.filepath)).is_file()


def _keep_presets(scene: bpy.types.Scene) -> None:
    """Have the file hold the presets of the artist's own library, which other machines lack."""
    own = {entry.id: entry for entry in stores.LIBRARY.list() if not entry.problem}
    kept: dict[str, str] = {}
    for chosen in (scene.pochade, *scene.pochade.mix, *scene.pochade.regions):
        entry = own.get(chosen.preset_id)
        if entry and chosen.style_kind == "PRESET":
            if entry.id not in kept:
                kept[entry.id] = stores.PROJECT.add(scene, entry, entry.name, dict(entry.settings))
            chosen.preset_id = kept[entry.id]
