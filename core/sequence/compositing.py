"""How a compositor lays pictures one over another: the parts of it that put view layers together.

`layers.composited` does it. Needs no NumPy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, cast

How = Literal["over", "mix", "add", "multiply", "screen"]


@dataclass(frozen=True)
class Laid:
    """One picture upon another, as far as the `factor` says, 0 to 1; `by_alpha` that is multiplied with the
    alpha of the one above. "over" takes premultiplied light, as the compositor's Alpha Over; the other ways
    are those of its Mix, and leave the alpha as it is below.
    """

    below: "Plan"
    above: "Plan"
    how: How = "over"
    factor: float = 1.0
    by_alpha: bool = False

    def names(self) -> list[str]:
        """The pictures that it is made of, the one above first."""
        found = [*names_of(self.above), *names_of(self.below)]
        return list(dict.fromkeys(found))


Plan = str | Laid
"""A picture by its name, or two as one."""


def names_of(plan: Plan) -> list[str]:
    return [plan] if isinstance(plan, str) else plan.names()


def one_over_another(names: Sequence[str]) -> Plan:
    """Each over those after it."""
    above, plan = names[:-1], cast("Plan", names[-1])
    for name in reversed(above):
        plan = Laid(plan, name)
    return plan
