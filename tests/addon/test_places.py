"""Where the panel stands, and where it does not."""

import bpy
import pytest


@pytest.mark.parametrize("shown, there", [("SCENE", True), ("SEQUENCER", False)])
def test_the_compositors_panel_is_the_scenes(load, shown, there):
    area = bpy.context.window_manager.windows[0].screen.areas[0]
    area.type = "NODE_EDITOR"
    area.ui_type, area.spaces.active.node_tree_sub_type = "CompositorNodeTree", shown
    panel = load("addon.ui.panels.stylize").POCHADE_PT_stylize_compositor
    with bpy.context.temp_override(area=area):
        assert panel.poll(bpy.context) is there
