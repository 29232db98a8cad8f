"""The extension's zip, and bundles of it with PyTorch's wheels inside, one for each platform."""

import hashlib
import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from . import guide
from .environments import ROOT, VENV, VENV_PIP, Failure, make_environment, pins, python_of, site_packages
from .locking import pip_there
from .locks import build_of_pypi, lock_path, read_lock, torch_of

DIST = ROOT / "dist"
SUMS = "SHA256SUMS"

# By their Python: the first Blender that has it, the first that has not, and how a file's name says that.
BLENDERS = {"3.11": ("4.2.0", "5.1.0", "4.2-to-5.0"), "3.13": ("5.1.0", None, "5.1-or-later")}


def build_zip(folder: Path = DIST, source: Path = ROOT, label: str = "") -> Path:
    """Build the extension's zip with Blender's builder and validator, and the guide in it; its name ends with
    the label. What is the same makes the same zip, to the byte.
    """
    facts = manifest(source)
    extension = folder / f"{facts['id']}-{facts['version']}{label}.zip"
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as scratch:
        built = Path(scratch, "built.zip")
        blender_ext("build", "--source-dir", source, "--output-filepath", built)
        with ZipFile(built, "a", ZIP_DEFLATED) as archive:
            for name, page in guide.pages(ROOT / "docs").items():
                archive.writestr(f"guide/{name}", page)
        write_again(built, extension)
    blender_ext("validate", extension)
    return extension


def write_again(archive: Path, target: Path) -> None:
    """Copy a zip's files in the order of their names, each as old as can be and readable by all."""
    with ZipFile(archive) as given, ZipFile(target, "w", ZIP_DEFLATED) as made:
        for name in sorted(given.namelist()):
            entry = ZipInfo(name)
            entry.compress_type, entry.create_system, entry.external_attr = ZIP_DEFLATED, 3, 0o100644 << 16
            entry.file_size = given.getinfo(name).file_size
            with given.open(name) as file, made.open(entry, "w") as copy:
                shutil.copyfileobj(file, copy, 1 << 20)


def manifest(source: Path = ROOT) -> dict[str, Any]:
    """What a folder's manifest says."""
    return tomllib.loads((source / "blender_manifest.toml").read_text(encoding="utf-8"))


def rebuild(
    edit: Callable[[Path, str], str], folder: Path, label: str = "", given: Path | None = None
) -> Path:
    """Build a zip of another one's contents, or the checkout's, and of what `edit` makes of them: it is given
    the folder with all of them, and the manifest's text, of which it returns the new one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as scratch:
        source = Path(scratch, "extension")
        shutil.unpack_archive(given or build_zip(Path(scratch)), source)
        text = source / "blender_manifest.toml"
        text.write_text(edit(source, text.read_text(encoding="utf-8")), encoding="utf-8")
        return build_zip(folder, source, label)


def bundle_locks(system: str, python: str, build: str | None = None) -> list[Path]:
    """The lock files of what a bundle holds; PyPI's own build where none is named. Raises Failure."""
    build = build or build_of_pypi(system)
    path = lock_path(system, python, build)
    if not path.is_file():
        raise Failure(f"There is no build {build} for {system}")
    if not read_lock(path):
        url = torch_of(system, python, build).url
        raise Failure(f"{path.name} has no hashes yet: run `python3 build.py lock` where {url} answers")
    return [path, lock_path(system, python)]


def build_bundle(system: str, python: str, locks: list[Path], folder: Path = DIST) -> Path:
    """Build a zip for one system and this Python's Blenders: the small one's contents, and wheels."""
    oldest, end, label = BLENDERS[python]
    make_environment(VENV_PIP, pins("bundles"), "import pip")

    def with_wheels(source: Path, text: str) -> str:
        for lock in locks:
            options = ["download", "--no-deps", "--require-hashes", "--dest", source / "wheels"]
            pip_there(system, python, *options, "--requirement", lock)
        wheels = sorted(f"./wheels/{wheel.name}" for wheel in (source / "wheels").iterdir())
        facts = [
            f'blender_version_min = "{oldest}"',
            *([f'blender_version_max = "{end}"'] if end else []),
            f'platforms = ["{system}"]',
            f"wheels = {json.dumps(wheels, indent=4)}",
        ]
        return re.sub("^blender_version_min = .*$", "\n".join(facts), text, flags=re.MULTILINE)

    return rebuild(with_wheels, folder, f"-{system}-blender{label}")


def write_sums(folder: Path = DIST) -> Path:
    """Write the SHA-256 of every zip in the folder beside them, as `sha256sum --check` reads it."""
    sums = folder / SUMS
    zips = sorted(folder.glob("*.zip"))
    sums.write_text(
        "".join(f"{hashlib.sha256(each.read_bytes()).hexdigest()}  {each.name}\n" for each in zips),
        encoding="utf-8",
        newline="\n",
    )
    return sums


def blender_ext(*arguments):
    """Run Blender's own tool for extensions, which comes with its module."""
    tool = next(site_packages(VENV).glob("bpy/*/scripts/addons_core/bl_pkg/cli/blender_ext.py"))
    done = subprocess.run([python_of(VENV), tool, *arguments], capture_output=True, text=True)
    if done.returncode:
        raise Failure(
            f"Blender's tool does not {arguments[0]} the extension: "
            f"{' '.join((done.stdout + done.stderr).split())}"
        )
