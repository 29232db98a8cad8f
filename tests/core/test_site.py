"""The guide as a site: strict, whole, and with nothing from elsewhere."""

import re
from html.parser import HTMLParser

import pytest
from tools import site
from tools.environments import ROOT, Failure


class Fetched(HTMLParser):
    """What a browser fetches by itself with a page: not what is a link to click on."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        if tag != "a":
            self.found += [value or "" for name, value in attributes if name in ("src", "href", "srcset")]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    try:
        assert site.build_site(folder).is_file()
    except Failure as failure:
        if "The package index cannot be reached" in str(failure):
            pytest.skip(str(failure))
        raise
    return folder


@pytest.mark.slow  # sets up an environment once, and runs mkdocs
def test_every_chapter_is_a_page_that_fetches_nothing_from_elsewhere(built):
    pages = {path.name for path in built.glob("*.html")}
    assert {f"{path.stem}.html" for path in (ROOT / "docs").glob("*.md")} - {"README.html"} <= pages
    for page in built.glob("*.html"):
        reader = Fetched()
        reader.feed(page.read_text(encoding="utf-8"))
        assert reader.found and not [each for each in reader.found if re.match(r"(https?:)?//", each)], (
            page.name
        )
    for sheet in built.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*['\"]?(https?:)?//", sheet.read_text(encoding="utf-8")), (
            sheet.name
        )
    assert not list(built.rglob("*.py")) and not (built / "listing").exists()


@pytest.mark.slow  # as above
def test_a_link_that_leads_nowhere_is_refused(built, tmp_path, monkeypatch):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/README.md").write_text("# Guide\n\n[A page](nowhere.md)\n")
    monkeypatch.setattr(site, "ROOT", tmp_path)
    monkeypatch.setattr(site, "chapters", lambda docs: [{"Guide": "README.md"}])
    with pytest.raises(Failure, match=r"nowhere\.md"):
        site.build_site(tmp_path / "site")
