"""`build.py lock`: the lock files made, by pip's own report of what it would install.

An index that does not answer changes nothing: what was locked of it stays, and of what never was the versions
are written down.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.error import HTTPError
from urllib.parse import unquote
from urllib.request import urlopen
from zipfile import ZipFile

from . import bill, locks, portable
from .environments import VENV_PIP, Failure, make_environment, pins, python_of, run_pip, say
from .locks import Torch, Wheel, lock_path, read_lock, torch_of
from .remote import RemoteFile

# The names that wheels have for a system, and what a Python there says of itself (PEP 508).
SYSTEMS = {
    "windows-x64": (("win_amd64",), ("nt", "win32", "Windows", "AMD64")),
    "macos-arm64": (("macosx_14_0_arm64",), ("posix", "darwin", "Darwin", "arm64")),
    "linux-x64": (
        (*(f"manylinux_2_{n}_x86_64" for n in range(28, 4, -1)), "manylinux2014_x86_64"),
        ("posix", "linux", "Linux", "x86_64"),
    ),
}
# What belongs to one build of PyTorch alone: all else is every build's.
OF_A_BUILD = re.compile("torch|torchvision|triton|(nvidia|cuda)-.+")
LARGEST = 64e6  # bytes of a binary whose imports are read: PyTorch's larger ones are made as the others are


def make_locks() -> None:
    """Write all lock files and their list. Raises Failure."""
    make_environment(VENV_PIP, pins("bundles"), "import pip")
    if not _answers(locks.PYPI):
        raise Failure(f"{locks.PYPI} does not answer: check the network, then run the same command again")
    locks.LOCKS.mkdir(exist_ok=True)
    licenses = bill.licenses(locks.BILL)
    seen: dict[str, Wheel] = {}  # by their hashes: many are in several files
    for system, pythons in locks.PYTHONS.items():
        for python in pythons:
            _lock_system(system, python, seen)
    licenses |= {wheel.sha256: wheel.license for wheel in seen.values()}
    files = sorted(locks.LOCKS.glob("*.txt"))
    text = bill.written({file.stem: read_lock(file) for file in files}, licenses)
    locks.BILL.write_text(text, encoding="utf-8")
    say(f"{locks.BILL.name}: what is in these {len(files)} files")


def _lock_system(system: str, python: str, seen: dict[str, Wheel]) -> None:
    """Write the lock files for a system and Python."""
    first = locks.build_of_pypi(system)
    requirements = [*torch_of(system, python, first).requirements, *locks.OTHERS]
    of_pypi = resolve(system, python, requirements, locks.PYPI)
    common = {wheel.name: wheel for wheel in of_pypi if not OF_A_BUILD.fullmatch(wheel.name)}
    _write(lock_path(system, python), "What every build needs", Torch("", ""), [*common.values()], seen)
    for build in locks.BUILDS[system]:
        torch, path = torch_of(system, python, build), lock_path(system, python, build)
        title = f"PyTorch {torch.version}"
        if build != first and not _answers(torch.url):
            kept = path.is_file() and read_lock(path)
            if not kept:
                path.write_text(locks.versions_alone(_title(title, path), torch), encoding="utf-8")
            what = "kept as it was" if kept else "versions without hashes"
            say(f"{path.name}: {what}, for {torch.url} does not answer")
            continue
        wheels = of_pypi if build == first else resolve(system, python, torch.requirements, torch.url)
        _write(path, title, torch, [wheel for wheel in wheels if wheel.name not in common], seen)


def _title(what: str, path: Path) -> str:
    return f"{what}: {path.stem}. Made by `python3 build.py lock`"


def _write(path: Path, title: str, torch: Torch, wheels: list[Wheel], seen: dict[str, Wheel]) -> None:
    """Write one lock file. Raises Failure where its Blender could not load it."""
    for wheel in wheels:
        if wheel.sha256 not in seen:
            seen[wheel.sha256] = _looked_into(wheel)
    wheels = [seen[wheel.sha256] for wheel in wheels]
    unfit = [line for wheel in wheels for line in wheel.takes if portable.unfit(line.split())]
    if unfit and path.stem.startswith("windows-x64-cp311"):
        raise Failure(f"{path.name}: Blender 4.2 to 5.0 would crash as they load {'; '.join(unfit)}")
    path.write_text(locks.locked(_title(title, path), wheels, torch), encoding="utf-8")
    say(f"{path.name}: {len(wheels)} files")


def resolve(system: str, python: str, requirements: list[str], index: str) -> list[Wheel]:
    """The wheels of the requirements and of theirs there, but numpy, by that one index. Raises Failure."""
    say(f"Looking for {', '.join(requirements)} for {system} and Python {python}")
    with TemporaryDirectory() as scratch:
        report = Path(scratch, "report.json")
        pip_there(
            system,
            python,
            *("install", "--dry-run", "--quiet", "--ignore-installed", "--index-url", index),
            *("--target", scratch, "--report", report, *requirements),
        )
        found = json.loads(report.read_text(encoding="utf-8"))["install"]
    return [_wheel(each) for each in found if each["metadata"]["name"] != "numpy"]


def _wheel(found: dict) -> Wheel:
    """A wheel as pip reports it."""
    metadata, source = found["metadata"], found["download_info"]
    return Wheel(
        re.sub(r"[-_.]+", "-", metadata["name"]).lower(),
        metadata["version"],
        unquote(source["url"].partition("#")[0].rpartition("/")[2]),
        source["archive_info"]["hashes"]["sha256"],
        url=source["url"],
        license=bill.license_in(metadata),
    )


def _looked_into(wheel: Wheel) -> Wheel:
    """The same with its sizes and, of a Windows wheel, what its binaries take from MSVCP140.dll."""
    remote = RemoteFile(wheel.url)
    with ZipFile(RemoteFile.open(wheel.url)) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
        takes = tuple(_mutexes(archive)) if "win" in wheel.file.rpartition("-")[2] else ()
    return replace(wheel, sizes=(remote.size, unpacked), takes=takes)


def _mutexes(archive: ZipFile) -> Iterator[str]:
    for member in archive.infolist():
        if member.filename.endswith((".dll", ".pyd")) and member.file_size < LARGEST:
            taken = portable.imports(archive.read(member)).get(portable.RUNTIME, set())
            mutexes = sorted(name for name in taken if name.startswith("_Mtx"))
            if mutexes:
                yield f"{member.filename}: {' '.join(mutexes)}"


def _answers(index: str) -> bool:
    try:
        with urlopen(f"{index}/torch/", timeout=20):
            return True
    except OSError as error:
        if isinstance(error, HTTPError) and error.code == 404:
            raise Failure(f"{index} has no PyTorch: has the build another name by now?") from error
        return False


# --platform has pip choose wheels for another platform, but not what they require there: that it asks its own
# Python (pypa/pip#10050). Its version is pinned, so this way in is known. What this machine's settings add to
# the index is not asked: what is locks.locked has to be there for everybody.
ELSEWHERE = """import json, os, runpy, sys
os.environ["PIP_CONFIG_FILE"] = os.devnull
for name in "FIND_LINKS", "EXTRA_INDEX_URL", "INDEX_URL", "NO_INDEX", "CONSTRAINT", "REQUIREMENT", "PRE":
    os.environ.pop("PIP_" + name, None)
from pip._vendor.packaging import markers
there = markers.default_environment() | json.loads(sys.argv.pop(1))
markers.default_environment = lambda: there
runpy.run_module("pip", run_name="__main__", alter_sys=True)"""


def pip_there(system: str, python: str, *arguments) -> None:
    """Run pip as if on that system with that Python, and without what this machine's own settings add."""
    tags, names = SYSTEMS[system]
    there = dict(zip(("os_name", "sys_platform", "platform_system", "platform_machine"), names, strict=True))
    said = json.dumps(there | {"python_version": python, "python_full_version": f"{python}.0"})
    run_pip(
        [python_of(VENV_PIP), "-c", ELSEWHERE, said],
        VENV_PIP / f"{system}-{python}.log",
        None,
        *arguments,
        "--only-binary=:all:",
        "--implementation=cp",
        f"--python-version={python}",
        f"--abi=cp{python.replace('.', '')}",
        *(f"--platform={tag}" for tag in tags),
    )
