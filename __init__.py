"""The extension's front door: Blender's builder looks for it here, and a checkout then loads as an extension
too.
"""

from .addon import register, unregister
