"""Variations of a painting: what an artist would try next, each another picture at a glance."""

from ..words import Sentence
from .still import Settings
from .values import settings_from

MOST = 8
# What differs: its name, and by setting a factor, or a value. Brush and drawing alone give near-twins.
_OPTIMISED: tuple[tuple[str, dict[str, float | str]], ...] = (
    ("freer", {"style_scale": 2.5, "content_weight": 0.3}),
    ("firmer", {"content_weight": 6.0}),
    ("your palette", {"keep_colours": "match"}),
    ("finer brush", {"style_scale": 0.5}),
    ("fainter", {"strength": 0.6}),
    ("from noise", {"start": "noise"}),
    ("your colors", {"keep_colours": "luminance"}),
    ("freer still", {"style_scale": 2.5, "content_weight": 0.1}),
    ("the style's colors", {"keep_colours": "off"}),
)
_INSTANT: tuple[tuple[str, dict[str, float | str]], ...] = (
    ("your palette", {"keep_colours": "match"}),
    ("your colors", {"keep_colours": "luminance"}),
    ("fainter", {"strength": 0.6}),
    ("the style's colors", {"keep_colours": "off"}),
    (Sentence("the style's, all the more"), {"keep_colours": "reverse"}),
    ("your palette, fainter", {"keep_colours": "match", "strength": 0.6}),
    ("your colors, fainter", {"keep_colours": "luminance", "strength": 0.6}),
    (Sentence("the style's colors, fainter"), {"keep_colours": "off", "strength": 0.6}),
    ("fainter still", {"strength": 0.3}),
)


def variations(settings: Settings, count: int) -> list[tuple[str, Settings]]:
    """At most `count` settings, up to MOST, no two alike: these first, under the name "", then others with
    what they do differently.
    """
    found = {settings: ""}
    for name, changes in _INSTANT if settings.method == "instant" else _OPTIMISED:
        changed = {key: _changed(settings, key, to) for key, to in changes.items()}
        found.setdefault(settings_from(changed, settings), name)
    return [(name, each) for each, name in found.items()][:count]


def _changed(settings: Settings, key: str, to: float | str) -> float | str:
    """A setting's other value: `to` itself, or that many times what it is, within its limits."""
    if isinstance(to, str):
        return to
    limits = Settings.__dataclass_fields__[key].metadata
    return min(max(getattr(settings, key) * to, limits["low"]), limits["high"])
