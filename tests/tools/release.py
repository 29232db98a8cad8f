"""Everything of a version in one folder, dist/VERSION, checked: what is uploaded, and nothing else.

    python3 build.py release

The version is the manifest's. Both editions' zips, the extension repository, the notes from CHANGELOG.md, the
icon and the listing's pictures, the bill of what the engine is made of, and the SHA-256 of all.
"""

import argparse
import hashlib
import re
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .editions import build_platform_zip
from .environments import ROOT, Failure, say
from .extension import DIST, SUMS, build_zip, manifest
from .locks import BILL
from .repository import build_repository

NOTES, ICON, LISTING = "RELEASE_NOTES.md", ROOT / "docs/icon.png", ROOT / "docs/listing"
UNRELEASED = "Unreleased"


def notes(changelog: str, version: str) -> str:
    """What a changelog says of a version, under its heading, which names the day. Raises Failure."""
    found = re.search(
        rf"^## \[{re.escape(version)}\](?: - (\d{{4}}-\d\d-\d\d))?\n(.*?)(?=^## \[|\Z)",
        changelog,
        re.M | re.S,
    )
    if not found or (version != UNRELEASED and not found[1]):
        raise Failure(
            f"CHANGELOG.md has no heading of the kind [{version}] - YEAR-MONTH-DAY: give the version its own"
        )
    return f"{found[2].strip()}\n"


def build_release(folder: Path) -> None:
    """Fill the folder. Raises Failure where what is in it does not agree."""
    facts = manifest()
    text = notes((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), facts["version"])
    shutil.rmtree(folder, ignore_errors=True)
    zips = [build(folder) for build in (build_zip, build_platform_zip)]
    check_twice(zips)
    build_repository(zips[:1], folder / "repository")
    (folder / NOTES).write_text(text, encoding="utf-8")
    for path in (ICON, BILL):
        shutil.copy(path, folder)
    shutil.copytree(LISTING, folder / "listing")
    write_all_sums(folder)


def check_twice(zips: list[Path]) -> None:
    """Build the zips once more, elsewhere, and raise Failure unless every byte is the same."""
    with TemporaryDirectory() as elsewhere:
        again = [build(Path(elsewhere)) for build in (build_zip, build_platform_zip)]
        different = [
            first.name
            for first, second in zip(zips, again, strict=True)
            if first.read_bytes() != second.read_bytes()
        ]
    if different:
        raise Failure(
            f"{' and '.join(different)} came out otherwise the second time: what changed meanwhile?"
        )


def write_all_sums(folder: Path) -> None:
    """Write the SHA-256 of every file in the folder and below it, as `sha256sum --check` reads it."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
        for path in paths
    ]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8", newline="\n")


def wanting(facts: dict[str, Any], changelog: str) -> list[str]:
    """What only people can do before the version is published, a sentence each."""
    found = []
    if not facts.get("website"):
        found.append("blender_manifest.toml names no website: the platform's edition sends people there")
    if "@" not in facts["maintainer"]:
        found.append("blender_manifest.toml names a maintainer without an address")
    if notes(changelog, UNRELEASED).strip():
        found.append(
            "CHANGELOG.md has news that no version has: raise the version, and give them its heading"
        )
    return found


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    facts = manifest()
    folder = DIST / facts["version"]
    build_release(folder)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        say(f"{path.stat().st_size / 1e3:9.1f} kB  {path.relative_to(folder)}")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    for sentence in wanting(facts, changelog):
        say(f"Before it is published: {sentence}")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"build.py: {failure}")
