"""Sizes, times and errors in words."""

import re

GIGABYTE = 2**30  # bytes, of memory; disks and downloads count in powers of ten


def duration(seconds: float) -> str:
    """A time in words."""
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


def roughly(seconds: float) -> str:
    """A time that is not known for sure, in words."""
    if seconds < 120:
        step = 1 if seconds < 20 else 5
        return f"about {max(round(seconds / step), 1) * step} s"
    if seconds < 7200:
        return f"about {seconds / 60:.0f} min"
    return f"about {seconds / 3600:.1f} h"


def one_line(error: Exception) -> str:
    """What an error of Blender's says, which may be several lines, in one."""
    return " ".join(str(error).split())


def size_in_words(size: float) -> str:
    """Bytes as an artist reads them."""
    if size >= 999.5e6:
        return f"{size / 1e9:.1f} GB"
    return f"{size / 1e6:.0f} MB" if size >= 999.5e3 else f"{size / 1e3:.0f} KB"


def share_in_words(done: float, size: float) -> str:
    """How much of so many bytes has been done, in megabytes."""
    return f"{done / 1e6:.0f} of {size / 1e6:.0f} MB"


def memory_in_words(size: float, digits: int = 0) -> str:
    """Bytes of memory, in gigabytes with so many digits behind the point."""
    return f"{size / GIGABYTE:.{digits}f} GB"


def is_text(name: str) -> bool:
    """Whether this can be shown: a file's name may have bytes that are no characters."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def anchor(title: str) -> str:
    """What a heading of the guide, or a name in one of its tables, is called in links to it, as on GitHub."""
    return re.sub(r"[^\w -]", "", title).lower().replace(" ", "-")
