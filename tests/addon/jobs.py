"""Jobs in tests: there is no window, so a test is Blender's timer."""

import time

LIMIT = 120  # seconds that a job of a few steps may take on a busy machine


def drive(job, until=lambda: False):
    """Be Blender's timer until the job ends, or `until` says so; seconds that it took."""
    start = time.monotonic()
    while job.state == "running" and not until():
        assert time.monotonic() - start < LIMIT, "the job goes on and on"
        job.pulse()
        time.sleep(0.005)
    return time.monotonic() - start
