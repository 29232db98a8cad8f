"""Large files from the network: resumed where they broke off, checked, and never half there."""

import errno
import hashlib
import http.client
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..errors import PochadeError
from ..progress import Progress
from .downloads import Download

TIMEOUT = 15  # seconds of silence until a connection counts as broken
CHUNK = 1 << 20  # bytes at most between two steps


def fetch(file: Download, target: Path) -> Generator[Progress, None, Path]:
    """Download `file` to `target` and return that; `target` exists only once it is complete and its SHA-256
    right.

    Closing the generator cancels: what has come so far stays beside `target`, and the next call goes on from
    there. Raises PochadeError when there is no connection, no room, or another file than the one that was
    promised.
    """
    if target.exists():
        return target
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        have = part.stat().st_size if part.exists() else 0
        if shutil.disk_usage(target.parent).free < file.size - have:
            raise OSError(errno.ENOSPC, "")
        if have < file.size:
            yield from _receive(file, part, have)
        yield from _check(file, part)
        part.replace(target)
    except OSError as error:
        why = (
            f"it takes {_megabytes(file.size)} MB and the disk is full"
            if error.errno == errno.ENOSPC
            else error
        )
        raise PochadeError(f"{target.name} cannot be kept in {target.parent}: {why}") from error
    return target


def _receive(file: Download, part: Path, have: int) -> Generator[Progress, None, None]:
    """Append to `part` what it lacks; a server that cannot go on from there starts over."""
    request = urllib.request.Request(
        file.url, headers={"User-Agent": "Pochade"} | ({"Range": f"bytes={have}-"} if have else {})
    )
    with closing(_attempt(file, have, urllib.request.urlopen, request, timeout=TIMEOUT)) as response:
        goes_on = response.status == http.client.PARTIAL_CONTENT
        whole = (
            response.headers["Content-Range"].rpartition("/")[2]
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
    """Call a function that waits for the server. Raises PochadeError in the place of whatever comes from the
    network.
    """
    try:
        return function(*arguments, **options)
    except urllib.error.HTTPError as error:
        raise PochadeError(
            f"{_server(file)} does not give {file.name}: it answers {error.code} {error.reason}; try "
            "again later"
        ) from error
    except (OSError, http.client.HTTPException) as error:
        raise PochadeError(_broken_off(file, have, getattr(error, "reason", error))) from error


def _broken_off(file: Download, have: int, why: object) -> str:
    kept = f" after {_megabytes(have)} of {_megabytes(file.size)} MB, which are kept" if have else ""
    return f"The download from {_server(file)} broke off{kept} ({why}): check the network, then try again"


def _other_file(file: Download) -> str:
    return (
        f"What {_server(file)} sent is not the {file.name} that it should be: check the network, then "
        "try again"
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
    message = f"{doing}: {_megabytes(done)} of {_megabytes(file.size)} MB"
    return Progress(message, fraction=before + share * done / file.size)


def _server(file: Download) -> str:
    return urlsplit(file.url).netloc


def _megabytes(size: int) -> int:
    return round(size / 1e6)
