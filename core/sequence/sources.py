"""A shot's source pictures in the forms that painting needs."""

from collections.abc import Sequence
from functools import cache, cached_property, lru_cache

import numpy as np
import torch
from torch import Tensor

from ..compute.sizes import fit, sized
from ..compute.tensors import resize, to_array, to_tensor
from ..errors import PochadeError
from ..settings import Settings
from ..style.colour import ColourStatistics, colour_statistics_by_region, luminance, needs_colours
from ..style.objects import read_ids
from ..style.regions import Region
from .fades import exposure, fade, light_in
from .frames import FrameStore
from .job import SequenceJob
from .keys.placed import PlacedKey
from .motion.frame_motion import choose_motion
from .steps import Step

# The colours of a whole shot are measured in so many of its frames, and its light; colours at so many px of
# the longer side.
COLOUR_FRAMES, COLOUR_SIDE = 8, 256


class Sources:
    """The source pictures of a job, by the frame's number, counted from 0, and their `motion`. All have the
    size of the first one. Raises PochadeError at once when the motion lacks something that it needs.
    """

    def __init__(self, job: SequenceJob, steps: Sequence[Step], device: torch.device):
        self.device = device
        self._job = job
        self._light_in = cache(lambda number: light_in(self.picture(number)))
        self._numbers: dict[int, int] = {}
        self._read_ids = lru_cache(maxsize=4)(read_ids)
        self.measured = len(job.shot.frames)  # in so many frames the shot's colours are measured
        # For each group of reference frames, a step reads its own frame and the one it is compared with.
        # And where there are keys, that of the nearest one on either side.
        groups = max([1, *(len(step.references) for step in steps)])
        self._store = FrameStore(2 * groups + 2 * bool(job.keyed))
        frames, kind = job.shot.frames, job.settings.motion
        self.motion = choose_motion(kind, frames, job.raft_file, device, self._store)
        self._check_keys()

    @cached_property
    def _shape(self) -> tuple[int, ...]:
        return self._store.picture(self._job.shot.frames[0]).shape

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self._shape[0], self._shape[1]

    @property
    def channels(self) -> int:
        return self._shape[2]

    @property
    def finished_size(self) -> tuple[int, int]:
        """Height and width of the finished painting."""
        settings = self.settings(0)
        return fit(*self.size, settings.finish_size or settings.size)

    def settings(self, number: int) -> Settings:
        """How a frame is painted, `sized`."""
        return sized(self._job.looks[number].settings, self.size)

    def picture(self, number: int) -> np.ndarray:
        """Float32 (H, W, 3 or 4). Raises PochadeError when it has another size than the first frame."""
        frame = self._job.shot.frames[number]
        picture = self._store.picture(frame)
        if picture.shape[:2] != self.size:
            raise PochadeError(
                "Frame {number} has another size than the first one; choose frames of one size",
                number=frame.number,
            )
        return picture

    def regions(self, number: int) -> list[Region]:
        return list(self._job.regions(self._job.shot.frames[number], self.picture(number)))

    def ids(self, number: int) -> np.ndarray | None:
        """What tells a frame's objects apart, integer (H, W), by numbers that are the same in all frames;
        None where the renderer does not.
        """
        frame = self._job.shot.frames[number]
        found = self._read_ids(frame.passes, frame.layer) if frame.passes else None
        if found is None:
            return None
        ids, places = np.unique(found, return_inverse=True)
        # Small ones, for tensors of floats have not all those of Cryptomatte.
        numbers = [self._numbers.setdefault(one, len(self._numbers)) for one in ids.tolist()]
        return np.array(numbers)[places].reshape(found.shape)

    def exposure(self, number: int) -> float:
        """How far a frame is faded in from black, above 0, up to 1."""
        return exposure(self._light_in(number), self._light)

    def lit(self, number: int) -> np.ndarray:
        """The picture without its fade, which is what is painted."""
        return fade(self.picture(number), 1 / self.exposure(number))

    @cached_property
    def _light(self) -> np.ndarray:
        return np.array([self._light_in(number) for number in self._measured_frames()])

    def _measured_frames(self) -> list[int]:
        last = self.measured - 1
        return sorted({round(k * last / (COLOUR_FRAMES - 1)) for k in range(COLOUR_FRAMES)})

    def key(self, number: int) -> PlacedKey | None:
        """The key of a frame, if it has one."""
        key = self._job.keyed.get(number)
        grey = self._job.looks[number].settings.keep_colours == "luminance"
        exposure = self.exposure(number) if key else 1.0
        return PlacedKey(key, self.finished_size, self.device, grey, exposure) if key else None

    def _check_keys(self) -> None:
        for key in self._job.keyed.values():
            height, width = key.picture.shape[:2]
            own = fit(height, width, max(self.finished_size))
            if max(abs(a - b) for a, b in zip(own, self.finished_size, strict=True)) > 1:
                raise PochadeError(
                    "The key {name} of frame {number} has {own} px, and the painted frames have {size} px: "
                    "give it their shape",
                    name=key.name,
                    number=key.number,
                    own=f"{width} x {height}",
                    size="{1} x {0}".format(*self.finished_size),
                )

    def at_finished_size(self, number: int) -> Tensor:
        """(1, 3, h, w), without alpha and fade; grey where only luminance is painted."""
        picture = self.lit(number)[..., :3]
        if self._job.looks[number].settings.keep_colours == "luminance":
            picture = np.repeat(luminance(picture)[..., None], 3, axis=2)
        return resize(to_tensor(picture, self.device), *self.finished_size)

    def colours(self) -> list[ColourStatistics] | None:
        """The whole shot's colour statistics, where they are needed: each frame's own would flicker."""
        if not any(needs_colours(look.settings) for look in self._job.looks):
            return None
        pictures, masks = [], []
        for number in self._measured_frames():
            picture = self.lit(number)
            regions = self.regions(number)
            height, width = picture.shape[:2]
            size = fit(height, width, min(COLOUR_SIDE, max(height, width)))
            small, *small_masks = (
                to_array(resize(to_tensor(array, self.device), *size))
                for array in (picture, *(region.mask[..., None] for region in regions))
            )
            pictures.append(small)
            masks.append(small_masks)
        # One tall picture of all frames, and each region's masks likewise.
        joined = [Region("", np.concatenate(mask)[..., 0]) for mask in zip(*masks, strict=True)]
        return colour_statistics_by_region(np.concatenate(pictures), joined)
