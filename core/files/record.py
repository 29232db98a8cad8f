"""What a checkpoint's job.json holds, and what two of them tell apart. Needs no PyTorch."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

VERSION = 2  # of the format; part of every identity


@dataclass(frozen=True)
class Growth:
    """What a job needs to go on after a finished one that was to make only the first of its files.

    `identity` is what the job's would be with the first so many files alone, and `arrays` are those that a
    job with so many files leaves for the steps that may follow.
    """

    identity: Callable[[int], Mapping[str, Any]]
    arrays: Callable[[int], Iterable[tuple[str | int, int]]] = lambda count: ()


@dataclass(frozen=True)
class MadeFrom:
    """What the files of a job are made from beside its identity, one by one: a digest for each of them, in
    order, which is that of the arrays with its number too. `part` is what the artist calls it.
    """

    part: str
    digests: Sequence[str]


def identity_with(identity: Mapping[str, Any], files: Sequence[str]) -> dict[str, Any]:
    """An identity in the form that job.json has it in."""
    return json.loads(json.dumps({"Pochade": VERSION, **identity, "frames": list(files)}))


def changed_parts(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The names of the parts in which two identities differ."""
    return [part for part in {**now, **before} if before.get(part) != now.get(part)]


def outdated(record: Mapping[str, Any], made_from: Mapping[str, str]) -> list[str]:
    """The files that were painted, and would be made from something else now."""
    before = record.get("made from", {})
    return [name for name in record.get("painted", ()) if before.get(name) != made_from.get(name)]


def is_begun(record: Mapping[str, Any]) -> bool:
    """Whether there is something in it to go on from."""
    return bool(record.get("done") or record.get("kept"))


def is_record(record: Any) -> bool:
    """Whether this can be what job.json holds."""
    return (
        isinstance(record, dict)
        and isinstance(record.get("finished"), bool)
        and type(record.get("done")) is int
        and record["done"] >= 0
        and type(record.get("begun with", 1)) is int
        and record.get("begun with", 1) > 0
        and isinstance(record.get("identity"), dict)
        and all(_is_list_of_names(record.get(key)) for key in ("painted", "files"))
        and set(record["painted"]) <= set(record["files"])
        and _is_list_of_names(kept := record.get("kept", []))
        and set(kept) <= set(record["painted"])
        and isinstance(record.get("made from", {}), dict)
    )


def _is_list_of_names(names: Any) -> bool:
    return (
        isinstance(names, list)
        and all(isinstance(name, str) for name in names)
        and len(set(names)) == len(names)
    )
