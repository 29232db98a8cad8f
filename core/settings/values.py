"""Settings from and to what users and files have: names with values, text, JSON."""

import json
from dataclasses import asdict, fields, replace
from typing import Any, TypeVar, overload

from ..errors import PochadeError
from .output import OutputSettings
from .sequence import AnimationSettings, FarmSettings, TimingSettings
from .still import Settings
from .training import InstantSettings

AnySettings = TypeVar(
    "AnySettings", Settings, AnimationSettings, TimingSettings, FarmSettings, InstantSettings, OutputSettings
)
DEFAULT = Settings()


@overload
def settings_from(values: dict[str, Any]) -> Settings: ...
@overload
def settings_from(values: dict[str, Any], base: AnySettings) -> AnySettings: ...
def settings_from(values: dict[str, Any], base: Any = DEFAULT) -> Any:
    """`base` with the named values. Raises PochadeError for a name or a value that does not exist."""
    unknown = values.keys() - {f.name for f in fields(base)}
    if unknown:
        raise PochadeError("There is no setting named {names}", names=", ".join(sorted(unknown)))
    return replace(base, **values)


def parse_setting(text: str, kind: type = Settings) -> tuple[str, Any]:
    """`"name=value"` from a command line as a name and a value of its type, of Settings or another `kind`."""
    name, equals, value = text.partition("=")
    declared: dict[str, Any] = {f.name: f.type for f in fields(kind)}
    if not equals or name not in declared:
        raise PochadeError(
            "{text!r} is no setting; write name=value with one of {names}",
            text=text,
            names=", ".join(declared),
        )
    try:
        return name, declared[name](value)
    except ValueError:
        raise PochadeError("{value!r} is no value for {name}", value=value, name=name) from None


def without_noise(values: dict[str, Any]) -> dict[str, Any]:
    """The values with floats rounded to 7 digits: of Blender's, 0.015 comes back as 0.01499999966."""
    return {
        name: float(f"{value:.7g}") if isinstance(value, float) else value for name, value in values.items()
    }


def as_table(settings: Settings) -> dict[str, Any]:
    """The settings by name, without the noise of 32-bit floats."""
    return without_noise(asdict(settings))


def settings_to_json(settings: Settings) -> str:
    """The same as JSON."""
    return json.dumps(as_table(settings))
