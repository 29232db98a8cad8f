"""The lines of a bug's report: the job, the machine, and what is installed."""

import platform
import sys

import bpy

from ..core.words import size_in_words
from . import log
from .job import Job
from .preferences import PACKAGE, machine


def lines(context: bpy.types.Context, job: Job) -> list[str]:
    """The report, a fact a line."""
    facts = [
        f"{job.title}: {job.state}",
        job.sentence,
        f"Seconds: {job.seconds:.1f}",
        *job.details.splitlines(),
        *_engine(context),
        f"Pochade {version()}, Blender {bpy.app.version_string}, Python {platform.python_version()}",
        platform.platform(),
        f"Log: {log.path()}",
    ]
    return list(filter(None, facts))


def _engine(context) -> list[str]:
    """Of an engine that was loaded: nothing is loaded for a report."""
    if "torch" not in sys.modules:
        return ["Engine: not loaded"]
    torch = sys.modules["torch"]
    from ..core.compute.devices import compute_on, describe_device
    from ..core.compute.precision import precision
    from ..core.errors import PochadeError

    try:
        with compute_on(machine(context)) as device:
            computes = str(precision(device)).removeprefix("torch.")
    except PochadeError as error:
        return [f"Device: {error}"]
    peak = torch.cuda.max_memory_allocated(device) if device.type == "cuda" else _peak()
    return [
        f"Device: {describe_device(device)}, {computes}, PyTorch {torch.__version__}",
        f"Peak memory: {size_in_words(peak)}" if peak else "",
    ]


def _peak() -> int:
    """The most memory that Blender had so far, in bytes; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def version() -> str:
    """Pochade's own."""
    import tomllib
    from pathlib import Path

    return tomllib.loads(
        Path(sys.modules[PACKAGE].__file__).with_name("blender_manifest.toml").read_text(encoding="utf-8")
    )["version"]
