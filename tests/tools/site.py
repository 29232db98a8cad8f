"""The artist's guide as a site: the chapters in docs as they are, for any web server, or from the disk.

    python3 build.py docs

It is made by mkdocs in an environment of its own, .venv-docs, with a theme that fetches nothing.
"""

import argparse
import json
import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from .environments import ROOT, Failure, make_environment, pins, python_of, say
from .extension import DIST

VENV_DOCS, SITE = ROOT / ".venv-docs", DIST / "site"


def chapters(docs: Path) -> list[dict[str, str]]:
    """The chapters by their titles, in the order of the guide's index, which is the first."""
    index = (docs / "README.md").read_text(encoding="utf-8")
    names = dict.fromkeys(["README.md", *re.findall(r"\]\(([\w-]+\.md)\)", index)])
    return [
        {(docs / name).read_text(encoding="utf-8").partition("\n")[0].lstrip("# "): name} for name in names
    ]


def build_site(folder: Path = SITE) -> Path:
    """Make the folder the site; returns its first page. Raises Failure for a link that leads nowhere."""
    make_environment(VENV_DOCS, pins("site"), "import mkdocs")
    config = {
        "site_name": "Pochade",
        "docs_dir": str(ROOT / "docs"),
        "site_dir": str(folder),
        "use_directory_urls": False,  # pages can be opened from the disk
        "theme": {"name": "mkdocs", "highlightjs": False, "locale": "en"},
        "plugins": ["search"],
        "nav": chapters(ROOT / "docs"),
        "exclude_docs": "*.py\nlisting/\nicon.png\n__pycache__/",
        "validation": {"links": {"anchors": "warn", "not_found": "warn"}, "nav": {"omitted_files": "warn"}},
    }
    with TemporaryDirectory() as scratch:
        written = Path(scratch, "mkdocs.yml")  # JSON is YAML, too
        written.write_text(json.dumps(config), encoding="utf-8")
        mkdocs: list[str | Path] = [
            python_of(VENV_DOCS),
            "-m",
            "mkdocs",
            "build",
            "--strict",
            "--clean",
            "--config-file",
            written,
        ]
        done = subprocess.run(mkdocs, capture_output=True, text=True)
    if done.returncode:
        raise Failure(f"mkdocs does not build the guide: {' '.join(done.stderr.split())}")
    return folder / "index.html"


def main() -> None:
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args()
    say(f"{build_site().relative_to(ROOT)} is the guide's first page")


if __name__ == "__main__":
    main()
