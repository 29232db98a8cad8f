"""What a job in Blender takes beyond the engine's own work: source, style, the way back into an image.

    python overhead.py ZIP RENDER RECORD

installs the extension into Blender's module, paints, and leaves the seconds of each run in RECORD. A job runs
as it does for scripts; one with a window also waits for the timer, 0.1 s at most, and shows previews.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

PACKAGE = "bl_ext.user_default.pochade"
RUNS, SIZE, STEPS = 5, 256, 3


def measure_overhead(extension: Path, render: Path) -> list[float]:
    """Seconds beyond the engine's, one for each run."""
    with tempfile.TemporaryDirectory(prefix="pochade-bench-", ignore_cleanup_errors=True) as folder:
        record = Path(folder) / "seconds.json"
        # Blender must not read or write the developer's own settings.
        subprocess.run(
            [sys.executable, __file__, extension, render, record],
            env=os.environ | {"BLENDER_USER_RESOURCES": folder},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        return json.loads(record.read_text())


def main(extension: Path, render: Path, record: Path) -> None:
    import bpy

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    bpy.ops.extensions.package_install_files(
        filepath=str(extension), repo="user_default", enable_on_install=True
    )
    bpy.data.images.load(str(render)).name = "render"
    settings = bpy.context.scene.pochade
    settings.preset, settings.resolution = "starry_night", "draft"
    settings.size, settings.steps = SIZE, STEPS
    engine = watch_engine()
    seconds = []
    for _ in range(1 + RUNS):
        engine.clear()
        started = time.perf_counter()
        bpy.ops.pochade.stylize(image="render")
        seconds.append(time.perf_counter() - started - sum(engine))
    record.write_text(json.dumps(seconds[1:]))  # the first one has loaded PyTorch


def watch_engine() -> list[float]:
    """Have the installed engine note how long each of its steps takes, in the list that this returns."""
    module, noted = import_module(f"{PACKAGE}.core.still.stylize"), []
    stylize_image = module.stylize_image

    def watched(*arguments, **options):
        painting = stylize_image(*arguments, **options)
        while True:
            started = time.perf_counter()
            try:
                progress = next(painting)
            except StopIteration as end:
                return end.value
            finally:
                noted.append(time.perf_counter() - started)
            yield progress

    module.stylize_image = watched
    return noted


if __name__ == "__main__":
    main(*(Path(path).resolve() for path in sys.argv[1:]))
