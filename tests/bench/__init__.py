"""Benchmarks. The core comes before PyTorch, as in Blender: it says how PyTorch's threads wait."""

import core  # noqa: F401
