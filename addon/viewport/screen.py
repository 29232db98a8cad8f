"""A painted view over a 3D viewport, under Blender's gizmos and words.

The network is slower than the display. So what is drawn are the last two paintings, reprojected: for each
pixel the place in a painting is looked for from which it comes, by that painting's depth and the matrices of
then and now; a fixed point, after Yang et al. 2011, "Image-Based Bidirectional Scene Reprojection". What
neither shows is the viewport itself, in the painting's colours as far as blending can bring it there:
Blender 5.2 lets nothing draw the view again from there.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import gpu
    import numpy as np

    from ...core.instant.views import View

_STEPS = 3  # towards the fixed point
_MISSED = 1.5  # px of the painting: a point that is not found nearer than this is not seen in it

_VERTEX = "void main() { place = corner; gl_Position = vec4(corner, 0.0, 1.0); }"
# Not with the sampler as an argument: not every backend of Blender's translates that.
_FOUND = """
bool found_NAME(inout vec2 at)
{
  vec2 off = vec2(0.0);
  for (int i = 0; i < STEPS; i++) {
    float z = texture(NAME_depth, at * 0.5 + 0.5).r;
    if (views.perspective.x == 0.0 && z >= NOTHING) {
      at = place;
      return true;
    }
    vec4 now = views.NAME * vec4(at, 2.0 * z - 1.0, 1.0);
    if (now.w <= 0.0) {
      return false;
    }
    off = place - now.xy / now.w;
    at += i < STEPS - 1 ? off : vec2(0.0);
  }
  vec2 size = vec2(textureSize(NAME_depth, 0));
  return all(lessThan(abs(at), vec2(1.0))) && all(lessThan(abs(off) * 0.5 * size, vec2(MISSED)));
}
"""
_MAIN = """
vec3 light(vec3 c)
{
  return mix(c / 12.92, pow((c + 0.055) / 1.055, vec3(2.4)), step(vec3(0.04045), c));
}

vec3 shown(vec3 l)
{
  return mix(l * 12.92, 1.055 * pow(l, vec3(1.0 / 2.4)) - 0.055, step(vec3(0.0031308), l));
}

void main()
{
  vec2 newer_at = place, older_at = place;
  if (found_newer(newer_at)) {
    seen = vec4(light(texture(newer_paint, newer_at * 0.5 + 0.5).rgb), 1.0);
  }
  else if (found_older(older_at)) {
    seen = vec4(light(texture(older_paint, older_at * 0.5 + 0.5).rgb), 1.0);
  }
  else {
    seen = vec4(views.hole.rgb, 1.0 - views.hole.a);
  }
  seen.rgb = srgbTarget ? seen.rgb : shown(seen.rgb);
}
"""
_FRAGMENT = _FOUND.replace("NAME", "newer") + _FOUND.replace("NAME", "older") + _MAIN


def _shader() -> "gpu.types.GPUShader":
    import gpu

    from ...core.instant.views import NOTHING

    info, between = gpu.types.GPUShaderCreateInfo(), gpu.types.GPUStageInterfaceInfo("pochade_view")
    between.smooth("VEC2", "place")
    info.define("STEPS", str(_STEPS))
    info.define("MISSED", str(_MISSED))
    info.define("NOTHING", f"{NOTHING:.7f}")
    info.typedef_source("struct Views { mat4 newer; mat4 older; vec4 hole; vec4 perspective; };")
    info.uniform_buf(0, "Views", "views")
    info.push_constant("BOOL", "srgbTarget")  # Blender sets it, by its name
    info.sampler(0, "FLOAT_2D", "newer_paint")
    info.sampler(1, "FLOAT_2D", "newer_depth")
    info.sampler(2, "FLOAT_2D", "older_paint")
    info.sampler(3, "FLOAT_2D", "older_depth")
    info.vertex_in(0, "VEC2", "corner")
    info.vertex_out(between)
    info.fragment_out(0, "VEC4", "seen")
    info.vertex_source(_VERTEX)
    info.fragment_source(_FRAGMENT)
    return gpu.shader.create_from_info(info)


@dataclass(frozen=True)
class _Painted:
    """A painting on the graphics card, and where it was seen from."""

    paint: "gpu.types.GPUTexture"
    depth: "gpu.types.GPUTexture"
    matrix: "np.ndarray"  # world to clip space
    perspective: bool
    hole: tuple[float, float, float, float]


class Screen:
    """What is drawn over one viewport. The newest painting is the first of `painted`, of at most two."""

    def __init__(self):
        self._painted: list[_Painted] = []
        self._shader: gpu.types.GPUShader | None = None

    def show(self, view: "View", picture: "np.ndarray") -> None:
        """Draw a view's painting (H, W, 3) from now on."""
        from ...core.files.light import to_linear
        from ...core.instant.views import tint

        gain, offset = tint(to_linear(view.colours), to_linear(picture))  # Blender blends light
        newest = _Painted(
            _texture(picture, "RGBA16F"),
            _texture(view.depth[..., None], "R32F"),
            view.matrix,
            view.perspective,
            (*map(float, offset), gain),
        )
        self._painted = [newest, *self._painted[:1]]

    def clear(self) -> None:
        """Draw nothing, and free the graphics card's memory."""
        self._painted, self._shader = [], None

    def draw(self, matrix: "np.ndarray") -> None:
        """Draw into the bound framebuffer what there is, as seen by `matrix` (4, 4), world to clip space."""
        import gpu
        import numpy as np
        from gpu_extras.batch import batch_for_shader

        if not self._painted:
            return
        newer, older = self._painted[0], self._painted[-1]
        self._shader = shader = self._shader or _shader()
        shader.bind()
        values = []
        for name, painted in (("newer", newer), ("older", older)):
            values.append((matrix @ np.linalg.inv(painted.matrix)).T.ravel())
            shader.uniform_sampler(f"{name}_paint", painted.paint)
            shader.uniform_sampler(f"{name}_depth", painted.depth)
        values += [newer.hole, np.full(4, newer.perspective)]
        data = np.concatenate(values).astype(np.float32)
        views = gpu.types.GPUUniformBuf(gpu.types.Buffer("FLOAT", data.size, data))
        shader.uniform_block("views", views)
        gpu.state.blend_set("ALPHA_PREMULT")
        gpu.state.depth_test_set("NONE")
        corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
        batch_for_shader(shader, "TRI_FAN", {"corner": corners}).draw(shader)
        gpu.state.blend_set("NONE")


def _texture(picture: "np.ndarray", form: str) -> "gpu.types.GPUTexture":
    """A picture (H, W, 1 or 3) for the graphics card, the bottom row first."""
    import gpu
    import numpy as np

    height, width, channels = picture.shape
    if channels == 3:
        picture = np.concatenate((picture, np.ones((height, width, 1))), 2)
    values = np.ascontiguousarray(picture[::-1], np.float32).ravel()
    return gpu.types.GPUTexture(
        (width, height), format=form, data=gpu.types.Buffer("FLOAT", values.size, values)
    )
