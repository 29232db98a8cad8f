"""The engine installed by the real pip, from tiny wheels made here."""

import os
import socket
import sys
import threading
import time
import venv
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import numpy
import pytest

from tests.addon.engines import BROKEN_TORCH, SITE, SOUND_TORCH, put_torch
from tests.addon.jobs import LIMIT


@pytest.fixture
def install(load, runtime):
    """addon/engine/install.py in that Blender."""
    return load("addon.engine.install")


def put_wheel(folder, name, version, code="", requires=(), extra=(), module=None):
    """A wheel of one module, as small as pip takes it."""
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{module or name}/__init__.py", code)
        wheel.writestr(f"{module or name}/version.py", f"__version__ = '{version}'\n")
        for path in extra:
            wheel.writestr(path, "")
        needs = "".join(f"Requires-Dist: {requirement}\n" for requirement in requires)
        wheel.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}"
        )
        wheel.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr(f"{info}/RECORD", "")


@pytest.fixture(scope="session")
def bare_python(tmp_path_factory):
    """A Python with numpy and no engine, as Blender brings one."""
    folder = tmp_path_factory.mktemp("python")
    venv.create(folder, with_pip=False)
    for part in Path(numpy.__file__).parents[1].glob("numpy*"):
        (folder / SITE / part.name).symlink_to(part)
    return folder


@pytest.fixture
def shop(install, bare_python, tmp_path, monkeypatch):
    """(build, target, wheels): what install_engine takes, and the folder of wheels that it installs from."""
    monkeypatch.setattr(sys, "executable", str(bare_python / "bin" / "python3"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    for name in [name for name in os.environ if name.startswith("PIP_") and name != "PIP_CONFIG_FILE"]:
        monkeypatch.delenv(name)
    wheels, target = tmp_path / "wheels", tmp_path / "user" / "engine"
    wheels.mkdir()
    for version in numpy.__version__, "99.0":
        put_wheel(wheels, "numpy", version)
    put_wheel(
        wheels, "torch", "2.7.0", SOUND_TORCH, requires=["numpy"], extra=[f"torch/_C{EXTENSION_SUFFIXES[0]}"]
    )
    put_wheel(wheels, "torchvision", "0.22.0", requires=["torch==2.7.0", "numpy"])
    put_wheel(wheels, "safetensors", "0.6.0")
    put_wheel(wheels, "OpenEXR", "3.4.0")
    put_wheel(wheels, "opencv_python_headless", "4.11.0.86", requires=["numpy"], module="cv2")
    put_wheel(wheels, "opencv_python_headless", "4.12.0.88", requires=["numpy>=2"], module="cv2")
    return (
        install.Build("Test", "For tests", 1, 1, options=("--no-index", "--find-links", str(wheels))),
        target,
        wheels,
    )


def exhaust(steps):
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return end.value
        assert 0 <= step.fraction < 1 and step.message


@pytest.mark.slow  # runs pip
def test_install_replaces_the_old_engine(runtime, install, shop):
    build, target, _ = shop
    put_torch(target, version="2.6.0")
    (target / "old").touch()
    assert exhaust(install.install_engine(target, build)) == target
    names = {entry.name for entry in target.iterdir()}
    assert {"torch", "torchvision", "safetensors", "OpenEXR", "cv2"} <= names
    assert not any(name.startswith("numpy") or name == "old" for name in names)
    assert "2.7.0" in runtime.engine_status([target]).sentence
    assert {entry.name for entry in target.parent.iterdir()} == {"engine", "engine-new.log"}


def test_cancelled_install_leaves_the_old_engine(install, shop, monkeypatch):
    _, target, _ = shop
    put_torch(target)
    before = sorted(target.rglob("*"))
    with socket.create_server(("127.0.0.1", 0)) as silent:  # pip waits for its answer
        options = (
            "--no-index",
            "--timeout=600",
            "--trusted-host=127.0.0.1",
            f"--find-links=http://127.0.0.1:{silent.getsockname()[1]}",
        )
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        steps = install.install_engine(target, install.Build("Test", "For tests", 1, 1, options=options))
        next(steps)
        connection, _ = silent.accept()
        with connection:
            connection.settimeout(LIMIT)
            assert connection.recv(1 << 16)
            start = time.monotonic()
            steps.close()
            assert time.monotonic() - start < LIMIT, "it waited for pip"
            assert not connection.recv(1), "pip is still there"
    assert sorted(target.rglob("*")) == before
    assert not target.with_name("engine-new").exists()


def test_two_installs_at_once_do_not_meet(install, error, shop, load):
    """The second one would empty the folder in which the first one's pip is at work."""
    build, target, _ = shop
    new = target.with_name("engine-new")
    started = new / "packages" / "torch"
    started.mkdir(parents=True)
    alone = load("core.files.atomic").alone(new, "")
    with alone, pytest.raises(error, match="Another Blender is installing"):
        exhaust(install.install_engine(target, build))
    assert started.exists() and not target.exists()


@pytest.mark.slow  # runs pip
@pytest.mark.parametrize(
    "spoil, words",
    [
        (lambda wheels: next(wheels.glob("torch-*")).unlink(), "No matching distribution found for torch"),
        (
            lambda wheels: put_wheel(wheels, "torch", "2.7.0", BROKEN_TORCH),
            "libtorch.so: cannot open shared object file",
        ),
        (
            lambda wheels: next(wheels.glob("torch-*")).write_bytes(b"half a file"),
            "The engine was not installed",
        ),
        (lambda wheels: put_wheel(wheels, "OpenEXR", "3.4.0", requires=["numpy>=50"]), "conflict"),
    ],
    ids=["missing", "broken", "truncated", "wants another numpy"],
)
def test_failed_install_leaves_the_old_engine(install, error, shop, spoil, words):
    build, target, wheels = shop
    put_torch(target)
    before = sorted(target.rglob("*"))
    spoil(wheels)
    with pytest.raises(error, match=words):
        exhaust(install.install_engine(target, build))
    assert sorted(target.rglob("*")) == before
    assert not target.with_name("engine-new").exists()


class _Shelf(SimpleHTTPRequestHandler):
    """Gives wheels as an index does; `asked` has the files asked for, `refuses` a part of a name."""

    asked, refuses = [], "safetensors"

    def do_GET(self):
        self.asked.append(self.path)
        if self.refuses and self.refuses in self.path:
            self.send_error(404)
        else:
            super().do_GET()

    def end_headers(self):
        self.send_header(
            "Cache-Control",
            "max-age=365000000, immutable, public" if self.path.endswith(".whl") else "no-cache",
        )
        super().end_headers()

    def log_message(self, *_):
        pass


@pytest.mark.slow  # runs pip twice
def test_broken_off_install_goes_on_with_what_it_has(install, error, shop, monkeypatch):
    build, target, wheels = shop
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(_Shelf, "asked", [])
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Shelf, directory=str(wheels))) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            online = install.Build(
                "Test",
                "For tests",
                1,
                1,
                options=(  # pip keeps what comes over https, or from who is trusted
                    "--no-index",
                    "--trusted-host",
                    "127.0.0.1",
                    "--find-links",
                    f"http://127.0.0.1:{server.server_port}",
                ),
            )
            with pytest.raises(error, match="The engine was not installed"):
                exhaust(install.install_engine(target, online))
            monkeypatch.setattr(_Shelf, "refuses", "")
            exhaust(install.install_engine(target, online))
        finally:
            server.shutdown()
    assert (target / "torch").is_dir()
    assert len([path for path in _Shelf.asked if "/torch-" in path]) == 1, "torch was downloaded twice"
    assert {entry.name for entry in target.parent.iterdir()} == {"engine", "engine-new.log"}


def test_other_build_than_the_chosen_one_is_refused(install, error, shop):
    _, target, wheels = shop
    wanted = install.Build(
        "Test", "For tests", 1, 1, "cu130", options=("--no-index", "--find-links", str(wheels))
    )
    with pytest.raises(error, match="cu130 did not give PyTorch 2.7.0 for Test"):
        exhaust(install.install_engine(target, wanted))
    assert not target.exists()


def test_every_system_has_builds_from_pytorchs_own_index(install):
    assert all(
        build.description and (build.index in " ".join(build.pip_options()))
        for build in install.BUILDS.values()
    )
    if sys.platform == "linux":
        assert list(install.BUILDS) == ["cpu", "cuda", "cuda126", "rocm", "xpu"]


def test_install_needs_room(install, error, shop):
    _, target, _ = shop
    with pytest.raises(error, match="of free room"):
        exhaust(install.install_engine(target, install.Build("Huge", "For tests", 10**9, 10**9)))


def test_install_keeps_to_the_torch_that_blender_has(install, shop, bare_python, monkeypatch):
    build, target, wheels = shop
    own = put_torch(wheels / "own", version="2.7.0+debian")
    monkeypatch.setattr(sys, "path", [*sys.path, str(own)])
    (bare_python / SITE / "own.pth").write_text(str(own))
    try:
        exhaust(install.install_engine(target, build))
    finally:
        (bare_python / SITE / "own.pth").unlink()
    assert (target / "OpenEXR").exists() and not (target / "safetensors").exists()


def test_python_without_pip_says_so(install, error, shop, monkeypatch):
    build, target, _ = shop
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(error, match="without pip"):
        exhaust(install.install_engine(target, build))


@pytest.mark.oldest
def test_install_asks_for_online_access_first(pochade):
    import bpy

    assert not bpy.app.online_access
    with pytest.raises(RuntimeError, match="Allow Online Access"):
        bpy.ops.pochade.install_engine()


@pytest.mark.parametrize("end", ["", "-new", "-old", "-downloads", "-new.log"])
def test_links_and_folders_of_others_are_not_replaced(install, error, tmp_path, end):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "take.txt").write_text("an hour's work")
    target = tmp_path / "engine" / "cpython-311"
    target.parent.mkdir()
    build = install.Build("Test", "For tests", 1, 1)
    target.with_name(target.name + end).symlink_to(precious)
    with pytest.raises(error, match="is a link"):
        exhaust(install.install_engine(target, build))
    with pytest.raises(error, match="no engine that Pochade installed"):
        exhaust(install.install_engine(precious, build))
    assert (precious / "take.txt").read_text() == "an hour's work"
