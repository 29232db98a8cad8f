"""A number for all that a scene's render depends on, so that frames of two states of a scene are never mixed.

It counts what scripts can see of everything in the .blend that may be rendered: properties, nodes, geometry,
animation, and the time stamps of files. It does not see weights of vertex groups, baked simulations, nor what
add-ons of others keep for themselves.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import bpy

from . import compat, compositor

# Collections of bpy.data with what renders are made of.
_RENDERED = tuple(
    """
    actions armatures cache_files cameras collections curves fonts grease_pencils grease_pencils_v3
    hair_curves lattices lightprobes lights linestyles masks materials meshes metaballs
    movieclips node_groups objects particles pointclouds shape_keys textures volumes worlds
    """.split()
)
# What changes without a change of the picture: the state of the interface, the frame, what is computed from
# the rest.
_IGNORED = set(
    """
    rna_type name_full session_uid users tag preview original asset_data library_weak_reference
    use_fake_user use_extra_user library override_library pixels data matrix_world matrix_local
    matrix_basis bound_box dimensions mode cursor tool_settings keying_sets keying_sets_all depsgraph
    pochade display frame_current frame_current_final frame_float frame_subframe frame_start frame_end
    frame_preview_start frame_preview_end use_preview_range image_settings ffmpeg bake sequence_editor
    objects all_objects compositing_node_group use_nodes use_compositing users_collection group groups
    vertex_selection edge_selection pin uv_layer_clone uv_layer_stencil
    """.split()
)
_STATE = tuple("select show_ is_ active hide_viewport hide_select ui_ bl_ collection_engine".split())
_OF_NODES = set(
    "location location_absolute width width_hidden height color label parent internal_links".split()
)
_OF_SOCKETS = set(
    "enabled hide hide_value show_expanded link_limit is_linked pin_gizmo display_shape".split()
)
# Where a render goes; and its shutter, for what is painted is rendered sharp.
_OF_RENDERS = set(
    "filepath frame_path motion_blur_shutter motion_blur_position motion_blur_shutter_curve".split()
)
_FROM_FILES = tuple(
    getattr(bpy.types, name) for name in ("Object", "MovieClip", "Volume", "CacheFile", "Library")
)
_KINDS = {"FLOAT": "f", "INT": "i", "BOOLEAN": "?"}  # of numbers, for numpy
_MANY = 32  # items from which a collection's numbers are read all at once


def fingerprint(scene: bpy.types.Scene) -> str:
    """The number, for the frame that the scene is at: what is animated has other values at another."""
    walk = _Walk()
    walk.add(scene)
    tree = compat.compositor_tree(scene)
    walk.note(
        tree.name if tree and scene.render.use_compositing and not compositor.does_nothing(tree) else ""
    )
    libraries = set()
    for name in _RENDERED:
        for block in sorted(getattr(bpy.data, name, ()), key=lambda block: block.name_full):
            if not compositor.does_nothing(block) and not _is_of_brushes(block):
                walk.add(block)
                libraries.add(block.library)
    for library in sorted(libraries - {None}, key=lambda library: library.name_full):
        walk.add(library)
    walk.add_images()
    return walk.digest.hexdigest()


def _is_of_brushes(block) -> bool:
    """Whether it is a texture that came with a brush: a paint mode links its brushes from Blender's files."""
    linked = isinstance(block, bpy.types.Texture) and block.library
    return bool(linked and any(brush.library == linked for brush in bpy.data.brushes))


def fingerprint_of(*structs: bpy.types.bpy_struct) -> str:
    """The number of these structs alone, and of what they hold."""
    walk = _Walk()
    for struct in structs:
        walk.add(struct)
    return walk.digest.hexdigest()


class _Walk:
    def __init__(self):
        self.digest = hashlib.sha256()
        self._seen: set[tuple] = set()
        # That something refers to: a style's picture is none of the render's.
        self._images: set[bpy.types.Image] = set()

    def note(self, *values) -> None:
        self.digest.update(repr(values).encode())

    def add(self, struct) -> None:
        """A struct's properties, and those of all that it holds; of other data-blocks only their names."""
        key = struct.as_pointer(), struct.bl_rna.identifier
        if key in self._seen:
            return
        self._seen.add(key)
        for name, kind, is_array in _properties(struct):
            try:
                value = getattr(struct, name)
            except (AttributeError, RuntimeError, ValueError):  # of another mode, or for the interface alone
                continue
            if kind == "COLLECTION":
                self._add_items(name, value)
            elif kind != "POINTER":
                self.note(
                    name, list(value) if is_array else sorted(value) if isinstance(value, set) else value
                )
            elif isinstance(value, bpy.types.ID) and not value.is_embedded_data:
                self.note(name, value.name_full)
                if isinstance(value, bpy.types.Image):
                    self._images.add(value)
            elif value is not None and not compositor.does_nothing(value):
                self.note(name)
                self.add(value)
        if isinstance(struct, _FROM_FILES):
            self.note(_stamp(struct))

    def add_images(self) -> None:
        """The images that were met: their files as they are on the disk, or the pixels changed since."""
        for image in sorted(self._images, key=lambda image: image.name_full):
            if image.source != "VIEWER":
                self.note(
                    image.name_full,
                    image.source,
                    image.colorspace_settings.name,
                    image.alpha_mode,
                    _stamp(image),
                )
            if image.is_dirty and image.size[0]:
                self._add_numbers(len(image.pixels), "f", image.pixels)

    def _add_items(self, name, items) -> None:
        self.note(name, len(items))
        first = next(iter(items), None)
        if isinstance(first, bpy.types.ID):
            self.note([item.name_full for item in items if item])
        elif isinstance(first, bpy.types.NodeLink):
            self.note(sorted(str(ends) for ends in compositor.links_of(items)))
        elif isinstance(first, bpy.types.Node):
            for node in items:
                if not compositor.is_idle(node):
                    self.add(node)
        elif len(items) < _MANY or isinstance(first, bpy.types.NodeSocket):  # which are of many kinds
            for item in items:
                # Attributes of the interface.
                if hasattr(item, "bl_rna") and not getattr(item, "name", "").startswith("."):
                    self.add(item)
        elif first is not None and hasattr(items, "foreach_get"):
            for inner, kind, _ in _properties(first):
                # Its loops say it.
                if kind in _KINDS and (inner != "vertices" or not isinstance(first, bpy.types.MeshPolygon)):
                    length = max(first.bl_rna.properties[inner].array_length, 1)
                    self._add_numbers(length * len(items), _KINDS[kind], items, inner)

    def _add_numbers(self, count, kind, items, *name) -> None:
        import numpy as np

        numbers = np.zeros(count, kind)
        items.foreach_get(*name, numbers)
        self.digest.update(numbers.tobytes())


def _properties(struct) -> Iterator[tuple[str, str, bool]]:
    """Name, type and whether it is an array, of what counts in a struct."""
    ignored = _IGNORED
    if isinstance(struct, bpy.types.Node):
        ignored = _IGNORED | _OF_NODES
    elif isinstance(struct, bpy.types.NodeSocket):
        ignored = _IGNORED | _OF_SOCKETS
    elif isinstance(struct, bpy.types.RenderSettings):
        ignored = _IGNORED | _OF_RENDERS
    for prop in struct.bl_rna.properties:
        name = prop.identifier
        if name in ignored or name.startswith(_STATE):
            continue
        if not prop.is_readonly or prop.type in ("POINTER", "COLLECTION"):
            yield name, prop.type, getattr(prop, "is_array", False)


def _stamp(block) -> tuple:
    """When the file behind a data-block was written, and its size; () without one."""
    path = getattr(block, "filepath", "")
    file = Path(bpy.path.abspath(path, library=block.library)) if path else None
    try:
        return (path, file.stat().st_mtime_ns, file.stat().st_size) if file else ()
    except OSError:
        return (path,)
