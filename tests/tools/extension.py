"""The extension's zip, and bundles of it with PyTorch's wheels inside, one for each platform."""

import hashlib
import json
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile

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
    the label.
    """
    manifest = tomllib.loads((source / "blender_manifest.toml").read_text(encoding="utf-8"))
    extension = folder / f"{manifest['id']}-{manifest['version']}{label}.zip"
    folder.mkdir(parents=True, exist_ok=True)
    blender_ext("build", "--source-dir", source, "--output-filepath", extension)
    with ZipFile(extension, "a", ZIP_DEFLATED) as archive:
        for name, page in guide.pages(ROOT / "docs").items():
            archive.writestr(f"guide/{name}", page)
    blender_ext("validate", extension)
    return extension


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
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as scratch:
        source = Path(scratch, "extension")
        shutil.unpack_archive(build_zip(Path(scratch)), source)
        for lock in locks:
            options = ["download", "--no-deps", "--require-hashes", "--dest", source / "wheels"]
            pip_there(system, python, *options, "--requirement", lock)
        manifest = source / "blender_manifest.toml"
        wheels = sorted(f"./wheels/{wheel.name}" for wheel in (source / "wheels").iterdir())
        facts = [
            f'blender_version_min = "{oldest}"',
            *([f'blender_version_max = "{end}"'] if end else []),
            f'platforms = ["{system}"]',
            f"wheels = {json.dumps(wheels, indent=4)}",
        ]
        text = manifest.read_text(encoding="utf-8")
        manifest.write_text(
            re.sub("^blender_version_min = .*$", "\n".join(facts), text, flags=re.MULTILINE), encoding="utf-8"
        )
        return build_zip(folder, source, f"-{system}-blender{label}")


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
