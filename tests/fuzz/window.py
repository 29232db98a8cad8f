"""A Blender with a window and a painted viewport under random input: see tests/gui/random_input.py."""

import json
import os
import random
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import build

PATIENCE = 1500  # seconds beyond its time until a Blender that hangs is ended: it ends itself well before


def fuzz_window(command: str, minutes: float, seed: int | None) -> str:
    """Run it; returns what it did. Raises AssertionError where Blender ended, or something was raised."""
    seed = random.randrange(1 << 32) if seed is None else seed
    folder = build.OUT / "fuzz"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "home").mkdir(parents=True)
    report, log = folder / "report.json", folder / "log.txt"
    script = Path(__file__).parents[1] / "gui" / "random_input.py"
    places = [script, "--", build.build_zip(folder), folder, report]
    (folder / "plan.json").write_text(json.dumps([minutes, seed]))
    environment = os.environ | {"BLENDER_USER_RESOURCES": str(folder / "home"), "OMP_NUM_THREADS": "1"}
    environment["BLENDER_TIMEOUT"] = str(round(60 * minutes) + PATIENCE)
    with log.open("w") as file:
        status = subprocess.run(
            [*shlex.split(command), "--factory-startup", "--python"]
            + [os.path.relpath(each, build.ROOT) if isinstance(each, Path) else each for each in places],
            env=environment,
            cwd=build.ROOT,
            stdout=file,
            stderr=subprocess.STDOUT,
        ).returncode
    said = log.read_text(errors="replace")
    last = ([line for line in said.splitlines() if re.match(r"\d+: ", line)] or ["the first"])[-1]
    again = f"seed {seed}, last step {last}, see {log}"
    assert report.exists(), f"Blender ended with {status}: {again}"
    (checked,) = json.loads(report.read_text()).values()
    assert checked["outcome"] == "passed", f"{checked['outcome']}, Blender ended with {status}: {again}"
    assert status == 0, f"Blender ended with {status}: {again}"
    assert "Traceback" not in said, f"something was raised: {again}"
    return ". ".join(checked["notes"])
