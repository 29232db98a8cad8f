"""The files that others have published and Pochade can use: where they are, and what they are."""

from dataclasses import dataclass


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
