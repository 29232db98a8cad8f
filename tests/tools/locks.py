"""The lock files that engines are installed from: what is locked, and how a file says it.

For each system and Python there is one file with what every build of PyTorch needs, and one for each build,
with PyTorch and what belongs to that build alone. Both are requirements as pip reads them: it takes a file by
its hash, whoever gives it. Numpy is in none: Blender has its own. `locking.py` makes them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .environments import ROOT, Failure

LOCKS = ROOT / "addon/engine/locks"
BILL = LOCKS / "engine.cdx.json"
PYPI, PYTORCH = "https://pypi.org/simple", "https://download.pytorch.org/whl/{}"
HASH = "--hash=sha256:"


@dataclass(frozen=True)
class Torch:
    """A PyTorch, and the torchvision that goes with it. `index` is the name of PyTorch's own index that has
    the build, "" for PyPI. `sizes` are guesses for one that is not locked yet: megabytes to download, and on
    the disk.
    """

    version: str
    torchvision: str
    index: str = ""
    sizes: tuple[int, int] = (0, 0)

    @property
    def requirements(self) -> list[str]:
        build = f"+{self.index}" if self.index else ""
        return [f"torch=={self.version}{build}", f"torchvision=={self.torchvision}"]

    @property
    def url(self) -> str:
        return PYTORCH.format(self.index) if self.index else PYPI


# To update the engine: newer versions here, then `python3 build.py lock`.
NEWEST = ("2.15.0", "0.29.2")
LAST_WITH_CUDA_12 = ("2.14.1", "0.29.1")
LAST_FOR_OLD_WINDOWS = ("2.8.0", "0.23.0")  # until 2.15: addon/engine/msvcp.py says why
OTHERS = ["safetensors==0.8.0", "OpenEXR==3.5.3", "opencv-python-headless==4.11.0.86", "pillow==13.0.0"]
_CUDA126 = Torch(*LAST_WITH_CUDA_12, "cu126", (2900, 6300))
_XPU = Torch(*NEWEST, "xpu", (2000, 6000))
# PyPI's own PyTorch is for the processor on Windows, for CUDA on Linux, for both on a Mac. That ROCm 7.2 has
# 2.15 too nobody here has seen yet.
BUILDS = {
    "linux-x64": {
        "cpu": Torch(*NEWEST, "cpu", (250, 1100)),
        "cuda": Torch(*NEWEST),
        "cuda126": _CUDA126,
        "rocm": Torch(*LAST_WITH_CUDA_12, "rocm7.2", (5500, 17000)),
        "xpu": _XPU,
    },
    "windows-x64": {
        "cpu": Torch(*NEWEST),
        "cuda": Torch(*NEWEST, "cu130", (2700, 6000)),
        "cuda126": _CUDA126,
        "xpu": _XPU,
    },
    "macos-arm64": {"metal": Torch(*NEWEST)},
}
_ELSEWHERE = {
    ("windows-x64", "3.11", "cuda126"): Torch(*LAST_FOR_OLD_WINDOWS, _CUDA126.index, _CUDA126.sizes)
}
# Those of Blender 4.2 to 5.0 and of later ones, and on Linux that of the newest distributions.
PYTHONS = {
    "linux-x64": ("3.11", "3.13", "3.14"),
    "windows-x64": ("3.11", "3.13"),
    "macos-arm64": ("3.11", "3.13"),
}


def torch_of(system: str, python: str, build: str) -> Torch:
    """The PyTorch that a build is there."""
    return _ELSEWHERE.get((system, python, build), BUILDS[system][build])


def build_of_pypi(system: str) -> str:
    """The build that PyPI itself has for a system."""
    return next(build for build, torch in BUILDS[system].items() if not torch.index)


def lock_path(system: str, python: str, build: str = "") -> Path:
    """The file of a build, or of what every build needs."""
    end = f"-{build}" if build else ""
    return LOCKS / f"{system}-cp{python.replace('.', '')}{end}.txt"


@dataclass(frozen=True)
class Wheel:
    """A file that a lock names. `takes` says of each Windows binary in it that takes mutexes from the
    MSVCP140.dll of its process which functions these are: `torch/lib/c10.dll: _Mtx_lock _Mtx_unlock`.
    """

    name: str  # as pip calls packages
    version: str
    file: str
    sha256: str
    takes: tuple[str, ...] = ()
    url: str = field(default="", compare=False)
    license: dict = field(default_factory=dict, compare=False)  # as CycloneDX has it
    sizes: tuple[int, int] = field(default=(0, 0), compare=False)  # bytes, as a file and unpacked

    def lines(self) -> Iterator[str]:
        yield f"{self.name}=={self.version} {HASH}{self.sha256}  # {self.file}"
        yield from (f"#   {line}" for line in self.takes)


_WHEEL = re.compile(
    rf"^(?P<name>[\w.-]+)==(?P<version>\S+) {HASH}(?P<sha256>[0-9a-f]{{64}})  # (?P<file>\S+)$"
    r"(?P<takes>(?:\n#   .*)*)",
    re.MULTILINE,
)


def read_lock(path: Path) -> list[Wheel]:
    """The wheels that a lock file names by their hashes: none where it has but versions."""
    return [
        Wheel(
            found["name"],
            found["version"],
            found["file"],
            found["sha256"],
            tuple(line.removeprefix("#   ") for line in found["takes"].splitlines() if line),
        )
        for found in _WHEEL.finditer(path.read_text(encoding="utf-8"))
    ]


def locked(title: str, wheels: list[Wheel], torch: Torch) -> str:
    """A lock file's text. Without an index of its own pip takes the user's, which is PyPI if nobody chose."""
    download, disk = (sum(each) / 1e6 for each in zip(*(wheel.sizes for wheel in wheels), strict=True))
    index = [f"--index-url {torch.url}"] if torch.index else []
    ordered = sorted(wheels, key=lambda wheel: wheel.name)
    lines = [line for wheel in ordered for line in wheel.lines()]
    return "\n".join([f"# {title}", _sizes(download, disk), *index, *lines, ""])


def versions_alone(title: str, torch: Torch) -> str:
    """The text of a file for a build whose index did not answer: pip is held to these versions and to that
    index, and reads dependencies and hashes there.
    """
    return "\n".join(
        [
            f"# {title}",
            _sizes(*torch.sizes),
            "# Without hashes, for its index did not answer; pip takes all from that index.",
            f"--index-url {torch.url}",
            *torch.requirements,
            "",
        ]
    )


def sizes_of(path: Path) -> tuple[int, int]:
    """What a lock file says of its wheels: megabytes to download, and on the disk."""
    found = re.search(
        r"^# (\d+) MB to download, (\d+) MB on the disk$", path.read_text(encoding="utf-8"), re.MULTILINE
    )
    if not found:
        raise Failure(f"{path.name} says no sizes: run `python3 build.py lock`")
    return int(found.group(1)), int(found.group(2))


def _sizes(download: float, disk: float) -> str:
    return f"# {download:.0f} MB to download, {disk:.0f} MB on the disk"
