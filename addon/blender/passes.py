"""Who is seen where in the render: its Cryptomatte passes, saved in Blender's thread, read in the job's; and
whether there will be vectors.
"""

from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace

import bpy

from ...core.errors import PochadeError
from ...core.files.cryptomatte import Cryptomatte, read_cryptomattes
from ...core.files.temporary import TemporaryFolder
from ...core.words import Sentence
from . import images

# By core.files.cryptomatte.PASSES' keys, the view layer's property that has the pass rendered; and that of
# things' colours without their light.
PROPERTIES = {
    "OBJECT": "use_pass_cryptomatte_object",
    "MATERIAL": "use_pass_cryptomatte_material",
    "ALBEDO": "use_pass_diffuse_color",
}
# What light has come by way of a reflection or through glass: it moves in ways that vectors do not know.
OF_MIRRORS = tuple(
    f"use_pass_{kind}_{part}"
    for kind in ("glossy", "transmission")
    for part in ("color", "direct", "indirect")
)
_MIRRORS = {
    f"ShaderNodeBsdf{name}" for name in ("Glass", "Refraction", "Glossy", "Anisotropic", "Metallic")
} | {"ShaderNodeEeveeSpecular"}
# Of the Principled BSDF: inputs that make it one, and below which roughness it is one anyway.
_MIRRORING, _SMOOTH = ("Metallic", "Transmission Weight", "Coat Weight"), 0.3
# What tells objects apart, and the parts of one that have colours of their own.
OF_OBJECTS = {"OBJECT", "ALBEDO"}
FILE = "passes.exr"
SWITCH_ON = Sentence("Only Cryptomatte knows what is seen where: switch it on, then render again (F12)")

_seen: dict[str, list[str]] = {}  # by pass, the names in the render that was read last


def are_missing(scene: bpy.types.Scene, kinds: Iterable[str]) -> bool:
    """Whether the next render would lack one of these passes in a view layer."""
    return not all(
        getattr(layer, PROPERTIES[kind]) for kind in kinds for layer in scene.view_layers if layer.use
    )


def without(scene: bpy.types.Scene, kind: str) -> str:
    """What the artist is to do about a render that lacks this pass."""
    if are_missing(scene, [kind]):
        return Sentence(
            "The render was made without Cryptomatte: switch it on under Regions, then render again (F12)"
        )
    return Sentence("Cryptomatte is on, but this render was made without it: render again (F12)")


def switch_on(scene: bpy.types.Scene, kinds: Iterable[str]) -> None:
    """Have these passes rendered in every view layer that is rendered."""
    for kind in kinds:
        for layer in scene.view_layers:
            if layer.use:
                setattr(layer, PROPERTIES[kind], True)


def has_mirrors() -> bool:
    """Whether a material in the .blend may show what is elsewhere: mirrors, glass, metal, polish."""
    return any(_mirrors(material.node_tree) for material in bpy.data.materials if material.node_tree)


def _mirrors(tree: bpy.types.NodeTree) -> bool:
    """Whether a tree of nodes has a shader that does, or a group in it."""
    for node in tree.nodes:
        if node.bl_idname in _MIRRORS:
            return True
        if node.bl_idname == "ShaderNodeGroup" and node.node_tree and _mirrors(node.node_tree):
            return True
        if node.bl_idname == "ShaderNodeBsdfPrincipled":
            if any(node.inputs[name].is_linked or node.inputs[name].default_value for name in _MIRRORING):
                return True
            rough = node.inputs["Roughness"]
            if rough.is_linked or rough.default_value < _SMOOTH:
                return True
    return False


def gives_vectors(scene: bpy.types.Scene) -> bool:
    """Whether the scene's render engine tells how things move: engines of add-ons name the passes that they
    offer. Of Blender's own, Workbench does not. One that cannot be asked is believed to.
    """
    engine = scene.render.engine
    if engine.startswith("BLENDER_"):
        return engine != "BLENDER_WORKBENCH"
    base = bpy.types.RenderEngine
    kinds = [kind for one in base.__subclasses__() for kind in (one, *one.__subclasses__())]
    kind = next((kind for kind in kinds if getattr(kind, "bl_idname", "") == engine), None)
    if kind is None or not any(
        "update_render_passes" in vars(of) for of in kind.__mro__ if of not in base.__mro__
    ):
        return kind is None
    offered: set[str] = set()
    asking = SimpleNamespace(register_pass=lambda _scene, _layer, name, *_: offered.add(name))
    layer = next((layer for layer in scene.view_layers if layer.use), scene.view_layers[0])
    before, layer.use_pass_vector = layer.use_pass_vector, True
    try:
        kind.update_render_passes(asking, scene, layer)
    except Exception:  # noqa: BLE001 - whatever another's engine raises
        return True
    finally:
        layer.use_pass_vector = before
    return "Vector" in offered


def names_seen(kind: str) -> list[str]:
    """Names of the objects or materials in the render that was read last."""
    return _seen.get(kind, [])


def save(scene: bpy.types.Scene, image: bpy.types.Image) -> TemporaryFolder:
    """The Render Result's passes as FILE in a folder that goes away with this object."""
    folder = TemporaryFolder()
    images.save_passes(scene, image, Path(folder.name, FILE))
    return folder


def read(path: Path) -> dict[str, list[Cryptomatte]]:
    """The Cryptomattes in a file with a render's passes, by kind, one a view layer. For the job's thread.

    Keeps the names for the picker. Raises PochadeError where nothing here reads OpenEXR, or for a broken
    file.
    """
    mattes = read_cryptomattes(path)
    for kind, found in mattes.items():
        _seen[kind] = sorted(set().union(*(matte.names_seen() for matte in found)))
    return mattes


def name_at(scene: bpy.types.Scene, image: bpy.types.Image, kind: str, x: float, y: float) -> str:
    """The object or material that the Render Result shows at a point, given as shares of its sides from the
    bottom left; "" for none. Raises PochadeError where the render has no Cryptomatte.
    """
    with save(scene, image) as folder:
        mattes = read(Path(folder, FILE))[kind]
    if not mattes:
        raise PochadeError(without(scene, kind))
    height, width = mattes[0].pairs[0][0].shape
    row, column = min(int((1 - y) * height), height - 1), min(int(x * width), width - 1)
    return max(matte.seen_at(row, column) for matte in mattes)[1]
