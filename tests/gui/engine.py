"""An engine installed by `blender -b` from a script, and tried in a process of this same Blender.

    blender -b --python engine.py -- ZIP FOLDER

FOLDER has a lock file for each try, with its wheel. Writes how each ended to FOLDER/told; a package that
is loaded there writes to FOLDER/witness itself.
"""

import sys
from importlib import import_module
from pathlib import Path

import bpy

PACKAGE = "bl_ext.user_default.pochade"
ZIP, FOLDER = (Path(argument).absolute() for argument in sys.argv[sys.argv.index("--") + 1 :])

bpy.ops.extensions.package_install_files(filepath=str(ZIP), repo="user_default", enable_on_install=True)
install = import_module(f"{PACKAGE}.addon.engine.install")
install.PACKAGES["witness"] = "witness"  # beside what this Blender's own Python has
sys.path.append(str(FOLDER / "python"))  # pip, where that Python has none
for lock in sorted(FOLDER.glob("*.txt")):
    target = FOLDER / "engine" / lock.stem
    try:
        for _ in install.install_engine(
            target, install.Build("Test", "For tests", (lock,)), bpy.app.binary_path
        ):
            pass
        ended = "installed"
    except Exception as error:  # noqa: BLE001 - told to the test
        ended = str(error).partition(" (see ")[0]
    with (FOLDER / "told").open("a") as told:
        told.write(f"{lock.stem}: {ended}, {(target / 'witness').is_dir()}\n")
