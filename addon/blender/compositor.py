"""A painting in the compositor: one group node that mixes it with the render, just before the output.

The compositor's result goes through the scene's view once more. For the artist to get what was painted,
either the painting is taken through the inverse of that view, or the view becomes Standard and the render is
taken through the former view in front of the mix.
"""

import json

import bpy

from ...core.errors import PochadeError
from ...core.words import Sentence
from . import colour_names, compat, custom, images, mixing

MODES = [
    (
        "AS_PAINTED",
        "As Painted",
        "Exactly what was painted: the scene's view becomes Standard, and the render is mixed in "
        "as it was displayed",
    ),
    ("MATCH", "Match View", "The scene's view stays as it is; colors that it cannot show are compressed"),
]

# custom property that marks our groups: the view that As Painted took from the scene, as JSON
_VIEW = "pochade_view"
# custom property of a group: the render as it was displayed, where no nodes can display it
_STILL = "pochade_still"
_NAMES = ("view_transform", *compat.NEUTRAL_VIEW)  # of the view settings that count
_IDLE = ("CompositorNodeRLayers", "CompositorNodeComposite", "CompositorNodeViewer", "NodeGroupOutput")
# Which bleaches highlights: 22/255 off at the 99th percentile.
_INVERTIBLE = mixing.BASE_SPACES.keys() - {"Khronos PBR Neutral"}


def _strange_view(scene: bpy.types.Scene, node: bpy.types.Node) -> PochadeError:
    return PochadeError(
        "The view of {scene} that the node {node} keeps is none of this Blender's: delete the node, then "
        "choose a view in Color Management",
        scene=scene.name,
        node=node.name,
    )


def match_unavailable(scene) -> str | None:
    """Why Match View cannot give back what was painted, as a sentence for the artist; None when it can."""
    view = _displayed_view(scene, _find(compat.compositor_tree(scene)))
    transform = view["view_transform"]
    if transform not in colour_names.PLAIN_VIEWS and (
        transform not in _INVERTIBLE or mixing.BASE_SPACES[transform] not in colour_names.spaces()
    ):
        return Sentence(
            "Match View cannot undo the view transform {transform}; choose another one or As Painted",
            transform=transform,
        )
    for name, neutral in compat.NEUTRAL_VIEW.items():
        if view[name] != neutral:
            label = scene.view_settings.bl_rna.properties[name].name
            return Sentence(
                "Match View needs a neutral view: reset {label} in Color Management, or choose As Painted",
                label=label,
            )
    if scene.display_settings.display_device not in colour_names.SRGB_DISPLAYS:
        return Sentence(
            "Match View needs an sRGB display device: choose it in Color Management, or choose As Painted"
        )
    return None


def send_to_compositor(scene, image, mode):
    """Mix `image` with the render in the scene's compositor; returns the group node, always the same.

    `mode` is one of `MODES`. Raises PochadeError when Match View is not available, or when As Painted has to
    keep the displayed render as a still and there is none.
    """
    if mode == "MATCH" and (reason := match_unavailable(scene)):
        raise PochadeError(reason)
    node = _find(compat.compositor_tree(scene), image)
    view = _displayed_view(scene, node)
    still = _still(scene, node, view) if mode == "AS_PAINTED" and _needs_still(view) else None

    tree = compat.ensure_compositor_tree(scene)
    node = node or _add_node(tree)
    group = node.node_tree
    group[_VIEW] = json.dumps(view) if mode == "AS_PAINTED" else ""
    group[_STILL] = still
    try:
        mixing.build(scene.render, group, image, view, mode, still)
    except TypeError:
        raise _strange_view(scene, node) from None
    _connect(scene, tree, node)
    node.label, node.mute = image.name, False
    _set_view(scene, compat.plain_view(scene.view_settings) if mode == "AS_PAINTED" else view)
    return node


def take_out(scene) -> None:
    """Take our nodes out of the scene's compositor, and give the view back that As Painted took. Raises
    PochadeError for a view that this Blender has not.
    """
    tree = compat.compositor_tree(scene)
    try:
        _set_view(scene, view_of_the_render(scene))
    except TypeError:
        raise _strange_view(scene, _find(tree)) from None
    for node in _ours(tree):
        render, group = node.inputs.get("Image"), node.node_tree
        sources = [link.from_socket for link in render.links] if render else []
        shown = [link.to_socket for output in node.outputs[:1] for link in output.links]
        tree.nodes.remove(node)
        for socket in shown if sources else ():
            tree.links.new(sources[0], socket)
        if not group.users:
            bpy.data.node_groups.remove(group)


def uses_still(node) -> bool:
    """Whether our node mixes with a still of the render, which does not follow the next render."""
    return custom.image(node.node_tree, _STILL) is not None


def is_ours(block) -> bool:
    """Whether a data-block is one of our groups."""
    return isinstance(block, bpy.types.NodeTree) and _VIEW in block


def is_idle(node) -> bool:
    """Whether a compositor's node is ours, or only hands pictures on."""
    return is_ours(getattr(node, "node_tree", None)) or node.bl_idname in _IDLE


def does_nothing(block) -> bool:
    """Whether a data-block is a compositor that does nothing but what our nodes do, or one of our groups."""
    return is_ours(block) or (
        isinstance(block, bpy.types.CompositorNodeTree) and all(map(is_idle, block.nodes))
    )


def links_of(links) -> list[tuple[str, ...]]:
    """The ends of a tree's links by name as if without our nodes, but for those from render to output."""
    ends = []
    for link in links:
        start = link
        while start and is_ours(getattr(start.from_node, "node_tree", None)):
            entered = start.from_node.inputs["Image"].links
            start = entered[0] if entered else None
        if not start or is_ours(getattr(link.to_node, "node_tree", None)):
            continue
        node, socket = start.from_node, start.from_socket
        if link.to_node.outputs or not is_idle(node) or socket.name != "Image":
            ends.append((node.name, socket.identifier, link.to_node.name, link.to_socket.identifier))
    return ends


def view_of_the_render(scene) -> dict:
    """The view settings that the render is displayed with: the scene's, or those As Painted replaced."""
    return _displayed_view(scene, _find(compat.compositor_tree(scene)))


def view_taken(scene) -> str:
    """What As Painted made of the scene's view, as a sentence for the artist; "" for nothing."""
    now, former = _scene_view(scene), view_of_the_render(scene)
    labels = scene.view_settings.bl_rna.properties
    others = [labels[name].name for name in compat.NEUTRAL_VIEW if former[name] != now[name]]
    more = Sentence(" with its {names}", names=", ".join(others)) if others else ""
    taken = Sentence(
        "The view is {now} in place of {former}{more}",
        now=now["view_transform"],
        former=former["view_transform"],
        more=more,
    )
    return taken if former != now else ""


def mixing_node(scene):
    """Our group node that puts a painting into the scene's renders; None without one."""
    if not scene.render.use_compositing:
        return None
    return next(filter(_mixes, our_nodes(scene)), None)


def _mixes(node) -> bool:
    factor = node.inputs.get("Factor")
    shown = factor and (factor.is_linked or factor.default_value)
    return bool(shown and not node.mute and node.outputs["Image"].is_linked)


def layer_behind(scene, node) -> str | None:
    """The view layer of the scene whose picture goes straight into our node; None where that is not so."""
    while is_ours(getattr(node, "node_tree", None)) or node.bl_idname == "NodeReroute":
        links = node.inputs[0].links
        if not links:
            return None
        node, socket = links[0].from_node, links[0].from_socket
    straight = node.bl_idname == "CompositorNodeRLayers" and socket.name == "Image"
    return node.layer if straight and node.scene == scene else None


def our_nodes(scene) -> list:
    """Our group nodes in the scene's compositor."""
    return _ours(compat.compositor_tree(scene))


def _ours(tree) -> list:
    return [node for node in (tree.nodes if tree else ()) if is_ours(getattr(node, "node_tree", None))]


def _find(tree, image=None):
    """Our group node in the tree, rather the one that shows `image`; None when there is none."""
    ours = [
        node
        for node in _ours(tree)
        if {"Image", "Factor"} <= set(node.inputs.keys()) and "Image" in node.outputs
    ]
    showing = (
        node
        for node in ours
        for inner in node.node_tree.nodes
        if inner.type == "IMAGE" and inner.image == image
    )
    return next(showing, ours[0] if ours else None)


def _set_view(scene, view):
    for name, value in view.items():
        setattr(scene.view_settings, name, value)


def _scene_view(scene) -> dict:
    return {name: getattr(scene.view_settings, name) for name in _NAMES}


def _displayed_view(scene, node) -> dict:
    """The view that shows the render: the scene's, or the former one while As Painted sets Standard."""
    view = _scene_view(scene)
    former = custom.table(node.node_tree, _VIEW) if node else {}
    if not former or not mixing.is_plain(view):
        return view
    # Another Blender version may have written it, or anybody.
    return {name: former[name] if type(former.get(name)) is type(now) else now for name, now in view.items()}


def _needs_still(view) -> bool:
    """Whether no nodes can show the render through this view."""
    by_nodes = {"exposure", "look"} if compat.NODES_KNOW_LOOKS else {"exposure"}
    known = compat.NODES_KNOW_LOOKS or mixing.base_space(view)
    return not known or any(
        view[name] != neutral for name, neutral in compat.NEUTRAL_VIEW.items() if name not in by_nodes
    )


def _still(scene, node, view):
    """The render as displayed, as an image: the one there is while its view is no longer the scene's."""
    still = node and custom.image(node.node_tree, _STILL)
    if still and view != _scene_view(scene):
        return still
    result = images.find_render()
    if not result:
        raise PochadeError("As Painted needs the render for this view: render the frame first (F12)")
    still = images.write_result(
        f"{scene.name}, render as displayed", images.read_source(scene, result), into=still
    )
    still.alpha_mode = "CHANNEL_PACKED"  # keeps the colours of light without alpha
    still.use_fake_user = False  # goes with the node
    return still


def _add_node(tree):
    """A new node with a new group; the group's nodes are made anew at each sending."""
    group = bpy.data.node_groups.new("Pochade", "CompositorNodeTree")
    group.interface.new_socket("Image", in_out="INPUT", socket_type="NodeSocketColor")
    factor = group.interface.new_socket("Factor", in_out="INPUT", socket_type="NodeSocketFloat")
    factor.subtype, factor.min_value, factor.max_value, factor.default_value = "FACTOR", 0, 1, 1
    factor.description = "0 shows the render, 1 the painting"
    group.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
    node = tree.nodes.new("CompositorNodeGroup")
    node.node_tree = group
    node.name = "Pochade"
    node.inputs["Factor"].default_value = 1
    return node


def _connect(scene, tree, node):
    """Put the node between the output and what was linked to it, unless the artist has linked it already."""
    if not node.outputs["Image"].is_linked:
        output = compat.ensure_output(tree)
        if output.is_linked:
            tree.links.new(output.links[0].from_socket, node.inputs["Image"])
        tree.links.new(node.outputs["Image"], output)
        node.location = output.node.location.x - 200, output.node.location.y
    if not node.inputs["Image"].is_linked:
        layers = tree.nodes.new("CompositorNodeRLayers")
        layers.scene = scene
        layers.location = node.location.x - 300, node.location.y
        tree.links.new(layers.outputs["Image"], node.inputs["Image"])
