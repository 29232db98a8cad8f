"""Shapes and words over a picture, in pixels of the region, from its bottom left. For gizmos."""

from typing import TYPE_CHECKING

import blf
import bpy

if TYPE_CHECKING:
    import gpu

Box = tuple[float, float, float, float]  # left, bottom, right, top
WHITE = (1.0, 1.0, 1.0, 1.0)
_DARK = (0.0, 0.0, 0.0, 0.6)


def box_on_screen(region: bpy.types.Region, shares: Box) -> Box:
    """A part of the picture, given as shares of its sides, where the region shows it."""
    (left, bottom), (right, top) = (
        region.view2d.view_to_region(*corner, clip=False) for corner in (shares[:2], shares[2:])
    )
    return left, bottom, right, top


def draw_box(box: Box, colour: tuple[float, float, float, float] = WHITE) -> None:
    _draw("UNIFORM_COLOR", box, colour=colour)


def draw_frame(box: Box, thickness: float = 3) -> None:
    """A white frame just inside a box."""
    left, bottom, right, top = box
    for side in (
        (left, bottom, right, bottom + thickness),
        (left, top - thickness, right, top),
        (left, bottom, left + thickness, top),
        (right - thickness, bottom, right, top),
    ):
        draw_box(side)


def draw_texture(texture: "gpu.types.GPUTexture", box: Box, share: float = 1.0) -> None:
    """The left share of an opaque texture."""
    _draw("IMAGE", box, texture=texture, share=share)


def draw_text(text: str, box: Box, right: bool = False) -> None:
    """Words on a dark ground in a box's bottom left corner, or its right one; none where they do not fit."""
    scale = bpy.context.preferences.system.ui_scale
    blf.size(0, 12 * scale)
    width, (_, height) = blf.dimensions(0, text)[0], blf.dimensions(0, "Ag")
    inset = 6 * scale
    if width + 4 * inset > box[2] - box[0]:
        return
    x = box[2] - width - 2 * inset if right else box[0] + 2 * inset
    y = box[1] + 2 * inset
    draw_box((x - inset, y - inset, x + width + inset, y + height + inset), _DARK)
    blf.color(0, *WHITE)
    blf.position(0, round(x), round(y), 0)
    blf.draw(0, text)


def _draw(builtin, box, *, colour=None, texture=None, share=1.0):
    import gpu
    from gpu_extras.batch import batch_for_shader

    left, bottom, right, top = box
    corners = {"pos": ((left, bottom), (right, bottom), (right, top), (left, top))}
    if texture:
        corners["texCoord"] = ((0, 0), (share, 0), (share, 1), (0, 1))
    shader = gpu.shader.from_builtin(builtin)
    batch = batch_for_shader(shader, "TRI_FAN", corners)
    shader.bind()
    if texture:
        shader.uniform_sampler("image", texture)
    else:
        shader.uniform_float("color", colour)
    gpu.state.blend_set("NONE" if texture else "ALPHA")
    batch.draw(shader)
    gpu.state.blend_set("ALPHA")  # as Blender has it for gizmos
