"""`presets`: what there is to paint in."""

import argparse

import bpy

from ...core.errors import PochadeError
from ...core.presets.archive import ENDING
from ..scene import library
from ..styles import stores
from ..styles.entry import Entry
from .report import Report
from .styles import find_style


def list_all(context: bpy.types.Context, arguments: argparse.Namespace, report: Report) -> None:
    """A line for each preset."""
    for entry in stores.entries():
        technique = entry.preset.technique if entry.preset else ""
        about = (_place(entry), entry.family, technique, "instant" if entry.instant else "")
        report.row(
            f"{entry.slug:<24} {entry.name} ({', '.join(filter(None, about))})",
            slug=entry.slug,
            name=entry.name,
            place=_place(entry),
            family=entry.family,
            technique=technique,
            instant=entry.instant,
        )


def show(context: bpy.types.Context, arguments: argparse.Namespace, report: Report) -> None:
    """The settings that a preset recommends, and whose picture it is."""
    entry = find_style(arguments.style)
    attribution = entry.preset.attribution if entry.preset else ""
    settings = [f"  --{name.replace('_', '-')} {value}" for name, value in entry.settings.items()]
    report.row(
        "\n".join(filter(None, [entry.name, attribution, *settings])),
        name=entry.name,
        place=_place(entry),
        attribution=attribution,
        instant=entry.instant,
        settings=entry.settings,
    )


def add(context: bpy.types.Context, arguments: argparse.Namespace, report: Report) -> None:
    """A preset's file into the library."""
    _, added = stores.LIBRARY.add_file(arguments.file)
    report.done(f"{added.name} is in your library, as {added.slug}", slug=added.slug)


def export(context: bpy.types.Context, arguments: argparse.Namespace, report: Report) -> None:
    """A preset as one file."""
    if arguments.file.suffix != ENDING:
        raise PochadeError(f"{arguments.file.name} must end in {ENDING}")
    library.export_entry(find_style(arguments.style), arguments.file)
    report.done(f"Wrote {arguments.file}")


def _place(entry: Entry) -> str:
    return entry.store.label if entry.store else "picture"
