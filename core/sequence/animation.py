"""A sequence painted so that it does not flicker, after Ruder et al. 2016, "Artistic style transfer for
videos".

One machine paints it in order; `chunks.py` has it painted by many, and `painter.py` paints each frame.
"""

import hashlib
import json
from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ..compute.devices import at_work, compute_on
from ..compute.machine import Machine
from ..encoders.files import COMPACT
from ..encoders.network import Encoder, load_encoder
from ..errors import PochadeError
from ..files.checkpoint import JobFolder
from ..files.pictures import FORMATS
from ..progress import Progress
from ..settings import AnimationSettings
from ..style.regions import Region
from .motion import choose_motion
from .painter import Look, Side, Step, Studio, file_names
from .shot import Frame, Shot

ALL_PAINTED = "All frames were painted already"


@dataclass(frozen=True)
class PaintedShot:
    """The painted frames' files, and what the artist is to know: that an older job was dropped, say; "" for
    nothing.
    """

    files: list[Path]
    note: str


def stylize_animation(  # noqa: PLR0913
    shot: Shot,
    looks: Sequence[Look],
    settings: AnimationSettings,
    folder: Path,
    device: Machine | str = "auto",
    *,
    regions: Callable[[Frame], Sequence[Region]] = lambda frame: (),
    regions_identity: str = "",
    encoder_file: Path = COMPACT,
    raft_file: Path | None = None,
) -> Generator[Progress, None, PaintedShot]:
    """Paint a shot into `folder`, one Look a frame, in files named by the frames' numbers.

    `regions` gives a frame's regions, always as many in the same order; `regions_identity` says which they
    are. Close the generator to cancel, or have the process killed: the same call goes on where that one
    ended, and ends with the same pictures. When anything that they depend on has changed it begins anew.
    Raises PochadeError for what an artist can put right.
    """
    check_shot(shot, looks, settings)
    if looks[0].settings.method == "instant":
        settings = replace(settings, passes=1)  # a second pass would paint the same again
    shared = load_encoder(encoder_file)
    identity, names = (
        identity_of(shot, looks, settings, shared, regions_identity),
        file_names(shot, settings),
    )
    with (
        compute_on(device) as where,
        JobFolder(folder, identity, names) as job,
        at_work(shared, where, looks[0].settings.size) as encoder,
    ):
        if job.finished:
            return PaintedShot([folder / name for name in names], ALL_PAINTED)
        motion = choose_motion(settings.motion, shot.frames, raft_file, where)
        yield from Studio(shot, looks, settings, encoder, where, motion, job, regions).paint(
            in_order(len(names), settings)
        )
        return PaintedShot([folder / name for name in names], job.restarted)


def in_order(count: int, settings: AnimationSettings) -> list[Step]:
    """A whole shot: all frames once a pass, forwards, then backwards, and so on, each from the ones before
    it.
    """
    steps = []
    for turn in range(settings.passes):
        for at in range(count):
            what = (
                f"Frame {at + 1} of {count}"
                if settings.passes == 1
                else f"Pass {turn + 1}, frame {at + 1} of {count}"
            )
            side = Side(
                1 if turn % 2 else -1, tuple(distance for distance in settings.steps_back() if distance <= at)
            )
            steps.append(
                Step(
                    count - 1 - at if turn % 2 else at,
                    what,
                    (side,),
                    turn=turn,
                    last=turn == settings.passes - 1,
                )
            )
    return steps


def check_shot(shot: Shot, looks: Sequence[Look], settings: AnimationSettings) -> None:
    """Raise PochadeError for what cannot be painted as one shot."""
    FORMATS[settings.file_format].library()
    if not shot.frames:
        raise PochadeError("There is no frame to paint; choose a range of frames")
    if (
        len(
            {
                (s.method, s.size, s.finish_size, s.keep_colours, s.seamless)
                for s in (look.settings for look in looks)
            }
        )
        > 1
    ):
        raise PochadeError(
            "Method, Size, Finish Size, Keep Colours and Seamless must be the same in all frames; "
            "remove their keyframes"
        )


def identity_of(
    shot: Shot, looks: Sequence[Look], settings: AnimationSettings, encoder: Encoder, regions: str
) -> dict[str, object]:
    """What the paintings depend on, by the artist's names of the parts."""
    return {
        "source": shot.identity,
        **_identity_of(looks),
        "animation settings": asdict(settings),
        "encoder": encoder.digest,
        "regions": regions,
    }


def _identity_of(looks: Sequence[Look]) -> dict[str, object]:
    """What tells these looks from others, by the artist's names of the parts."""
    known = {id(style): style for look in looks for style, _ in look.styles}
    learnt = (
        (lambda style: style.network_bytes())
        if looks[0].settings.method == "instant"
        else (lambda style: b"")
    )
    digests = {
        key: hashlib.sha256(style.picture.tobytes() + style.digest.encode() + learnt(style)).hexdigest()[:16]
        for key, style in known.items()
    }
    styles = [[[style.name, digests[id(style)], weight] for style, weight in look.styles] for look in looks]
    settings = [asdict(look.settings) for look in looks]
    first = styles[0], settings[0]
    same = all(each == first for each in zip(styles, settings, strict=True))
    keyframes = "" if same else hashlib.sha256(json.dumps([styles, settings]).encode()).hexdigest()[:16]
    return {"styles": first[0], "settings": first[1], "keyframes": keyframes}
