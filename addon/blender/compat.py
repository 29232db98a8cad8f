"""Differences between Blender versions, each with the version that ends it."""

import bpy

from . import colour_names

_SINCE_4_3 = bpy.app.version >= (4, 3)
_SINCE_5_0 = bpy.app.version >= (5, 0)
_OUTPUT = "NodeGroupOutput" if _SINCE_5_0 else "CompositorNodeComposite"

# Until 4.5, image settings take any file format; since 5.0 the kind of media comes first.
STILL_IMAGE = {"media_type": "IMAGE"} if _SINCE_5_0 else {}
MULTILAYER_IMAGE = {"media_type": "MULTI_LAYER_IMAGE"} if _SINCE_5_0 else {}

# Since 4.5, Blender wants to be told which paths may begin with //.
RELATIVE_PATH = {"PATH_SUPPORTS_BLEND_RELATIVE"} if bpy.app.version >= (4, 5) else set()

# Since 4.3, Image Editors have asset shelves.
HAS_IMAGE_SHELVES = _SINCE_4_3

# Bytes of a data-block's name.
LONGEST_NAME = 255 if _SINCE_5_0 else 63

# View settings that leave the view transform as it is. White balance came with 4.3.
NEUTRAL_VIEW = {"look": "None", "exposure": 0.0, "gamma": 1.0, "use_curve_mapping": False}
if _SINCE_4_3:
    NEUTRAL_VIEW["use_white_balance"] = False

# Until 4.5, nodes know views only as colour spaces, which have no looks; since 5.0 there is Convert to
# Display.
NODES_KNOW_LOOKS = _SINCE_5_0

# Node options that are a property until 4.5 and a menu socket named Type since 5.0.
_NODE_OPTIONS = {
    "RENDER_SIZE": ("CompositorNodeScale", "space", "Render Size"),
    "PREMUL_TO_STRAIGHT": ("CompositorNodePremulKey", "mapping", "To Straight"),
    "STRAIGHT_TO_PREMUL": ("CompositorNodePremulKey", "mapping", "To Premultiplied"),
    "REPLACE_ALPHA": ("CompositorNodeSetAlpha", "mode", "Replace Alpha"),
}

# Whether what a viewport drew last, as light, is bound before it is drawn again; seen so in 5.2, not in 4.3.
BINDS_LIGHT_BEFORE_VIEWS = bpy.app.version >= (5, 2)


def plain_view(view_settings):
    """View settings that show colours as they are."""
    return {"view_transform": colour_names.plain_view(view_settings), **NEUTRAL_VIEW}


def output_path(path):
    """A file's name for the render settings, where braces are templates since 5.0."""
    return str(path).replace("{", "{{").replace("}", "}}") if _SINCE_5_0 else str(path)


def add_node(tree, option):
    """The compositor node that has this option, with the option chosen."""
    kind, name, entry = _NODE_OPTIONS[option]
    node = tree.nodes.new(kind)
    if _SINCE_5_0:
        node.inputs["Type"].default_value = entry
    else:
        setattr(node, name, option)
    return node


def add_render_size(tree, render, size):
    """A node that stretches a picture to the size of the render.

    Until 4.5 it does not know Crop to Render Region, and gets that region's present size (width, height).
    """
    node = add_node(tree, "RENDER_SIZE")
    if render.use_border and render.use_crop_to_border and not _SINCE_5_0:
        node.space = "ABSOLUTE"
        node.inputs["X"].default_value, node.inputs["Y"].default_value = size
    return node


def add_math(tree, operation):
    """A node that calculates with two numbers. The compositor's own Math node ended with 4.5."""
    node = tree.nodes.new("ShaderNodeMath" if _SINCE_5_0 else "CompositorNodeMath")
    node.operation = operation
    return node


def add_mix(tree, blend_type):
    """Sockets of a node that mixes two colours: factor, first, second, result. Own Mix ended with 4.5."""
    node = tree.nodes.new("ShaderNodeMix" if _SINCE_5_0 else "CompositorNodeMixRGB")
    node.blend_type = blend_type
    if not _SINCE_5_0:
        return *node.inputs, node.outputs["Image"]
    node.data_type = "RGBA"
    return *(node.inputs[name] for name in ("Factor", "A", "B")), node.outputs["Result"]


def add_display(tree, view_transform, look, base_space):
    """A node that turns scene-linear colours into what this view shows on the sRGB display, for any view.

    Until 4.5 it takes the view's colour space, `base_space`.
    """
    if _SINCE_5_0:
        node = tree.nodes.new("CompositorNodeConvertToDisplay")
        node.display_settings.display_device = colour_names.srgb_display(node.display_settings)
        node.view_settings.view_transform = view_transform
        node.view_settings.look = look
    else:
        node = tree.nodes.new("CompositorNodeConvertColorSpace")
        node.to_color_space = base_space
    return node


def compositor_tree(scene):
    """The scene's compositing nodes, None where they are off. Until 4.5 they belong to the scene."""
    if _SINCE_5_0:
        return scene.compositing_node_group
    return scene.node_tree if scene.use_nodes else None


def ensure_compositor_tree(scene):
    """The scene's compositing nodes, switched on, and made where there are none."""
    scene.render.use_compositing = True
    if not _SINCE_5_0:
        scene.use_nodes = True
        return scene.node_tree
    if not scene.compositing_node_group:
        scene.compositing_node_group = bpy.data.node_groups.new(
            f"{scene.name} Compositing", "CompositorNodeTree"
        )
    return scene.compositing_node_group


def find_output(tree):
    """The socket for the finished picture: until 4.5 a Composite node's, since then the tree's output; None
    where there is none.
    """
    node = _active_output(tree)
    return next((socket for socket in node.inputs if socket.type == "RGBA"), None) if node else None


def _active_output(tree):
    outputs = [node for node in tree.nodes if node.bl_idname == _OUTPUT]
    return next((node for node in outputs if getattr(node, "is_active_output", True)), None)


def ensure_output(tree):
    """The same, made where there is none."""
    if not _active_output(tree):
        tree.nodes.new(_OUTPUT)
    if not find_output(tree):
        tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
    return find_output(tree)


# The path of the scene's compositing nodes, from the scene.
TREE_OF_SCENE = "compositing_node_group" if _SINCE_5_0 else "node_tree"

# For movies, image settings have a medium of their own since 5.0.
MOVIE = {"media_type": "VIDEO"} if _SINCE_5_0 else {}


def all_strips_of(scene):
    """The strips of a scene's sequencer, those in meta strips included; none where there is no sequencer."""
    editor = scene.sequence_editor
    return (editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all) if editor else ()


def sequencer_scene(scene):
    """The scene that the Sequencer shows: until 4.5 the window's `scene`, since 5.0 a workspace's own."""
    return getattr(bpy.context, "sequencer_scene", None) or scene


def strips_of(scene):
    """The strips of a scene's sequencer, which is made where there is none; until 4.3 `sequences`."""
    editor = scene.sequence_editor or scene.sequence_editor_create()
    return editor.strips if hasattr(editor, "strips") else editor.sequences


# What strips call their times from 5.1 on, by the names until 5.0, which warn there and end with 6.0.
_STRIP_TIMES = {
    "frame_start": "content_start",
    "frame_duration": "content_duration",
    "frame_final_start": "left_handle",
    "frame_final_end": "right_handle",
    "frame_offset_start": "left_handle_offset",
    "frame_offset_end": "right_handle_offset",
    "animation_offset_start": "content_trim_start",
    "animation_offset_end": "content_trim_end",
}


def strip_name(name):
    """What this Blender calls a property of strips; `name` is that of Blender 5.0."""
    return _STRIP_TIMES.get(name, name) if bpy.app.version >= (5, 1) else name


def times_of(strip):
    """The frames at which a strip is seen."""
    return range(*(getattr(strip, strip_name(name)) for name in ("frame_final_start", "frame_final_end")))


def content_of(strip):
    """The frames of all that a strip could show: its start may lie between two."""
    start, count = (getattr(strip, strip_name(name)) for name in ("frame_start", "frame_duration"))
    return range(round(start), round(start) + count)


def shows_scene_compositor(space):
    """Whether a Node Editor of compositing nodes has the scene's: since 5.0 strips may have their own."""
    return getattr(space, "node_tree_sub_type", "SCENE") != "SEQUENCER"


def nodes_of(block):
    """The node tree of a new material or world, which has one without being asked from 5.0 on."""
    if not _SINCE_5_0:
        block.use_nodes = True
    return block.node_tree
