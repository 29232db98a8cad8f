"""Sheets: pictures side by side in one image that knows which images they are."""

from typing import TYPE_CHECKING

import bpy

from . import custom, images

if TYPE_CHECKING:
    import numpy as np

GAP = 8  # px between two pictures
_SHOWN = "pochade_shown"  # custom property of a sheet: the images by their place, and the number of columns


def write(
    name: str, shown: list[bpy.types.Image], pictures: "list[np.ndarray]", source: str
) -> bpy.types.Image:
    """Show `pictures` of one size (H, W, 3 or 4), those of the images `shown`, as a new image. It stands for
    their `source`, too.
    """
    columns = _columns(pictures)
    sheet = images.write_result(name, _side_by_side(pictures, columns))
    sheet[images.SHEET] = source
    sheet[_SHOWN] = {"columns": columns} | {str(place): image for place, image in enumerate(shown)}
    return sheet


def shown(sheet: bpy.types.Image | None) -> list[bpy.types.Image | None]:
    """The images that a sheet shows, None for one that is gone; none of any other image."""
    group = custom.group(sheet, _SHOWN) if sheet else {}
    found = (group.get(str(place)) for place in range(len(group) - 1))
    return [image if isinstance(image, bpy.types.Image) else None for image in found]


def box(sheet: bpy.types.Image, place: int) -> tuple[float, float, float, float]:
    """Where a sheet shows its image of this place: left, bottom, right and top, as shares of its sides."""
    width, height = sheet.size
    columns = _columns_of(sheet)
    rows = -(-len(shown(sheet)) // columns)
    wide, high = (width + GAP) / columns, (height + GAP) / rows
    left, top = place % columns * wide, height - place // columns * high
    return left / width, (top - high + GAP) / height, (left + wide - GAP) / width, top / height


def place_at(sheet: bpy.types.Image, x: float, y: float) -> int | None:
    """Which place of a sheet is seen at a point, as shares of its sides from the bottom left."""
    for place in range(len(shown(sheet))):
        left, bottom, right, top = box(sheet, place)
        if left <= x <= right and bottom <= y <= top:
            return place
    return None


def _columns_of(sheet) -> int:
    """What anybody's .blend says, or 1."""
    columns = custom.group(sheet, _SHOWN).get("columns")
    return columns if isinstance(columns, int) and columns > 0 else 1


def _columns(pictures: "list[np.ndarray]") -> int:
    """How many beside each other make a sheet about as wide as it is high."""
    height, width = pictures[0].shape[:2]
    return max(round((len(pictures) * height / width) ** 0.5), 1)


def _side_by_side(pictures: "list[np.ndarray]", columns: int) -> "np.ndarray":
    """Pictures of one size (H, W, 3 or 4) as a sheet of them all, row by row."""
    import numpy as np

    height, width, channels = pictures[0].shape
    rows = -(-len(pictures) // columns)
    sheet = np.zeros((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, channels), np.float32)
    for number, picture in enumerate(pictures):
        y, x = number // columns * (height + GAP), number % columns * (width + GAP)
        sheet[y : y + height, x : x + width] = picture
    return sheet
