"""The wheels of all lock files as a CycloneDX bill of materials, for whoever has to answer for software."""

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from .locks import Wheel


def license_in(metadata: Mapping) -> dict:
    """A wheel's license as CycloneDX has it, by the wheel's own metadata; empty where that names none."""
    if expression := metadata.get("license_expression"):
        return {"expression": expression}
    kinds = [kind for kind in metadata.get("classifier", []) if kind.startswith("License :: ")]
    name = metadata.get("license") or (kinds[0].rpartition(" :: ")[2] if kinds else "")
    return {"license": {"name": name.splitlines()[0]}} if name else {}


def licenses(path: Path) -> dict[str, dict]:
    """The licenses in a bill, by their wheels' hashes; none where there is no bill yet."""
    if not path.is_file():
        return {}
    parts = json.loads(path.read_text(encoding="utf-8"))["components"]
    return {part["hashes"][0]["content"]: part["licenses"][0] for part in parts if "licenses" in part}


def written(locks: Mapping[str, list[Wheel]], licenses: Mapping[str, dict]) -> str:
    """The bill's text: of every wheel where it comes from, its hash, its license and the locks that name it.
    Locks without hashes are named as such.
    """
    places: dict[Wheel, list[str]] = {}
    for lock, wheels in locks.items():
        for wheel in wheels:
            places.setdefault(wheel, []).append(lock)
    ordered = sorted(places, key=lambda wheel: wheel.file)
    return (
        json.dumps(
            {
                "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
                "bomFormat": "CycloneDX",
                "specVersion": "1.6",
                "version": 1,
                "metadata": {
                    "component": {"type": "application", "bom-ref": "engine", "name": "Pochade's engine"},
                    "properties": [
                        {"name": "pochade:without-hashes", "value": lock}
                        for lock, wheels in locks.items()
                        if not wheels
                    ],
                },
                "components": [_component(each, places[each], licenses.get(each.sha256)) for each in ordered],
            },
            indent=1,
        )
        + "\n"
    )


def _component(wheel: Wheel, locks: list[str], license: dict | None) -> dict:
    return {
        "type": "library",
        "bom-ref": wheel.file,
        "name": wheel.name,
        "version": wheel.version,
        "hashes": [{"alg": "SHA-256", "content": wheel.sha256}],
        **({"licenses": [license]} if license else {}),
        "purl": f"pkg:pypi/{wheel.name}@{quote(wheel.version)}?file_name={quote(wheel.file)}",
        "properties": [{"name": "pochade:lock", "value": lock} for lock in locks],
    }
