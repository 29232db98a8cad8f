"""Optical flow: known motion found in pictures, and what is said when an estimator is not there."""

import sys

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torchvision.models.optical_flow import Raft_Large_Weights, raft_large

from core.errors import PochadeError
from core.files.pictures import write_picture
from core.files.published import RAFT
from core.sequence.motion import optical_flow
from core.sequence.motion.frame_motion import choose_motion
from core.sequence.shot import Frame
from tests.core.exr_files import write_exr

CPU = torch.device("cpu")
MOVED = (5, -3)  # px right and up, from the earlier frame to the later one


@pytest.fixture
def frames(tmp_path):
    """Two frames of 96 x 120 px of soft blotches that move, with depths, but no Vector pass."""
    noise = torch.rand(1, 3, 24, 28, generator=torch.Generator().manual_seed(0))
    whole = F.interpolate(noise, (144, 168), mode="bicubic")[0].permute(1, 2, 0).clamp(0, 1).numpy()
    made = []
    for number, (x, y) in enumerate(((0, 0), MOVED), 1):
        write_picture(tmp_path / f"{number}.png", whole[20 - y : 116 - y, 20 - x : 140 - x])
        depth = np.full((96, 120), number, np.float32)
        made.append(
            Frame(
                number, tmp_path / f"{number}.png", write_exr(tmp_path / f"{number}.exr", {"Depth.Z": depth})
            )
        )
    return made


@pytest.fixture(scope="session")
def weights(tmp_path_factory):
    """RAFT's weights, untrained."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("raft") / "raft.pth"
    torch.save(raft_large(weights=None).state_dict(), path)
    return path


def test_dis_finds_what_moved_in_both_directions(frames):
    found = choose_motion("dis", frames, None, CPU)(*frames)
    assert found.backward.shape == found.forward.shape == (96, 120, 2) and found.backward.dtype == np.float32
    inner = np.s_[12:-12, 12:-12]
    assert np.abs(found.forward[inner] - MOVED).mean() < 0.15
    assert np.abs(found.backward[inner] + MOVED).mean() < 0.15
    assert [depth[0, 0] for depth in found.depths] == [1, 2] and found.indices is None
    again = choose_motion("dis", frames, None, CPU)(*frames)
    assert np.array_equal(found.backward, again.backward)


def test_automatic_takes_dis_where_a_frame_has_no_passes(frames):
    bare = [Frame(frame.number, frame.picture) for frame in frames]
    found = choose_motion("auto", [frames[0], bare[1]], None, CPU)(*bare)
    assert np.abs(found.forward[12:-12, 12:-12] - MOVED).mean() < 0.15
    assert found.depths is None


def test_dis_takes_the_smallest_pictures_and_those_with_alpha():
    assert optical_flow.dis_flow()(
        np.zeros((3, 40, 4), np.float32), np.ones((3, 40, 4), np.float32)
    ).shape == (3, 40, 2)


class _Constant(torch.nn.Module):
    """Says that everything moves by (2, -1) px of what it is given, and keeps that."""

    def forward(self, first, second):
        self.given = first
        flow = first.new_tensor((2, -1))[None, :, None, None].expand(1, 2, *first.shape[2:])
        return [flow * 0, flow]


@pytest.mark.parametrize(
    ("shape", "largest", "given"),
    [
        ((50, 203), 10**6, (128, 208)),
        ((256, 512), 256 * 512 // 4, (128, 256)),
        ((136, 160), 10**6, (136, 160)),
    ],
)
def test_rafts_motion_is_of_the_pictures_own_size(monkeypatch, shape, largest, given):
    network = _Constant()
    monkeypatch.setattr(optical_flow, "load_raft", lambda weights: network)
    monkeypatch.setattr(optical_flow, "RAFT_MAX_PIXELS", largest)
    picture = np.random.default_rng(0).random((*shape, 3), np.float32)
    flow = optical_flow.raft_flow(None, CPU)(picture, picture)
    assert network.given.shape == (1, 3, *given)
    assert -1 <= network.given.min() < -0.5 and 0.5 < network.given.max() <= 1
    assert flow.shape == (*shape, 2) and flow.dtype == np.float32
    enlarged = 2 if shape[0] == 256 else 1
    assert np.abs(flow - enlarged * np.float32((2, -1))).max() < 1e-4


def test_raft_runs_with_the_weights_in_a_file(weights, frames):
    found = choose_motion("raft", frames, weights, CPU)(*frames)
    assert found.backward.shape == (96, 120, 2)
    assert np.isfinite(found.backward).all() and found.backward.any()


def test_what_an_estimator_lacks_is_said_at_once(monkeypatch, tmp_path, frames):
    for path in (tmp_path / "raft.pth", None):
        with pytest.raises(
            PochadeError, match="download RAFT in Pochade's preferences, or choose Optical Flow, DIS"
        ):
            choose_motion("raft", frames, path, CPU)
    for content in (b"Dear Theo", b""):
        (tmp_path / "raft.pth").write_bytes(content)
        with pytest.raises(
            PochadeError, match="raft.pth does not hold torchvision's weights for RAFT: take its raft_large"
        ):
            choose_motion("raft", frames, tmp_path / "raft.pth", CPU)
    torch.save({"features.0.weight": torch.zeros(3)}, tmp_path / "raft.pth")
    with pytest.raises(PochadeError, match="does not hold torchvision's weights for RAFT"):
        choose_motion("raft", frames, tmp_path / "raft.pth", CPU)
    monkeypatch.setitem(sys.modules, "cv2", None)
    with pytest.raises(PochadeError, match="needs the engine's OpenCV: see"):
        choose_motion("dis", frames, None, CPU)
    choose_motion("none", frames, None, CPU)


def test_frames_of_different_sizes_are_refused(frames, tmp_path):
    write_picture(tmp_path / "3.png", np.zeros((20, 30, 3)))
    with pytest.raises(PochadeError, match="Frames 1 and 3 have different sizes"):
        choose_motion("dis", frames, None, CPU)(frames[0], Frame(3, tmp_path / "3.png"))


def test_raft_is_downloaded_as_torchvision_publishes_it():
    published = Raft_Large_Weights.C_T_SKHT_V2
    assert published.url == RAFT.url
    assert RAFT.url.endswith(f"-{RAFT.sha256[:8]}.pth") and len(RAFT.sha256) == 64
    assert round(RAFT.size / 2**20, 3) == published.meta["_file_size"]
