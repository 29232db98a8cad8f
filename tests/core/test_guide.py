"""The guide names what there is: each name in italics is one that the panels, menus or settings show, or Blender's own."""

import ast
import re

import build
from core.presets import factory_presets

BLENDER = {"Edit > Preferences > Get Extensions", "Install from Disk", "Allow Online Access", "Open"}
GUIDE = build.ROOT / "docs" / "guide.md"


def shown():
    """Every text in the code that Blender may show."""
    texts = set()
    for path in (build.ROOT / "addon").rglob("*.py"):
        texts |= {node.value for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                  if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    settings = ast.parse((build.ROOT / "core" / "settings.py").read_text(encoding="utf-8"))
    texts |= {node.value for node in ast.walk(settings) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text.rstrip("…") for text in texts}


def names(text):
    """What stands in italics, paths taken apart."""
    for name in re.findall(r"(?<!\*)\*([^*\n]+(?:\n[^*\n]+)?)\*(?!\*)", text):
        yield from ([" ".join(name.split())] if " ".join(name.split()) in BLENDER else map(str.strip, " ".join(name.split()).split(">")))


def test_every_name_in_the_guide_is_shown_somewhere():
    known = shown() | BLENDER | {preset.name for preset in factory_presets()}
    missing = {name for name in names(GUIDE.read_text(encoding="utf-8")) if name not in known}
    assert not missing
    assert len(set(names(GUIDE.read_text(encoding="utf-8")))) > 40


def test_every_setting_in_its_tables_has_a_label():
    known = shown()
    rows = re.findall(r"^\| ([A-Z][A-Za-z, ]+) \|", GUIDE.read_text(encoding="utf-8"), re.M)
    labels = {label for row in rows for label in row.split(", ")} - {"Setting", "You read"}
    missing = {label for label in labels if label not in known and not any(text.endswith(label) for text in known)}
    assert not missing and len(labels) > 25
