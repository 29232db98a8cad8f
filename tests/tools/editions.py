"""The edition for extensions.blender.org: Pochade without what brings packages from elsewhere, which is not
allowed there. It paints by numpy, or with a PyTorch that Blender's own Python has.
"""

import re
import shutil
from pathlib import Path

from .extension import DIST, rebuild

# What the full edition alone has; addon/edition.py looks whether it is there.
FULL_ALONE = (
    "addon/engine/fetch.py",
    "addon/engine/install.py",
    "addon/engine/joining.py",
    "addon/engine/locks",
    "addon/operators/downloads.py",
    "addon/ui/engine_choice.py",
    "core/files/download.py",
)


def build_platform_zip(folder: Path = DIST) -> Path:
    """Build the zip that extensions.blender.org takes."""
    return rebuild(_leave_out, folder, "-platform")


def _leave_out(source: Path, manifest: str) -> str:
    for name in FULL_ALONE:
        path = source / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return re.sub("^network = .*\n", "", manifest, flags=re.MULTILINE)
