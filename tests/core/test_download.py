"""Downloads, from a small server in this process: resumed, checked, and never half there."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from core.errors import PochadeError
from core.files.download import VGG19, Download, download

BODY = bytes(range(256)) * 12_000


class _Server(ThreadingHTTPServer):
    """Gives `body`; `ranges`, `tells`, `cut` and `status` say how well. `asked` has each request's Range."""

    daemon_threads = True
    body, ranges, tells, cut, status = BODY, True, True, None, 200

    def __init__(self):
        self.asked = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server, wanted = self.server, self.headers["Range"]
        server.asked.append(wanted)
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and server.ranges else 0
        self.send_response(server.status if server.status != 200 else 206 if start else 200)
        self.send_header("Content-Length", str(len(server.body) - start))
        if start and server.tells:
            self.send_header("Content-Range", f"bytes {start}-{len(server.body) - 1}/{len(server.body)}")
        self.end_headers()
        self.wfile.write(server.body[start : server.cut])

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with _Server() as running:
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def file(server):
    return Download(
        f"http://127.0.0.1:{server.server_port}/models/weights.pth",
        hashlib.sha256(BODY).hexdigest(),
        len(BODY),
    )


@pytest.fixture
def target(tmp_path):
    return tmp_path / "user" / "weights.pth"


def _names(target):
    return sorted(path.name for path in target.parent.iterdir())


def test_a_file_arrives_with_its_progress(server, file, target, finish):
    result, seen = finish(download(file, target))
    assert result == target and target.read_bytes() == BODY and _names(target) == ["weights.pth"]
    fractions = [step.fraction for step in seen]
    assert fractions == sorted(fractions) and fractions[0] < 0.5 and fractions[-1] == 1
    assert {"Downloading: 3 of 3 MB", "Checking: 3 of 3 MB"} <= {step.message for step in seen}
    assert finish(download(file, target)) == (target, []) and len(server.asked) == 1, (
        "what is there is not fetched again"
    )


def test_the_first_digits_of_the_checksum_will_do(server, file, target, finish):
    finish(download(Download(file.url, file.sha256[:8], file.size), target))
    assert target.exists()


@pytest.mark.parametrize(("ranges", "tells"), [(True, True), (False, True), (True, False)])
def test_a_cancelled_download_goes_on_where_it_stopped(server, file, target, finish, ranges, tells):
    server.ranges, server.tells = ranges, tells
    steps = download(file, target)
    while next(steps).fraction < 0.5:
        pass
    steps.close()
    have = target.with_name("weights.pth.part").stat().st_size
    assert 0 < have < len(BODY) and not target.exists()
    finish(download(file, target))
    assert target.read_bytes() == BODY and _names(target) == ["weights.pth"]
    assert server.asked == [None, f"bytes={have}-"]


def test_a_cut_connection_is_said_and_resumed(server, file, target, finish):
    server.cut = 2_000_000
    with pytest.raises(
        PochadeError, match=r"127.0.0.1:\d+ broke off after 2 of 3 MB, which are kept .*try again"
    ):
        finish(download(file, target))
    assert _names(target) == ["weights.pth.part"]
    server.cut = None
    finish(download(file, target))
    assert target.read_bytes() == BODY and server.asked[1] == "bytes=2000000-"


def test_a_complete_part_is_only_checked(server, file, target, finish):
    target.parent.mkdir()
    target.with_name("weights.pth.part").write_bytes(BODY)
    finish(download(file, target))
    assert target.exists() and not server.asked


@pytest.mark.parametrize("body", [BODY[:-1] + b"x", BODY[:100]], ids=["altered", "another page"])
def test_another_file_is_refused_and_not_kept(server, file, target, finish, body):
    server.body = body
    with pytest.raises(PochadeError, match="is not the weights.pth that it should be"):
        finish(download(file, target))
    assert not _names(target)
    server.body = BODY
    finish(download(file, target))
    assert target.exists()


def test_a_servers_refusal_is_said(server, file, target, finish):
    server.status = 404
    with pytest.raises(PochadeError, match="does not give weights.pth: it answers 404"):
        finish(download(file, target))


def test_no_network_is_said(file, target, finish):
    nobody = Download("http://127.0.0.1:9/weights.pth", file.sha256, file.size)
    with pytest.raises(PochadeError, match="127.0.0.1:9 broke off .*check the network"):
        finish(download(nobody, target))


def test_a_full_disk_is_said_before_anything_is_asked(server, file, target, finish):
    with pytest.raises(PochadeError, match="1000000.0 GB and the disk is full"):
        finish(download(Download(file.url, file.sha256, 10**15), target))
    assert not server.asked


def test_the_checksum_of_vgg_19_is_the_one_in_torchvisions_file_name():
    from torchvision.models import VGG19_Weights

    assert VGG19_Weights.DEFAULT.url == VGG19.url
    assert VGG19.url.endswith(f"-{VGG19.sha256[:8]}.pth") and len(VGG19.sha256) == 64
    assert round(VGG19.size / 2**20, 3) == VGG19_Weights.DEFAULT.meta["_file_size"]
