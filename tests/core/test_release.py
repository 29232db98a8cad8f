"""What is published agrees with itself: the manifest, the changelog, the folder of a release."""

import hashlib
import re
import struct
import tomllib
import zipfile

import pytest
from tools import release
from tools.editions import FULL_ALONE
from tools.environments import ROOT, Failure
from tools.extension import manifest

CHANGELOG = """# Changelog

## [Unreleased]

## [1.2.0] - 2026-12-01

### Added

- A thing.

## [1.1.0]

- Another.
"""
TAGS = "Animation Compositing Paint Render Sequencer"


def test_the_manifest_says_what_a_listing_needs():
    facts = manifest()
    assert facts["tags"] == TAGS.split()
    for text in (facts["tagline"], *facts["permissions"].values()):
        assert 0 < len(text) <= 64 and not text.endswith("."), text
    assert set(facts["permissions"]) == {"network", "clipboard", "files"}


def test_the_notes_are_a_versions_section():
    assert release.notes(CHANGELOG, "1.2.0") == "### Added\n\n- A thing.\n"
    assert release.notes(CHANGELOG, release.UNRELEASED).strip() == ""
    for version in ("1.1.0", "1.2", "3.0.0"):
        with pytest.raises(Failure, match="has no heading"):
            release.notes(CHANGELOG, version)


def test_this_version_has_its_notes():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert release.notes(changelog, manifest()["version"]).startswith("The first version")


def test_what_only_people_can_do_is_said():
    ready = {"website": "https://example.com", "maintainer": "Someone <someone@example.com>"}
    assert release.wanting(ready, CHANGELOG) == []
    news = CHANGELOG.replace("## [1.2.0]", "- News.\n\n## [1.2.0]")
    assert len(release.wanting({"maintainer": "Someone"}, news)) == 3


def test_the_icon_is_256_pixels_and_the_listing_five_pictures():
    icon = release.ICON.read_bytes()
    assert icon[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", icon[16:24]) == (256, 256)
    from PIL import Image

    pictures = sorted(release.LISTING.iterdir())
    assert len(pictures) == 5
    for path in pictures:
        with Image.open(path) as picture:
            assert picture.size == (1920, 1080), path.name
    assert sum(path.stat().st_size for path in pictures) <= 2_000_000


@pytest.mark.slow  # builds each edition twice, and a repository
def test_a_release_is_one_folder_and_agrees_with_itself(tmp_path):
    folder, version = tmp_path / "release", manifest()["version"]
    release.build_release(folder)
    full, platform = (f"pochade-{version}{label}.zip" for label in ("", "-platform"))
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert names >= {
        full,
        platform,
        "repository/index.json",
        "repository/index.html",
        f"repository/{full}",
        release.NOTES,
        "icon.png",
        "engine.cdx.json",
    }
    sums = dict(
        reversed(re.fullmatch(r"(\w{64})  (.+)", line).groups())
        for line in (folder / release.SUMS).read_text().splitlines()
    )
    assert set(sums) == names - {release.SUMS}
    assert all(hashlib.sha256((folder / name).read_bytes()).hexdigest() == sums[name] for name in sums)
    for name, lacks in ((full, set()), (platform, set(FULL_ALONE))):
        with zipfile.ZipFile(folder / name) as archive:
            inside = archive.namelist()
            facts = tomllib.loads(archive.read("blender_manifest.toml").decode())
        assert facts["version"] == version
        assert not [each for each in inside if any(each.startswith(part) for part in lacks)]


def test_a_zip_that_differs_the_second_time_is_told(tmp_path):
    one = tmp_path / "pochade.zip"
    one.write_bytes(b"another")
    with pytest.raises(Failure, match="pochade.zip"):
        release.check_twice([one, one])
