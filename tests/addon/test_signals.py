"""Signals end the command line's work at any moment, without a traceback."""

import os
import signal

import pytest

from tests.addon.commands import photo_at


@pytest.fixture
def photo(pochade, tmp_path):
    """A picture's file."""
    return photo_at(tmp_path / "photo.png")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels(command, photo, tmp_path, monkeypatch, load, number):
    report = load("addon.cli.report").Report
    monkeypatch.setattr(report, "progress", lambda self, step: os.kill(os.getpid(), number))
    before = signal.getsignal(number)
    status, lines = command("paint", photo, "--style", "udnie", "--output", tmp_path / "a.png", "--size", 64)
    assert (
        status == 130
        and lines == ["Stopped with 0 of 1 pictures painted"]
        and not (tmp_path / "a.png").exists()
    )
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("option", ["-c", "--command"])
def test_a_signal_before_the_command_is_called_cancels_too(command, load, monkeypatch, option):
    cli, before = load("addon.cli"), signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("sys.argv", ["blender", option, "pochade", "presets", "list"])
    cli.unregister()
    try:
        cli.register()
        os.kill(os.getpid(), signal.SIGTERM)
        assert command("presets", "list") == (130, ["Stopped"])
    finally:
        cli.unregister()
        assert signal.getsignal(signal.SIGTERM) is before
        monkeypatch.undo()
        cli.register()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", ["imports", "parsing", "begin", "listing", "a failure"])
def test_a_signal_before_the_work_cancels_too(command, photo, tmp_path, monkeypatch, load, number, moment):
    """Whenever it comes, the status is 130, and one line says so."""
    commands, paint = load("addon.cli.commands"), load("addon.cli.paint")

    def hearing(function):
        def heard(*given, **named):
            os.kill(os.getpid(), number)
            return function(*given, **named)

        return heard

    def failing(*_):
        raise load("core.errors").PochadeError("a program that it had started has ended")

    output, before = tmp_path / "a.png", signal.getsignal(number)
    arguments = ["paint", photo, "--style", "udnie", "--output", output, "--size", 64]
    if moment == "imports":
        monkeypatch.setattr(commands, "main", hearing(commands.main))
    elif moment == "parsing":
        monkeypatch.setattr(commands, "_parser", hearing(commands._parser))
    elif moment == "listing":
        monkeypatch.setattr(load("addon.cli.report").Report, "row", hearing(lambda *_, **__: None))
        arguments = ["presets", "list"]
    elif moment == "begin":
        monkeypatch.setattr(paint, "find_mix", hearing(paint.find_mix))
    else:
        monkeypatch.setattr(paint, "find_mix", hearing(failing))
    status, lines = command(*arguments)
    assert (status, lines) == (130, ["Stopped"]) and not output.exists()
    assert signal.getsignal(number) is before
