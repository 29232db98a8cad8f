"""Blender images to arrays and back: the only file that knows pixel layouts and colour.

Arrays are what the artist sees: float32 (H, W, 4), display-referred sRGB 0 to 1, straight alpha, top row
first. Blender keeps rows bottom-up, byte images as 8-bit sRGB with straight alpha, float images as linear
light with premultiplied alpha.
"""

import ctypes
from collections.abc import Iterable
from contextlib import ExitStack, contextmanager
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING

import bpy

from ...core.errors import PochadeError
from ...core.files.photos import numbered
from ...core.files.temporary import TemporaryFolder
from ...core.settings import Settings, settings_to_json
from ...core.words import one_line
from . import colour_names, compat, custom, names, rendered

if TYPE_CHECKING:  # numpy takes a tenth of a second to import, and 4.2 registers the add-on without it
    import numpy as np

COMPOSITE = "Composite"  # what stands for a view layer's name before the compositor's picture in files
RECIPE = "pochade"  # custom property of a result: how it was painted
SHEET = "pochade_sheet_of"  # custom property of a sheet of paintings: their source's name


def is_render_result(image) -> bool:
    """Whether `image` is the scene's Render Result, whose size and pixels Blender hides."""
    return image.type == "RENDER_RESULT"


def find_render():
    """The Render Result; None before the first render."""
    return next(filter(is_render_result, bpy.data.images), None)


def find_image(name: str, among: Iterable[bpy.types.Image] | None = None) -> bpy.types.Image | None:
    """The image of this full name, which tells a linked one by its library. Else one of the same mere name:
    it has been linked or made local since, or its name was kept by a Pochade that left the library out.
    """
    there = list(bpy.data.images if among is None else among)
    same = [image for image in there if image.name_full == name] or [
        image for image in there if image.name in (name, name.rpartition(" [")[0])
    ]
    return same[0] if same else None


def is_far(image) -> bool:
    """Whether a look at the image's pixels would ask another computer for them: a .blend may name any. What
    is beside the .blend itself, or here already, is near.
    """
    if image.packed_file or image.has_data or image.source not in ("FILE", "SEQUENCE", "MOVIE", "TILED"):
        return False
    share = PureWindowsPath(bpy.path.abspath(image.filepath, library=image.library)).drive
    return share.startswith("\\\\") and share != PureWindowsPath(bpy.data.filepath).drive


def icon_of(image) -> int:
    """The image's preview; 0 for one that is far."""
    return 0 if is_far(image) else image.preview_ensure().icon_id


def source_size(image, scene) -> tuple[int, int] | None:
    """Width and height of `image` in pixels, None where there is nothing to paint; cheap enough for a panel.

    A render's is the one that the scene's settings give: Blender does not say.
    """
    if is_render_result(image):
        return render_size(scene.render) if rendered.is_there(image, scene) else None
    width, height = image.size
    return (width, height) if width and height else None


def render_size(render) -> tuple[int, int]:
    """Width and height in pixels of what these render settings give."""
    left, top, right, bottom = rendered_part(render)
    return max(right - left, 1), max(bottom - top, 1)


def rendered_part(render) -> tuple[int, int, int, int]:
    """Which pixels of the camera's whole picture these render settings give: left, top, right and bottom,
    from the top left corner, the last two not included.
    """
    width, height = full_size(render)
    if not (render.use_border and render.use_crop_to_border):
        return 0, 0, width, height
    left, right = (_cut(width, share) for share in (render.border_min_x, render.border_max_x))
    bottom, top = (height - _cut(height, share) for share in (render.border_min_y, render.border_max_y))
    return left, top, right, bottom


def full_size(render) -> tuple[int, int]:
    """Width and height in pixels of the camera's whole picture."""
    return render.resolution_x * render.resolution_percentage // 100, (
        render.resolution_y * render.resolution_percentage // 100
    )


def _cut(side: int, share: float) -> int:
    """Where a render region begins or ends. As Blender: in single precision, and the rest is cut off."""
    return int(ctypes.c_float(side * share).value)


def read_source(scene, image, image_user=None) -> "np.ndarray":
    """The picture as the Image Editor shows it, float32 (H, W, 4).

    `image_user` is the editor's: it says which frame of a sequence is shown; without it, the scene's frame is
    taken. Fireflies and broken pixels (infinities, NaN) come as they are shown, white or black. Raises
    PochadeError where there is no picture to read.
    """
    if image.source == "TILED":
        raise PochadeError("{name} has UDIM tiles; paint its tiles as single images", name=image.name)
    if image.source == "MOVIE":
        raise PochadeError("{name} is a movie; save the frame as a picture and paint that", name=image.name)
    if image.source == "SEQUENCE":
        with _frame_of(image, frame_shown(scene, image_user)) as single:
            return read_source(scene, single)
    if is_render_result(image) and scene.render.use_multiview:
        raise PochadeError("A stereo render cannot be painted; switch Stereoscopy off and render again")
    if source_size(image, scene) is None:
        raise PochadeError(rendered.without_pixels(image))

    space = image.colorspace_settings
    as_they_are = space.is_data or (space.name == colour_names.byte_space() and not image.is_float)
    if image.use_view_as_render or not as_they_are or image.channels != 4:
        return _read_displayed(scene, image)
    return _pixels(image)


def frame_shown(scene, image_user=None) -> int:
    """The frame of a sequence that an editor shows. Blender stops counting while a painting is shown."""
    if not image_user:
        return scene.frame_current
    if not image_user.use_auto_refresh:
        return image_user.frame_current
    frame, count = scene.frame_current - image_user.frame_start + 1, image_user.frame_duration
    frame = (frame - 1) % count + 1 if image_user.use_cyclic else min(max(frame, 0), count)
    return frame + image_user.frame_offset


def path_of(image) -> Path:
    """The file behind an image, of a sequence the one of some frame."""
    return Path(bpy.path.abspath(image.filepath, library=image.library))


def file_of_frame(path: Path, frame: int) -> Path:
    """The file of another frame of the sequence that `path` belongs to."""
    found = numbered(path.name)
    return path.with_name(found.name_of(frame)) if found else path


def is_tile(path: Path) -> bool:
    """Whether an image of the .blend has this file as one of its UDIM tiles."""
    return any(
        path == pattern.with_name(pattern.name.replace("<UDIM>", str(tile.number)))
        for image in bpy.data.images
        if image.source == "TILED"
        for pattern in [path_of(image)]
        for tile in image.tiles
    )


@contextmanager
def _frame_of(sequence, frame):
    """One frame of an image sequence as an image of its own."""
    try:
        image = bpy.data.images.load(str(file_of_frame(path_of(sequence), frame)), check_existing=False)
    except RuntimeError:
        raise PochadeError(
            "{name} has no frame {frame}; go to a frame that it has", name=sequence.name, frame=frame
        ) from None
    try:
        image.colorspace_settings.name = sequence.colorspace_settings.name
        image.alpha_mode = sequence.alpha_mode
        image.use_view_as_render = sequence.use_view_as_render
        yield image
    finally:
        bpy.data.images.remove(image)


def _read_displayed(scene, image) -> "np.ndarray":
    """`image` through the view that displays it: the scene's, or the plain one without "View as Render"."""
    with TemporaryFolder() as folder:
        path = Path(folder, "seen.png")
        save_displayed(scene, image, path)
        seen = bpy.data.images.load(str(path), check_existing=False)
        try:
            seen.colorspace_settings.name = colour_names.data_space()
            return _pixels(seen)
        finally:
            bpy.data.images.remove(seen)


def display_settings(scene) -> tuple:
    """What decides how a scene's light is displayed."""
    return (
        scene.display_settings.display_device,
        *(getattr(scene.view_settings, name) for name in ("view_transform", "look", "exposure", "gamma")),
    )


def save_displayed(scene, image, path, compression=0) -> None:
    """Save `image` as it is displayed, as a 16-bit PNG. Raises PochadeError without picture or room."""
    with _saving_png(scene, image.use_view_as_render, compression):
        try:
            image.save_render(str(path), scene=scene)
        except RuntimeError as error:
            if is_render_result(image):
                raise PochadeError(rendered.MISSING) from None
            raise PochadeError(
                "Blender cannot read {name}: {error}", name=image.name, error=one_line(error)
            ) from None


@contextmanager
def _saving_png(scene, as_render, compression):
    """The scene's image settings for a 16-bit PNG in sRGB, restored at the end.

    TIFF is up to three times as fast, but multiplies colours by alpha, which loses transparent glow.
    """
    settings = scene.render.image_settings
    png = compat.STILL_IMAGE | {
        "file_format": "PNG",
        "color_mode": "RGBA",
        "color_depth": "16",
        "compression": compression,
    }
    with ExitStack() as stack:
        # The last one is restored first: switching the override on copies the scene's view, a display may
        # reset a view.
        for struct, names in (
            (settings.view_settings, ("view_transform", *compat.NEUTRAL_VIEW)),
            (scene.view_settings, ("view_transform", "look")),
            (settings.display_settings, ("display_device",)),
            (scene.display_settings, ("display_device",)),
            (settings, (*png, "color_management")),
        ):
            stack.enter_context(_kept(struct, names))
        _assign(settings, **png, color_management="FOLLOW_SCENE" if as_render else "OVERRIDE")
        display = (scene if as_render else settings).display_settings
        _assign(display, display_device=colour_names.srgb_display(display))
        if not as_render:
            _assign(settings.view_settings, **compat.plain_view(settings.view_settings))
        yield


def save_passes(scene, image, path, codec="NONE") -> None:
    """Save the Render Result with all passes as an OpenEXR file: scripts can read them no other way."""
    settings = scene.render.image_settings
    multilayer = compat.MULTILAYER_IMAGE | {
        "file_format": "OPEN_EXR_MULTILAYER",
        "color_mode": "RGBA",
        "color_depth": "32",
        "exr_codec": codec,
    }
    # Blender 5.0 refuses to save passes with pixels that are not square.
    square = {"pixel_aspect_x": 1, "pixel_aspect_y": 1}
    with _kept(settings, multilayer), _kept(scene.render, square):
        _assign(settings, **multilayer)
        _assign(scene.render, **square)
        try:
            image.save_render(str(path), scene=scene)
        except RuntimeError as error:
            if COMPOSITE in scene.view_layers:  # Blender 5.0: two of a name
                raise PochadeError(
                    "A view layer named {composite} has its passes where the compositor's picture "
                    "belongs: give it another name, and render again",
                    composite=COMPOSITE,
                ) from None
            raise PochadeError(
                "Blender cannot save the render's passes: {error}", error=one_line(error)
            ) from None


@contextmanager
def _kept(struct, names):
    """Give the named properties of a Blender struct back, in this order, as they were."""
    before = {name: getattr(struct, name) for name in names}
    try:
        yield
    finally:
        # An enum reads as "" where the display has no such view: it cannot be written back either.
        _assign(struct, **{name: value for name, value in before.items() if value != ""})


def _assign(struct, **values):
    for name, value in values.items():
        if getattr(struct, name) != value:
            setattr(struct, name, value)


def _pixels(image) -> "np.ndarray":
    """Blender's pixels as they are, float32 (H, W, 4), top row first, clipped to 0 to 1."""
    import numpy as np

    width, height = image.size
    pixels = np.empty((height, width, 4), np.float32)
    image.pixels.foreach_get(pixels.ravel())
    if image.is_float:
        np.nan_to_num(pixels, copy=False, nan=0, posinf=1, neginf=0)
        np.clip(pixels, 0, 1, out=pixels)
    return np.ascontiguousarray(pixels[::-1])


def new_preview(name, width, height):
    """A new image for a painting, not kept in the .blend yet. 8-bit sRGB: all views show the same."""
    return bpy.data.images.new(names.free(name), width, height, alpha=True)


def update_preview(image, array) -> None:
    """Show an unfinished painting (h, w, 3 or 4) of any size in `image`, which keeps its own size.

    So the picture stays where it is on the screen while it is painted coarse to fine.
    """
    _assign_pixels(image, array)
    image.update()


def write_result(name, array, *, into=None):
    """Put a finished painting (H, W, 3 or 4) into the image `into`, or a new one, kept in the .blend."""
    height, width = array.shape[:2]
    image = into or new_preview(name, width, height)
    if tuple(image.size) != (width, height):
        image.scale(width, height)
    _assign_pixels(image, array)
    image.update()
    image.update_tag()  # the compositor looks again
    image.pack()
    image.use_fake_user = True  # not lost with the .blend's next saving when no editor shows it
    return image


def scaled(array, width, height):
    """A picture (H, W, 3 or 4) at another size, as Blender scales images."""
    image = new_preview("scaled", array.shape[1], array.shape[0])
    try:
        _assign_pixels(image, array)
        image.scale(width, height)
        return _pixels(image)
    finally:
        bpy.data.images.remove(image)


def _assign_pixels(image, array):
    """The nearest pixels of `array` for `image`'s size, bottom row first."""
    import numpy as np

    if array.shape[2] == 3:
        array = np.concatenate([array, np.ones_like(array[..., :1])], axis=2)
    (width, height), (h, w) = image.size, array.shape[:2]
    rows, columns = np.arange(height)[::-1] * h // height, np.arange(width) * w // width
    if w != width:
        array = array.take(columns, axis=1)
    image.pixels.foreach_set(array.take(rows, axis=0).astype(np.float32, copy=False).ravel())


def record_recipe(image, *, source: str, style: str, settings: Settings, choices="[]") -> None:
    """Store on a result how it was painted; `choices` is what `recipes` says of the styles, as JSON."""
    texts = {"source": source, "style": style, "choices": choices}
    image[RECIPE] = texts | {"settings": settings_to_json(settings), "seed": settings.seed}


def recipe(image) -> dict | None:
    """The recipe that `record_recipe` stored, None for an image that was not painted here."""
    stored = custom.group(image, RECIPE)
    texts = (stored.get(name) for name in ("source", "style", "settings"))
    return stored if all(isinstance(text, str) for text in texts) else None


def source_of(image) -> str:
    """The name of the picture that a painting, or a sheet of them, was made from; "" for other images."""
    return (recipe(image) or {}).get("source", "") or custom.text(image, SHEET)
