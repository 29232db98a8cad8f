"""Benchmarks. The core is imported before PyTorch, as in Blender: it says how PyTorch's threads wait for each
other.
"""

import core  # noqa: F401
