"""Downloads of large files: resumed where they broke off, checked, and never half there."""

import errno
import hashlib
import shutil
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..errors import PochadeError
from ..progress import Progress
from ..words import Sentence, share_in_words, size_in_words
from .atomic import alone
from .made import check_regular, refuse_link

TIMEOUT = 15  # seconds of silence until a connection counts as broken
CHUNK = 1 << 20  # bytes at most between two steps


@dataclass(frozen=True)
class Download:
    """A file that never changes: its address, its SHA-256 (or the first digits) and its size in bytes."""

    url: str
    sha256: str
    size: int

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]


# torchvision itself checks the eight digits that the file's name carries; the others and the size are from
# who published them in full.
VGG19 = Download(
    "https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
    "dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44",
    574_673_361,
)
RAFT = Download(
    "https://download.pytorch.org/models/raft_large_C_T_SKHT_V2-ff5fadd5.pth",
    "ff5fadd56d26b40647388883af1547351ea17868b765c05b27231e72dd16a322",
    21_106_607,
)


def download(file: Download, target: Path) -> Generator[Progress, None, Path]:
    """Download `file` to `target` and return that, which exists only once it is complete and checked.

    Closing the generator cancels: what has come so far stays beside `target`, and the next call goes on from
    there. Raises PochadeError where there is no connection, no room, another file, or another Blender at it.
    """
    if target.exists():
        return target
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        refuse_link(part)
        check_regular(part)
        with alone(
            part,
            Sentence("Another Blender is downloading {name}: wait for it, then try again", name=file.name),
        ):
            have = part.stat().st_size if part.exists() else 0
            if shutil.disk_usage(target.parent).free < file.size - have:
                raise OSError(errno.ENOSPC, "")
            if have < file.size:
                yield from _receive(file, part, have)
            yield from _check(file, part)
            part.replace(target)
    except OSError as error:
        why = (
            Sentence("it takes {size} and the disk is full", size=size_in_words(file.size))
            if error.errno == errno.ENOSPC
            else error
        )
        raise PochadeError(
            "{name} cannot be kept in {parent}: {why}", name=target.name, parent=target.parent, why=why
        ) from error
    return target


def _receive(file: Download, part: Path, have: int) -> Generator[Progress, None, None]:
    """Append to `part` what it lacks; a server that cannot go on from there starts over."""
    import http.client
    import urllib.request

    request = urllib.request.Request(
        file.url, headers={"User-Agent": "Pochade"} | ({"Range": f"bytes={have}-"} if have else {})
    )
    with closing(_attempt(file, have, urllib.request.urlopen, request, timeout=TIMEOUT)) as response:
        goes_on = response.status == http.client.PARTIAL_CONTENT
        whole = (
            (response.headers["Content-Range"] or "").rpartition("/")[2] or None
            if goes_on
            else response.headers["Content-Length"]
        )
        if whole not in (None, str(file.size)):  # a hotel's page for signing in, for one
            raise PochadeError(_other_file(file))
        have = have if goes_on else 0
        with part.open("ab" if goes_on else "wb") as output:
            while have < file.size:
                data = _attempt(file, have, response.read1, CHUNK)
                if not data:
                    raise PochadeError(_broken_off(file, have, "the connection ended"))
                output.write(data)
                have += len(data)
                yield _progress(file, have, "Downloading", 0.95)


def _attempt(file: Download, have: int, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Call a function that waits for the server. Raises PochadeError for the network's errors."""
    # Imported here and in `_receive`: the add-on's registration imports this module, and HTTP takes a while.
    import http.client
    import urllib.error

    try:
        return function(*arguments, **options)
    except urllib.error.HTTPError as error:
        raise PochadeError(
            "{server} does not give {name}: it answers {code} {reason}; try again later",
            server=_server(file),
            name=file.name,
            code=error.code,
            reason=error.reason,
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise PochadeError(_broken_off(file, have, getattr(error, "reason", error))) from error


def _broken_off(file: Download, have: int, why: object) -> str:
    kept = Sentence(" after {share}, which are kept", share=share_in_words(have, file.size)) if have else ""
    return Sentence(
        "The download from {server} broke off{kept} ({why}): check the network, then try again",
        server=_server(file),
        kept=kept,
        why=why,
    )


def _other_file(file: Download) -> str:
    return Sentence(
        "What {server} sent is not the {name} that it should be: check the network, then try again",
        server=_server(file),
        name=file.name,
    )


def _check(file: Download, part: Path) -> Generator[Progress, None, None]:
    """Raise PochadeError, and remove `part`, unless it is what was promised."""
    digest, done = hashlib.sha256(), 0
    with part.open("rb") as data:
        while chunk := data.read(8 * CHUNK):
            digest.update(chunk)
            done += len(chunk)
            yield _progress(file, min(done, file.size), "Checking", 0.05, 0.95)
    if done != file.size or not digest.hexdigest().startswith(file.sha256):
        part.unlink()
        raise PochadeError(_other_file(file))


def _progress(file: Download, done: int, doing: str, share: float, before: float = 0.0) -> Progress:
    return Progress(
        Sentence("{doing}: {share}", doing=doing, share=share_in_words(done, file.size)),
        fraction=before + share * done / file.size,
    )


def _server(file: Download) -> str:
    return urlsplit(file.url).netloc
