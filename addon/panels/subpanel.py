"""What all panels below Stylize have in common."""


class SubPanel:
    """A panel in Pochade's tab of the Image Editor, folded at first, below Stylize unless its class says
    otherwise.
    """

    bl_space_type = "IMAGE_EDITOR"
    bl_region_type = "UI"
    bl_category = "Pochade"
    bl_parent_id = "POCHADE_PT_stylize"
    bl_options = {"DEFAULT_CLOSED"}
