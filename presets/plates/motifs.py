"""What the styles are painted from."""

from .indoors import bust, flowers, still_life
from .outdoors import harbour, village
from .solids import Scene, render

MOTIFS = {"still life": still_life, "harbour": harbour, "village": village, "flowers": flowers, "bust": bust}


def motif(name: str, side: int) -> Scene:
    """A motif as a painter sees it, with a longer side of `side` px."""
    stage, view, backdrop = MOTIFS[name]()
    return render(stage.solids, view, backdrop, side, stage.names)
