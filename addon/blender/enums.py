"""Items of enums whose lists change."""

_strings: dict[str, str] = {}


def item(identifier: str, name: str, description: str, icon: int | str, number: int) -> tuple:
    """An enum's item. Blender keeps no copy of its strings, so they are kept here."""
    texts = (_strings.setdefault(text, text) for text in (identifier, name, description))
    return (*texts, icon, number)
