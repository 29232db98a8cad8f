"""The names of the colour configuration that Blender runs with: a studio's own has others than Blender's."""

import ast
from collections.abc import Iterable
from functools import cache

import bpy

# In the order in which they are looked for: Blender's own names, those of ACES from OpenColorIO 2 on, older.
SRGB_DISPLAYS = ("sRGB", "sRGB - Display", "sRGB Display")
PLAIN_VIEWS = ("Standard", "Un-tone-mapped", "Untone-mapped")  # without tone mapping
_LINEAR_REC709 = (
    "Linear Rec.709",
    "Linear Rec.709 (sRGB)",
    "lin_rec709",
    "lin_srgb",
    "Utility - Linear - sRGB",
    "Utility - Linear - Rec.709",
    "Linear",
)


def srgb_display(display_settings: bpy.types.ColorManagedDisplaySettings) -> str:
    """The sRGB display, or the present one where the configuration has none."""
    return _first(SRGB_DISPLAYS, _choices(display_settings, "display_device")) or (
        display_settings.display_device
    )


def plain_view(view_settings: bpy.types.ColorManagedViewSettings) -> str:
    """The view of the present display that shows colours as they are, or the present one without such."""
    return _first(PLAIN_VIEWS, _choices(view_settings, "view_transform")) or view_settings.view_transform


def spaces() -> set[str]:
    """All colour spaces."""
    return set(bpy.types.ColorManagedInputColorspaceSettings.bl_rna.properties["name"].enum_items.keys())


@cache  # a configuration is read once, when Blender starts
def byte_space() -> str:
    """What 8-bit pictures are taken for: sRGB, by its name."""
    return _of_new_image()


@cache
def data_space() -> str:
    """What leaves values as they are."""
    return _of_new_image(is_data=True)


@cache
def linear_space() -> str | None:
    """Linear light with sRGB's primaries, as in the OpenEXR files that Pochade writes; None without it."""
    return _first(_LINEAR_REC709, spaces())


def holds_light(image: bpy.types.Image) -> bool | None:
    """Whether an image's colour space is linear light, and not data or what is displayed; None for others."""
    space = image.colorspace_settings
    if space.is_data or space.name == byte_space():
        return False
    return True if space.name == linear_space() else None


def _of_new_image(**kind: bool) -> str:
    image = bpy.data.images.new("Pochade asks", 1, 1, **kind)
    try:
        return image.colorspace_settings.name
    finally:
        bpy.data.images.remove(image)


def _first(names: Iterable[str], there: Iterable[str]) -> str | None:
    found = {name.casefold(): name for name in there}
    return next((found[name.casefold()] for name in names if name.casefold() in found), None)


def _choices(struct: bpy.types.bpy_struct, name: str) -> tuple[str, ...]:
    """The entries of a menu that Blender fills when it is asked: only its refusal lists them."""
    try:
        setattr(struct, name, "\n")
    except TypeError as error:
        return ast.literal_eval(str(error).partition("not found in ")[2] or "()")
    return ()
