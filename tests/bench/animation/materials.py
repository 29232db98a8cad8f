"""Matt surfaces full of pattern, so that every motion shows: reflections would move otherwise."""

from collections.abc import Sequence

import bpy
from harbour import fill

PATTERNS = {
    "noise": ("ShaderNodeTexNoise", {"Detail": 6, "Roughness": 0.6}),
    "cells": ("ShaderNodeTexVoronoi", {"Randomness": 0.9}),
    "waves": ("ShaderNodeTexWave", {"Distortion": 3, "Detail": 2}),
    "stripes": ("ShaderNodeTexWave", {"Distortion": 0.4, "Detail": 1}),
    "checker": ("ShaderNodeTexChecker", {"Color1": (0.1, 0.1, 0.1, 1), "Color2": (0.9, 0.9, 0.9, 1)}),
    "bricks": (
        "ShaderNodeTexBrick",
        {
            "Color1": (0.35, 0.35, 0.35, 1),
            "Color2": (1, 1, 1, 1),
            "Mortar": (0, 0, 0, 1),
            "Mortar Size": 0.03,
            "Brick Width": 0.6,
            "Row Height": 0.28,
        },
    ),
}


def make_textured(
    name: str,
    pattern: str,
    colours: Sequence[Sequence[float]],
    scale: float,
    *,
    grain: float = 0.45,
    upright: bool = False,
) -> bpy.types.Material:
    """A pattern in these colours from dark to light, `scale` of its periods a metre, with noise over it.

    It lies in the object's own space. `upright`: drawn on walls, for patterns that are flat.
    """
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    nodes.remove(nodes["Principled BSDF"])
    place = nodes.new("ShaderNodeTexCoord").outputs["Object"]
    kind, values = PATTERNS[pattern]
    drawn, shades = nodes.new(kind), nodes.new("ShaderNodeValToRGB")
    for socket, value in (values | {"Scale": scale}).items():
        drawn.inputs[socket].default_value = value
    links.new(on_walls(nodes, links, place) if upright else place, drawn.inputs["Vector"])
    fill(
        shades.color_ramp,
        [(i / max(len(colours) - 1, 1) * 0.6 + 0.2, colour) for i, colour in enumerate(colours)],
    )
    links.new(drawn.outputs[0], shades.inputs[0])

    spots = nodes.new("ShaderNodeTexNoise")
    unevenness = nodes.new("ShaderNodeValToRGB")
    mix = nodes.new("ShaderNodeMixRGB")
    spots.inputs["Scale"].default_value, spots.inputs["Detail"].default_value = scale * 1.7, 5
    fill(unevenness.color_ramp, [(0.3, (1 - grain,) * 3), (0.7, (1 + grain,) * 3)])
    mix.blend_type, mix.inputs["Fac"].default_value = "MULTIPLY", 1
    links.new(place, spots.inputs["Vector"])
    links.new(spots.outputs[0], unevenness.inputs[0])
    links.new(shades.outputs[0], mix.inputs["Color1"])
    links.new(unevenness.outputs[0], mix.inputs["Color2"])
    surface = nodes.new("ShaderNodeBsdfDiffuse")
    links.new(mix.outputs[0], surface.inputs["Color"])
    links.new(surface.outputs[0], nodes["Material Output"].inputs["Surface"])
    return material


def on_walls(nodes, links, place: bpy.types.NodeSocket) -> bpy.types.NodeSocket:
    """Coordinates along a wall that faces x or y, and up it."""
    split = nodes.new("ShaderNodeSeparateXYZ")
    along = nodes.new("ShaderNodeMath")
    joined = nodes.new("ShaderNodeCombineXYZ")
    links.new(place, split.inputs[0])
    links.new(split.outputs["X"], along.inputs[0])
    links.new(split.outputs["Y"], along.inputs[1])
    links.new(along.outputs[0], joined.inputs["X"])
    links.new(split.outputs["Z"], joined.inputs["Y"])
    return joined.outputs[0]
