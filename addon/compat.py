"""Differences between Blender versions, each with the version that ends it."""

import bpy

# Until 4.5, image settings take any file format; since 5.0 the kind of media comes first.
STILL_IMAGE = {"media_type": "IMAGE"} if bpy.app.version >= (5, 0) else {}

# Switches of the view settings beside look, exposure and gamma. White balance came with 4.3.
VIEW_CORRECTIONS = ("use_curve_mapping", "use_white_balance") if bpy.app.version >= (4, 3) else ("use_curve_mapping",)
