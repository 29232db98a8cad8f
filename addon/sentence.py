"""Sentences in a panel: Blender's labels are one line, and cut off what does not fit."""

import blf
import bpy


def draw_sentence(
    layout: bpy.types.UILayout, context: bpy.types.Context, text: str, icon: str = "NONE", beside: int = 0
) -> None:
    """Text in as many labels as the region's width asks for, with `beside` px, at a scale of 1, left for what
    stands beside it.
    """
    scale = context.preferences.system.ui_scale
    blf.size(0, context.preferences.ui_styles[0].widget.points * scale)
    room = context.region.width - (90 + beside) * scale  # the panel's margins, a box's, the icon and the tabs
    column = layout.column(align=True)
    column.scale_y = 0.8
    for number, line in enumerate(_lines(text, room)):
        column.label(text=line, icon=icon if number == 0 else "NONE" if icon == "NONE" else "BLANK1")


def _lines(text, room) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and blf.dimensions(0, longer)[0] > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def duration(seconds: float) -> str:
    """A time in words."""
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"
