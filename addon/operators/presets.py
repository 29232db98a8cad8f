"""Presets: saving, changing, copying, exporting and importing them, and the stars of the favourites."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from ...core.errors import PochadeError
from ...core.presets.archive import ENDING
from ...core.words import Sentence
from ..blender import compat
from ..language import said
from ..preferences import preferences
from ..scene import library
from ..styles import assets, gallery, presets, stores
from .verb import Browse, Verb

PLACES = [
    (stores.PROJECT.key, "Project", "In this .blend: it goes where the file goes"),
    (stores.LIBRARY.key, "Library", "In your own library, for all projects on this computer"),
]


class OnPreset(Verb):
    """An operator on the scene's preset; with `own` it asks for one that can be changed."""

    bl_options = {"REGISTER", "UNDO"}
    own = True

    @classmethod
    def require(cls, context):
        library.chosen_preset(context.scene, cls.own)


class POCHADE_OT_save_preset(Verb, bpy.types.Operator):
    """Keep the style's picture and the settings, to pick them again later"""

    bl_idname = "pochade.save_preset"
    bl_label = "Save as Preset"
    bl_options = {"REGISTER", "UNDO"}

    name: StringProperty(
        name="Name", options={"SKIP_SAVE"}, description="Name of the new preset; empty for the style's own"
    )
    place: EnumProperty(name="Kept In", description="Where the preset is kept", items=PLACES)

    @classmethod
    def require(cls, context):
        presets.chosen_style(context.scene.pochade)

    def invoke(self, context, event):
        self.name = presets.chosen_style(context.scene.pochade).name
        if preferences(context).keep_in in stores.STORES:
            self.place = preferences(context).keep_in
        return context.window_manager.invoke_props_dialog(self)

    def run(self, context):
        scene = context.scene
        entry = presets.chosen_style(scene.pochade)
        name, settings = self.name.strip() or entry.name, library.present_settings(scene)
        library.keep(scene, entry, name, settings, stores.STORES[self.place])
        if preferences(context).keep_in != self.place:
            preferences(context).keep_in = self.place
            context.preferences.is_dirty = True  # so that Blender keeps it for its next start


class POCHADE_OT_update_preset(OnPreset, bpy.types.Operator):
    """The picked preset recommends the present settings from now on"""

    bl_idname = "pochade.update_preset"
    bl_label = "Update Preset"

    def run(self, context):
        library.update(context.scene)


class POCHADE_OT_rename_preset(OnPreset, bpy.types.Operator):
    """Give this preset another name"""

    bl_idname = "pochade.rename_preset"
    bl_label = "Rename Preset"

    name: StringProperty(name="Name", options={"SKIP_SAVE"}, description="The preset's new name")

    def invoke(self, context, event):
        self.name = library.chosen_preset(context.scene).name
        return context.window_manager.invoke_props_dialog(self)

    def run(self, context):
        if not self.name.strip():
            raise PochadeError("A preset needs a name")
        library.rename(context.scene, self.name.strip())


class POCHADE_OT_duplicate_preset(OnPreset, bpy.types.Operator):
    """Another preset like this one, beside it; one that comes with Pochade is duplicated into the project"""

    bl_idname = "pochade.duplicate_preset"
    bl_label = "Duplicate Preset"
    own = False

    def run(self, context):
        library.duplicate(context.scene)


class POCHADE_OT_copy_preset(OnPreset, bpy.types.Operator):
    """Keep this preset in another place too"""

    bl_idname = "pochade.copy_preset"
    bl_label = "Copy Preset"
    own = False

    place: EnumProperty(name="Kept In", description="Where the copy is kept", items=PLACES)

    def run(self, context):
        library.copy(context.scene, stores.STORES[self.place])


class POCHADE_OT_mark_asset(OnPreset, bpy.types.Operator):
    """Make this preset one of Blender's assets, in this .blend: the shelf below the picture shows it, and in
    all projects where the file is in one of your asset libraries
    """

    bl_idname = "pochade.mark_asset"
    bl_label = "Mark as Asset"
    own = False

    def run(self, context):
        library.mark_asset(context.scene)


class POCHADE_OT_use_asset(Verb, bpy.types.Operator):
    """Paint in the style of this asset; it becomes a preset of this .blend"""

    bl_idname = "pochade.use_asset"
    bl_label = "Use Asset"
    bl_options = {"REGISTER", "UNDO", "INTERNAL"}

    # As Blender's shelves fill them in.
    asset_library_type: EnumProperty(
        name="Kind of Library",
        description="Which kind of asset library the asset is in, for scripts",
        items=[("LOCAL", "Current File", "", 1), ("CUSTOM", "Custom", "", 100)],
        options={"SKIP_SAVE"},
    )
    asset_library_identifier: StringProperty(
        name="Library", description="Which library that is, for scripts", options={"SKIP_SAVE"}
    )
    relative_asset_identifier: StringProperty(
        name="Asset", description="Where it is there, for scripts", options={"SKIP_SAVE"}
    )

    def run(self, context):
        assets.pick(
            context.scene, assets.bring(self.asset_library_identifier, self.relative_asset_identifier)
        )


class POCHADE_OT_delete_preset(OnPreset, bpy.types.Operator):
    """Delete this preset"""

    bl_idname = "pochade.delete_preset"
    bl_label = "Delete Preset"

    def invoke(self, context, event):
        entry = library.chosen_preset(context.scene)
        return self.confirm(
            context,
            event,
            "Delete",
            Sentence("{name}: {loss}", name=entry.name, loss=entry.store.goes_with(entry)),
        )

    def run(self, context):
        library.delete(context.scene)


class POCHADE_OT_export_preset(OnPreset, bpy.types.Operator):
    """Write this preset, with its picture and its network, as one file"""

    bl_idname = "pochade.export_preset"
    bl_label = "Export Preset"
    bl_options = {"REGISTER"}
    own = False

    filepath: StringProperty(
        description="The file to write", subtype="FILE_PATH", options={"SKIP_SAVE"} | compat.RELATIVE_PATH
    )
    check_existing: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: StringProperty(default=f"*{ENDING}", options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context, event):
        self.filepath = bpy.path.clean_name(library.chosen_preset(context.scene).name) + ENDING
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def run(self, context):
        path = Path(bpy.path.abspath(self.filepath))
        path = path if path.suffix == ENDING else path.with_name(path.name + ENDING)
        library.export(context.scene, path)
        self.tell(Sentence("Wrote {path}", path=path))


class POCHADE_OT_import_preset(Browse, Verb, bpy.types.Operator):
    """Add a preset that was exported to a file to your library, and pick it"""

    bl_idname = "pochade.import_preset"
    bl_label = "Import Preset"
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(
        description="The preset's file", subtype="FILE_PATH", options={"SKIP_SAVE"} | compat.RELATIVE_PATH
    )
    filter_glob: StringProperty(default=f"*{ENDING}", options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context, event):
        # A file that was dropped into a window is named already.
        return self.execute(context) if self.filepath else super().invoke(context, event)

    def run(self, context):
        added = library.add_file(context.scene, Path(bpy.path.abspath(self.filepath)))
        self.tell(Sentence("{name} is in your library", name=added.name))


class POCHADE_OT_mark_favourite(Verb, bpy.types.Operator):
    """Add this preset to your favorites, in all projects, or take it from them"""

    bl_idname = "pochade.mark_favourite"
    bl_label = "Favorite"

    preset: StringProperty(
        name="Preset",
        options={"SKIP_SAVE"},
        description="Identifier of the preset, for scripts; without it, the one that is picked",
    )

    @classmethod
    def description(cls, context, properties):
        for entry in stores.entries():
            if entry.id == properties.preset and gallery.is_favourite(entry):
                return said("Take this preset from your favorites")
        return said("Add this preset to your favorites, in all projects")

    def run(self, context):
        identifier = self.preset or library.chosen_preset(context.scene).id
        entry = next((entry for entry in stores.entries() if entry.id == identifier), None)
        if not entry:
            raise PochadeError("There is no preset {identifier}", identifier=identifier)
        gallery.mark(identifier, not gallery.is_favourite(entry))
