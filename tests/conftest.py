"""What tests of the add-on and of the window share."""

import re
import shutil

import pytest

import build


@pytest.fixture
def older_zip(tmp_path):
    """`older_zip(zip, folder)`: the extension as an older version; its styles/presets.py has an `OLD`."""

    def make(extension, folder):
        source = tmp_path / "older"
        shutil.unpack_archive(extension, source)
        manifest = source / "blender_manifest.toml"
        manifest.write_text(
            re.sub("^version = .*$", 'version = "0.0.1"', manifest.read_text(), flags=re.MULTILINE)
        )
        with (source / "addon/styles/presets.py").open("a") as module:
            module.write("OLD = True\n")
        return build.build_zip(folder, source)

    return make
