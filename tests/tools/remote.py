"""A file on a server, read in parts."""

import io
import re
from urllib.request import Request, urlopen

BLOCK = 1 << 20


class RemoteFile(io.RawIOBase):
    """The bytes at a URL, of which only those that are read come over. Raises OSError, also where a server
    gives files only whole.
    """

    def __init__(self, url: str):
        super().__init__()
        self._url, self._position = url, 0
        with urlopen(Request(url, headers={"Range": "bytes=0-0"}), timeout=60) as answer:
            found = re.fullmatch(r"bytes 0-0/(\d+)", answer.headers.get("Content-Range", ""))
        if found:
            self.size = int(found.group(1))
        else:  # a mirror may leave that out
            with urlopen(Request(url, method="HEAD"), timeout=60) as answer:
                self.size = int(answer.headers["Content-Length"])

    @classmethod
    def open(cls, url: str) -> io.BufferedReader:
        """The file, with what was just read at hand."""
        return io.BufferedReader(cls(url), BLOCK)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._position = (
            offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        )
        return self._position

    def readinto(self, buffer) -> int:
        end = min(self._position + len(buffer), self.size)
        if self._position >= end:
            return 0
        wanted = Request(self._url, headers={"Range": f"bytes={self._position}-{end - 1}"})
        with urlopen(wanted, timeout=60) as answer:
            if answer.status != 206:
                raise OSError(f"{self._url} is given only whole")
            part = answer.read()
        buffer[: len(part)] = part
        self._position += len(part)
        return len(part)
