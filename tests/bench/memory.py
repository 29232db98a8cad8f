"""The peak memory of a painting's process, and what Pochade estimates.

    python -m tests.bench.memory RENDER WIDTH HEIGHT DEVICE

paints once, in this process, and writes its figures as JSON: `peak` of the process (of the graphics card, on
one), `painting`, the part of it that came with the painting, and `estimate`, all in bytes.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

from core.compute.tensors import resize, to_array, to_tensor
from core.encoders.network import compact_encoder
from core.files.pictures import read_picture
from core.presets.load import style_from_preset
from core.presets.preset import find_preset
from core.progress import finish
from core.settings import Settings
from core.still import minimise
from core.still.lbfgs import LBFGS
from core.still.memory import choose_tile, estimate_memory
from core.still.stylize import stylize_image
from core.style.styles import Style

SIZES = {"512": (512, 288), "1080p": (1920, 1080), "4k": (3840, 2160)}  # width and height in px


def measure_memory(render: Path, width: int, height: int, device: str) -> dict[str, int]:
    """The figures of a new process, so that nothing else has taken memory in it."""
    command = [sys.executable, "-m", "tests.bench.memory", str(render), str(width), str(height), device]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def measure_here(
    source: np.ndarray, style: Style, settings: Settings, device: torch.device
) -> dict[str, int]:
    paint(source[:64, :64], style, Settings(size=64, steps=1), device)
    before = memory(device)["now"]
    shape, encoder = source.shape[:2], compact_encoder()
    tile = choose_tile(*shape, settings, encoder, device)
    paint(source, style, settings, device)
    peak = memory(device)["peak"]
    return {
        "peak": peak,
        "painting": peak - before,
        "estimate": estimate_memory(*shape, settings, encoder, device, tile),
    }


def paint(source: np.ndarray, style: Style, settings: Settings, device: torch.device) -> None:
    finish(stylize_image(source, style, settings, device.type))


class FullHistory(LBFGS):
    """L-BFGS as large from the first step on as with a full history.

    The system does not count memory that was never written to.
    """

    def __init__(self, size: int, _history: int, device: torch.device):
        super().__init__(size, Settings().history, device)
        self._steps.fill_(0)


def memory(device: torch.device) -> dict[str, int]:
    """Bytes that this process holds `now`, and its `peak`: on the graphics card, or of the whole process."""
    if device.type == "cuda":
        return {"now": torch.cuda.memory_reserved(), "peak": torch.cuda.max_memory_reserved()}
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return {
            name: int(lines[key].split()[0]) * 1024 for name, key in (("now", "VmRSS"), ("peak", "VmHWM"))
        }
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes, on macOS
    return {"now": peak, "peak": peak}


def main() -> None:
    render = Path(sys.argv[1])
    width = int(sys.argv[2])
    height = int(sys.argv[3])
    device = torch.device(sys.argv[4])
    minimise.LBFGS = FullHistory
    source = to_array(resize(to_tensor(read_picture(render)[..., :3], torch.device("cpu")), height, width))
    side = max(width, height)
    settings = Settings(size=side, coarse_size=side, steps=2)
    print(json.dumps(measure_here(source, style_from_preset(find_preset("starry_night")), settings, device)))


if __name__ == "__main__":
    main()
