"""The developer's command line: what it accepts, what it says, what set-up leaves behind."""

import hashlib
import os
import platform
import re
import subprocess
import sys
import tomllib
import zipfile

import pytest
from tools import environments, extension, locks

import build
from core.files.pictures import read_picture, write_picture


def test_alone_it_lists_its_commands(capsys):
    assert build.main([]) == 0
    said = capsys.readouterr().out
    for command in ("demo", "test", "check", "blender", "package", "lock", "paint", *build.MODULES):
        assert re.search(rf"^ +{command}  ", said, re.MULTILINE)


@pytest.mark.parametrize(
    "arguments, others",
    [
        ("test -k name -x --tb=long", ["-k", "name", "-x", "--tb=long"]),
        ("test --window blender -k name", ["-k", "name"]),
        ("test --quick -k name", ["-k", "name"]),
        ("presets starry_night --styles A --help", ["starry_night", "--styles", "A", "--help"]),
        ("sheets udnie --size 192", ["udnie", "--size", "192"]),
        ("bench --quick --device cpu", ["--quick", "--device", "cpu"]),
        ("encoder a b --minutes 3 c", ["a", "b", "--minutes", "3", "c"]),
    ],
)
def test_other_arguments_are_passed_on(arguments, others):
    assert build.parser().parse_known_args(arguments.split())[1] == others


def test_the_results_of_a_run_are_counted(tmp_path):
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "@pytest.fixture\ndef broken():\n    yield\n    assert False\n"
        "def test_good(): pass\n"
        "def test_bad(): assert False\n"
        "def test_broken_afterwards(broken): pass\n"
        "def test_none(): pytest.skip('not here')\n"
    )
    report = tmp_path / "report.xml"
    subprocess.run(
        [sys.executable, "-m", "pytest", f"--junit-xml={report}", "-n2", f"--rootdir={tmp_path}", tmp_path],
        capture_output=True,
    )
    assert build.in_words(build.count_tests(report)) == "1 passed, 2 failed, 1 skipped"


def test_unknown_arguments_are_refused(capsys):
    with pytest.raises(SystemExit):
        build.main(["package", "--fast"])
    assert "--fast" in capsys.readouterr().err


def test_the_zip_has_only_what_artists_need(tmp_path):
    leftover = build.ROOT / "addon" / "__pycache__" / "leftover.pyc"
    leftover.parent.mkdir(exist_ok=True)
    leftover.touch()
    with zipfile.ZipFile(extension.build_zip(tmp_path)) as zip_file:
        leftover.unlink()
        names = zip_file.namelist()
    assert {name.split("/")[0] for name in names} == {
        "__init__.py",
        "LICENSE",
        "addon",
        "blender_manifest.toml",
        "core",
        "guide",
        "presets",
    }
    assert not [
        name
        for name in names
        if "distill" in name
        or "__pycache__" in name
        or re.match(r"presets/.*\.py", name)
        or name == "core/training/command.py"
    ]
    needed = {"core/encoders/compact.safetensors", "presets/starry_night/preset.json", "guide/look.html"}
    needed |= {f"addon/engine/locks/{path.name}" for path in locks.LOCKS.iterdir()}
    assert needed <= set(names)


# --- bundles: with the real pip and its real index ----------------------------------------------------------

HERE = {"Linux x86_64": "linux-x64", "Darwin arm64": "macos-arm64", "Windows AMD64": "windows-x64"}


def test_a_bundle_is_what_is_locked(capsys):
    for system in locks.BUILDS:
        for python in extension.BLENDERS:
            assert build.main(["package", "--bundle", system, "--python", python, "--dry-run"]) == 0
            said = capsys.readouterr().out.splitlines()
            of_package = {line.split("-")[0].strip(): line for line in said}
            assert {"torch", "torchvision", "safetensors", "openexr", "pillow", "sympy"} <= set(of_package)
            assert f"cp{python.replace('.', '')}" in of_package["torch"] and "numpy" not in of_package
            assert re.fullmatch(r"\d{3,4} MB in all", said[-1])
    assert build.main(["package", "--bundle", "macos-arm64", "--build", "cuda"]) == 1
    assert "There is no build cuda for macos-arm64" in capsys.readouterr().err


INSTALL = """
import sys
import bpy
bundle, environment, *refused = sys.argv[1:]
for each in [*refused, bundle]:
    bpy.ops.extensions.package_install_files(filepath=each, repo="user_default", enable_on_install=True)
    print("installed", "bl_ext.user_default.pochade" in bpy.context.preferences.addons)
sys.path.remove(environment)  # a Blender that is no module has no such packages
import OpenEXR, safetensors
print("from", OpenEXR.__file__)
print("from", safetensors.__file__)
"""


def small_lock(folder, system, python, *names):
    """A lock of these packages alone."""
    lines = locks.lock_path(system, python).read_text().splitlines()
    lock = folder / f"{system}-{python}.txt"
    lock.write_text("\n".join(line for line in lines if line.partition("==")[0] in names))
    return lock


def build_bundle(*arguments):
    """The bundle; a skipped test where there is no network, which says nothing against the build."""
    try:
        return extension.build_bundle(*arguments)
    except environments.Failure as failure:
        if str(failure) == environments.OFFLINE:
            pytest.skip(str(failure))
        raise


@pytest.mark.slow  # downloads and builds three bundles
def test_a_bundle_is_installed_by_the_blender_that_it_is_for_and_by_no_other(tmp_path):
    here = HERE.get(f"{platform.system()} {platform.machine()}") or pytest.skip(
        "there are no bundles for this platform"
    )
    lock = small_lock(tmp_path, here, "3.11", "openexr", "safetensors")
    bundle = build_bundle(here, "3.11", [lock], tmp_path)
    assert re.fullmatch(rf"pochade-[\d.]+-{here}-blender4\.2-to-5\.0\.zip", bundle.name)
    with zipfile.ZipFile(bundle) as bundled, zipfile.ZipFile(extension.build_zip(tmp_path)) as alone:
        manifest = tomllib.loads(bundled.read("blender_manifest.toml").decode())
        inside = [name.removeprefix("./") for name in manifest["wheels"]]
        assert set(bundled.namelist()) == {*alone.namelist(), *inside}
        assert {hashlib.sha256(bundled.read(name)).hexdigest() for name in inside} == {
            wheel.sha256 for wheel in locks.read_lock(lock)
        }
    assert (manifest["platforms"], manifest["blender_version_min"], manifest["blender_version_max"]) == (
        [here],
        "4.2.0",
        "5.1.0",
    )

    others = (next(name for name in locks.BUILDS if name != here), "3.11"), (here, "3.13")
    refused = [
        build_bundle(*other, [small_lock(tmp_path, *other, "safetensors")], tmp_path) for other in others
    ]
    user = tmp_path / "user"
    done = subprocess.run(
        [
            environments.python_of(environments.VENV),
            "-c",
            INSTALL,
            bundle,
            environments.site_packages(environments.VENV),
            *refused,
        ],
        env=os.environ | {"BLENDER_USER_RESOURCES": str(user)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.findall("^installed (.*)", done.stdout, re.MULTILINE) == ["False", "False", "True"]
    places = re.findall("^from (.*)", done.stdout, re.MULTILINE)
    assert len(places) == 2 and all(place.startswith(str(user / "extensions")) for place in places)


# --- paint --------------------------------------------------------------------------------------------------


@pytest.fixture
def picture(tmp_path, content):
    write_picture(tmp_path / "content.png", content)
    return tmp_path / "content.png"


@pytest.mark.parametrize(
    "style, options",
    [
        ("starry_night", ["--size", "64", "--set", "steps=1", "--set", "seed=7"]),
        (
            "picture",
            ["--preset", "starry_night", "--set", "resolution=draft", "--set", "size=64", "--set", "steps=1"],
        ),
    ],
)
def test_paint(picture, tmp_path, stripes, capfd, style, options):
    if style == "picture":
        style = tmp_path / "style.png"
        write_picture(style, stripes)
    result = tmp_path / "result.png"
    assert build.main(["paint", str(picture), str(style), str(result), *options]) == 0
    assert re.fullmatch(
        rf"painted {re.escape(str(result))} in \d+\.\d s", capfd.readouterr().out.splitlines()[-1]
    )
    assert read_picture(result).shape == (48, 64, 3)


@pytest.mark.parametrize(
    "change, sentence",
    [
        (["missing.png", "starry_night"], "There is no picture at missing.png"),
        (["CONTENT", "moonlit_night"], "There is no preset named moonlit_night; there are .*starry_night"),
        (
            ["CONTENT", "starry_night", "--set", "colour=red"],
            "'colour=red' is no setting; write name=value with one of method",
        ),
        (["CONTENT", "starry_night", "--size", "-3"], "Size must be a whole number from 64 to 16384, not -3"),
    ],
)
def test_paint_says_what_is_wrong_in_one_sentence(picture, tmp_path, capsys, change, sentence):
    content, style, *options = [str(picture) if part == "CONTENT" else part for part in change]
    assert build.main(["paint", content, style, str(tmp_path / "result.png"), *options]) == 1
    said = capsys.readouterr().err
    assert re.match(f"build.py: {sentence}", said)
    assert said.count("\n") == 1
    assert not (tmp_path / "result.png").exists()


# --- set-up: with the real venv and the real pip, in a folder of the test's own -----------------------------


@pytest.fixture
def wheel(tmp_path):
    """A package of one module, as a requirement."""
    path = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("tiny.py", "value = 1\n")
        file.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        file.writestr(
            "tiny-1.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        file.writestr(
            "tiny-1.0.dist-info/RECORD",
            "tiny.py,,\ntiny-1.0.dist-info/METADATA,,\ntiny-1.0.dist-info/WHEEL,,\n"
            "tiny-1.0.dist-info/RECORD,,\n",
        )
    return f"tiny @ {path.as_uri()}"


@pytest.mark.slow  # makes a virtual environment three times
def test_setup_is_done_once_repaired_and_changed_with_the_pins(tmp_path, wheel, capfd):
    venv = tmp_path / "venv"
    packages = environments.site_packages(venv)

    def set_up(check="import tiny", files=None):
        environments.make_environment(venv, [wheel], check, files=files)
        return "Setting up venv" in capfd.readouterr().out

    def works(code):
        return subprocess.run([environments.python_of(venv), "-c", code]).returncode == 0

    assert set_up() and works("import tiny")
    assert not set_up(), "a second time there is nothing to do"

    # Interrupted while pip copied the package.
    (venv / environments.STAMP).unlink()
    (packages / "tiny.py").unlink()
    (packages / "tiny-1.0.dist-info/INSTALLER").unlink()
    assert set_up() and works("import tiny")

    # What it should hold has changed; a folder in a .pth file comes after the environment's own.
    (tmp_path / "tiny.py").write_text("value = 2\n")
    (tmp_path / "other.py").write_text("")
    assert set_up("import tiny, other; assert tiny.value == 1", files={"borrowed.pth": f"{tmp_path}\n"})

    # Its Python is gone.
    environments.python_of(venv).unlink()
    assert set_up() and works("import tiny") and not works("import other")

    with pytest.raises(
        environments.Failure, match="venv is complete but does not load.*No module named 'absent'"
    ):
        set_up("import absent")
    assert not (venv / environments.STAMP).exists()


@pytest.mark.slow  # makes a virtual environment
def test_setup_without_a_network_says_so(tmp_path, monkeypatch):
    for name, value in {
        "CONFIG_FILE": "/dev/null",
        "INDEX_URL": "http://127.0.0.1:9/simple",
        "EXTRA_INDEX_URL": "",
        "FIND_LINKS": "",
        "RETRIES": "1",
        "NO_INDEX": "",
    }.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    with pytest.raises(environments.Failure, match="The package index cannot be reached"):
        environments.make_environment(tmp_path / "venv", ["tiny==1.0"], "import tiny")


@pytest.mark.parametrize(
    "output, sentence",
    [
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            environments.DISK_FULL,
        ),
        ("WARNING: Retrying after connection broken by 'NewConnectionError(...)'", environments.OFFLINE),
        ("ERROR: No matching distribution found for tiny==1.0", "otherwise"),
    ],
)
def test_failures_of_tools_are_explained(output, sentence):
    assert environments.explain(output, "otherwise") == sentence


def test_another_python_is_refused_in_one_sentence():
    old = (
        "import sys; sys.version_info = (3, 10, 0); sys.version = '3.10.0 (main)'; sys.argv = "
        "['build.py', 'demo']; import runpy; "
        f"runpy.run_path({str(build.ROOT / 'build.py')!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", old], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "build.py needs Python 3.11 and this is 3.10.0: run python3.11 build.py\n"
