"""The benchmark measures what it says; how fast this machine is makes no test fail."""

import json

import numpy as np
import pytest
import torch
from PIL import Image, ImageColor

from core.encoders.network import compact_encoder
from core.settings import Settings
from core.style.styles import style_from_picture
from tests.bench import chart, race, report, speed, strokes

CPU = torch.device("cpu")
TINY = Settings(resolution="draft", size=64, coarse_size=32, steps=2)
KEYS = (
    "speedup_over_paper_recipe",
    "seconds_512",
    "share_of_matmul_peak",
    "peak_gib_512",
    "peak_gib_1080p",
    "peak_gib_4k",
    "job_overhead_s",
)


def test_the_judge_finds_the_source_at_its_content_and_the_style_at_its_style(content, stripes):
    style = style_from_picture("Stripes", stripes)
    distances = race.Distances(content, style, 128, CPU)
    assert distances(content)[1] < 1e-6 < distances(1 - content)[1]
    assert race.Distances(stripes, style, 128, CPU)(stripes)[0] < 0.01 * distances(content)[0]


@pytest.fixture
def run(content, stripes):
    """A tiny race."""
    return race.run_race(content, style_from_picture("Stripes", stripes), race.paper_recipe(64, 4), TINY, CPU)


def test_both_are_judged_after_every_evaluation_and_the_target_is_the_papers_end(run):
    assert len(run.paper) == 4 + 1 and len(run.pochade) == 2 + 2 + 1  # and the picture at the end
    for points in (run.paper, run.pochade):
        seconds = [p.seconds for p in points]
        assert seconds == sorted(seconds) and seconds[0] > 0
        assert points[-1].style < points[0].style
    assert run.picture.shape[2] == 3 and run.picture.std() > 0.01
    assert run.target == run.paper[-1] and run.first(run.paper).reaches(run.target)


def test_who_is_never_there_is_no_faster():
    target, none = [race.Point(8.0, 0.5, 0.5)], np.empty((0, 0, 3), np.float32)
    points = [race.Point(1.0, 0.1, 0.6), race.Point(2.0, 0.4, 0.5), race.Point(3.0, 0.1, 0.1)]
    assert race.Race("", target, points, none).speedup == 4
    points = [race.Point(1.0, 0.1, 0.6), race.Point(2.0, 0.6, 0.1)]
    assert race.Race("", target, points, none).speedup == 0


def test_operations_are_those_of_the_convolutions():
    encoder = compact_encoder()
    # 3x3 convolutions of 64 + 2 * 16 px a side: conv1_1 and conv2_1, forward and back.
    expected = 2 * 2 * 9 * (3 * 16 * 96**2 + 16 * 32 * 48**2)
    assert (
        speed.count_operations(encoder, lambda: encoder(torch.zeros(1, 3, 64, 64), {"relu2_1"})) == expected
    )
    encoder(torch.zeros(1, 3, 64, 64), {"relu1_1"})
    assert not any(c._forward_hooks for c in encoder.convolutions.values())


def test_the_share_is_that_of_the_peak_in_the_precision_that_was_used():
    assert speed.Speed(2.0, 3e9, {"float32": 12e9, "bfloat16": 24e9}, "bfloat16").share == 0.25


def test_the_report_has_its_keys_and_the_plot_can_be_drawn(run, content, stripes, tmp_path):
    measured = speed.measure_speed(content, style_from_picture("Stripes", stripes), TINY, CPU, patience=0.01)
    memory = {"512": {"peak": 2**30, "painting": 2**29, "estimate": 2**29}}
    figures = report.summary([run], measured, memory, [0.3, 0.1, 0.2]) | {
        "quick": True,
        "size": 64,
        "device": report.describe(CPU),
        "whole_strokes": {"Stripes": {"default": {"strokes": 0.25, "style": 0.5, "content": 0.75}}},
    }
    figures = json.loads(json.dumps(figures))
    assert tuple(figures)[:7] == KEYS
    assert figures["share_of_matmul_peak"] == measured.share > 0
    assert (figures["peak_gib_512"], figures["peak_gib_4k"], figures["job_overhead_s"]) == (1.0, None, 0.2)
    assert "| Stripes | default | 0.25 | 0.5 | 0.75 |" in report.table(figures)
    assert "| 512 | 1 | 0.5 | 0.5 | +0% |" in report.table(figures)
    chart.draw_chart([run], 64, tmp_path / "bench.png")
    colours = {colour for _, colour in Image.open(tmp_path / "bench.png").getcolors(2**16)}
    assert {ImageColor.getrgb(colour) for _, colour in chart.NAMES.values()} <= colours, (
        "both lines are there"
    )


def test_whole_strokes_are_the_styles_own_and_averages_of_them_are_not(content, stripes):
    judge = strokes.StrokeDistance(content, style_from_picture("Stripes", stripes), 128, CPU)
    blended = 0.5 * stripes + 0.5 * stripes[:, ::-1]
    assert judge.share(content) == pytest.approx(0, abs=1e-6)
    assert judge.share(stripes) == pytest.approx(1, abs=1e-3) and judge.share(blended) < 0.9


def test_a_scene_painted_with_both_losses_lies_on_one_sheet_with_its_figures(content, stripes, tmp_path):
    styles = [style_from_picture("Stripes", stripes)]
    sheet, figures = strokes.paint_sheet({"Disc": content}, styles, 96, tmp_path, CPU)
    found = figures["Disc, Stripes"]
    assert tuple(found) == strokes.LOSSES and len(list(tmp_path.glob("*.png"))) == len(strokes.LOSSES)
    assert all(figures["content"] > 0 and figures["style"] > 0 for figures in found.values())
    assert sheet.size[0] == 3 * (96 + 4) and "| Disc, Stripes |" in strokes.table(figures)
