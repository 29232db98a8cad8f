"""Pochade's picture engine: a library that knows nothing of Blender.

Pictures are float32 arrays (H, W, 3) or (H, W, 4), top row first, display-referred sRGB from 0 to 1.
"""
