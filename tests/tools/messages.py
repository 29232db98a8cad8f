"""What Pochade says, for its catalogues: `python3 build.py messages` brings addon/languages up to date.

Messages come from three places: the code's sentences, by what they are handed to; what Blender shows of
registered classes; and what is said of the factory presets. New ones are empty in a catalogue until somebody
translates them; English stands in.
"""

import ast
import json
import re
import sys
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from string import Formatter
from typing import Any

from core.presets.preset import factory_presets

ROOT = Path(__file__).resolve().parents[2]
# What is handed to these is for artists: as an argument of any place, or by these keywords.
CALLS = set(
    """Sentence PochadeError UnknownFormatError CheckpointLocked Progress said agree tell launch confirm
    draw_sentence alone cannot_go_on""".split()
)
TECHNICAL = set("ValueError TypeError OSError AssertionError RuntimeError compile info warning error".split())
KEYWORDS = {"text", "message", "title", "confirm_text", "sentence", "why"}
# Of developers and the command line, which speak English.
LEFT_OUT = (
    "core/training/command.py",
    "core/training/distill",
    "core/training/reptile",
    "addon/cli/",
    "addon/log.py",
    "addon/about.py",
)


def modules() -> Iterator[Path]:
    """The files whose sentences artists read."""
    for path in sorted([*ROOT.glob("core/**/*.py"), *ROOT.glob("addon/**/*.py")]):
        if not path.relative_to(ROOT).as_posix().startswith(LEFT_OUT):
            yield path


def in_code() -> list[str]:
    """The messages in calls, in the order of the files."""
    return [text for path in modules() for node in ast.walk(_tree(path)) for text in _told(node)]


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _told(node: ast.AST) -> Iterator[str]:
    if not isinstance(node, ast.Call):
        return
    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
    parts = [each.value for each in node.keywords if each.arg in KEYWORDS]
    for part in [*(node.args if name in CALLS else ()), *parts]:
        for text in _constants(part):
            if re.search("[a-z]", text) and not re.fullmatch(r"[\w.]*[._]\w*|https?://.*", text):
                yield text


def _constants(part: ast.expr) -> Iterator[str]:
    """The texts that an expression may be."""
    if isinstance(part, ast.Constant) and isinstance(part.value, str):
        yield part.value
    elif isinstance(part, ast.IfExp):
        yield from (*_constants(part.body), *_constants(part.orelse))
    elif isinstance(part, ast.BoolOp):
        for value in part.values:
            yield from _constants(value)


def overlooked(known: Iterable[str]) -> list[str]:
    """Sentences in the code that are not among the `known` messages, as `file:line sentence`."""
    known, found = set(known), []
    for path in modules():
        tree = _tree(path)
        inner = {id(part) for node in ast.walk(tree) for part in _not_for_artists(node)}
        for node in ast.walk(tree):
            if not isinstance(node, ast.Constant) or id(node) in inner or not isinstance(node.value, str):
                continue
            if node.value not in known and node.value.count(" ") > 2:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.value}")
    return found


def _not_for_artists(node: ast.AST) -> Iterator[ast.AST]:
    """The docstring of a class or function, what is logged, and why a file is refused, in its own terms."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node.value
    if isinstance(node, ast.AnnAssign):
        yield from ast.walk(node.annotation)
    if isinstance(node, ast.arg) and node.annotation:
        yield from ast.walk(node.annotation)
    if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in TECHNICAL:
        for argument in node.args:
            yield from ast.walk(argument)


def in_interface(package: str) -> list[str]:
    """What Blender shows of the classes that a Pochade, loaded as `package`, has registered."""
    language = sys.modules[f"{package}.addon.language"]
    found: list[str] = []
    for name in sorted(name for name in sys.modules if name.startswith(f"{package}.addon.")):
        for thing in list(vars(sys.modules[name]).values()):
            if (
                isinstance(thing, type)
                and thing.__module__ == name
                and getattr(thing, "is_registered", False)
            ):
                found += _shown(thing)
    whole = {str.__str__(sentence) for sentence in language._whole}
    return [text for text in found if text not in whole] + [
        pattern for sentence in language._whole for pattern in _patterns(sentence)
    ]


def _shown(registered: Any) -> Iterator[str]:
    import bpy

    rna = registered.bl_rna
    if issubclass(registered, bpy.types.Operator):  # its properties are in another one
        rna = getattr(bpy.ops.pochade, registered.bl_idname.removeprefix("pochade.")).get_rna_type()
    yield from (getattr(registered, "bl_label", ""), getattr(registered, "bl_category", ""))
    declared = {name for base in registered.__mro__ for name in vars(base).get("__annotations__", {})}
    if hasattr(registered, "bl_label"):
        yield rna.description
    for prop in rna.properties:
        if prop.identifier in declared:
            if prop.name != prop.identifier:
                yield from (prop.name, prop.description)
            for item in getattr(prop, "enum_items_static", ()):
                yield from (item.name, item.description)


def _patterns(sentence) -> Iterator[str]:
    yield sentence.pattern
    for value in sentence.values.values():
        if hasattr(value, "pattern"):
            yield from _patterns(value)


def in_presets() -> Iterator[str]:
    """What the picker says of the presets that come with Pochade."""
    for preset in factory_presets():
        yield from (preset.name, preset.technique, preset.description)


def placeholders(message: str) -> list[str]:
    """The fields of a message, sorted, each with its format."""
    return sorted(
        f"{name}!{how}:{spec}" for _, name, spec, how in Formatter().parse(message) if name is not None
    )


def write_catalogue(path: Path, messages: Iterable[str], translated: dict[str, str]) -> None:
    """Write a .po file of all messages, with the translations that are known."""
    lines = [
        "# Pochade in " + path.stem,
        'msgid ""',
        'msgstr ""',
        json.dumps(f"Language: {path.stem}\n"),
        json.dumps("Content-Type: text/plain; charset=UTF-8\n"),
    ]
    for message in messages:
        lines += ["", f"msgid {_quoted(message)}", f"msgstr {_quoted(translated.get(message, ''))}"]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def all_messages(package: str) -> list[str]:
    """All messages of a Pochade that is loaded as `package`, each once."""
    return list(dict.fromkeys(filter(None, [*in_code(), *in_interface(package), *in_presets()])))


def main() -> None:
    """Bring all catalogues up to date, and say how much of each is translated."""
    sys.path.append(str(Path(__file__).parent))
    checkout = import_module("checkout")
    checkout.start()
    language = import_module(f"{checkout.PACKAGE}.addon.language")
    messages = all_messages(checkout.PACKAGE)
    for path in sorted(language.FOLDER.glob("*.po")):
        known = language.read_catalogue(path)
        write_catalogue(path, messages, known)
        print(f"{path.name}: {sum(bool(known.get(message)) for message in messages)} of {len(messages)}")


if __name__ == "__main__":
    main()
