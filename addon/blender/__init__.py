"""Blender's images, render passes, compositor and Sequencer, as the rest of the add-on takes them."""
