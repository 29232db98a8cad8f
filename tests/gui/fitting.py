"""Whether the sidebar's panels are cut off at artists' widths: for the sessions that look at that."""

import blf
import bpy
import harness as h

WIDTHS = (200, 280, 400)  # px of the sidebar
MARGINS, BOX = 56, 14  # px: tabs and a panel's edges; a box's edges
SPLIT, BESIDE = 0.4, 0.7  # where a label ends that stands beside its field, and Stylize beside Live
# Px around a text: at its ends, beside a menu's, around a number with its label, beside a box to tick.
TEXT, ARROW, NUMBER, TICK = (2, 20, 30, 24)
# Of pictures and styles, and in the regions' list: they may be of any length.
NAMES = {
    "meadow",
    "a painted sequence",
    "The Shipwreck of the Minotaur",
    "Outside Alpha",
    "Untouched",
    "Collection",
    "Composition VII",
}

_drawn: dict[str, tuple[int, list]] = {}  # by panel: the region's width, and what was laid out in it


def editor():
    return h.area("IMAGE_EDITOR")


def watch(panel):
    """Note what a panel draws, each time."""
    draw = panel.draw

    def watched(self, context):
        draw(self, context)
        # Crashes Blender 5.2.
        _drawn[panel.__name__] = (
            context.region.width,
            self.layout.introspect() if bpy.app.version < (5,) else [],
        )

    panel.draw = watched


def cut_off(items, room, way="LAYOUT_COLUMN"):
    """The texts that are wider than their room, in px, by Blender's own rules of layout."""
    if way == "LAYOUT_SPLIT" and len(items) == 2:
        first = BESIDE if "operator" in items[0] else SPLIT
        rooms = [room * first, room * (1 - first)]
    elif way == "LAYOUT_ROW":  # all shrink alike where together they are too wide
        needs = [needed(item) for item in items]
        rooms = [need if sum(needs) > room else room - sum(needs) + need for need in needs]
        if sum(needs) > room:
            return [text for item in items for text in texts(item)]
    else:
        rooms = [room] * len(items)
    cut = []
    for item, its_room in zip(items, rooms, strict=True):
        if "items" in item:
            cut += cut_off(
                item["items"], its_room - (BOX if item["type"] == "LAYOUT_BOX" else 0), item["type"]
            )
        elif needed(item) > its_room:
            cut += texts(item)
    return cut


def needed(item):
    """The least width of an item, px."""
    if "items" in item:
        widths = [needed(inner) for inner in item["items"]] or [0]
        return sum(widths) if item["type"] in ("LAYOUT_ROW", "LAYOUT_SPLIT") else max(widths)
    prop = property_of(item)
    if not texts(item):
        return (
            36
            if prop and prop.type == "ENUM" and not item["draw_string"]
            else 20
            if "operator" in item or not item["draw_string"]
            else TEXT
        )
    around = (
        ARROW
        if prop and prop.type == "ENUM"
        else NUMBER
        if prop and prop.type in {"INT", "FLOAT"} and prop.name in item["draw_string"]
        else TICK
        if prop and prop.type == "BOOLEAN"
        else 0
    )
    return blf.dimensions(0, item["draw_string"])[0] + TEXT + around


def property_of(item):
    """Pochade's property that an item shows, or None."""
    group, _, name = item.get("rna", "").partition("[")[0].partition(".")
    kind = getattr(h.pochade("addon.scene.properties"), group, None)
    return kind and kind.bl_rna.properties[name]


def texts(item):
    """What an item says, without names and paths of the artist's own."""
    if "items" in item:
        return [text for inner in item["items"] for text in texts(inner)]
    text, language = item["draw_string"], h.pochade("addon.language")
    return [text] if text and text not in NAMES | set(map(language.said, NAMES)) else []


def widen(width):
    """Drag the sidebar's edge by its inner side."""
    for inside in (2, 3, 1):
        sidebar = h.region(editor(), "UI")
        if abs(sidebar.width - width) <= 10:
            return
        yield from h.drag((sidebar.x + inside, sidebar.y + sidebar.height // 3), sidebar.width - width)
        yield 0.4
    raise AssertionError(f"The sidebar is {h.region(editor(), 'UI').width} px wide and not {width}")


def scroll(operator, **options):
    with bpy.context.temp_override(window=h.window(), area=editor(), region=h.region(editor(), "UI")):
        getattr(bpy.ops.view2d, operator)(**options)


def look(state, note):
    """Every panel at every width: shots called by `state`, and nothing cut off."""
    cut = {}
    for width in WIDTHS:
        yield from widen(width)
        for _ in range(4):
            scroll("scroll_up", page=True)
        _drawn.clear()
        for page in range(3):
            h.region(editor(), "UI").tag_redraw()
            yield 0.5
            h.shot(f"{state}_{width}_{page}")
            scroll("scroll_down", page=True)
        assert len(_drawn) == len(panels()), sorted(_drawn)
        preferences = bpy.context.preferences
        blf.size(0, preferences.ui_styles[0].widget.points * preferences.system.ui_scale)
        for panel, (region, items) in _drawn.items():
            if bad := cut_off(items, region - MARGINS):
                cut[f"{panel} at {region}"] = bad
    note(str(cut))
    assert not cut, cut


def panels():
    return [
        cls
        for cls in h.pochade("addon.ui.panels")._CLASSES
        if issubclass(cls, bpy.types.Panel) and cls.bl_space_type == "IMAGE_EDITOR"
    ]


def open_all(only=()):
    """Switch Pochade on, with all its panels open beside a picture, or `only` some."""
    bpy.context.preferences.system.use_region_overlap = False
    h.install()
    h.pochade("addon.ui.panels").unregister()
    for panel in panels():
        if not only or panel.__name__ in only:
            panel.bl_options = set()
        watch(panel)
    h.pochade("addon.ui.panels").register()
    h.open_image_editor().spaces.active.image = h.picture("meadow", 128, 84)
    yield from h.open_tab(editor(), "Pochade")


def fill_all():
    """The longest names, and every field that a choice brings."""
    scene = h.scene()
    scene.preset = "shipwreck_of_the_minotaur"
    scene.source = "RENDER"
    scene.method = "optimised"
    scene.loss = "published"
    scene.keep_colours = "luminance"
    scene.start = "instant"
    for style in (scene.mix.add(), scene.mix.add()):
        style.preset = "shipwreck_of_the_minotaur"
    scene.mix[1].style_kind = "IMAGE"
    scene.regions.add().kind = "OUTSIDE"
    scene.regions[0].style_kind = "NONE"
    scene.regions.add().kind = "COLLECTION"
    scene.active_region = 1
    scene.layers.add().name = bpy.context.view_layer.name
    scene.animation.source, scene.animation.own_range, scene.animation.motion = "FILES", True, "raft"
    painted = h.picture("a painted sequence", 64, 64)
    painted.source, scene.result = "SEQUENCE", painted
    h.pochade("addon.blender.results").record_frames(painted, range(1, 25))


def speak(language):
    """Have Blender's interface in a language."""
    view = bpy.context.preferences.view
    view.language = language
    view.use_translate_interface = view.use_translate_tooltips = view.use_translate_reports = True
    assert bpy.app.translations.locale == language


def look_in(language, note):
    """The filled panels in a language: shots called by it, and nothing cut off."""
    yield from open_all()
    speak(language)
    fill_all()
    yield from look(language, note)


def miss_a_file(note):
    """Of a file that is missing, the sentence has its name and no English."""
    yield 0.1
    try:
        bpy.ops.pochade.import_preset(filepath="/nowhere/lost.pochade")
    except RuntimeError as error:
        note(str(error))
        assert "lost.pochade" in str(error) and "There is no" not in str(error)
    else:
        raise AssertionError("nothing was said")
