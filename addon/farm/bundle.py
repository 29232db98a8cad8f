"""A job for a farm: a folder with the job's description, and the .blend with everything in it."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import bpy

from ...core.errors import PochadeError
from ...core.files.atomic import make_folder, whole
from ...core.files.made import check_regular, refuse_link
from ...core.progress import Progress
from ...core.words import Sentence, one_line
from .. import job, shots
from ..preferences import AS_PREFERRED, PACKAGE, preferences
from ..scene import properties
from ..styles import presets
from . import openjd, packing

FLAMENCO = "pochade_animation.js"
TEMPLATE, VALUES, NEXT = "template.json", "parameter_values.json", "What to do next.txt"
PAINTED = "painted"  # the folder for the frames, in the bundle's
PATIENCE = 600  # seconds that packing may take

_NEXT = """The job {name}: frames {FirstFrame} to {LastFrame}, in chunks of {Chunk}.

All machines need the same Blender with the same Pochade and its engine, and must see this folder.

Deadline Cloud:     deadline bundle submit "{folder}"
Other schedulers of Open Job Description: submit {template}.
This machine alone: openjd run "{folder}/{template}" --step collect --run-dependencies
Flamenco:           once, put {flamenco} into the folder "scripts" beside flamenco-manager and restart it.
                    Then open {blend} in Blender and submit it with Flamenco's add-on, as a job of the type
                    Pochade Animation, with {painted} as its folder.

The painted frames come into {painted}. A job that was broken off goes on when it is submitted again.
{beside}"""


class Bundle:
    """The writing of a job's folder. Raises PochadeError for what cannot be painted, or packed."""

    def __init__(self, context: bpy.types.Context, folder: Path):
        scene = context.scene
        presets.chosen_mix(scene)
        numbers = shots.choose(scene).numbers
        for image in bpy.data.images:
            if image.is_dirty and image.source == "FILE" and image.filepath and not image.packed_file:
                raise PochadeError(
                    "{name} was painted on and is not saved: save it, or pack it", name=image.name
                )
        self.folder, self.title = folder, scene.name_full
        self._blend = folder / f"{bpy.path.clean_name(Path(bpy.data.filepath).stem or scene.name)}.blend"
        if bpy.data.filepath and Path(bpy.data.filepath).resolve() == self._blend.resolve():
            raise PochadeError("This .blend is in that folder: choose another folder for the farm")
        self._log = folder / "packing.log"
        farm = properties.read_farm_settings(scene)
        self._values = {
            "Blender": preferences(context).farm_blender,
            "FirstFrame": numbers[0],
            "LastFrame": numbers[-1],
            "Chunk": farm.chunk,
            "RenderChunk": farm.render_chunk,
            "Device": AS_PREFERRED,
        }

    def steps(self) -> Generator[Progress | job.InBlender, None, list[str]]:
        """Write it; returns the files that could not be packed."""
        yield Progress("Saving a copy")
        yield job.InBlender(self._save_copy)
        needed = yield from self._pack()
        self._write(needed)
        return needed

    def _save_copy(self) -> None:
        make_folder(self.folder)
        for made in (self.folder / PAINTED, self._log):
            refuse_link(made)
        check_regular(self._log)
        make_folder(self.folder / PAINTED)
        try:
            bpy.ops.wm.save_as_mainfile(filepath=str(self._blend), copy=True, check_existing=False)
        except RuntimeError as error:
            raise PochadeError(
                "Blender cannot save a copy in {folder}: {error}", folder=self.folder, error=one_line(error)
            ) from error

    def _pack(self) -> Generator[Progress, None, list[str]]:
        log, started = self._log, time.monotonic()
        with (
            log.open("w", encoding="utf-8") as output,
            subprocess.Popen(
                packing.command(self._blend, PACKAGE),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            ) as packer,
        ):
            try:
                while packer.poll() is None:
                    yield Progress("Packing what it needs")
                    if time.monotonic() - started > PATIENCE:
                        raise PochadeError(
                            "Packing {name} takes over {patience} minutes: see {log}",
                            name=self._blend.name,
                            patience=PATIENCE // 60,
                            log=log,
                        )
                    time.sleep(job.PULSE)
            finally:
                packer.kill()
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        told = next((line for line in lines if line.startswith(packing.TOLD)), None)
        if not told:
            raise PochadeError("{name} could not be packed: {log} says why", name=self._blend.name, log=log)
        log.unlink()
        return json.loads(told.removeprefix(packing.TOLD))

    def _write(self, needed: list[str]) -> None:
        beside = (
            "\nNot packed, all machines must see them too:\n" + "\n".join(needed) + "\n" if needed else ""
        )
        defaults = self._values | {"BlendFile": self._blend.name, "Folder": PAINTED, "Scene": self.title}
        texts = {
            TEMPLATE: json.dumps(openjd.template(f"{self.title}, painted"[:128], defaults), indent=2),
            VALUES: json.dumps(openjd.parameter_values(self._values), indent=2),
            FLAMENCO: Path(__file__).with_name(FLAMENCO).read_text(encoding="utf-8"),
            NEXT: _NEXT.format(
                name=self.title,
                folder=self.folder,
                template=TEMPLATE,
                flamenco=FLAMENCO,
                blend=self._blend.name,
                painted=self.folder / PAINTED,
                beside=beside,
                **self._values,
            ),
        }
        for name, text in texts.items():
            with whole(self.folder / name) as part:
                part.write_text(text, encoding="utf-8")

    def end(self, ended: job.Job) -> None:
        """Open the folder and say what to do next."""
        if ended.state != "done":
            return
        more = (
            Sentence(", and which files could not be packed, which all machines must see too")
            if ended.result
            else ""
        )
        ended.sentence = Sentence(
            "The job is in {folder}: {next} there says how to submit it{more}",
            folder=self.folder,
            next=NEXT,
            more=more,
        )
        if not bpy.app.background:
            _show(self.folder)


def _show(folder: Path) -> None:
    """Open a folder in the system's file manager; without one Blender would print a traceback."""
    if sys.platform in ("win32", "darwin") or shutil.which("xdg-open"):
        with suppress(RuntimeError):
            bpy.ops.wm.path_open(filepath=str(folder))
