"""Colours for what no reference frame shows, by the objects that a renderer tells apart."""

import torch
from torch import Tensor

from ..style.colour import LUMA
from .motion.flow import RECOLOUR_VARIANCE, recolour_disocclusions

ENOUGH = 64  # known pixels of an object, from which its own colours count more than those around


def recolour_by_object(content: Tensor, painted: Tensor, known: Tensor, objects: Tensor) -> Tensor:
    """As `recolour_disocclusions`, but an object gets the colours that it has where it is known: whoever
    paints things in colours of their own does not want those of what is beside them.

    `objects` (1, 1, H, W) has a number for each. Of an object a linear map from the content's luminance to
    the painting's colours is fitted to its known pixels; the fewer there are, the more those around count.
    """
    grey = (content * content.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)
    labels = torch.unique(objects, return_inverse=True)[1].flatten()  # (H W,), from 0
    products = torch.cat((torch.ones_like(grey), grey, grey * grey, painted, grey * painted), 1) * known
    rows = products.flatten(2)[0].T  # (H W, 9)
    sums = rows.new_zeros(int(labels.max()) + 1, 9).index_add_(0, labels, rows)
    count = sums[:, :1]
    mean, square, mean_painted, both = (sums[:, 1:] / count.clamp(min=1e-6)).split((1, 1, 3, 3), 1)
    slope = (both - mean * mean_painted) / (square - mean * mean + RECOLOUR_VARIANCE)
    fits = torch.cat((slope, mean_painted - slope * mean, count / (count + ENOUGH)), 1)
    slope, offset, trust = fits[labels].T.view(1, 7, *content.shape[-2:]).split((3, 3, 1), 1)
    around = recolour_disocclusions(content, painted, known)
    return torch.lerp(around, (slope * grey + offset).clamp(0, 1), trust)
