"""The camera's part in how things move: of the sky, which is infinitely far, and of everything where a
renderer's vectors leave out what its camera does.

Cycles' vectors, measured: before Blender 5.0 they know nothing of a changed lens, from then on they do. No
version knows of changed Shift and Ortho Scale. 5.0 and 5.1 project with an orthographic camera's lens, as if
it were a perspective one, as soon as it moves.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..shot import Camera

SKY = 1e9  # depths from here on are the sky's: Cycles writes 1e10
OUTSIDE = 1e6  # px; an unknown motion leads so far out of the picture that nothing is ever taken from there

# Of the sky: with more vectors that are not 0 its motion was known; antialiased edges alone are fewer.
SKY_WITH_VECTORS = 0.5
# px, within which a vector says that its pixel stands still in the world; and how many pixels are asked.
STILL_WITHIN, ASKED = 0.25, 20000
# What vectors may leave out: nothing, that the lens changes, that Shift does, that there is no perspective.
BLIND_TO = ("", "lens", "shift", "orthographic")
EXPECTED = 0.02  # share of the pixels that must stand still for more than is expected to be left out, or less
SAME_THING = 0.2  # relative difference below which two depths may be of one thing, a frame apart


def is_cut(here: Camera | None, there: Camera | None) -> bool:
    """Whether the two frames are known to be seen through different cameras."""
    return here is not None and there is not None and here.name != there.name


def may_mislead(here: Camera | None, there: Camera | None) -> bool:
    """Whether there are renderers whose vectors leave out what the camera does between the frames."""
    if here is None or there is None or here == there:
        return False
    return not (here.perspective and there.perspective) or _lens(here) != _lens(there)


def add_camera_motion(
    flow: np.ndarray, depths: tuple[np.ndarray, np.ndarray], here: Camera, there: Camera
) -> None:
    """Put into the flow (H, W, 2) of the frame `here` to the other one `there` what it leaves out of the
    cameras; `depths`, each (H, W), belong to the two frames in this order.
    """
    sky = depths[0] >= SKY
    no_vectors = _has_no_vectors(flow, sky)
    if may_mislead(here, there):
        _replace_lens(flow, ~sky if no_vectors else np.ones_like(sky), depths, here, there)
    if no_vectors and here.perspective and there.perspective:
        rows, columns = np.nonzero(sky)
        pixels = _pixels(rows, columns)
        rays = _from_pixels(here, pixels, np.ones(len(rows)))
        turned = rays @ (_turn(there) @ np.linalg.inv(_turn(here))).T
        moved = _to_pixels(there, turned) - pixels
        ahead = (turned[:, 2] > 0)[:, None]
        flow[rows, columns] = np.where(ahead, np.clip(moved, -OUTSIDE, OUTSIDE), OUTSIDE)


def still_flow(depth: np.ndarray, here: Camera, there: Camera) -> np.ndarray:
    """Where the camera `there` shows what `here` shows at `depth` (H, W), if all of it stands still: the flow
    (H, W, 2), px; OUTSIDE where that is behind it.
    """
    height, width = depth.shape
    pixels = _pixels(*np.indices((height, width)).reshape(2, -1))
    sky = (depth >= SKY).ravel()
    points = _of_still(pixels, np.where(sky, 1.0, depth.ravel()), here, there)
    if here.perspective and there.perspective:
        rays = _from_pixels(here, pixels, np.ones(len(pixels)))
        points = np.where(sky[:, None], rays @ (_turn(there) @ np.linalg.inv(_turn(here))).T, points)
    moved = np.clip(_to_pixels(there, points) - pixels, -OUTSIDE, OUTSIDE)
    ahead = (points[:, 2] > 0)[:, None] | (not there.perspective)
    return np.where(ahead, moved, OUTSIDE).astype(np.float32).reshape(height, width, 2)


def estimate_sky(flow: np.ndarray, depth: np.ndarray, estimate: Callable[[], np.ndarray]) -> None:
    """Put into the flow (H, W, 2) the estimated one of the sky, where it has none of it."""
    sky = depth >= SKY
    if sky.any() and _has_no_vectors(flow, sky):
        flow[sky] = estimate()[sky]


def _has_no_vectors(flow: np.ndarray, sky: np.ndarray) -> bool:
    return np.count_nonzero(flow[sky].any(axis=-1)) <= SKY_WITH_VECTORS * np.count_nonzero(sky)


def _replace_lens(
    flow: np.ndarray, mask: np.ndarray, depths: tuple[np.ndarray, np.ndarray], here: Camera, there: Camera
) -> None:
    """Where the mask (H, W) says so, have the flow lead to where the camera `there` shows the points, and not
    to where the renderer took them to be.
    """
    taken = _taken_for(flow, depths[0], here, there)
    if taken == there:
        return
    rows, columns = np.nonzero(mask & (np.abs(flow) < OUTSIDE).all(axis=-1))
    pixels = _pixels(rows, columns)
    still = _of_still(pixels, depths[0][rows, columns], here, there)
    led_to = pixels + flow[rows, columns]

    def seen(depth: np.ndarray) -> np.ndarray:
        return _to_pixels(there, _from_pixels(taken, led_to, depth))

    found = seen(still[:, 2])
    if taken.perspective != there.perspective:  # the depth counts: of what moves, that of the other frame
        moves = (np.abs(_to_pixels(taken, still) - led_to) > STILL_WITHIN).any(axis=-1)
        height, width = flow.shape[:2]
        for _ in range(2):
            x, y = np.rint(np.clip(found, 0, (width - 1, height - 1))).astype(int).T
            depth = depths[1][y, x].astype(np.float64)
            known = moves & (np.abs(depth - still[:, 2]) < SAME_THING * still[:, 2])
            found = np.where(known[:, None], seen(depth), found)
    flow[rows, columns] = np.clip(found - pixels, -OUTSIDE, OUTSIDE)


def _taken_for(flow: np.ndarray, depth: np.ndarray, here: Camera, there: Camera) -> Camera:
    """What the renderer took the camera `there` to be: by which most pixels stand still in the world."""
    rows, columns = np.nonzero(depth < SKY)
    every = len(rows) // ASKED + 1
    rows, columns = rows[::every], columns[::every]
    pixels = _pixels(rows, columns)
    still = _of_still(pixels, depth[rows, columns], here, there)
    led_to = pixels + flow[rows, columns]
    x, y = (focal * there.lens_distance for focal in here.focal)
    seen_as = (
        there,
        replace(there, perspective=here.perspective, focal=here.focal, centre=here.centre),
        replace(there, centre=here.centre),
        replace(there, perspective=True, focal=(x, y), centre=here.centre),
    )

    def share(blind_to: str) -> float:
        away = np.abs(_to_pixels(seen_as[BLIND_TO.index(blind_to)], still) - led_to).max(axis=-1)
        expected = EXPECTED if blind_to == there.blind_to else 0.0
        return float(np.count_nonzero(away < STILL_WITHIN) / max(len(away), 1) + expected)

    possible = BLIND_TO[:-1] if there.perspective else BLIND_TO
    return seen_as[BLIND_TO.index(max(possible, key=share))]


def _lens(camera: Camera) -> tuple:
    return camera.perspective, camera.focal, camera.centre


def _turn(camera: Camera) -> np.ndarray:
    return np.array(camera.to_camera)[:, :3]


def _pixels(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """(N, 2), x first."""
    return np.stack((columns, rows), axis=-1).astype(np.float64)


def _from_pixels(camera: Camera, pixels: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Points (N, 3) in the camera's space, at pixels (N, 2) and depths (N,)."""
    places = (pixels - camera.centre) / camera.focal
    return np.concatenate((places * depth[:, None] if camera.perspective else places, depth[:, None]), -1)


def _to_pixels(camera: Camera, points: np.ndarray) -> np.ndarray:
    """Where the camera shows points (N, 3) of its space, (N, 2)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        places = points[:, :2] / points[:, 2:] if camera.perspective else points[:, :2]
    return places * camera.focal + camera.centre


def _of_still(pixels: np.ndarray, depth: np.ndarray, here: Camera, there: Camera) -> np.ndarray:
    """Points (N, 3) in the space of `there`: what `here` shows at pixels and depths, if it stands still."""
    points = _from_pixels(here, pixels, depth.astype(np.float64))
    moved = np.array(here.to_camera)[:, 3], np.array(there.to_camera)[:, 3]
    return (points - moved[0]) @ (_turn(there) @ np.linalg.inv(_turn(here))).T + moved[1]
