"""Pochade's picture engine: a library that knows nothing of Blender.

Pictures are float32 arrays (H, W, 3) or (H, W, 4), top row first, display-referred sRGB from 0 to 1.
"""

import os

# How long PyTorch's threads wait for each other with their cores at work. OpenMP reads this when it is
# loaded, so it stands here, before anything of core imports PyTorch. By default they wait long and crawl
# beside a render; put to sleep sooner they lose nothing on an idle machine (0.18 s an evaluation).
os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # GNU's
os.environ.setdefault("KMP_BLOCKTIME", "0")  # Intel's and LLVM's, in milliseconds
