"""The engine installed by the real pip, from tiny wheels made here and locked as real ones are."""

import hashlib
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
    info, file = f"{name}-{version}.dist-info", folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as wheel:
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
    return file


@pytest.fixture(scope="session")
def bare_python(tmp_path_factory):
    """A Python with numpy and no engine, as Blender brings one."""
    folder = tmp_path_factory.mktemp("python")
    venv.create(folder, with_pip=False)
    for part in Path(numpy.__file__).parents[1].glob("numpy*"):
        (folder / SITE / part.name).symlink_to(part)
    return folder


def put_lock(path, wheels, *options, sizes=(1, 1)):
    """A lock file of these wheels, with pip's options for where they are."""
    lines = [f"# {sizes[0]} MB to download, {sizes[1]} MB on the disk", *options]
    for wheel in wheels:
        name, version, *_ = wheel.name.split("-")
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
        name = name.replace("_", "-").lower()
        lines.append(f"{name}=={version} --hash=sha256:{digest}  # {wheel.name}")
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def quiet_pip(monkeypatch):
    """Pip without this machine's own settings."""
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    for name in [name for name in os.environ if name.startswith("PIP_") and name != "PIP_CONFIG_FILE"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def shelf(install, tmp_path):
    """`shelf(WHEELS, OPTIONS)`: a build whose locks have these wheels: PyTorch's two, and all others."""

    def lock(wheels, *options, sizes=(1, 1)):
        parts = (
            [wheel for wheel in wheels.glob("*.whl") if wheel.name.startswith("torch") == of_torch]
            for of_torch in (True, False)
        )
        locks = [
            put_lock(tmp_path / f"{name}.txt", part, *options, sizes=sizes)
            for name, part in zip(("build", "others"), parts, strict=True)
        ]
        return install.Build("Test", "For tests", tuple(locks))

    return lock


@pytest.fixture
def shop(bare_python, shelf, tmp_path, monkeypatch, quiet_pip):
    """(build, target, wheels): what install_engine takes, and the folder of wheels that it installs from."""
    monkeypatch.setattr(sys, "executable", str(bare_python / "bin" / "python3"))
    wheels, target = tmp_path / "wheels", tmp_path / "user" / "engine"
    wheels.mkdir()
    put_wheel(
        wheels, "torch", "2.7.0", SOUND_TORCH, requires=["numpy"], extra=[f"torch/_C{EXTENSION_SUFFIXES[0]}"]
    )
    put_wheel(wheels, "torchvision", "0.22.0", requires=["torch==2.7.0", "numpy"])
    put_wheel(wheels, "safetensors", "0.6.0")
    put_wheel(wheels, "OpenEXR", "3.4.0", requires=["numpy>=50"])
    put_wheel(wheels, "opencv_python_headless", "4.11.0.86", requires=["numpy"], module="cv2")
    put_wheel(wheels, "pillow", "13.0.0", module="PIL")
    return shelf(wheels, *_from(wheels)), target, wheels


def _from(wheels):
    return "--no-index", f"--find-links {wheels}"


def exhaust(steps):
    last = 0
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            return end.value
        assert last <= step.fraction < 1 and step.message
        last = step.fraction


@pytest.mark.slow  # runs pip
def test_install_replaces_the_old_engine(runtime, install, shop):
    build, target, _ = shop
    put_torch(target, version="2.6.0")
    (target / "old").touch()
    assert exhaust(install.install_engine(target, build)) == target
    names = {entry.name for entry in target.iterdir()}
    assert {"torch", "torchvision", "safetensors", "OpenEXR", "cv2", "PIL"} <= names
    assert not any(name.startswith("numpy") or name == "old" for name in names)
    assert "2.7.0" in runtime.engine_status([target]).sentence
    assert {entry.name for entry in target.parent.iterdir()} == {"engine", "engine-new.log"}


def test_cancelled_install_leaves_the_old_engine(install, shelf, shop):
    _, target, wheels = shop
    put_torch(target)
    before = sorted(target.rglob("*"))
    with socket.create_server(("127.0.0.1", 0)) as silent:  # pip waits for its answer
        build = shelf(
            wheels,
            "--no-index",
            "--trusted-host 127.0.0.1",
            f"--find-links http://127.0.0.1:{silent.getsockname()[1]}",
        )
        steps = install.install_engine(target, build)
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


def _lose_torch(wheels, _):
    next(wheels.glob("torch-*")).unlink()


def _swap_torch(wheels, _):
    put_wheel(wheels, "torch", "2.7.0", f"open({str(wheels / 'ran')!r}, 'w')")


def _relock(code):
    """A locked PyTorch with this code."""

    def spoil(wheels, shelf):
        put_wheel(wheels, "torch", "2.7.0", code)
        shelf(wheels, *_from(wheels))

    return spoil


@pytest.mark.slow  # runs pip
@pytest.mark.parametrize(
    "spoil, words",
    [
        (_lose_torch, "No matching distribution found for torch"),
        (_swap_torch, "is not the one that Pochade knows: try again"),
        (_relock(BROKEN_TORCH), "libtorch.so: cannot open shared object file"),
        (_relock("import os; os.abort()"), "it crashed, with status -6"),
    ],
    ids=["missing", "swapped", "broken", "crashes"],
)
def test_failed_install_leaves_the_old_engine(install, error, shelf, shop, spoil, words):
    build, target, wheels = shop
    put_torch(target)
    before = sorted(target.rglob("*"))
    spoil(wheels, shelf)
    with pytest.raises(error, match=words):
        exhaust(install.install_engine(target, build))
    assert sorted(target.rglob("*")) == before
    assert not target.with_name("engine-new").exists()
    assert not (wheels / "ran").exists()


@pytest.mark.slow  # runs pip
def test_a_build_without_hashes_comes_from_its_own_index_alone(install, shop, tmp_path, monkeypatch):
    """Whatever another index offers, newer or by the same name, and whatever the user's settings add."""
    build, target, _ = shop
    for index, version in ("own", "1.0"), ("strange", "9.0"):
        of_torch = ["helper", "numpy", "pillow"]
        for name, requires in ("torch", of_torch), ("helper", []), ("numpy", []), ("pillow", []):
            folder = tmp_path / index / name
            folder.mkdir(parents=True)
            number = "2.7.0+cu1" if name == "torch" else version
            module = "PIL" if name == "pillow" else None
            wheel = put_wheel(folder, name, number, SOUND_TORCH, requires=requires, module=module)
            folder.joinpath("index.html").write_text(f'<a href="{wheel.name}">{wheel.name}</a>')
    vision = tmp_path / "own" / "torchvision"
    vision.mkdir()
    wheel = put_wheel(vision, "torchvision", "0.22.0", requires=["torch==2.7.0"])
    vision.joinpath("index.html").write_text(f'<a href="{wheel.name}">{wheel.name}</a>')
    build.locks[0].write_text(
        f"--index-url {(tmp_path / 'own').as_uri()}\ntorch==2.7.0+cu1\ntorchvision==0.22.0\n"
    )
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", (tmp_path / "strange").as_uri())
    exhaust(install.install_engine(target, build))
    assert "'1.0'" in (target / "helper" / "version.py").read_text()
    assert "'13.0.0'" in (target / "PIL" / "version.py").read_text(), "what has a hash wins"
    assert (target / "cv2").is_dir() and not any(target.glob("numpy*"))


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
def test_broken_off_install_goes_on_with_what_it_has(install, error, shelf, shop, monkeypatch):
    _, target, wheels = shop
    monkeypatch.setattr(_Shelf, "asked", [])
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Shelf, directory=str(wheels))) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            online = shelf(  # pip keeps what comes over https, or from who is trusted
                wheels,
                "--no-index",
                "--trusted-host 127.0.0.1",
                f"--find-links http://127.0.0.1:{server.server_port}",
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


def test_every_system_has_builds_to_choose_from(install):
    assert all("to download" in build.description for build in install.BUILDS.values())
    if sys.platform == "linux":
        assert list(install.BUILDS) == ["cpu", "cuda", "cuda126", "rocm", "xpu"]


def test_a_system_without_a_lock_says_what_to_do(install, error, tmp_path):
    strange = install.Build("CPU", "For tests", (tmp_path / "nothing-cp27.txt",))
    assert "name it as Engine Folder" in strange.description
    with pytest.raises(error, match="knows no engine for"):
        exhaust(install.install_engine(tmp_path / "engine", strange))


def test_install_needs_room(install, error, shelf, shop):
    _, target, wheels = shop
    with pytest.raises(error, match="of free room"):
        exhaust(install.install_engine(target, shelf(wheels, sizes=(10**9, 10**9))))


def test_install_keeps_to_the_torch_that_blender_has(install, shop, bare_python, monkeypatch):
    build, target, wheels = shop
    own = put_torch(wheels / "own", version="2.7.0+debian")
    monkeypatch.setattr(sys, "path", [*sys.path, str(own)])
    (bare_python / SITE / "own.pth").write_text(str(own))
    try:
        exhaust(install.install_engine(target, build))
    finally:
        (bare_python / SITE / "own.pth").unlink()
    assert (target / "OpenEXR").exists()
    assert not any((target / name).exists() for name in ("torch", "torchvision", "safetensors"))


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
    build = install.Build("Test", "For tests", (put_lock(tmp_path / "lock.txt", []),))
    target.with_name(target.name + end).symlink_to(precious)
    with pytest.raises(error, match="is a link"):
        exhaust(install.install_engine(target, build))
    with pytest.raises(error, match="no engine that Pochade installed"):
        exhaust(install.install_engine(precious, build))
    assert (precious / "take.txt").read_text() == "an hour's work"
