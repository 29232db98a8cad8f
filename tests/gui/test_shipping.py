"""Pochade as it reaches people: by Blender's own commands from its repository, and in a studio's folder."""

import json
import re
import shutil
from pathlib import Path

import pytest
from tools.extension import manifest, rebuild
from tools.repository import build_repository

pytestmark = pytest.mark.by_version  # the commands are Blender's
SHIPPED = Path(__file__).with_name("shipped.py")
NEWER = "99.0.0"


def newer(_, text):
    return re.sub("^version = .*$", f'version = "{NEWER}"', text, flags=re.MULTILINE)


def test_a_repository_gives_a_version_and_then_the_next_one(blender, window_zip):
    folder, home = blender.out / "repository", blender.home("test_repository")
    shutil.rmtree(folder, ignore_errors=True)
    index = build_repository([window_zip], folder)

    def extension(*arguments):
        blender.start(home, "--online-mode", "--command", "extension", *arguments)

    def shipped(doing):
        told = folder / f"{doing}.json"
        blender.start(home, "-b", "--python-exit-code", "3", "--python", SHIPPED, "--", told, doing)
        return json.loads(told.read_text())

    # Without Blender's own repository, which is elsewhere.
    extension("repo-add", "--clear-all", "--name", "Pochade", "--url", index.as_uri(), "pochade")
    extension("sync")
    extension("install", "--enable", "pochade")
    shipped("use")
    kept = {"enabled": True, "presets": ["Mine"], "settings": ["cpu", "blender-of-the-farm"]}
    assert shipped("look") == kept | {"version": manifest()["version"]}
    extension("sync")
    extension("update")
    assert shipped("look") == kept | {"version": manifest()["version"]}, "there is nothing newer yet"

    build_repository([rebuild(newer, folder / "newer", given=window_zip)], folder)
    extension("sync")
    extension("update")
    assert shipped("look") == kept | {"version": NEWER}


def test_a_studio_has_it_for_all_in_a_folder_that_nobody_can_write_to(blender, window_zip):
    root, home = blender.out / "studio", blender.home("test_studio")
    shutil.rmtree(root, ignore_errors=True)
    there = root / "extensions" / "system" / "pochade"
    shutil.unpack_archive(window_zip, there)
    told = root / "told.json"
    told.touch()
    for path in (told, home):
        path.chmod(0o777)

    def state():
        return {
            str(path.relative_to(there)): (path.stat().st_size, path.stat().st_mtime_ns)
            for path in there.rglob("*")
        }

    before = state()
    arguments = ("-b", "--offline-mode", "--factory-startup", "--python-exit-code", "3")
    blender.start(home, *arguments, "--python", SHIPPED, "--", told, "studio", extensions=there.parents[1])
    said = json.loads(told.read_text())
    assert said.pop("painted") > 0.03
    assert said == {"written": False, "online": False, "from": True}
    assert state() == before
