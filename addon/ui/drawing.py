"""Shapes and words over a picture, in pixels of the region, from its bottom left. For gizmos."""

from typing import TYPE_CHECKING

import blf
import bpy

from ..language import said

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
    import gpu

    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    shader.bind()
    shader.uniform_float("color", colour)
    gpu.state.blend_set("ALPHA")
    _draw(shader, box)


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


def picture_shader() -> "gpu.types.GPUShader":
    """What draws displayed colours as they are. Blender's own shader of images does not where the framebuffer
    takes linear ones, as with Blender 4.x: it leaves out what all other shaders do then.
    """
    import gpu

    info, between = gpu.types.GPUShaderCreateInfo(), gpu.types.GPUStageInterfaceInfo("pochade_picture")
    between.smooth("VEC2", "uv")
    info.push_constant("MAT4", "ModelViewProjectionMatrix")
    info.push_constant("BOOL", "srgbTarget")  # Blender sets these two, by their names
    info.sampler(0, "FLOAT_2D", "image")
    info.vertex_in(0, "VEC2", "pos")
    info.vertex_in(1, "VEC2", "texCoord")
    info.vertex_out(between)
    info.fragment_out(0, "VEC4", "seen")
    info.vertex_source(
        "void main() { uv = texCoord; gl_Position = ModelViewProjectionMatrix * vec4(pos, 0.0, 1.0); }"
    )
    info.fragment_source(
        "void main() { vec3 c = texture(image, uv).rgb;"
        "vec3 light = mix(c / 12.92, pow((c + 0.055) / 1.055, vec3(2.4)), step(vec3(0.04045), c));"
        "seen = vec4(srgbTarget ? light : c, 1.0); }"
    )
    return gpu.shader.create_from_info(info)


def draw_texture(
    shader: "gpu.types.GPUShader", texture: "gpu.types.GPUTexture", box: Box, share: float = 1.0
) -> None:
    """The left share of an opaque texture, by `picture_shader`."""
    import gpu

    shader.bind()
    shader.uniform_sampler("image", texture)
    gpu.state.blend_set("NONE")
    _draw(shader, box, texCoord=((0, 0), (share, 0), (share, 1), (0, 1)))
    gpu.state.blend_set("ALPHA")  # as Blender has it for gizmos


def draw_text(text: str, box: Box, right: bool = False) -> None:
    """Words on a dark ground in a box's bottom left corner, or its right one; none where they do not fit."""
    text, scale = said(text), bpy.context.preferences.system.ui_scale
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


def _draw(shader, box, **corners):
    """A rectangle by a shader that is bound."""
    from gpu_extras.batch import batch_for_shader

    left, bottom, right, top = box
    corners["pos"] = ((left, bottom), (right, bottom), (right, top), (left, top))
    batch_for_shader(shader, "TRI_FAN", corners).draw(shader)
