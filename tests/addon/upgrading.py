"""Pochade is installed, used, upgraded, removed and installed again. Runs in a Blender of its own:

    blender -b --python upgrading.py -- OLD_ZIP NEW_ZIP TOLD

Writes to the file TOLD what is there after each step; OLD_ZIP comes from the fixture `older_zip`.
"""

import shutil
import sys
from importlib import import_module
from pathlib import Path

import bpy

PACKAGE = "bl_ext.user_default.pochade"
OLD, NEW, TOLD = (Path(argument).absolute() for argument in sys.argv[sys.argv.index("--") + 1 :])


def install(extension: Path) -> None:
    bpy.ops.extensions.package_install_files(
        filepath=str(extension), repo="user_default", enable_on_install=True
    )


def module(name: str):
    return import_module(f"{PACKAGE}.{name}")


def settings():
    return bpy.context.preferences.addons[PACKAGE].preferences


def use() -> list[Path]:
    """Make what artists make: a picture's preset, an encoder, a preference; returns Pochade's files."""
    picture = bpy.data.images.new("strokes", 48, 32)
    chosen = bpy.context.scene.pochade
    chosen.style_kind, chosen.style_image = "IMAGE", picture
    bpy.ops.pochade.save_preset(name="Mine", place="LIBRARY")
    folders = module("addon.preferences")
    kept = [folders.encoder_folder() / "mine.safetensors", folders.installed_engine() / "engine.py"]
    for file in kept:
        file.parent.mkdir(parents=True)
        shutil.copy(module("core.encoders.files").COMPACT, file)
    settings().device = "cpu"
    return kept


def tell(step: str, kept: list[Path]) -> None:
    mine = [entry.name for entry in module("addon.styles.stores").LIBRARY.list()]
    code = "old" if hasattr(module("addon.styles.presets"), "OLD") else "new"
    with TOLD.open("a") as file:
        file.write(
            f"{step}: {code} code, presets {mine}, {sum(path.exists() for path in kept)} of "
            f"{len(kept)} files, "
            f"device {settings().device}, {bpy.ops.pochade.stylize.idname_py()}\n"
        )


install(OLD)
# A home that stays has them from other tests.
shutil.rmtree(module("addon.preferences").user_folder(), ignore_errors=True)
shutil.rmtree(module("addon.preferences").preset_folder(), ignore_errors=True)
module("addon.styles.stores").LIBRARY.refresh()
kept = use()
tell("used", kept)
install(NEW)
tell("upgraded", kept)
repository = next(
    n for n, each in enumerate(bpy.context.preferences.extensions.repos) if each.module == "user_default"
)
bpy.ops.extensions.package_uninstall(repo_index=repository, pkg_id="pochade")
with TOLD.open("a") as file:
    file.write(f"removed: registered {hasattr(bpy.types.Scene, 'pochade')}\n")
install(NEW)
tell("installed again", kept)
