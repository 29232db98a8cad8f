"""The extension's zip, and bundles of it with PyTorch's wheels inside, one for each platform."""

import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote
from urllib.request import Request, urlopen
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from . import guide
from .environments import (
    ROOT,
    VENV,
    VENV_PIP,
    Failure,
    make_environment,
    pins,
    python_of,
    run_pip,
    say,
    site_packages,
)

DIST = ROOT / "dist"

# What a bundle is for: the names that wheels have for a platform, and what a Python there says of itself (PEP
# 508).
PLATFORMS = {
    "windows-x64": (("win_amd64",), ("nt", "win32", "Windows", "AMD64")),
    "macos-arm64": (("macosx_14_0_arm64",), ("posix", "darwin", "Darwin", "arm64")),
    "linux-x64": (
        (*(f"manylinux_2_{n}_x86_64" for n in range(28, 4, -1)), "manylinux2014_x86_64"),
        ("posix", "linux", "Linux", "x86_64"),
    ),
}
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


def build_bundle(platform: str, python: str, links: list[str], folder: Path = DIST) -> Path:
    """Build a zip for one platform and this Python's Blenders: the small one's contents, and wheels."""
    oldest, end, label = BLENDERS[python]

    def with_wheels(source: Path, text: str) -> str:
        pip_elsewhere(platform, python, None, "download", "--no-deps", "--dest", source / "wheels", *links)
        wheels = sorted(f"./wheels/{wheel.name}" for wheel in (source / "wheels").iterdir())
        facts = [
            f'blender_version_min = "{oldest}"',
            *([f'blender_version_max = "{end}"'] if end else []),
            f'platforms = ["{platform}"]',
            f"wheels = {json.dumps(wheels, indent=4)}",
        ]
        return re.sub("^blender_version_min = .*$", "\n".join(facts), text, flags=re.MULTILINE)

    return rebuild(with_wheels, folder, f"-{platform}-blender{label}")


def find_wheels(
    platform: str, python: str, requirements: list[str], torch_index: str | None = None
) -> dict[str, int]:
    """The wheels of the requirements and theirs, without numpy, Blender's affair: links, and bytes."""
    make_environment(VENV_PIP, pins("bundles"), "import pip")
    say(f"Looking for the wheels for {platform} and Python {python}")
    with TemporaryDirectory() as scratch:
        report = Path(scratch, "report.json")
        pip_elsewhere(
            platform,
            python,
            torch_index,
            "install",
            "--dry-run",
            "--quiet",
            "--ignore-installed",
            "--target",
            scratch,
            "--report",
            report,
            *requirements,
        )
        found = json.loads(report.read_text(encoding="utf-8"))["install"]
    wheels = {}
    for source in (each["download_info"] for each in found if each["metadata"]["name"] != "numpy"):
        with urlopen(Request(source["url"], method="HEAD"), timeout=60) as answer:
            size = int(answer.headers["Content-Length"])
        say(f"{size / 1e6:9.1f} MB  {unquote(source['url'].rpartition('/')[2])}")
        wheels[f"{source['url']}#sha256={source['archive_info']['hashes']['sha256']}"] = size
    return wheels


# --platform has pip choose wheels for another platform, but not what they require there: that it asks its own
# Python (pypa/pip#10050). Its version is pinned, so this way in is known.
ELSEWHERE = """import json, runpy, sys
from pip._vendor.packaging import markers
there = markers.default_environment() | json.loads(sys.argv.pop(1))
markers.default_environment = lambda: there
runpy.run_module("pip", run_name="__main__", alter_sys=True)"""


def pip_elsewhere(platform: str, python: str, torch_index: str | None, *arguments):
    """Run pip as if in a Blender on that platform with that Python."""
    tags, names = PLATFORMS[platform]
    there = dict(zip(("os_name", "sys_platform", "platform_system", "platform_machine"), names, strict=True))
    pip = [
        python_of(VENV_PIP),
        "-c",
        ELSEWHERE,
        json.dumps(there | {"python_version": python, "python_full_version": f"{python}.0"}),
    ]
    run_pip(
        pip,
        VENV_PIP / f"{platform}-{python}.log",
        torch_index,
        *arguments,
        "--only-binary=:all:",
        "--implementation=cp",
        f"--python-version={python}",
        f"--abi=cp{python.replace('.', '')}",
        *(f"--platform={tag}" for tag in tags),
    )


def blender_ext(*arguments):
    """Run Blender's own tool for extensions, which comes with its module."""
    tool = next(site_packages(VENV).glob("bpy/*/scripts/addons_core/bl_pkg/cli/blender_ext.py"))
    done = subprocess.run([python_of(VENV), tool, *arguments], capture_output=True, text=True)
    if done.returncode:
        raise Failure(
            f"Blender's tool does not {arguments[0]} the extension: "
            f"{' '.join((done.stdout + done.stderr).split())}"
        )
