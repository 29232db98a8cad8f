"""The checks of every session, one test each: see tests/gui/sessions."""

import ast
from pathlib import Path

import pytest

import build

SESSIONS = sorted(Path(__file__).parent.glob("sessions/*.py"))
CHECKS = [
    (script.stem, node.name)
    for script in SESSIONS
    for node in ast.parse(script.read_text()).body
    if isinstance(node, ast.FunctionDef) and node.name.startswith("check_")
]


@pytest.mark.parametrize("session, check", CHECKS, ids=lambda part: part.removeprefix("check_"))
def test_check(report_of, session, check):
    checks, status = report_of(session)
    assert check in checks, f"Blender ended with {status} before this check: see out/window/{session}.log"
    for note in checks[check]["notes"]:
        print(note)
    if checks[check]["outcome"] != "passed":
        pytest.fail(checks[check]["outcome"], pytrace=False)


@pytest.mark.parametrize("session", [script.stem for script in SESSIONS])
def test_blender_quits_in_peace(report_of, session):
    _, status = report_of(session)
    assert status == 0, f"Blender ended with {status}: see out/window/{session}.log"


@pytest.mark.parametrize("session", [script.stem for script in SESSIONS])
def test_nothing_breaks_behind_the_scenes(report_of, session):
    """Blender only prints what a panel, a poll or a timer raises."""
    report_of(session)
    log = (build.OUT / "window" / f"{session}.log").read_text(errors="replace")
    assert "Traceback" not in log and "rna_uiItem" not in log
