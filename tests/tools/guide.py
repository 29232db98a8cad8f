"""The artist's guide as pages for a browser, which the extension's zip carries: the chapters in docs, without
their pictures. Knows as much of Markdown as they use.
"""

import html
import re
from collections.abc import Iterator
from pathlib import Path

from core.words import anchor

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 17px/1.55 system-ui, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; }}
nav {{ font-size: 14px; }}
table {{ border-collapse: collapse; }}
th, td {{ text-align: left; vertical-align: top; padding: .3em 1em .3em 0; border-bottom: 1px solid #8886; }}
pre {{ overflow-x: auto; padding: .7em; background: #8882; }}
</style></head><body><nav><a href="README.html">The artist's guide</a></nav>
{body}
</body></html>
"""


def pages(docs: Path) -> dict[str, str]:
    """The chapters as HTML, by the names of their files."""
    made = {}
    for chapter in sorted(docs.glob("*.md")):
        text = chapter.read_text(encoding="utf-8")
        title = text.partition("\n")[0].lstrip("# ")
        body = _with_ids_once("\n".join(_blocks(text)))
        made[f"{chapter.stem}.html"] = _PAGE.format(title=title, body=body)
    return made


def _blocks(text: str) -> Iterator[str]:
    for block in re.split(r"\n{2,}", text.strip("\n")):
        lines = block.split("\n")
        if found := re.match(r"(#+) (.+)", block):
            level, title = len(found[1]), found[2]
            yield f'<h{level} id="{anchor(title)}">{_inline(title)}</h{level}>'
        elif block.startswith("|"):
            yield _table(lines)
        elif block.startswith("    "):
            yield f"<pre>{html.escape(re.sub('^    ', '', block, flags=re.M))}</pre>"
        elif found := re.match(r"(-|\d+\.) ", block):
            kind = "ul" if found[1] == "-" else "ol"
            items = re.split(r"^(?:-|\d+\.) ", block, flags=re.M)[1:]
            yield f"<{kind}>{''.join(f'<li>{_inline(item)}</li>' for item in items)}</{kind}>"
        elif not block.startswith("!["):
            yield f"<p>{_inline(block)}</p>"


def _table(lines: list[str]) -> str:
    rows = [[_inline(cell.strip()) for cell in line.strip("|").split("|")] for line in lines]
    head, body = rows[0], rows[2:]
    return "<table>{}{}</table>".format(
        "".join(f"<th>{cell}</th>" for cell in head).join(("<tr>", "</tr>")),
        "".join(f"<tr>{_name(row[0])}{''.join(f'<td>{cell}</td>' for cell in row[1:])}</tr>" for row in body),
    )


def _name(cell: str) -> str:
    """The first cell of a row, with a place for links to each of the names in it."""
    names = re.sub(r"<[^>]+>", "", cell).split(", ")
    places = "".join(f'<a id="{anchor(name)}"></a>' for name in names)
    return f"<td>{places}{cell}</td>"


def _with_ids_once(body: str) -> str:
    """A page where each place for links is its first."""
    seen = set[str]()

    def once(found: re.Match[str]) -> str:
        new = found[1] not in seen
        seen.add(found[1])
        return found[0] if new else ""

    return re.sub(r' id="([^"]*)"', once, body)


def _inline(text: str) -> str:
    """Code, links, bold and italics; what is code stays as it is."""
    parts = re.split(r"`([^`]+)`", html.escape(text.strip(), quote=False))
    for number, part in enumerate(parts):
        if number % 2:
            parts[number] = f"<code>{part}</code>"
            continue
        part = re.sub(r"\[([^\]]+)\]\(([^)]+)\)", _link, part)
        part = re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", part)
        parts[number] = re.sub(r"\*([^*]+)\*", r"<i>\1</i>", part)
    return "".join(parts)


def _link(found: re.Match[str]) -> str:
    return '<a href="{}">{}</a>'.format(re.sub(r"\.md\b", ".html", found[2]), found[1])
