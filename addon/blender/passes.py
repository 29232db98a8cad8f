"""Who is seen where in the render: its Cryptomatte passes, saved in Blender's thread, read in the job's; and
whether there will be vectors.
"""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import bpy

from ...core.files.cryptomatte import Cryptomatte, read_cryptomattes
from . import compat, images

# By core.files.cryptomatte.PASSES' keys, the view layer's property that has the pass rendered; and that of
# things' colours without their light.
PROPERTIES = {
    "OBJECT": "use_pass_cryptomatte_object",
    "MATERIAL": "use_pass_cryptomatte_material",
    "ALBEDO": "use_pass_diffuse_color",
}
# What tells objects apart, and the parts of one that have colours of their own.
OF_OBJECTS = {"OBJECT", "ALBEDO"}
FILE = "passes.exr"
RENDER_AGAIN = "The render was made without Cryptomatte: switch it on under Regions, then render again (F12)"

_seen: dict[str, list[str]] = {}  # by pass, the names in the render that was read last


def are_missing(scene: bpy.types.Scene, kinds: Iterable[str]) -> bool:
    """Whether the next render would lack one of these passes in a view layer."""
    return not all(
        getattr(layer, PROPERTIES[kind]) for kind in kinds for layer in scene.view_layers if layer.use
    )


def switch_on(scene: bpy.types.Scene, kinds: Iterable[str]) -> None:
    """Have these passes rendered in every view layer that is rendered."""
    for kind in kinds:
        for layer in scene.view_layers:
            if layer.use:
                setattr(layer, PROPERTIES[kind], True)


def gives_vectors(scene: bpy.types.Scene) -> bool:
    """Whether the scene's render engine tells how things move: a compositing node knows what each offers."""
    layer = next((layer for layer in scene.view_layers if layer.use), scene.view_layers[0])
    before, layer.use_pass_vector = layer.use_pass_vector, True
    other = bpy.data.scenes.new("Pochade asks the engine")  # until 4.5 such nodes belong to a scene
    tree = compat.ensure_compositor_tree(other)
    try:
        node = tree.nodes.new("CompositorNodeRLayers")
        node.scene, node.layer = scene, layer.name
        return "Vector" in node.outputs and node.outputs["Vector"].enabled
    finally:
        compat.remove_compositor_tree(other)
        bpy.data.scenes.remove(other)
        layer.use_pass_vector = before


def names_seen(kind: str) -> list[str]:
    """Names of the objects or materials in the render that was read last."""
    return _seen.get(kind, [])


def save(scene: bpy.types.Scene, image: bpy.types.Image) -> tempfile.TemporaryDirectory:
    """The Render Result's passes as FILE in a folder that goes away with this object."""
    folder = tempfile.TemporaryDirectory(prefix="pochade_", ignore_cleanup_errors=True)
    images.save_passes(scene, image, Path(folder.name, FILE))
    return folder


def read(path: Path) -> dict[str, list[Cryptomatte]]:
    """The Cryptomattes in a file with a render's passes, by kind, one a view layer. For the job's thread.

    Keeps the names for the picker. Raises PochadeError without OpenEXR, or for a broken file.
    """
    mattes = read_cryptomattes(path)
    for kind, found in mattes.items():
        _seen[kind] = sorted(set().union(*(matte.names_seen() for matte in found)))
    return mattes
