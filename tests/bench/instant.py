"""How fast a slim network paints pictures: in the core alone, and by Live from image to image in Blender.

    python instant.py ZIP RECORD DEVICE QUICK

installs the extension into Blender's module and leaves the figures in RECORD: PyTorch is loaded and its
threads are set as they are for artists. There is no window, so this is Blender's timer: what Blender takes to
draw comes on top, the window tests tell how much.
"""

import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

PACKAGE, PRESET = "bl_ext.user_default.pochade", "starry_night"
SMALL, LARGE = (640, 360), (1920, 1080)
FIGURES = {  # with the least, or the most, that is asked for
    "fps_640x360_core": "640 × 360, array to array|at least 15",
    "fps_640x360_panel": "640 × 360, Live, the picture changes|at least 8",
    "fps_1080p": "1920 × 1080, array to array|at least 60 on a graphics card",
    "first_picture_s": "Seconds from the click to the first picture|at most 3",
    "fps_640x360_slider": "640 × 360, Live, a slider moves|",
    "fps_640x360_float": "640 × 360, Live, a linear float picture changes|",
    "fps_1080p_network": "1920 × 1080, the network alone|",
}
log = logging.getLogger(__name__)


def run(folder: Path, quick: bool, device: str) -> None:
    """Measure, tell, and leave the figures in folder/instant.json."""
    from build import build_zip
    from tests.bench.report import rows

    folder.mkdir(parents=True, exist_ok=True)
    record = folder / "instant.json"
    with tempfile.TemporaryDirectory(prefix="pochade-bench-", ignore_cleanup_errors=True) as user:
        # Blender must not read or write the developer's own settings.
        subprocess.run(
            [sys.executable, __file__, build_zip(), record, device, str(int(quick))],
            check=True,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"BLENDER_USER_RESOURCES": user},
        )
    figures = json.loads(record.read_text())
    log.info(
        "On %s:\n\n%s",
        figures["device"],
        rows(
            "Frames a second, where nothing else is said|Figure|Bar",
            [
                (name, figures[key], bar)
                for key, (name, _, bar) in ((key, words.partition("|")) for key, words in FIGURES.items())
            ],
        ),
    )


def main(extension: str, record: str, device: str, quick: str) -> None:
    import bpy

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.ops.extensions.package_install_files(
        filepath=str(Path(extension).resolve()), repo="user_default", enable_on_install=True
    )
    count = 5 if int(quick) else 60
    engine = import_module(f"{PACKAGE}.core.instant.apply")
    machine = import_module(f"{PACKAGE}.core.compute.machine").Machine(device)
    where = import_module(f"{PACKAGE}.core.compute.devices").choose_device(machine)
    bpy.context.preferences.addons[PACKAGE].preferences.device = device
    figures = {"fps_640x360_core": core(engine, SMALL, device, count)}
    with Panel() as panel:
        figures |= {
            "fps_640x360_panel": panel.frames_a_second(count, panel.paint_on),
            "first_picture_s": panel.first_picture,
            "fps_640x360_slider": panel.frames_a_second(count, panel.move_slider),
        }
    with Panel(float_buffer=True) as panel:
        figures["fps_640x360_float"] = panel.frames_a_second(count, panel.paint_on)
    figures["fps_1080p"] = core(engine, LARGE, device, count // 4 + 1)
    figures["fps_1080p_network"] = network_alone(engine, LARGE, where, count // 4 + 1)
    figures = {key: figures[key] for key in FIGURES}
    Path(record).write_text(
        json.dumps(figures | {"device": describe(where), "quick": bool(int(quick))}, indent=2) + "\n"
    )


def core(engine, size: tuple[int, int], device: str, count: int) -> float:
    """Frames a second from array to array, the median."""
    finish, settings = (import_module(f"{PACKAGE}.core.{name}") for name in ("progress", "settings"))
    presets = import_module(f"{PACKAGE}.core.presets.preset")
    style = import_module(f"{PACKAGE}.core.presets.load").style_from_preset(presets.find_preset(PRESET))
    picture, chosen = noise(size), settings.Settings(size=max(size), method="instant")
    return 1 / median(
        lambda: finish.finish(engine.stylize_instantly(picture, ((style, 1.0),), chosen, device)), count
    )


def network_alone(engine, size: tuple[int, int], where, count: int) -> float:
    """Frames a second of the network, from a picture on the device to a painting there, the median."""
    import torch

    preset = import_module(f"{PACKAGE}.core.presets.preset").find_preset(PRESET)
    network = import_module(f"{PACKAGE}.core.instant.files").load_network(preset.network).to(where)
    picture = torch.rand(1, 3, size[1], size[0], device=where)

    def pass_through():
        with torch.no_grad():
            network(picture)[0, 0, 0, 0].item()  # which waits for the device

    return 1 / median(pass_through, count)


def median(work: Callable, count: int) -> float:
    """Seconds that a call takes; the first three, which PyTorch takes to get going, do not count."""
    taken = []
    for _ in range(3 + count):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken[3:])


def noise(size: tuple[int, int]):
    """A picture (H, W, 4) without anything that repeats."""
    import numpy as np

    return np.random.default_rng(0).random((*size[::-1], 4), dtype=np.float32)


class Panel:
    """An Image Editor with a picture and Live on: whenever a painting is shown, something is changed."""

    def __init__(self, **kind):
        import bpy

        self._bpy, self._live = bpy, import_module(f"{PACKAGE}.addon.tasks.live")
        self._settings = bpy.context.scene.pochade
        self._settings.preset, self._settings.size = PRESET, max(SMALL)
        self._image = bpy.data.images.new("changing", *SMALL, alpha=True, **kind)
        self._pixels = noise(SMALL).ravel()
        self.paint_on()

    def __enter__(self):
        window = self._bpy.context.window_manager.windows[0]
        area = window.screen.areas[0]
        area.type = "IMAGE_EDITOR"
        area.spaces.active.image = self._image
        with self._shown() as shown:
            started = time.perf_counter()
            with self._bpy.context.temp_override(window=window, area=area):
                self._bpy.ops.pochade.live()
            self._drive(lambda: shown)
            self.first_picture = time.perf_counter() - started
        return self

    def __exit__(self, *_):
        job = self._live.current()
        job.cancel()
        self._drive(lambda: job.state != "running", job)

    def paint_on(self) -> None:
        """Change the picture, as a brush does."""
        self._pixels = 1 - self._pixels
        self._image.pixels.foreach_set(self._pixels)
        self._image.update_tag()
        self._bpy.context.view_layer.update()

    def move_slider(self) -> None:
        self._settings.strength = 1.9 - self._settings.strength if self._settings.strength < 1 else 0.9

    def frames_a_second(self, count: int, change: Callable) -> float:
        """The median of paintings a second, each of a change made when the one before was shown."""
        with self._shown() as shown:
            change()
            seen = 0
            while seen < count + 3:
                self._drive(lambda seen=seen: len(shown) > seen)
                seen = len(shown)
                change()
        return 1 / statistics.median(
            later - earlier for earlier, later in zip(shown[2:], shown[3:], strict=False)
        )

    @contextmanager
    def _shown(self) -> Iterator[list[float]]:
        """When each painting was shown, meanwhile."""
        images, times = import_module(f"{PACKAGE}.addon.blender.images"), []
        original = images.update_preview

        def noting(*arguments):
            original(*arguments)
            times.append(time.perf_counter())

        images.update_preview = noting
        try:
            yield times
        finally:
            images.update_preview = original

    def _drive(self, until: Callable, job=None) -> None:
        """Be Blender's timer."""
        while not until():
            time.sleep((job or self._live.current()).pulse() or 0)


def describe(where) -> str:
    """The machine, for the table's head."""
    import torch

    if where.type == "cpu":
        return f"CPU, PyTorch {torch.__version__}, {torch.get_num_threads()} threads"
    return (
        f"{torch.cuda.get_device_name() if where.type == 'cuda' else where.type}, PyTorch {torch.__version__}"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
