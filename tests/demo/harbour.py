"""The demo's scene: a harbour village at the end of a summer day. Made from nothing; every build is the same.

Metres, z up; the sea is at 0, the camera looks along +y from a boat in the bay.
"""

from collections.abc import Sequence
from random import Random

import bpy
from landscape import add_hill, add_mountains, add_sea, add_trees
from mathutils import Vector
from village import add_boats, add_church, add_quay, add_village

SUN = Vector((-0.80, -0.50, 0.27)).normalized()  # where the light comes from
GLOW = Vector((-0.62, 0.80, 0.06)).normalized()  # the brightest part of the sky


def build_scene(scene: bpy.types.Scene, width: int = 960, height: int = 540, samples: int = 8):
    """Fill an empty scene and set it up for Cycles on the CPU."""
    dice = Random(5)
    add_light(scene)
    add_sea(scene)
    add_mountains(scene)
    add_hill(scene)
    add_village(scene, dice)
    add_church(scene)
    add_trees(scene, dice)
    add_quay(scene)
    add_boats(scene)
    add_camera(scene)
    scene.render.engine = "CYCLES"
    scene.render.resolution_x = width
    scene.render.resolution_y = height
    scene.render.resolution_percentage = 100
    scene.cycles.device = "CPU"
    scene.cycles.samples = samples
    scene.cycles.use_adaptive_sampling = True
    scene.cycles.use_denoising = True
    scene.cycles.max_bounces = 3
    scene.cycles.caustics_reflective = scene.cycles.caustics_refractive = False
    scene.cycles.sample_clamp_indirect = 4


def add_light(scene: bpy.types.Scene):
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.data.energy, sun.data.color, sun.data.angle = 7.0, (1.0, 0.58, 0.27), 0.03
    sun.rotation_euler = SUN.to_track_quat("Z", "Y").to_euler()
    scene.collection.objects.link(sun)
    scene.world = bpy.data.worlds.new("Evening")
    make_sky(scene.world)


def make_sky(world: bpy.types.World):
    """A sky that turns from the sun's gold into blue, with bands of cloud."""
    world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    view, split = nodes.new("ShaderNodeTexCoord"), nodes.new("ShaderNodeSeparateXYZ")
    links.new(view.outputs["Generated"], split.inputs[0])
    air = nodes.new("ShaderNodeValToRGB")
    fill(
        air.color_ramp,
        [
            (0.0, (1.05, 0.50, 0.19)),
            (0.07, (1.0, 0.58, 0.32)),
            (0.17, (0.52, 0.54, 0.66)),
            (0.32, (0.15, 0.28, 0.55)),
            (0.7, (0.04, 0.10, 0.30)),
        ],
    )
    links.new(split.outputs["Z"], air.inputs[0])

    facing = nodes.new("ShaderNodeVectorMath")
    facing.operation, facing.inputs[1].default_value = "DOT_PRODUCT", GLOW
    links.new(view.outputs["Generated"], facing.inputs[0])
    glow = nodes.new("ShaderNodeValToRGB")
    fill(
        glow.color_ramp,
        [(0.5, (0, 0, 0)), (0.8, (0.22, 0.08, 0.01)), (0.96, (0.75, 0.32, 0.07)), (1.0, (1.5, 0.80, 0.28))],
    )
    links.new(facing.outputs["Value"], glow.inputs[0])

    stretch = nodes.new("ShaderNodeMapping")
    puffs = nodes.new("ShaderNodeTexNoise")
    cover = nodes.new("ShaderNodeValToRGB")
    stretch.inputs["Scale"].default_value = (1.6, 1.6, 7.5)
    puffs.inputs["Scale"].default_value, puffs.inputs["Detail"].default_value = 2.1, 4
    fill(cover.color_ramp, [(0.46, (0, 0, 0)), (0.60, (0.9, 0.9, 0.9))])
    links.new(view.outputs["Generated"], stretch.inputs["Vector"])
    links.new(stretch.outputs["Vector"], puffs.inputs["Vector"])
    links.new(puffs.outputs[0], cover.inputs[0])

    clouds, light = nodes.new("ShaderNodeMixRGB"), nodes.new("ShaderNodeMixRGB")
    clouds.inputs["Color2"].default_value = (1.15, 0.62, 0.45, 1)
    light.blend_type, light.inputs["Fac"].default_value = "ADD", 1
    links.new(cover.outputs[0], clouds.inputs["Fac"])
    links.new(air.outputs[0], clouds.inputs["Color1"])
    links.new(clouds.outputs[0], light.inputs["Color1"])
    links.new(glow.outputs[0], light.inputs["Color2"])
    links.new(light.outputs[0], nodes["Background"].inputs["Color"])
    nodes["Background"].inputs["Strength"].default_value = 0.8
    world.cycles.sampling_method = (
        "NONE"  # so smooth a sky needs no map of its lights, which takes seconds to build
    )


def fill(ramp: bpy.types.ColorRamp, stops: Sequence[tuple[float, Sequence[float]]]):
    while len(ramp.elements) < len(stops):
        ramp.elements.new(1.0)
    while len(ramp.elements) > len(stops):
        ramp.elements.remove(ramp.elements[-1])
    for element, (position, colour) in zip(ramp.elements, stops, strict=True):
        element.position, element.color = position, (*colour, 1)


def add_camera(scene: bpy.types.Scene):
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location = (-5, -60, 6.5)
    camera.rotation_euler = (Vector((3.5, 20, 14.0)) - camera.location).to_track_quat("-Z", "Y").to_euler()
    camera.data.lens, camera.data.clip_end = 33, 5000
    scene.collection.objects.link(camera)
    scene.camera = camera
