"""Hovering tells what every control does, and in which unit."""

import re

import bpy
import pytest

pytestmark = pytest.mark.oldest


def controls(load):
    """Every property that an artist can meet, by name: of settings, preferences and operators."""
    groups = [bpy.types.Scene.bl_rna.properties["pochade"].fixed_type]
    for group in groups:
        for prop in group.properties:
            if prop.type in {"POINTER", "COLLECTION"} and prop.fixed_type.identifier.startswith("Pochade"):
                groups.append(prop.fixed_type)
    groups += [
        load("addon.ui.preferences").PochadePreferences.bl_rna,
        load("addon.styles.gallery").PochadeGallery.bl_rna,
    ]
    groups += [getattr(bpy.ops.pochade, name).get_rna_type() for name in dir(bpy.ops.pochade)]
    for group in groups:
        for prop in group.properties:
            if not prop.is_hidden and prop.identifier not in {"rna_type", "name", "bl_idname"}:
                yield f"{group.identifier}.{prop.identifier}", prop


def test_every_control_has_a_tooltip(load):
    found = dict(controls(load))
    assert len(found) > 80 and "PochadeScene.size" in found and "POCHADE_OT_variations.count" in found
    assert not [name for name, prop in found.items() if prop.type != "COLLECTION" and not prop.description]


def test_every_operator_has_a_tooltip(pochade):
    names = dir(bpy.ops.pochade)
    assert len(names) > 30
    assert not [name for name in names if len(getattr(bpy.ops.pochade, name).get_rna_type().description) < 10]


def test_what_is_measured_in_pixels_says_so(load):
    for name, prop in controls(load):
        if prop.type in {"INT", "FLOAT"} and "in pixels" in prop.description:
            assert prop.subtype == "PIXEL", name


def test_words_are_spelt_as_blender_spells_them(load):
    """And never the one way here and the other there."""
    british = re.compile(r"colour|optimis|favourite|stylis|grey|centre|normalis|neighbour", re.IGNORECASE)
    texts = {f"{name} {prop.name} {prop.description}" for name, prop in controls(load)}
    texts = {text.partition(" ")[2] for text in texts}
    texts |= {
        f"{item.name} {item.description}"
        for _, prop in controls(load)
        if prop.type == "ENUM"
        for item in prop.enum_items
    }
    kinds = [getattr(bpy.ops.pochade, name).get_rna_type() for name in dir(bpy.ops.pochade)]
    texts |= {f"{kind.name} {kind.description}" for kind in kinds}
    assert not sorted(text for text in texts if british.search(text))


def test_no_panel_has_the_name_of_a_setting(load):
    settings = load("core.settings")
    labels = {field.metadata["label"] for field in settings.Settings.__dataclass_fields__.values()}
    panels = {kind.bl_label for kind in load("addon.ui.panels")._CLASSES if issubclass(kind, bpy.types.Panel)}
    assert len(panels) > 5 and not labels & panels
