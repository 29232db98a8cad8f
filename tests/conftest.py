"""What tests of the add-on and of the window share."""

import re

import pytest
from tools.extension import rebuild


@pytest.fixture
def older_zip():
    """`older_zip(zip, folder)`: the extension as an older version; its styles/presets.py has an `OLD`."""

    def make(extension, folder):
        def older(source, manifest):
            with (source / "addon/styles/presets.py").open("a") as module:
                module.write("OLD = True\n")
            return re.sub("^version = .*$", 'version = "0.0.1"', manifest, flags=re.MULTILINE)

        return rebuild(older, folder, given=extension)

    return make
