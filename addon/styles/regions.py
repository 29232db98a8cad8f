"""Regions: parts of the source with styles of their own, from what the artist chose to the engine's masks."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ...core.compute.machine import has_engine
from ...core.errors import PochadeError
from ...core.words import Sentence
from ..blender import colour_names, images, passes
from . import presets

if TYPE_CHECKING:
    import numpy as np

    from ...core.style.regions import Parts, Region
    from ...core.style.styles import Style

KINDS = [
    ("OBJECT", "Object", "Where an object is seen in the render", "OBJECT_DATA", 0),
    ("MATERIAL", "Material", "Where a material is seen in the render", "MATERIAL", 1),
    (
        "COLLECTION",
        "Collection",
        "Where the objects of a collection are seen in the render",
        "OUTLINER_COLLECTION",
        2,
    ),
    ("MASK", "Mask", "What an image shows white", "IMAGE_ALPHA", 3),
    ("INSIDE", "Inside Alpha", "Where the source is opaque", "CLIPUV_HLT", 4),
    ("OUTSIDE", "Outside Alpha", "Where the source is clear", "CLIPUV_DEHLT", 5),
]
ICONS = {kind: icon for kind, _, _, icon, _ in KINDS}
_LABELS = {kind: label for kind, label, *_ in KINDS}
# Kinds with a name, and the Cryptomatte pass that has it.
BY_NAME = {"OBJECT": "OBJECT", "COLLECTION": "OBJECT", "MATERIAL": "MATERIAL"}
# Types of objects that no render shows.
_UNSEEN = {"EMPTY", "CAMERA", "LIGHT", "LIGHT_PROBE", "SPEAKER", "ARMATURE", "LATTICE"}


def title(region) -> str:
    """The region's name in the list."""
    if region.kind in BY_NAME:
        return region.target or _LABELS.get(region.kind, "Region")
    return region.mask.name if region.kind == "MASK" and region.mask else _LABELS.get(region.kind, "Region")


def passes_needed(scene: bpy.types.Scene) -> set[str]:
    """The Cryptomatte passes that the scene's regions are made of, by passes.PROPERTIES' keys."""
    return {
        BY_NAME[region.kind] for region in scene.pochade.regions if region.enabled and region.kind in BY_NAME
    }


def holds_objects(scene: bpy.types.Scene) -> bool:
    """Whether what the render knows of its objects makes a difference to a painting."""
    chosen = scene.pochade
    return chosen.hold_objects and chosen.method == "optimised" and chosen.loss == "neighbours"


def search(region, context, text) -> list[str]:
    """Names for the picker that contain `text`: of things in the scene, and in its last render."""
    names = set(_names_in(context.scene, region.kind)) | set(passes.names_seen(region.kind))
    return sorted((name for name in names if text.casefold() in name.casefold()), key=str.casefold)


def _names_in(scene, kind) -> Iterator[str]:
    if kind == "COLLECTION":
        collections = scene.collection.children_recursive
        yield from (collection.name for collection in collections if not collection.hide_render)
        return
    for item in _members(scene.collection):
        if item.hide_render or item.type in _UNSEEN:
            continue
        if kind == "OBJECT":
            yield item.name
        else:
            yield from (slot.material.name for slot in item.material_slots if slot.material)


def _members(collection) -> Iterator[bpy.types.Object]:
    """A collection's objects, with those of collections that it instances."""
    for item in collection.all_objects:
        if item.instance_type == "COLLECTION" and item.instance_collection:
            yield from _members(item.instance_collection)
        yield item


def kind_to_pick(scene: bpy.types.Scene, add: bool) -> str:
    """The kind that a click in the picture makes a region: the active one's where a name belongs to it."""
    chosen = scene.pochade
    active = None if add or not chosen.regions else chosen.regions[chosen.active_region]
    return active.kind if active and active.kind in BY_NAME else "OBJECT"


def set_picked(scene: bpy.types.Scene, kind: str, name: str, add: bool) -> str:
    """Make the object or material of this name the active region, or, with `add`, a new one; a region that is
    a collection becomes the one that the object is in. Returns the region's name. Raises PochadeError.
    """
    if not name:
        raise PochadeError("Nothing that has a name is seen there: click an object")
    if kind == "COLLECTION":
        item = bpy.data.objects.get(name)
        if not item or not item.users_collection:
            raise PochadeError("{name} is in no collection of this scene", name=name)
        name = item.users_collection[0].name
    chosen = scene.pochade
    if add or not chosen.regions:
        chosen.regions.add()
        chosen.active_region = len(chosen.regions) - 1
    region = chosen.regions[chosen.active_region]
    region.kind, region.target = kind, name
    return name


def check_mask(region, rendered: bool) -> None:
    """Raise PochadeError for what a region's mask still needs; `rendered`: whether the source is."""
    if region.kind not in ICONS:  # a newer Pochade's
        raise PochadeError("Choose what the region is")
    if region.kind in BY_NAME:
        if not rendered:
            raise PochadeError(
                "Regions of objects, materials and collections need the render as the source: choose Render"
            )
        if not region.target:
            raise PochadeError("Name the {kind} of the region", kind=Sentence(_LABELS[region.kind]))
        if region.kind == "COLLECTION" and region.target not in bpy.data.collections:
            raise PochadeError(
                "There is no collection named {target}: pick another for the region", target=region.target
            )
    elif region.kind == "MASK" and not region.mask:
        raise PochadeError("Choose the region's mask image")


@dataclass(frozen=True)
class RegionPlan:
    """A region without anything of Blender: `names` for Cryptomatte; otherwise what its mask is taken from, a
    `picture` (H, W, 4), or the file of a frame's number, where it is not the source itself. `linear`: whether
    such a file's numbers are linear light; None for what its format says.
    """

    title: str
    kind: str
    names: list[str]
    picture: "np.ndarray | Callable[[int], Path] | None"
    linear: bool | None
    invert: bool
    soft: float
    style: str
    load_style: "Callable[[], Style] | None"
    without: str = ""  # what is said where the render lacks the names

    @property
    def identity(self) -> list:
        """All that the region's painting depends on, for JSON."""
        seen = self.picture
        if seen is not None:
            seen = str(seen(0)) if callable(seen) else hashlib.sha256(seen).hexdigest()
        return [self.kind, self.names, seen, self.linear, self.invert, self.soft, self.style]


def load_parts(
    scene: bpy.types.Scene, source: bpy.types.Image, picture: "np.ndarray"
) -> "Callable[[], Parts]":
    """A function for the job's thread that makes the engine's regions and its map of objects, all it needs of
    Blender in it.

    `picture` is the source's, (H, W, 4). Both raise PochadeError for what the artist can put right.
    """
    rendered = images.is_render_result(source)
    plans = plan(scene, rendered)
    with_objects = rendered and holds_objects(scene) and not passes.are_missing(scene, ["OBJECT"])
    saved = passes.save(scene, source) if passes_needed(scene) or with_objects else None

    def make_parts():
        from ...core.style.regions import Parts

        if not saved:
            return Parts(make(plans, picture))
        with saved as folder:
            file = Path(folder, passes.FILE)
            return Parts(make(plans, picture, file), _objects(file) if with_objects else None)

    return make_parts


def plan(scene: bpy.types.Scene, rendered: bool, sequences: bool = False) -> list[RegionPlan]:
    """The scene's regions; with `sequences`, a mask's image sequence has a picture for each frame."""
    chosen = [region for region in scene.pochade.regions if region.enabled]
    for region in chosen:
        check_mask(region, rendered)
    return [_plan(scene, region, sequences) for region in chosen]


def _plan(scene, region, sequences) -> RegionPlan:
    names, picture, linear, style, load_style = [region.target], None, None, "", None
    if region.kind == "COLLECTION":
        names = sorted(item.name for item in _members(bpy.data.collections[region.target]))
    if region.kind == "MASK":
        if sequences and region.mask.source == "SEQUENCE":
            picture = partial(images.file_of_frame, images.path_of(region.mask))
            linear = colour_names.holds_light(region.mask)
        else:
            picture = images.read_source(scene, region.mask)
    if region.style_kind != "NONE":
        entry = presets.chosen_style(region)
        style, load_style = entry.name, cache(presets.load_style(scene, entry))
    chosen = names, picture, linear, region.invert, region.soft, style, load_style
    without = passes.without(scene, BY_NAME[region.kind]) if region.kind in BY_NAME else ""
    return RegionPlan(title(region), region.kind, *chosen, without)


# In the job's thread: nothing of bpy.


def make(
    plans: Sequence[RegionPlan],
    picture: "np.ndarray",
    rendered: Path | None = None,
    number: int | None = None,
) -> "list[Region]":
    """The engine's regions of a source, (H, W, 3 or 4): `rendered` is the file with its passes.

    With the `number` of a frame, a region may be empty: what it is made of need not be seen in every frame.
    Raises PochadeError for what the artist can put right.
    """
    import numpy as np

    from ...core.style.regions import Region, feather

    mattes = passes.read(rendered) if any(plan.kind in BY_NAME for plan in plans) else {}
    made = []
    for plan in plans:
        if plan.kind in BY_NAME:
            mask = _rendered(plan, picture.shape[:2], mattes[BY_NAME[plan.kind]], number is not None)
        else:
            mask = _painted(plan, picture, number)
        mask = np.clip(1 - mask if plan.invert else mask, 0, 1)
        styles = ((plan.load_style(), 1.0),) if plan.load_style else ()
        made.append(Region(plan.title, feather(mask, plan.soft), styles))
    return made


def _objects(rendered: Path) -> "np.ndarray | None":
    """The map of objects, which networks do without."""
    if not has_engine():
        return None
    from ...core.style.objects import read_objects

    return read_objects(rendered)


def _rendered(plan, shape, mattes, may_be_unseen) -> "np.ndarray":
    """The mask of a name in the render; of several view layers, wherever one shows it."""
    import numpy as np

    if not mattes:
        raise PochadeError(plan.without)
    mask = np.maximum.reduce([matte.mask(plan.names) for matte in mattes])
    if mask.shape != shape:
        raise PochadeError(
            "The render's passes have another size than its picture: switch off what scales it in "
            "the compositor"
        )
    if not mask.any() and not may_be_unseen:
        raise PochadeError(
            "{kind} {title} is not seen in the render: pick another, or render again (F12)",
            kind=Sentence(_LABELS[plan.kind]),
            title=plan.title,
        )
    return mask


def _painted(plan, source, number) -> "np.ndarray":
    """The mask that a picture gives."""
    import numpy as np

    picture = source if plan.picture is None else plan.picture
    if callable(picture):
        from ...core.files.pictures import read_picture

        picture = read_picture(picture(number), plan.linear)
    alpha = picture[..., 3] if picture.shape[2] == 4 else np.ones(picture.shape[:2], np.float32)
    if plan.kind != "MASK":
        return alpha if plan.kind == "INSIDE" else 1 - alpha
    from ...core.compute.arrays import resize
    from ...core.style.colour import BT709

    brightness = picture[..., :3] @ BT709 * alpha
    return resize(brightness[..., None], *source.shape[:2])[..., 0]
