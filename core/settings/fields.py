"""How a setting is declared, and checked.

Metadata of every field: `label`, `description`, `group` (the part of the panel), `when` (other fields
and those of their values that make this one matter, any of which is enough, or None), and either
`choices`, or `low`, `high`, `soft` and `unit` ("PIXEL", "FACTOR" or "NONE"), or neither for a name or a
switch.
"""

from dataclasses import field, fields
from typing import Any

from ..errors import PochadeError
from ..words import Sentence


def number(default: float, limits: tuple[float, ...], label: str, description: str, **more: Any) -> Any:
    """A float or int field. `limits` is (low, high), both included, or (low, soft, high) for a slider that
    ends at soft. `more` has its `group`, and may have `unit` and `when`.
    """
    low, *between, high = limits
    soft = between[0] if between else high
    told = {"label": label, "description": description, "low": low, "high": high}
    return field(default=default, metadata=told | {"soft": soft, "unit": "NONE", "when": None} | more)


def choice(default: str, label: str, description: str, choices: dict, **more: Any) -> Any:
    """A field with named values: `choices` maps a value to (label, description). `more` as for numbers."""
    told = {"label": label, "description": description, "choices": choices}
    return field(default=default, metadata=told | {"when": None} | more)


def name(default: str, label: str, description: str, group: str) -> Any:
    """A text field: the name of one of several things that come and go with the user's files."""
    told = {"label": label, "description": description}
    return field(default=default, metadata=told | {"group": group, "when": None})


def switch(label: str, description: str, group: str) -> Any:
    """A bool field, off by default."""
    told = {"label": label, "description": description}
    return field(default=False, metadata=told | {"group": group, "when": None})


def check(settings: Any) -> None:
    """Raise PochadeError where a value breaks its field's metadata, and give numbers the field's type."""
    for f in fields(settings):
        value, meta = getattr(settings, f.name), f.metadata
        if "choices" in meta:
            if not isinstance(value, str) or value not in meta["choices"]:
                raise PochadeError(
                    "{label} must be one of {names}, not {value!r}",
                    label=Sentence(meta["label"]),
                    names=", ".join(meta["choices"]),
                    value=value,
                )
            continue
        if f.type is bool:
            if not isinstance(value, bool):
                raise PochadeError(
                    "{label} must be on or off, not {value!r}", label=Sentence(meta["label"]), value=value
                )
            continue
        if "low" not in meta:
            if not isinstance(value, str) or not value:
                raise PochadeError(
                    "{label} must be a name, not {value!r}", label=Sentence(meta["label"]), value=value
                )
            continue
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if (
            not is_number
            or not meta["low"] <= value <= meta["high"]
            or (f.type is int and value != int(value))
        ):
            kind = Sentence("a whole number" if f.type is int else "a number")
            raise PochadeError(
                "{label} must be {kind} from {low} to {high}, not {value!r}",
                label=Sentence(meta["label"]),
                kind=kind,
                low=meta["low"],
                high=meta["high"],
                value=value,
            )
        declared: Any = f.type
        # A frozen dataclass takes its values no other way.
        object.__setattr__(settings, f.name, declared(value))
