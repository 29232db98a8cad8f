"""Keys: frames that the artist has painted, wholly or in part, and that the shot follows, as in Bénard et al.
2013, "Stylizing Animation by Example". Needs neither PyTorch nor, to import it, NumPy.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from ...errors import PochadeError

if TYPE_CHECKING:
    import numpy as np

    from ...style.styles import Style


@dataclass(frozen=True, eq=False)
class Key:
    """The artist's `picture` of the frame `number`: display-referred, float32 (H, W, 4), 0 to 1, straight
    alpha. Where alpha is 0 it says nothing. `source` is the `picture_digest` of the frame's source when it
    was painted; "" where that is not known. `network` is that of a `Style`.
    """

    number: int
    picture: "np.ndarray"
    name: str = ""
    source: str = ""
    network: bytes | None = None

    @property
    def opaque(self) -> bool:
        """Whether it shows all of its frame."""
        return bool((self.picture[..., 3] >= 1).all())

    @cached_property
    def digest(self) -> str:
        return picture_digest(self.picture)

    @cached_property
    def style(self) -> "Style":
        """Its strokes, as a style."""
        from ...style.filling import filled
        from ...style.styles import style_from_picture

        return replace(style_from_picture(self.name, filled(self.picture)), network=self.network)


def picture_digest(picture: "np.ndarray") -> str:
    """What tells a picture (H, W, C), 0 to 1, from others: 16 hexadecimal digits of its bytes' SHA-256."""
    return hashlib.sha256(picture.tobytes() + repr(picture.shape).encode()).hexdigest()[:16]


def check_keys(keys: Sequence[Key]) -> None:
    """Raise PochadeError for two keys of one frame, and for an empty one."""
    seen: dict[int, Key] = {}
    for key in keys:
        if key.number in seen:
            raise PochadeError(
                "Frame {number} has two keys, {one} and {other}: remove one of them",
                number=key.number,
                one=seen[key.number].name,
                other=key.name,
            )
        seen[key.number] = key
        if not key.picture[..., 3].any():
            raise PochadeError(
                "The key {name} of frame {number} is empty: paint something in it, or remove it",
                name=key.name,
                number=key.number,
            )


def weights_at(number: int, keyed: Iterable[int]) -> dict[int, float]:
    """How much the keys of these frames count in the style of the frame `number`; they add up to 1.

    The nearest key on either side counts, the nearer one more: it falls to 0 at the other one.
    """
    before = max((key for key in keyed if key <= number), default=None)
    after = min((key for key in keyed if key >= number), default=None)
    if before is None or after is None or before == after:
        return {key: 1.0 for key in (before, after) if key is not None}
    share = (number - before) / (after - before)
    return {before: 1 - share, after: share}
