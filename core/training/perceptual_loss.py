"""The perceptual loss of Johnson et al. 2016 that a network is trained with."""

import numpy as np
from torch import Tensor

from ..compute.tiles import ALIGNMENT
from ..encoders.network import Encoder
from ..settings import Settings
from ..still.objective import Objective
from ..style.areas import Area
from ..style.styles import Style

# Times the optimiser's content weight: a network, which has to guess, keeps less at the same weight. With
# neighbours 1.5 and 0.8 left too little of the style (see core/instant/networks.md).
CONTENT_FACTOR, CONTENT_FACTOR_OF_NEIGHBOURS = 1.5, 0.4


class NetworkObjective(Objective):
    """With the statistics weighed more than the optimiser's: the neighbours of a network's own paintings are
    found anew each time, and alone they leave it near to the photo.
    """

    statistics_share = 1.6


class PerceptualLoss:
    """The optimiser's objective for batches of square crops, in one style of `style_size` px.

    Where the style loss is by nearest neighbours, those of the paintings are found each time, among random
    positions of the style.
    """

    def __init__(self, style: Style, style_size: int, settings: Settings, encoder: Encoder):
        self._areas = [Area(None, ((style, 1.0),))]
        self._style_size, self._settings, self._encoder = style_size, settings, encoder
        self._objectives: dict[int, NetworkObjective] = {}  # by the crops' side in px

    def __call__(self, painted: Tensor, sources: Tensor, rng: np.random.Generator) -> Tensor:
        """The mean loss of painted pictures (B, 3, side, side), of which `sources` are the sources."""
        side = sources.shape[-1] // ALIGNMENT * ALIGNMENT
        painted, sources = (pictures[..., :side, :side] for pictures in (painted, sources))
        if side not in self._objectives:
            self._objectives[side] = NetworkObjective(
                sources, self._areas, self._style_size, self._settings, self._encoder, published=False
            )
        self._objectives[side].set_content(sources)
        terms = self._objectives[side].terms(painted, rng)
        return terms.smoothness + terms.style + content_factor(self._settings) * terms.content


def content_factor(settings: Settings) -> float:
    """What the optimiser's content term is multiplied by."""
    return CONTENT_FACTOR_OF_NEIGHBOURS if settings.loss == "neighbours" else CONTENT_FACTOR
