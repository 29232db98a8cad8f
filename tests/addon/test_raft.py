"""RAFT's weights in Blender: added from a file, downloaded, and found again."""

import hashlib
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import bpy
import pytest
import torch
from torchvision.models.optical_flow import raft_large


@pytest.fixture
def folder(load):
    """The user's folder for motion, empty before and after."""
    raft, folder = load("addon.engine.raft"), load("addon.preferences").motion_folder()
    shutil.rmtree(folder, ignore_errors=True)
    raft.refresh(folder)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
    raft.refresh(folder)


@pytest.fixture
def raft(folder, load):
    return load("addon.engine.raft")


def add(path):
    return bpy.ops.pochade.add_raft(filepath=str(path))


@pytest.mark.oldest
def test_weights_from_a_file_are_kept_and_found_when_blender_starts_again(
    raft, folder, tmp_path, pochade, load
):
    torch.save(raft_large(weights=None).state_dict(), tmp_path / "mine.pth")
    assert not raft.is_here()
    assert add(tmp_path / "mine.pth") == {"FINISHED"}
    assert raft.is_here() and [path.name for path in folder.iterdir()] == [
        load("core.files.published").RAFT.name
    ]
    load("core.sequence.motion.optical_flow").load_raft(raft.weights_file(folder))
    pochade.unregister()
    pochade.register()
    assert raft.is_here()


def test_another_file_is_refused_in_one_sentence(raft, folder, tmp_path):
    (tmp_path / "letter.pth").write_text("Dear Theo")
    torch.save({"features.0.weight": torch.zeros(3)}, tmp_path / "vgg.pth")
    for name, sentence in {
        "letter.pth": "letter.pth does not hold torchvision's weights for RAFT",
        "vgg.pth": "does not hold",
        "nobody.pth": "There is no file",
    }.items():
        with pytest.raises(RuntimeError, match=sentence) as error:
            add(tmp_path / name)
        assert "Traceback" not in str(error.value)
    assert not raft.is_here() and not folder.exists()


def test_downloading_asks_for_online_access_first(folder):
    assert not bpy.app.online_access
    with pytest.raises(RuntimeError, match="Allow Online Access"):
        bpy.ops.pochade.download_raft()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.mark.parametrize("whole", [True, False])
def test_a_download_is_checked_and_kept(raft, folder, tmp_path, load, monkeypatch, whole):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    fetch = load("addon.engine.fetch")
    job, tell, data = load("addon.job"), load("addon.operators.engine").raft_added, b"weights" * 999
    (tmp_path / "raft.pth").write_bytes(data if whole else data[::-1])
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/raft.pth"
        file = load("core.files.published").Download(url, hashlib.sha256(data).hexdigest(), len(data))
        for module in (raft, fetch):
            monkeypatch.setattr(module, "RAFT", file)
        download = job.Job("Downloading", fetch.download_raft(folder), on_end=tell)
        download.run()
        server.shutdown()
    assert raft.is_here() == whole
    assert [path.name for path in folder.iterdir()] == ["raft.pth"] * whole
    assert ("RAFT is here" if whole else "is not the raft.pth that it should be") in download.sentence
