"""The checks of every session, one test each: see tests/gui/sessions."""

import ast
from pathlib import Path

import pytest

# What Pochade does differently in other versions: see who uses addon/blender/compat.py. Of widths, in all
# languages, the checks differ, for only Blender before 5.0 tells what was laid out. Painting is what all the
# others need.
BY_VERSION = {"animation", "chinese", "german", "painting", "presets", "render", "widths"}
SCRIPTS = sorted(Path(__file__).parent.glob("sessions/*.py"))


def marked(session, *values):
    return pytest.param(session, *values, marks=[pytest.mark.by_version] if session in BY_VERSION else [])


SESSIONS = [marked(script.stem) for script in SCRIPTS]
CHECKS = [
    marked(script.stem, node.name)
    for script in SCRIPTS
    for node in ast.parse(script.read_text()).body
    if isinstance(node, ast.FunctionDef) and node.name.startswith("check_")
]


@pytest.mark.parametrize("session, check", CHECKS, ids=lambda part: part.removeprefix("check_"))
def test_check(report_of, session, check):
    checks, status, log = report_of(session)
    assert check in checks, f"Blender ended with {status} before this check: see {log}"
    for note in checks[check]["notes"]:
        print(note)
    if checks[check]["outcome"] != "passed":
        pytest.fail(checks[check]["outcome"], pytrace=False)


@pytest.mark.parametrize("session", SESSIONS)
def test_blender_quits_in_peace(report_of, session):
    _, status, log = report_of(session)
    assert status == 0, f"Blender ended with {status}: see {log}"


@pytest.mark.parametrize("session", SESSIONS)
def test_nothing_breaks_behind_the_scenes(report_of, session):
    """Blender only prints what a panel, a poll or a timer raises."""
    _, _, log = report_of(session)
    said = log.read_text(errors="replace")
    assert "Traceback" not in said and "rna_uiItem" not in said
