"""The guide comes with the extension, and F1 over any of Pochade's buttons finds its chapter."""

import re
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

import bl_operators.wm
import bpy
import pytest

from tests.addon.test_tooltips import controls

pytestmark = pytest.mark.oldest


@pytest.fixture
def chapter_of():
    """`chapter_of("bpy.ops.pochade.stylize")`: the page that Online Manual opens for it."""

    def chapter_of(name):
        url = bl_operators.wm.WM_OT_doc_view_manual._lookup_rna_url(name, verbose=False)
        return Path(url2pathname(urlparse(url or "").path))

    return chapter_of


def test_every_button_and_field_has_its_chapter(load, chapter_of):
    found = {
        f"bpy.ops.pochade.{name}": chapter_of(f"bpy.ops.pochade.{name}") for name in dir(bpy.ops.pochade)
    }
    for name, _ in controls(load):
        if not name.startswith("POCHADE_OT"):
            found[name] = chapter_of(f"bpy.types.{name}")
    assert not [name for name, page in found.items() if not page.is_file() or page.parent.name != "guide"]
    assert found["bpy.ops.pochade.stylize"].stem == "first-picture"
    assert found["bpy.ops.pochade.send_to_compositor"].stem == "compositor"
    assert found["PochadeScene.strength"].stem == "look"
    assert found["PochadeAnimation.folder"].stem == found["PochadeAnimation.passes"].stem == "animation"
    assert len(set(found.values())) > 8


def test_a_setting_is_found_where_the_page_explains_it(load):
    front, places = load("addon.guide")._manual()
    folder = Path(url2pathname(urlparse(front).path))
    places = dict(places)
    for pattern, place in places.items():
        page, _, title = place.partition("#")
        text = (folder / page).read_text(encoding="utf-8")
        assert not title or f'id="{title}"' in text, f"{pattern}: {place}"
    assert places["bpy.types.pochadescene.style_scale"] == "look.html#brush-size"
    assert places["*.finish_size"] == "large-pictures.html", "which tells of it outside a table"
    assert places["bpy.types.pochadeanimation.temporal_weight"] == "animation.html#steadiness"
    assert places["bpy.types.pochadeoutput.file_name"] == "first-picture.html#file-name"
    assert places["bpy.ops.pochade.variations"] == "first-picture.html#variations"
    assert sum("#" in place for place in places.values()) > 40


def test_blenders_own_buttons_keep_theirs(chapter_of, pochade):
    name = "bpy.types.image.colorspace_settings"
    assert "pochade" not in str(chapter_of(name))


def test_what_the_pages_link_to_is_there(load):
    folder = load("addon.guide").page().parent
    pages = {page.name: page.read_text(encoding="utf-8") for page in folder.iterdir()}
    assert len(pages) > 10
    for page, text in pages.items():
        for target, anchor in re.findall(r'href="([\w.-]+)(?:#([^"]+))?"', text):
            assert target in pages, f"{page} links to {target}"
            assert not anchor or f'id="{anchor}"' in pages[target], f"{page} links to {target}#{anchor}"
        assert "**" not in text and "](" not in text and "\n| " not in text and "<img" not in text, page


def test_a_guide_that_is_gone_is_said(load, PochadeError):
    with pytest.raises(PochadeError, match="install Pochade again"):
        load("addon.guide").page("no-such-chapter")
