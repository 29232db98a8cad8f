"""An artist has a shot written as a farm's job: from the panel, through Blender's file browser."""

import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parents[1]))
import harness as h  # noqa: E402

SUBMIT = "bpy.ops.pochade.submit_to_farm"
FARM = 238  # px from File Format to the header of Farm, with two lines on the time and four headers between
FOLDER = Path(tempfile.mkdtemp())
SHOT, SHARED = FOLDER / "shot.blend", FOLDER / "shared by all"
JOB = SHARED / "shot on the farm"


def editor():
    return h.area("IMAGE_EDITOR")


def files(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def check_panel_is_opened(note):
    h.install()
    picture = h.picture("meadow.png")
    picture.filepath_raw = str(FOLDER / "meadow.png")
    picture.save()
    bpy.data.images.remove(picture)
    bpy.data.images.load(str(FOLDER / "meadow.png")).use_fake_user = True
    bpy.context.scene.frame_end = 24
    bpy.ops.wm.save_as_mainfile(filepath=str(SHOT))
    h.open_image_editor()
    yield from h.press("ctrl+space", h.middle(editor()))
    yield 1.0
    yield from h.open_tab(editor(), "Pochade")
    yield from h.turn("Animation", editor())
    yield 1.0
    yield from h.scroll_down(editor())
    x, y = yield from h.find("pochade.animation.file_format", editor(), across=0.7)
    yield from h.click((x, y - FARM))
    yield 1.0
    yield from h.scroll_down(editor())
    h.shot("farm_panel")


def check_job_is_written_where_the_file_browser_says(note):
    assert not shutil.which("xdg-open"), "there is no file manager, and that does no harm"
    SHARED.mkdir()
    bpy.ops.wm.save_mainfile()
    before = files(FOLDER)
    yield from h.push(SUBMIT, editor())
    browser = yield from h.wait(lambda: h.window(1), "the file browser")
    yield 1.0
    chooser = h.area("FILE_BROWSER", browser)
    yield from h.fill("directory", str(SHARED), chooser, browser, across=0.4)
    yield from h.click(h.middle(chooser), browser)  # 5.2 still edits the path after Return
    yield 1.0
    h.shot("farm_browser")
    yield from h.push("bpy.ops.file.execute", chooser, browser, across=0.9, kind="EXECUTE")
    yield from h.wait(h.pochade("addon.job").newest, "a job")
    yield 1.0
    h.shot("farm_packing")
    yield from h.wait(lambda: not h.running(), "the job's end")
    yield 0.5
    h.shot("farm_written")
    assert h.pochade("addon.job").newest().state == "done", h.sentence()
    assert h.sentence() == f"The job is in {JOB}: What to do next.txt there says how to submit it"
    after = files(FOLDER)
    assert {name for name in after if name not in before} == {
        f"shared by all/shot on the farm/{name}"
        for name in (
            "shot.blend",
            "template.json",
            "parameter_values.json",
            "pochade_animation.js",
            "What to do next.txt",
        )
    }
    assert (
        {name: after[name] for name in before} == before
        and not bpy.data.is_dirty
        and bpy.data.filepath == str(SHOT)
    )
    assert (JOB / "painted").is_dir()
    assert "Not packed" not in (JOB / "What to do next.txt").read_text()
    assert not bpy.data.images["meadow.png"].packed_file


def check_folder_is_opened_where_there_is_a_file_manager(note):
    tools, told = FOLDER / "tools", FOLDER / "opened.txt"
    tools.mkdir()
    (tools / "xdg-open").write_text(f'#!/bin/sh\necho "$1" > "{told}"\n')
    (tools / "xdg-open").chmod(0o755)
    os.environ["PATH"] += f":{tools}"
    bpy.ops.pochade.submit_to_farm(directory=str(SHARED))
    yield from h.wait(lambda: not h.running(), "the job's end")
    assert h.pochade("addon.job").newest().state == "done", h.sentence()
    assert told.read_text().strip() == str(JOB)


def check_the_copy_has_its_picture_in_it(note):
    with bpy.data.libraries.load(str(JOB / "shot.blend"), link=True) as (_, wanted):
        wanted.images = ["meadow.png"]
    assert wanted.images[0].packed_file
    yield 0.1


h.run(globals())
