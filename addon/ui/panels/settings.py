"""The settings' sliders, from the same fields that the engine reads."""

from dataclasses import fields

import bpy

from ....core.settings import Settings
from ...scene.properties import MENUS
from ..labels import SubPanel, begin, draw_property, draw_sentence, draw_switch

_MATCHED = {"size", "finish_size"}  # sizes that may be set to the source's
_EXPANDED = {"resolution"}  # choices that are buttons side by side


def draw_group(layout: bpy.types.UILayout, scene: bpy.types.Scene, group: str) -> None:
    """A slider or menu for every setting of a picture in a group."""
    draw_fields(layout, scene.pochade, Settings, group)


def draw_fields(layout: bpy.types.UILayout, chosen, settings: type, group: str) -> None:
    """The same for properties made of other settings, dimmed where another one makes them irrelevant."""
    column = layout.column()
    for field in fields(settings):
        if field.metadata["group"] == group:
            row, when = column.row(align=True), field.metadata["when"]
            row.active = not when or any(getattr(chosen, other) in values for other, values in when.items())
            options = {"expand": True} if field.name in _EXPANDED else {}
            beside = draw_property(row, chosen, MENUS.get(field.name, field.name), **options)
            if field.name in _MATCHED:
                beside.operator("pochade.match_size", text="", icon="FULLSCREEN_ENTER").setting = field.name


class _SettingsPanel(SubPanel):
    group: str
    optimises = False  # whether all of it matters to Method Step by Step alone

    def draw(self, context):
        begin(self.layout, context)
        if self.optimises and context.scene.pochade.method != "optimised":
            draw_sentence(self.layout, context, "These matter with Method at Step by Step", "INFO")
            draw_switch(self.layout, context.scene.pochade, "method", "optimised")
        column = self.layout.column()
        column.active = not self.optimises or context.scene.pochade.method == "optimised"
        draw_group(column, context.scene, self.group)


class POCHADE_PT_look(_SettingsPanel, bpy.types.Panel):
    bl_label = "Look"
    group = "look"


class POCHADE_PT_method(_SettingsPanel, bpy.types.Panel):
    bl_label = "Advanced"
    group = "method"
    optimises = True


class POCHADE_PT_layers(_SettingsPanel, bpy.types.Panel):
    bl_label = "Style Layers"
    bl_parent_id = "POCHADE_PT_method"
    group = "layers"
    optimises = True
