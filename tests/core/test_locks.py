"""The lock files that users' engines come from, as they are here; and `build.py lock` with an index of tiny
wheels.
"""

import hashlib
import json
import re
import struct
import subprocess
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tools import environments, extension, locking, locks, portable
from tools.locks import BILL, BUILDS, LOCKS, PYTHONS, Torch, build_of_pypi, lock_path, read_lock, torch_of
from tools.remote import RemoteFile

TARGETS = [(system, python) for system, pythons in PYTHONS.items() for python in pythons]
FILES = {lock_path(system, python, build) for system, python in TARGETS for build in ("", *BUILDS[system])}
REQUIREMENT = re.compile(r"^[\w.-]+==\S+", re.MULTILINE)
# Of c10.dll in PyTorch's own Windows wheels, by version.
C10 = {
    "2.8.0": "_Mtx_destroy_in_situ _Mtx_init_in_situ _Mtx_lock _Mtx_unlock",
    "2.14.1": "_Mtx_lock _Mtx_unlock",
    "2.15.0": "_Mtx_init_in_situ _Mtx_lock _Mtx_unlock",
}


def test_there_is_a_lock_for_every_build_and_no_other():
    assert set(LOCKS.glob("*.txt")) == FILES
    for system, python in TARGETS:
        for build in ("", build_of_pypi(system)):
            assert read_lock(lock_path(system, python, build)), "what PyPI has is locked by hashes"


@pytest.mark.parametrize("path", sorted(FILES), ids=lambda path: path.stem)
def test_a_lock_takes_files_by_their_hash_or_exact_versions_from_one_index(path):
    text, wheels = path.read_text(), read_lock(path)
    assert "numpy" not in text, "numpy is Blender's own"
    hosts, indexes = set(re.findall(r"\w+://[^/\s]+", text)), text.count("--index-url")
    assert hosts <= {"https://download.pytorch.org"} and indexes == len(hosts) and "--extra" not in text
    assert len(REQUIREMENT.findall(text)) == (len(wheels) if wheels else 2)
    assert wheels or indexes == 1, "versions without hashes come from PyTorch's own index alone"


@pytest.mark.parametrize("system, python", TARGETS)
def test_a_lock_has_what_its_blender_and_table_ask_for(system, python):
    shared = read_lock(lock_path(system, python))
    names = {wheel.name for wheel in shared}
    assert names >= {"safetensors", "openexr", "opencv-python-headless", "pillow", "sympy", "jinja2"}
    for build in BUILDS[system]:
        torch, path = torch_of(system, python, build), lock_path(system, python, build)
        assert set(torch.requirements) <= set(REQUIREMENT.findall(path.read_text())), "run build.py lock"
        assert not names & {wheel.name for wheel in read_lock(path)}, "a file is in one lock"
        assert min(locks.sizes_of(path)) > 100
    ending = {"windows-x64": "win_amd64", "macos-arm64": "arm64", "linux-x64": "x86_64"}[system]
    digits = python.replace(".", "")
    for wheel in [*shared, *read_lock(lock_path(system, python, build_of_pypi(system)))]:
        _, _, interpreter, abi, platform = wheel.file.removesuffix(".whl").split("-")
        assert platform.endswith((ending, "any"))
        assert abi in (f"cp{digits}", "abi3", "none") and interpreter[:2] in ("cp", "py")
        assert wheel.name != "torch" or interpreter == f"cp{digits}"


def test_the_bill_lists_the_same_files():
    bill = json.loads(BILL.read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    listed = {
        (part["bom-ref"], part["hashes"][0]["content"], each["value"])
        for part in bill["components"]
        for each in part["properties"]
    }
    assert listed == {(wheel.file, wheel.sha256, path.stem) for path in FILES for wheel in read_lock(path)}
    without = {each["value"] for each in bill["metadata"]["properties"]}
    assert without == {path.stem for path in FILES if not read_lock(path)}
    without = {part["name"] for part in bill["components"] if "licenses" not in part}
    assert without <= {"openexr", "cuda-toolkit"}, "their wheels name none themselves"


# --- Windows ------------------------------------------------------------------------------------------------


def test_blenders_old_runtime_can_load_what_is_locked_for_it():
    locked = {path: read_lock(path) for path in FILES if path.stem.startswith("windows-x64-cp311")}
    taken = [line for wheels in locked.values() for wheel in wheels for line in wheel.takes]
    assert not [line for line in taken if portable.unfit(line.split())]
    for path, wheels in locked.items():
        assert any(line.startswith("torch/lib/c10.dll: ") for wheel in wheels for line in wheel.takes) == any(
            wheel.name == "torch" for wheel in wheels
        ), f"{path.name} does not say what PyTorch takes"
    assert {version: portable.unfit(names.split()) for version, names in C10.items()} == {
        "2.8.0": False,
        "2.14.1": True,
        "2.15.0": False,
    }


@pytest.mark.parametrize("name", ["t32.exe", "t64.exe"])
def test_the_imports_of_real_windows_programs_are_read(name):
    program = next(environments.site_packages(environments.VENV).glob(f"pip/_vendor/distlib/{name}"))
    found = portable.imports(program.read_bytes())
    assert {"kernel32.dll", "shlwapi.dll"} <= set(found)
    assert {"CreateProcessW", "GetModuleFileNameW", "AssignProcessToJobObject"} <= found["kernel32.dll"]
    for whole in (program.read_bytes()[:700], b"MZ", b"", b"\x7fELF" + bytes(100)):
        with pytest.raises(ValueError, match="PE file"):
            portable.imports(whole)


def pe_file(dll, names):
    """A PE file of 64 bits, of one section, that imports these names."""
    start = 0x1000
    thunks = start + 40
    at = thunks + 8 * (len(names) + 1)
    table, texts = b"", b""
    for name in names:
        table += struct.pack("<Q", at + len(texts))
        texts += struct.pack("<H", 0) + name.encode() + b"\0"
    section = struct.pack("<5I", thunks, 0, 0, at + len(texts), thunks) + bytes(20)
    section += table + bytes(8) + texts + dll.encode() + b"\0"
    optional = struct.pack("<H", 0x20B) + bytes(118) + struct.pack("<II", start, 40) + bytes(112)
    head = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0"
    head += struct.pack("<HHIIIHH", 0x8664, 1, 0, 0, 0, len(optional), 0) + optional
    head += b".rdata\0\0" + struct.pack("<IIII", len(section), start, len(section), 0x200) + bytes(16)
    return head.ljust(0x200, b"\0") + section


# --- build.py lock, with a real pip and an index of tiny wheels ---------------------------------------------


class _Index(SimpleHTTPRequestHandler):
    """Gives files whole or in parts, as package indexes do."""

    def do_GET(self):
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if not wanted:
            return super().do_GET()
        body = Path(self.translate_path(self.path)).read_bytes()
        first, last = int(wanted[1]), min(int(wanted[2]), len(body) - 1)
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(body)}")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        self.wfile.write(body[first : last + 1])
        return None

    def log_message(self, *_):
        pass


def put_wheel(folder, name, version, tag, requires=(), files=None):
    file = folder / f"{name}-{version}-{tag}.whl"
    info = f"{name}-{version}.dist-info"
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w") as wheel:
        for path, content in (files or {f"{name}.py": b""}).items():
            wheel.writestr(path, content)
        needs = "".join(f"Requires-Dist: {each}\n" for each in requires)
        wheel.writestr(
            f"{info}/METADATA",
            f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\nLicense-Expression: MIT\n{needs}",
        )
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    with (folder / "index.html").open("a") as page:
        page.write(f'<a href="{file.name}#sha256={digest}">{file.name}</a><br>\n')
    return file


@pytest.fixture
def served(tmp_path):
    """The folder of a server on this machine, and its address."""
    folder = tmp_path / "served"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Index, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def small(served, tmp_path, monkeypatch):
    """Two systems to lock, with PyPI's builds and, for Linux, one of an index that does not answer; the
    folder of the server that has PyPI's wheels.
    """
    folder, address = served
    pypi = folder / "pypi"
    needs = ["pure", "numpy", "nvidia-gpu; platform_system == 'Linux'"]
    c10 = {"torch/lib/c10.dll": pe_file("MSVCP140.dll", C10["2.15.0"].split())}
    put_wheel(pypi / "torch", "torch", "2.15.0", "cp311-cp311-win_amd64", needs, c10)
    put_wheel(pypi / "torch", "torch", "2.15.0", "cp311-cp311-manylinux_2_28_x86_64", needs)
    for name in ("torchvision", "pure", "numpy", "nvidia_gpu", "other"):
        put_wheel(pypi / name.replace("_", "-"), name, "1.0", "py3-none-any")
    for name, value in {
        "PYPI": f"{address}/pypi",
        "PYTORCH": NOWHERE,
        "LOCKS": tmp_path / "locks",
        "BILL": tmp_path / "locks/bill.json",
        "OTHERS": ["other==1.0"],
        "PYTHONS": {"linux-x64": ("3.11",), "windows-x64": ("3.11",)},
        "BUILDS": {
            "linux-x64": {"cpu": Torch("2.15.0", "1.0", "cpu", (5, 6)), "cuda": Torch("2.15.0", "1.0")},
            "windows-x64": {"cpu": Torch("2.15.0", "1.0")},
        },
    }.items():
        monkeypatch.setattr(locks, name, value)
    try:
        environments.make_environment(environments.VENV_PIP, environments.pins("bundles"), "import pip")
    except environments.Failure as failure:
        pytest.skip(str(failure))
    return folder


NOWHERE = "http://127.0.0.1:9/{}"


def _locked(name):
    path = locks.LOCKS / f"{name}.txt"
    return path.read_text(), [(wheel.name, wheel.version) for wheel in read_lock(path)]


@pytest.mark.slow  # runs pip for two systems, three times
def test_locks_are_made_from_what_answers_and_keep_what_was_locked(small, served, monkeypatch):
    locking.make_locks()
    assert _locked("linux-x64-cp311")[1] == [("other", "1.0"), ("pure", "1.0")]
    assert _locked("linux-x64-cp311-cuda")[1] == [
        ("nvidia-gpu", "1.0"),
        ("torch", "2.15.0"),
        ("torchvision", "1.0"),
    ]
    text, wheels = _locked("windows-x64-cp311-cpu")
    assert wheels == [("torch", "2.15.0"), ("torchvision", "1.0")], "Linux's needs are not Windows's"
    assert f"#   torch/lib/c10.dll: {C10['2.15.0']}\n" in text
    wheel = next(small.glob("pypi/torch/*win_amd64.whl"))
    assert hashlib.sha256(wheel.read_bytes()).hexdigest() in text
    text, wheels = _locked("linux-x64-cp311-cpu")
    assert not wheels
    assert text.endswith(
        f"# 5 MB to download, 6 MB on the disk\n# {text.splitlines()[2][2:]}\n"
        f"--index-url {NOWHERE.format('cpu')}\ntorch==2.15.0+cpu\ntorchvision==1.0\n"
    )
    assert "127.0.0.1" not in _locked("linux-x64-cp311-cuda")[0] + locks.BILL.read_text()

    put_wheel(
        small / "pytorch/cpu/torch", "torch", "2.15.0+cpu", "cp311-cp311-manylinux_2_28_x86_64", ["pure"]
    )
    put_wheel(small / "pytorch/cpu/torchvision", "torchvision", "1.0+cpu", "cp311-cp311-linux_x86_64")
    put_wheel(small / "pytorch/cpu/torchvision", "torchvision", "1.0", "cp311-cp311-manylinux_2_28_x86_64")
    put_wheel(small / "pytorch/cpu/pure", "pure", "0.9", "py3-none-any")
    monkeypatch.setattr(locks, "PYTORCH", f"{served[1]}/pytorch/{{}}")
    locking.make_locks()
    text, wheels = _locked("linux-x64-cp311-cpu")
    assert wheels == [("torch", "2.15.0+cpu"), ("torchvision", "1.0")], "what every build needs is PyPI's"
    assert f"--index-url {served[1]}/pytorch/cpu\n" in text

    monkeypatch.setattr(locks, "PYTORCH", NOWHERE)
    before, bill = text, locks.BILL.read_text()
    locking.make_locks()
    assert (_locked("linux-x64-cp311-cpu")[0], locks.BILL.read_text()) == (before, bill)


@pytest.mark.slow  # runs pip
def test_a_pytorch_that_blender_on_windows_cannot_load_is_not_locked(small):
    bad = {"torch/lib/c10.dll": pe_file("MSVCP140.dll", C10["2.14.1"].split())}
    (small / "pypi/torch/index.html").unlink()
    put_wheel(small / "pypi/torch", "torch", "2.15.0", "cp311-cp311-win_amd64", files=bad)
    put_wheel(small / "pypi/torch", "torch", "2.15.0", "cp311-cp311-manylinux_2_28_x86_64")
    with pytest.raises(environments.Failure, match="4.2 to 5.0 would crash as they load torch/lib/c10.dll"):
        locking.make_locks()


def test_a_file_on_a_server_is_read_in_parts(served):
    folder, address = served
    body = bytes(range(256)) * 9000
    (folder / "file").write_bytes(body)
    file = RemoteFile.open(f"{address}/file")
    assert file.seek(-5, 2) == len(body) - 5 and file.read() == body[-5:]
    assert file.seek(1000) == 1000 and file.read(1_500_000) == body[1000:1_501_000]


def test_sums_are_read_by_sha256sum(tmp_path):
    for name in "b.zip", "a.zip", "other.txt":
        (tmp_path / name).write_text(name)
    sums = extension.write_sums(tmp_path)
    assert sums.read_text().split()[1::2] == ["a.zip", "b.zip"]
    check = ["sha256sum", "--check", "--strict", sums.name]
    assert subprocess.run(check, cwd=tmp_path, capture_output=True).returncode == 0
    (tmp_path / "a.zip").write_text("another")
    assert subprocess.run(check, cwd=tmp_path, capture_output=True).returncode == 1
