"""How the scene's compositor puts view layers together: its Alpha Over and Mix nodes, read from the output
backwards.
"""

import bpy

from ...core.sequence.compositing import Laid, Plan
from . import compat
from .compositor import is_ours

_MIXES = {"MIX": "mix", "ADD": "add", "MULTIPLY": "multiply", "SCREEN": "screen"}  # by Blender's names


def plan_of(scene: bpy.types.Scene) -> Plan | None:
    """The plan of the scene's own view layers, by the names that they have in Blender; None where the
    compositor is off, or puts pictures together in a way that is none of `Laid`.

    What changes one picture alone, a blur or a grading, is passed over.
    """
    tree = compat.compositor_tree(scene)
    output = compat.find_output(tree) if tree and scene.render.use_compositing else None
    return _plan(output, scene) if output else None


def _plan(socket, scene) -> Plan | None:
    """What comes into a socket."""
    if not socket.is_linked:
        return None
    link = socket.links[0]
    node, pictures = link.from_node, [one for one in link.from_node.inputs if _is_picture(one)]
    if node.bl_idname == "CompositorNodeRLayers":
        return node.layer if node.scene == scene and link.from_socket.name == "Image" else None
    if not node.mute and node.bl_idname == "CompositorNodeAlphaOver":
        return _laid(node, pictures, scene, "over")
    if not node.mute and node.bl_idname in ("CompositorNodeMixRGB", "ShaderNodeMix"):
        how = _MIXES.get(node.blend_type)
        return _laid(node, pictures, scene, how, getattr(node, "use_alpha", False)) if how else None
    through = [one for one in pictures if one.is_linked]
    if is_ours(getattr(node, "node_tree", None)) or (node.mute and through):
        through = pictures[:1]
    return _plan(through[0], scene) if len(through) == 1 else None


def _laid(node, pictures, scene, how, by_alpha=False) -> Laid | None:
    below, above = (_plan(one, scene) for one in pictures)
    factor = next(one for one in node.inputs if one.type == "VALUE" and one.enabled)
    if below is None or above is None or factor.is_linked:
        return None
    return Laid(below, above, how, min(max(factor.default_value, 0.0), 1.0), by_alpha)


def _is_picture(socket) -> bool:
    return socket.type == "RGBA" and socket.enabled
