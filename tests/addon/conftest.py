"""A real Blender in this process, with the extension installed once a session from a freshly built zip.

Tests take every module of the extension through `pochade` or `load`: `core` imported by its own name would be
a second copy, whose classes differ.
"""

import os
import shutil
import tempfile
from importlib import import_module

# Before bpy is imported, here or by a test module: Blender must not read or write the developer's own
# settings.
_user_folder = tempfile.TemporaryDirectory(prefix="pochade-tests-", ignore_cleanup_errors=True)
os.environ["BLENDER_USER_RESOURCES"] = _user_folder.name

import bpy  # noqa: E402
import pytest  # noqa: E402

import build  # noqa: E402
from tests.addon.commands import command  # noqa: E402, F401
from tests.addon.engines import error, runtime  # noqa: E402, F401
from tests.addon.moving import folder, moving, start  # noqa: E402, F401
from tests.addon.pictures import small_scene, two_planes  # noqa: E402
from tests.addon.stills import begin, editor, photo, settings  # noqa: E402, F401

PACKAGE = "bl_ext.user_default.pochade"


@pytest.fixture(scope="session")
def extension_zip(tmp_path_factory):
    """The extension as artists get it, built from this checkout."""
    return build.build_zip(tmp_path_factory.mktemp("zip"))


@pytest.fixture(scope="session")
def _installed(extension_zip):
    bpy.ops.extensions.package_install_files(
        filepath=str(extension_zip), repo="user_default", enable_on_install=True
    )
    assert PACKAGE in bpy.context.preferences.addons, (
        "the extension did not register: see the traceback above"
    )
    return import_module(PACKAGE)


@pytest.fixture
def pochade(_installed):
    """The registered extension's package in an empty scene, preferences at default, library empty."""
    # read_factory_settings would switch the extension off; reading the startup file keeps the preferences.
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    for area in bpy.context.window_manager.windows[0].screen.areas:  # Blender keeps those of earlier tests
        if area.type == "IMAGE_EDITOR":
            area.type = "VIEW_3D"
    preferences = bpy.context.preferences.addons[PACKAGE].preferences
    for name in preferences.bl_rna.properties.keys() if preferences else ():
        if name not in ("rna_type", "bl_idname"):
            preferences.property_unset(name)
    library = import_module(f"{PACKAGE}.addon.preferences").preset_folder()
    shutil.rmtree(library, ignore_errors=True)
    import_module(f"{PACKAGE}.addon.styles.stores").LIBRARY.refresh()
    return _installed


@pytest.fixture
def load(pochade):
    """`load("core.settings")`: a module of the installed extension."""
    return lambda name: import_module(f"{PACKAGE}.{name}")


@pytest.fixture
def images(load):
    return load("addon.blender.images")


@pytest.fixture
def PochadeError(load):
    return load("core.errors").PochadeError


@pytest.fixture
def scene(pochade):
    return small_scene()


@pytest.fixture
def planes(pochade):
    """The scene of two planes, not rendered yet."""
    return two_planes()
