"""The running job in a panel: how far it is, how long it will take, and the ways to stop it."""

import bpy

from ....core.words import Sentence, duration
from ...job import Job
from ...language import said

_WIDTH = 40  # characters of a job's own words, which may be a file's long name


def draw_progress(layout: bpy.types.UILayout, job: Job) -> None:
    """A bar with the time left, and under it the buttons that stop the job."""
    progress, text = job.progress, said(how_far(job))
    column = layout.column(align=True)
    if progress and not job.keeps:  # a long job: what it is at
        column.label(text=said(progress.message), translate=False)
    bar = column.row()
    bar.scale_y = 1.2
    bar.progress(factor=progress.fraction if progress else 0, text=text)
    row = column.row(align=True)
    row.enabled = not job.cancelling
    if job.keeps:
        # Never greyed out: it appears under the pointer, and Blender does not wake a disabled button that is
        # hovered.
        row.operator("pochade.cancel", text=job.keeps, icon="CHECKMARK").keep = True
    row.operator("pochade.cancel", icon="X")


def how_far(job: Job) -> str:
    """What stands in the bar."""
    progress, left = job.progress, job.seconds_left()
    if job.cancelling:
        return Sentence("Stopping…")
    if not progress:
        return Sentence("Starting…")
    if left is None:
        return (
            said(progress.message)[:_WIDTH]
            if job.keeps
            else Sentence("{time} so far", time=duration(job.seconds))
        )
    end = Sentence("until {until}", until=progress.until) if progress.until else Sentence("left")
    return Sentence("{fraction:.0%}, {time} {end}", fraction=progress.fraction, time=duration(left), end=end)
