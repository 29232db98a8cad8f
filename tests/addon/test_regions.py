"""Regions and mixes: what the artist picks becomes masks and styles, and a real render is painted so."""

import bpy
import numpy as np
import pytest

from tests.addon.pictures import LEFT, RIGHT, RIGHT_MATERIAL, blender_image, read_file, same

IN_LEFT, IN_RIGHT, IN_BOTH = np.s_[24:72, 10:58], np.s_[24:72, 70:118], np.s_[24:72, 10:118]
SKY = np.s_[:14, :]


@pytest.fixture
def regions(load):
    return load("addon.styles.regions")


@pytest.fixture
def chosen(pochade):
    """The scene's choices, small."""
    chosen = bpy.context.scene.pochade
    chosen.preset = "starry_night"
    chosen.source, chosen.size, chosen.steps, chosen.coarse_size = "RENDER", 128, 12, 128
    return chosen


@pytest.fixture
def rendered(planes, chosen):
    """The scene of two planes, rendered."""
    bpy.ops.render.render()
    return planes


def add(chosen, **values):
    """A new region with these values; untouched unless they name a style."""
    bpy.ops.pochade.add_item(items="regions")
    region = chosen.regions[-1]
    for name, value in ({"style_kind": "NONE", "soft": 0} | values).items():
        setattr(region, name, value)
    return region


@pytest.fixture
def load_parts(regions, load):
    """`load_parts(image)`: the engine's regions and objects for this source."""

    def load_parts(image):
        scene = bpy.context.scene
        return regions.load_parts(scene, image, load("addon.blender.images").read_source(scene, image))()

    return load_parts


@pytest.fixture
def load_regions(load_parts):
    """`load_regions(image)`: the engine's regions for this source."""
    return lambda image: load_parts(image).regions


@pytest.fixture
def masks(rendered, load_regions):
    """`masks()`: of the scene's regions, for the render."""
    return lambda: [region.mask for region in load_regions(bpy.data.images["Render Result"])]


def test_masks_of_the_render(chosen, masks):
    add(chosen, kind="OBJECT", target=LEFT)
    add(chosen, kind="MATERIAL", target=RIGHT)  # the left one's material
    add(chosen, kind="COLLECTION", target="Right")
    add(chosen, kind="OBJECT", target=LEFT, invert=True)
    add(chosen, kind="INSIDE")
    add(chosen, kind="OUTSIDE")
    left, material, collection, inverse, inside, outside = masks()
    assert left.dtype == np.float32
    assert (left == material).all()
    for mask, one, zero in (
        (left, IN_LEFT, IN_RIGHT),
        (collection, IN_RIGHT, IN_LEFT),
        (inverse, IN_RIGHT, IN_LEFT),
        (inside, IN_BOTH, SKY),
        (outside, SKY, IN_BOTH),
    ):
        assert (mask[one] == 1).all(), "to the bit"
        assert (mask[zero] == 0).all()
    assert np.abs(left + inverse - 1).max() < 1e-4
    assert np.abs((left + collection)[IN_BOTH] - 1).max() < 1e-4, (
        "neighbours share the pixels of their border"
    )


def test_a_collection_takes_what_it_holds_and_instances(planes, chosen, load_regions):
    outer, bucket = (bpy.data.collections.new(name) for name in ("Außen", "Bucket"))
    planes.collection.children.link(outer)
    bucket.objects.link(bpy.data.objects[RIGHT])
    bpy.data.collections["Right"].objects.unlink(bpy.data.objects[RIGHT])
    instance = bpy.data.objects.new("Instance", None)
    instance.instance_type, instance.instance_collection = "COLLECTION", bucket
    inner = bpy.data.collections.new("Inner")
    outer.children.link(inner)
    inner.objects.link(instance)
    bpy.ops.render.render()
    add(chosen, kind="COLLECTION", target="Außen")
    (region,) = load_regions(bpy.data.images["Render Result"])
    assert (region.mask[IN_RIGHT] == 1).all()
    assert not region.mask[IN_LEFT].any()


def test_a_soft_edge_reaches_as_far_as_it_says(chosen, masks):
    add(chosen, kind="OBJECT", target=LEFT, soft=0)
    add(chosen, kind="OBJECT", target=LEFT, soft=5)
    add(chosen, kind="OBJECT", target=RIGHT, soft=5)
    hard, soft, neighbour = masks()
    row = soft[48]
    assert (np.diff(row[20:110]) <= 0).all()
    assert ((row[60:68] > 0) & (row[60:68] < 1)).all()
    assert (soft[26:70, 12:56] == 1).all()
    assert not soft[:, 71:].any(), "the render's own edge, and 5 px"
    assert np.abs((soft + neighbour)[26:70, 12:116] - 1).max() < 1e-4
    assert abs(soft.sum() - hard.sum()) < 0.01 * hard.sum()


def test_a_mask_image_counts_by_brightness_and_opacity(chosen, load_regions):
    pixels = np.zeros((48, 64, 4), np.float32)
    pixels[:24, :32] = 1  # top left: white and opaque
    pixels[:24, 32:, :3] = 1  # top right: white and clear
    pixels[24:, 32:] = (0, 1, 0, 1)  # bottom right: green
    add(chosen, kind="MASK", mask=blender_image(pixels, "Half"))
    source = blender_image(np.full((96, 128, 4), 0.5, np.float32))
    (region,) = load_regions(source)
    assert (region.name, region.mask.shape, region.styles) == ("Half", (96, 128), ())
    assert (region.mask[4:40, 4:56] == 1).all()
    assert not region.mask[4:40, 72:].any()
    assert not region.mask[56:, :56].any()
    assert np.abs(region.mask[56:, 72:] - 0.7152).max() < 0.005
    chosen.regions[0].enabled = False
    assert load_regions(source) == []


def test_each_region_has_its_own_style_and_leaves_the_settings(chosen, load_regions):
    chosen.steps = 99
    bpy.ops.pochade.save_preset(name="Many steps")
    chosen.preset, chosen.steps = "udnie", 12
    for style in ({"style_kind": "PRESET", "preset": "image:Many steps"}, {"style_kind": "IMAGE"}, {}):
        add(chosen, kind="INSIDE", **style)
    chosen.regions[1].style_image = blender_image(np.full((32, 32, 4), 0.25, np.float32), "Grey")
    made = load_regions(blender_image(np.ones((64, 64, 4), np.float32)))
    names = [[(style.name, weight) for style, weight in region.styles] for region in made]
    assert names == [[("The Starry Night", 1)], [("Grey", 1)], []]
    assert (chosen.preset, chosen.steps) == ("udnie", 12)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"kind": "OBJECT"}, "Name the Object of the region"),
        ({"kind": "OBJECT", "target": "Nobody"}, "Object Nobody is not seen in the render"),
        ({"kind": "MATERIAL", "target": LEFT}, "Material .* is not seen in the render"),
        ({"kind": "COLLECTION", "target": "Nowhere"}, "There is no collection named Nowhere"),
        ({"kind": "MASK"}, "Choose the region's mask image"),
        ({"kind": "INSIDE", "style_kind": "IMAGE"}, "Open a style picture"),
    ],
)
def test_what_a_region_lacks_is_said(rendered, chosen, values, sentence):
    add(chosen, **values)
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.pochade.stylize(image="Render Result")


def test_a_region_of_the_render_needs_the_render(rendered, chosen):
    add(chosen, kind="OBJECT", target=LEFT)
    source = blender_image(np.ones((64, 64, 4), np.float32))
    with pytest.raises(RuntimeError, match="need the render as the source"):
        bpy.ops.pochade.stylize(image=source.name)


def test_missing_cryptomatte_is_said_and_switched_on(planes, chosen, regions, load):
    passes, layer = load("addon.blender.passes"), planes.view_layers[0]
    layer.use_pass_cryptomatte_object = layer.use_pass_cryptomatte_material = False
    bpy.ops.render.render()
    add(chosen, kind="COLLECTION", target="Left")
    assert passes.are_missing(planes, regions.passes_needed(planes))
    with pytest.raises(
        RuntimeError, match="without Cryptomatte: switch it on under Regions, then render again"
    ):
        bpy.ops.pochade.stylize(image="Render Result")
    bpy.ops.pochade.switch_on_cryptomatte()
    assert layer.use_pass_cryptomatte_object
    assert not layer.use_pass_cryptomatte_material
    assert not passes.are_missing(planes, regions.passes_needed(planes))
    with pytest.raises(RuntimeError, match="Cryptomatte is on, but this render was made without it"):
        bpy.ops.pochade.stylize(image="Render Result")


def test_the_picker_offers_what_renders_show(planes, chosen, regions, load):
    bpy.data.objects.new("Nowhere", bpy.data.meshes.new("Nowhere"))
    load("addon.blender.passes")._seen["OBJECT"] = ["Gone by now"]
    found = {}
    for kind in ("OBJECT", "MATERIAL", "COLLECTION"):
        found[kind] = regions.search(add(chosen, kind=kind), bpy.context, "")
    assert found == {
        "OBJECT": [LEFT, "Gone by now", RIGHT],
        "MATERIAL": [RIGHT_MATERIAL, RIGHT],
        "COLLECTION": ["Left", "Right"],
    }
    assert regions.search(chosen.regions[0], bpy.context, "füß") == [LEFT]


def test_lists_grow_shrink_and_survive_the_file(chosen, tmp_path):
    for target in "abc":
        add(
            chosen,
            target=target,
            preset="udnie",
            soft=7,
            mask=blender_image(np.ones((16, 16, 4), np.float32), target),
        )
    bpy.ops.pochade.add_item(items="mix")
    chosen.mix[0].preset, chosen.mix[0].weight = "great_wave", 0.3
    assert chosen.active_region == 2
    bpy.ops.pochade.remove_item(items="regions", index=2)
    assert chosen.active_region == 1
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.pochade.remove_item(items="regions", index=0)
    bpy.ops.ed.undo_push(message="removed")
    bpy.ops.ed.undo()
    assert [region.target for region in bpy.context.scene.pochade.regions] == ["a", "b"]
    bpy.ops.ed.redo()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    chosen = bpy.context.scene.pochade
    (region,) = chosen.regions
    assert (region.target, region.preset, region.soft, region.mask.name, region.style_kind) == (
        "b",
        "udnie",
        7,
        "b",
        "NONE",
    )
    assert (chosen.mix[0].preset, round(chosen.mix[0].weight, 6), chosen.preset) == (
        "great_wave",
        0.3,
        "starry_night",
    )
    bpy.ops.pochade.remove_item(items="mix", index=0)
    assert len(chosen.mix) == 0
    assert bpy.ops.pochade.remove_item(items="mix", index=0) == {"CANCELLED"}


def test_a_style_picture_is_opened_for_the_region_that_asked(chosen, tmp_path):
    image = blender_image(np.ones((16, 16, 4), np.float32))
    image.filepath_raw, image.file_format = str(tmp_path / "style.png"), "PNG"
    image.save()
    region = add(chosen)
    bpy.ops.pochade.open_style(filepath=image.filepath_raw, chosen=region.path_from_id())
    assert (region.style_kind, bool(region.style_image)) == ("IMAGE", True)
    assert (chosen.style_kind, chosen.style_image) == ("PRESET", None)


def test_each_region_comes_close_to_its_own_style(rendered, chosen, measure_styles):
    add(chosen, kind="MATERIAL", target=RIGHT, style_kind="PRESET", preset="the_scream", soft=2)
    add(chosen, kind="MATERIAL", target=RIGHT_MATERIAL, style_kind="PRESET", preset="great_wave", soft=2)
    assert bpy.ops.pochade.stylize(image="Render Result") == {"FINISHED"}
    distance = measure_styles(chosen.result)
    assert distance(IN_LEFT, "the_scream") < distance(IN_LEFT, "great_wave")
    assert distance(IN_RIGHT, "great_wave") < distance(IN_RIGHT, "the_scream")


@pytest.mark.oldest
def test_an_untouched_region_is_the_displayed_source_to_the_bit(rendered, chosen, masks, pixels, tmp_path):
    add(chosen, kind="OBJECT", target=LEFT, soft=3)
    rendered.render.image_settings.file_format = "PNG"
    bpy.data.images["Render Result"].save_render(str(tmp_path / "seen.png"), scene=rendered)
    assert bpy.ops.pochade.stylize(image="Render Result") == {"FINISHED"}
    seen, painted, (mask,) = read_file(tmp_path / "seen.png"), pixels(chosen.result), masks()
    assert same(seen[mask == 1], painted[mask == 1])
    assert np.abs(seen - painted)[IN_RIGHT].mean() > 0.02, "the rest is painted"
    assert (mask == 1).sum() > 2000


def test_a_mix_lies_between_its_styles(chosen, measure_styles, load):
    source = blender_image(np.random.default_rng(2).random((96, 128, 4), np.float32) ** 0.5)
    bpy.ops.pochade.add_item(items="mix")
    chosen.preset, chosen.mix[0].preset = "the_scream", "great_wave"
    distances = []
    for weight in (0, 1):
        chosen.weight = 1 - weight / 2
        chosen.mix[0].weight = weight
        bpy.ops.pochade.stylize(image=source.name)
        distances.append(measure_styles(chosen.result)(np.s_[:, :], "great_wave"))
        recipe = load("addon.blender.images").recipe(chosen.result)
    assert distances[1] < distances[0]
    assert recipe["style"] == "The Scream + The Great Wave off Kanagawa"
    chosen.weight = chosen.mix[0].weight = 0
    with pytest.raises(RuntimeError, match="a weight above 0"):
        bpy.ops.pochade.stylize(image=source.name)


@pytest.fixture
def pixels():
    def pixels(image):
        values = np.empty((*reversed(image.size), 4), np.float32)
        image.pixels.foreach_get(values.ravel())
        return values[::-1]

    return pixels


@pytest.fixture
def measure_styles(load, pixels):
    """`measure_styles(image)(part, preset)`: the style loss of a part of the image towards a preset."""
    import torch

    losses, measured = load("core.style.losses"), load("core.style.statistics")
    find_preset = load("core.presets.preset").find_preset
    style_from_preset = load("core.presets.load").style_from_preset
    encoder, device = load("core.encoders.network").compact_encoder(), torch.device("cpu")

    def of(image):
        def distance(part, preset):
            crop = pixels(image)[part][..., :3]
            seen = measured.picture_statistics(crop, max(crop.shape), encoder, device)
            wanted = style_from_preset(find_preset(preset)).statistics(encoder, 128, device)
            return sum(
                float(losses.STYLE_LOSSES["covariance"](seen[k], wanted[k]))
                for k in encoder.architecture.style_layers
            )

        return distance

    return of


def test_a_new_region_suits_the_source(chosen):
    for source, kind in (("RENDER", "OBJECT"), ("SHOWN", "MASK")):
        chosen.source = source
        bpy.ops.pochade.add_item(items="regions")
        assert chosen.regions[-1].kind == kind


def test_objects_of_the_render(planes, chosen, load_parts):
    planes.cycles.samples = 16
    bpy.ops.render.render()
    objects = load_parts(bpy.data.images["Render Result"]).objects
    height, width = objects.shape
    assert (width, height) == (128, 96)
    assert not objects[SKY].any()
    left, right = set(objects[IN_LEFT].flat), set(objects[IN_RIGHT].flat)
    assert len(left) == len(right) == 1 and left != right and 0 not in left | right


def test_parts_with_colours_of_their_own_are_objects_of_their_own(planes, chosen, load_parts):
    bpy.ops.object.select_all(action="DESELECT")
    for name in (RIGHT, LEFT):
        bpy.data.objects[name].select_set(True)
        bpy.context.view_layer.objects.active = bpy.data.objects[name]
    bpy.ops.object.join()  # with two materials
    bpy.ops.pochade.switch_on_cryptomatte(for_objects=True)
    assert planes.view_layers[0].use_pass_diffuse_color
    for light in (0.2, 2):
        planes.world.node_tree.nodes["Background"].inputs["Strength"].default_value = light
        bpy.ops.render.render()
        objects = load_parts(bpy.data.images["Render Result"]).objects
        assert len(set(objects[IN_LEFT].flat)) == len(set(objects[IN_RIGHT].flat)) == 1
        assert objects[IN_LEFT][0, 0] != objects[IN_RIGHT][0, 0]
    planes.view_layers[0].use_pass_diffuse_color = False
    bpy.ops.render.render()
    assert len(set(load_parts(bpy.data.images["Render Result"]).objects[IN_BOTH].flat)) == 1


def test_objects_are_asked_of_no_other_source(planes, chosen, load_parts, load):
    passes, layer = load("addon.blender.passes"), planes.view_layers[0]
    layer.use_pass_cryptomatte_object = False
    bpy.ops.render.render()
    render = bpy.data.images["Render Result"]
    assert load_parts(render).objects is None
    layer.use_pass_cryptomatte_object = True
    assert load_parts(render).objects is None, "it is the next render that will have them"
    assert passes.are_missing(planes, passes.OF_OBJECTS)
    assert load_parts(blender_image(np.ones((64, 64, 4), np.float32))).objects is None
    bpy.ops.render.render()
    assert load_parts(render).objects is not None
    for name, value in (("hold_objects", False), ("loss", "covariance"), ("method", "instant")):
        before = getattr(chosen, name)
        setattr(chosen, name, value)
        assert load_parts(render).objects is None
        setattr(chosen, name, before)


def test_objects_make_a_difference_to_the_painting(rendered, chosen, pixels):
    paintings = []
    for holds in (True, True, False):
        chosen.hold_objects = holds
        bpy.ops.pochade.stylize(image="Render Result")
        paintings.append(pixels(chosen.result))
    assert (paintings[0] == paintings[1]).all()
    assert np.abs(paintings[0] - paintings[2])[IN_BOTH].mean() > 0.005
