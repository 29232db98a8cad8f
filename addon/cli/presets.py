"""`presets`: what there is to paint in."""

import argparse

import bpy

from ...core.errors import PochadeError
from ...core.presets.archive import ENDING, import_preset
from ..preferences import preset_folder
from ..scene import library
from ..styles import presets
from .report import Report
from .styles import find_style, slug

_PLACES = {presets.FACTORY: "Pochade", presets.LIBRARY: "library", presets.PROJECT: "project", "": "picture"}


def list_all(context: bpy.types.Context, arguments: argparse.Namespace, report: Report) -> None:
    """A line for each preset."""
    for entry in presets.entries():
        instant = ", instant" if entry.instant else ""
        report.row(
            f"{slug(entry):<24} {entry.name} ({_PLACES[entry.place]}{instant})",
            slug=slug(entry),
            name=entry.name,
            place=_PLACES[entry.place],
            instant=entry.instant,
        )


def show(context: bpy.types.Context, arguments: argparse.Namespace, report: Report) -> None:
    """What a preset recommends, and whose picture it is."""
    entry = find_style(arguments.style)
    attribution = entry.preset.attribution if entry.preset else ""
    settings = [f"  --{name.replace('_', '-')} {value}" for name, value in entry.settings.items()]
    text = "\n".join([entry.name, *([attribution] if attribution else []), *settings])
    report.row(
        text,
        name=entry.name,
        place=_PLACES[entry.place],
        attribution=attribution,
        instant=entry.instant,
        settings=entry.settings,
    )


def add(context: bpy.types.Context, arguments: argparse.Namespace, report: Report) -> None:
    """A preset's file into the library."""
    added = import_preset(arguments.file, preset_folder())
    presets.refresh(preset_folder())
    report.done(f"{added.name} is in your library, as {added.slug}", slug=added.slug)


def export(context: bpy.types.Context, arguments: argparse.Namespace, report: Report) -> None:
    """A preset as one file."""
    if arguments.file.suffix != ENDING:
        raise PochadeError(f"{arguments.file.name} must end in {ENDING}")
    library.export_entry(context.scene, find_style(arguments.style), arguments.file)
    report.done(f"Wrote {arguments.file}")
