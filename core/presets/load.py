"""Styles out of presets."""

from ..files.made import check_regular
from ..style.styles import Style, load_table, style_from_picture
from .preset import Preset


def style_from_preset(preset: Preset) -> Style:
    """A preset's plate, statistics and instant network. Raises PochadeError for missing or broken files."""
    from ..files.pictures import read_picture

    check_regular(preset.statistics)
    style = style_from_picture(preset.name, read_picture(preset.plate))
    table, digest = load_table(preset.statistics) if preset.statistics.exists() else (None, "")
    return Style(
        style.name, style.picture, table, digest, preset.network if preset.network.exists() else None
    )
