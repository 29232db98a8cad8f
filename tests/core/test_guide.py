"""The guide names what there is: names in italics are those of panels, menus, settings or Blender.

It names all there is, too; and what it links to and shows exists.
"""

import ast
import re
from dataclasses import fields

import pytest

import build
from core.presets.preset import factory_presets
from core.settings import AnimationSettings, InstantSettings, OutputSettings, Settings, TimingSettings

BLENDER = {
    "Edit > Preferences > Get Extensions",
    "Edit > Preferences > System > Network",
    "Install from Disk",
    "Allow Online Access",
    "Online Manual",
    "Repositories",
    "Add Remote Repository",
    "Output",
    "Open",
}
CHAPTERS = sorted((build.ROOT / "docs").glob("*.md"))
FRONT = [build.ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES = [*FRONT, *CHAPTERS]
PICTURE_BYTES, MOVING_BYTES = 300_000, 3_000_000
# Operators that stand on the panel without a text of their own, or under another.
SHOWN_OTHERWISE = {
    "Add",
    "Remove",
    "Open Style Picture",
    "Add Encoder from File",
    "Add RAFT from File",
    "Remove Encoder",
    "Copy Preset",
    "Picture from Elsewhere",
    "End Wipe",
    "End Live",
    "Remove Key",
    "Go to Key",
}


def texts_in(path):
    """Every text in a source file that Blender may show."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.value.rstrip("…")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def shown():
    """Every text in the code that Blender may show."""
    return set().union(
        *map(texts_in, [*(build.ROOT / "addon").rglob("*.py"), *(build.ROOT / "core/settings").glob("*.py")])
    )


def names(text):
    """What stands in italics, paths taken apart."""
    for name in re.findall(r"(?<!\*)\*([^*\n]+(?:\n[^*\n]+)?)\*(?!\*)", text):
        yield from (
            [" ".join(name.split())]
            if " ".join(name.split()) in BLENDER
            else map(str.strip, " ".join(name.split()).split(">"))
        )


def rows(text):
    """The first cells of the tables of settings, taken apart at their commas."""
    for table in re.findall(r"^\| Setting \|.*\n\| --- .*\n((?:\|.*\n)+)", text, re.M):
        for cell in re.findall(r"^\| ([^|]+?) \|", table, re.M):
            yield from cell.split(", ")


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_every_name_in_a_chapter_is_shown_somewhere(chapter):
    text = chapter.read_text(encoding="utf-8")
    known = shown() | BLENDER | {preset.name for preset in factory_presets()}
    assert not {name for name in names(text) if name not in known}
    assert not {label for label in rows(text) if label not in known}


def test_the_guide_is_as_long_as_it_seems():
    whole = "\n".join(chapter.read_text(encoding="utf-8") for chapter in CHAPTERS)
    assert len(set(names(whole))) > 60 and len(set(rows(whole))) > 30


def test_every_setting_is_explained():
    whole = "\n".join(chapter.read_text(encoding="utf-8") for chapter in CHAPTERS)
    labels = {
        field.metadata["label"]
        for settings in (Settings, AnimationSettings, TimingSettings, InstantSettings, OutputSettings)
        for field in fields(settings)
        if field.metadata["group"] != "layers"
    }
    assert not labels - set(rows(whole)) - set(names(whole))


def test_every_operator_is_explained():
    whole = "\n".join(chapter.read_text(encoding="utf-8") for chapter in CHAPTERS)
    labels = {
        ast.literal_eval(label)
        for path in (build.ROOT / "addon" / "operators").glob("*.py")
        for label in re.findall(r"^    bl_label = (.+)$", path.read_text(encoding="utf-8"), re.M)
    }
    assert len(labels) > 25 and not labels - set(names(whole)) - SHOWN_OTHERWISE


def test_operators_in_commands_exist():
    called = {
        name
        for page in PAGES
        for name in re.findall(r"bpy\.ops\.pochade\.(\w+)", page.read_text(encoding="utf-8"))
    }
    declared = {
        name
        for path in (build.ROOT / "addon" / "operators").glob("*.py")
        for name in re.findall(r'^    bl_idname = "pochade\.(\w+)"$', path.read_text(encoding="utf-8"), re.M)
    }
    assert called and called <= declared


def test_commands_of_the_readme_exist():
    front = "\n".join(page.read_text(encoding="utf-8") for page in FRONT)
    commands = set(re.findall(r"python3 build\.py (\w+)", front))
    assert len(commands) > 5 and not {
        name for name in commands if name not in build.MODULES and not callable(getattr(build, name, None))
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_what_a_page_links_to_exists(page):
    text = page.read_text(encoding="utf-8")
    for target, anchor in re.findall(r"\]\(([^)#:]+)(?:#([^)]+))?\)", text):
        assert (page.parent / target).exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", (page.parent / target).read_text(encoding="utf-8"), re.M)
            assert anchor in {
                re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings
            }


def test_every_chapter_is_in_the_index():
    index = (build.ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert not [
        chapter.name
        for chapter in CHAPTERS
        if chapter.name != "README.md" and f"({chapter.name})" not in index
    ]


def test_pictures_are_small_and_all_are_shown():
    pictures = {
        path
        for path in (build.ROOT / "docs").iterdir()
        if path.is_file() and path.suffix not in (".md", ".py")
    }
    pages = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert len(pictures) >= 4
    assert not [path.name for path in pictures if f"{path.name})" not in pages]
    assert not [
        path.name
        for path in pictures
        if path.stat().st_size > (MOVING_BYTES if path.suffix == ".webp" else PICTURE_BYTES)
    ]
