"""A static extension repository: a folder that any web server can hold, or Blender read as it is.

    python3 build.py repository [ZIP ...]

Blender takes the address of its index.json, file:///… as well, installs from there and upgrades by itself.
Without zips it is the checkout's full edition. index.html is the same list for a browser, from which an
extension can be dragged into Blender.
"""

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

from .environments import say
from .extension import DIST, blender_ext, build_zip

FOLDER = DIST / "repository"


def build_repository(zips: Sequence[Path] = (), folder: Path = FOLDER) -> Path:
    """Make the folder a repository of these zips, and of no others; returns its index.json."""
    folder.mkdir(parents=True, exist_ok=True)
    for earlier in folder.glob("pochade-*.zip"):
        earlier.unlink()
    for extension in zips:
        shutil.copy(extension, folder)
    if not zips:
        build_zip(folder)
    blender_ext("server-generate", "--repo-dir", folder, "--html")
    return folder / "index.json"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("zips", nargs="*", type=Path, metavar="ZIP")
    index = build_repository(parser.parse_args().zips)
    say(f"{index.relative_to(DIST.parent)}: Blender's name for it is {index.as_uri()}")


if __name__ == "__main__":
    main()
