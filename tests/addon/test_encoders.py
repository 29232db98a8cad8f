"""Encoders in Blender: added from files, downloaded, chosen in the panel, and missed when they are gone."""

import hashlib
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import bpy
import numpy as np
import pytest
import torch

# VGG-19's places.
WIDTHS = {0: 4, 2: 4, 5: 6, 7: 6, 10: 8, 12: 8, 14: 8, 16: 8, 19: 8, 21: 8, 23: 8, 25: 8, 28: 8, 30: 8}


@pytest.fixture
def encoders(load):
    """addon/engine/encoders.py, with an empty user's folder before and after."""
    module, folder = load("addon.engine.encoders"), load("addon.preferences").encoder_folder()
    shutil.rmtree(folder, ignore_errors=True)
    module.refresh(folder)
    yield module
    shutil.rmtree(folder, ignore_errors=True)
    module.refresh(folder)


@pytest.fixture
def chosen(encoders):
    return bpy.context.scene.pochade


@pytest.fixture
def weights(tmp_path):
    """A thin VGG-19 as torchvision would save it, with the first numbers of the true one."""
    torch.manual_seed(0)
    state, before = {}, 3
    for index, width in WIDTHS.items():
        state |= {
            f"features.{index}.weight": torch.randn(width, before, 3, 3) / 3,
            f"features.{index}.bias": torch.randn(width) / 9,
        }
        before = width
    state["features.0.weight"].flatten()[:3] = torch.tensor((-0.0535, -0.0493, -0.0679))
    torch.save(state, tmp_path / "vgg19-dcbb9e9d.pth")
    return tmp_path / "vgg19-dcbb9e9d.pth"


def menu(encoders, chosen):
    """What the menu lists."""
    return [item[:2] for item in encoders.enum_items(chosen, bpy.context)]


def add(path):
    return bpy.ops.pochade.add_encoder(filepath=str(path))


def paint():
    """The pixels of a tiny painting."""
    if "photo" not in bpy.data.images:
        photo = bpy.data.images.new("photo", 64, 64)
        photo.generated_type = "COLOR_GRID"
    chosen = bpy.context.scene.pochade
    chosen.preset = "starry_night"
    chosen.resolution = "draft"
    chosen.size, chosen.steps, chosen.coarse_size = 64, 3, 64
    bpy.ops.pochade.stylize(image="photo")
    pixels = np.empty(64 * 64 * 4, np.float32)
    chosen.result.pixels.foreach_get(pixels)
    return pixels


@pytest.mark.oldest
def test_an_encoder_from_a_file_can_be_chosen_and_paints_another_picture(encoders, chosen, weights, load):
    assert menu(encoders, chosen) == [("compact", "Compact")] and chosen.encoder_choice == "compact"
    own = paint()
    assert add(weights) == {"FINISHED"}
    assert menu(encoders, chosen) == [("compact", "Compact"), ("vgg19", "VGG-19")]
    chosen.encoder_choice = "vgg19"
    assert (
        chosen.encoder == "vgg19"
        and load("addon.scene.properties").read_settings(bpy.context.scene).encoder == "vgg19"
    )
    other = paint()
    assert '"encoder": "vgg19"' in load("addon.blender.images").recipe(chosen.result)["settings"]
    assert np.abs(own - other).max() > 0.01


def test_encoders_are_there_when_blender_starts_again(encoders, chosen, weights, pochade):
    add(weights)
    pochade.unregister()
    pochade.register()
    assert "vgg19" in [name for name, _ in menu(encoders, bpy.context.scene.pochade)]


def test_an_encoder_that_is_gone_is_said_and_no_other_one_taken(
    encoders, chosen, weights, PochadeError, tmp_path
):
    add(weights)
    chosen.encoder_choice = "vgg19"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert bpy.ops.pochade.remove_encoder(name="vgg19") == {"FINISHED"}
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    chosen = bpy.context.scene.pochade
    assert chosen.encoder == chosen.encoder_choice == "vgg19"
    assert menu(encoders, chosen)[-1] == ("vgg19", "vgg19 (missing)")
    with pytest.raises(RuntimeError, match="The encoder vgg19 is not here: choose another one .compact."):
        bpy.ops.pochade.stylize(image="photo")
    chosen.encoder_choice = "compact"
    assert menu(encoders, chosen) == [("compact", "Compact")]
    encoders.chosen_encoder(bpy.context.scene)


@pytest.mark.parametrize(
    ("file", "sentence"),
    [("letter.pth", "damaged or holds more than weights"), ("nobody.pth", "There is no file")],
)
def test_what_is_no_encoder_is_said_in_one_sentence(encoders, chosen, tmp_path, file, sentence):
    (tmp_path / "letter.pth").write_text("Dear Theo")
    with pytest.raises(RuntimeError, match=sentence) as error:
        add(tmp_path / file)
    assert "Traceback" not in str(error.value)
    assert menu(encoders, chosen) == [("compact", "Compact")]


def test_pochades_own_encoder_cannot_be_removed(encoders, load):
    with pytest.raises(RuntimeError, match="belongs to Pochade"):
        bpy.ops.pochade.remove_encoder(name="compact")
    assert load("core.encoders.files").COMPACT.is_file()


def test_downloading_asks_for_online_access_first(encoders):
    assert not bpy.app.online_access
    with pytest.raises(RuntimeError, match="Allow Online Access"):
        bpy.ops.pochade.download_vgg19()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def test_a_downloaded_vgg_19_is_kept_without_the_rest(encoders, chosen, weights, load, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    folder = load("addon.preferences").encoder_folder()
    job, fetch = load("addon.job"), load("addon.engine.fetch")
    tell = load("addon.operators.engine").encoder_added
    data = weights.read_bytes()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(weights.parent))) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/{weights.name}"
        monkeypatch.setattr(
            fetch,
            "VGG19",
            load("core.files.published").Download(url, hashlib.sha256(data).hexdigest(), len(data)),
        )
        download = job.Job("Downloading", fetch.download_vgg19(folder, []), on_end=tell)
        download.run()
        server.shutdown()
    assert (download.state, download.sentence) == (
        "done",
        "VGG-19 is here: choose it under Advanced, Encoder",
    )
    assert [path.name for path in folder.iterdir()] == ["vgg19.safetensors"]
    assert menu(encoders, chosen)[-1] == ("vgg19", "VGG-19")
