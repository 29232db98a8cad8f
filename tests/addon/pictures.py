"""Small pictures and a small scene to test with, and the way to read back what Blender saves."""

import bpy
import numpy as np

WIDTH, HEIGHT = 64, 48
BYTE = 1 / 255


def picture(width=WIDTH, height=HEIGHT, seed=0):
    """8-bit noise: every pixel another colour and opacity, none of them fully clear."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 4))
    pixels[..., 3] = np.maximum(pixels[..., 3], 1)
    return (pixels / 255).astype(np.float32)


def blender_image(array, name="Source", **kind):
    """A Blender image with these pixels, top row first."""
    height, width = array.shape[:2]
    image = bpy.data.images.new(name, width, height, alpha=True, **kind)
    image.pixels.foreach_set(np.ascontiguousarray(array[::-1], np.float32).ravel())
    image.update()
    return image


def same(seen, painted):
    """Whether two 8-bit pictures are the same to the bit."""
    return seen.shape == painted.shape and np.abs(seen - painted).max() < 1e-3 * BYTE


def read_file(path):
    """The values in a picture file, top row first, as Blender's own loader gives them."""
    image = bpy.data.images.load(str(path), check_existing=False)
    image.colorspace_settings.name = "Non-Color"
    pixels = np.empty((image.size[1], image.size[0], image.channels), np.float32)
    image.pixels.foreach_get(pixels.ravel())
    bpy.data.images.remove(image)
    return pixels[::-1]


def small_scene():
    """A frame that Cycles renders in no time: a red sphere and a blue glow before a very bright sky."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 2, False
    scene.render.resolution_x = 2 * WIDTH
    scene.render.resolution_y = 2 * HEIGHT
    scene.render.resolution_percentage = 50
    scene.render.dither_intensity = 0
    scene.world = bpy.data.worlds.new("Sky")
    scene.world.use_nodes = True
    scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (3, 1.2, 0.2, 1)

    bpy.ops.mesh.primitive_uv_sphere_add(segments=16, ring_count=8)
    red = _material("Red")
    red.nodes["Principled BSDF"].inputs["Base Color"].default_value = (0.8, 0.1, 0.05, 1)
    bpy.ops.mesh.primitive_plane_add(size=1.2, location=(1.3, -0.5, 0), rotation=(1.57, 0, 0))
    glow = _material("Glow")  # adds light and hides nothing: colour without alpha on a transparent film
    light, clear, add = (
        glow.nodes.new(f"ShaderNode{kind}") for kind in ("Emission", "BsdfTransparent", "AddShader")
    )
    light.inputs["Color"].default_value = (0.2, 0.5, 0.9, 1)
    glow.links.new(light.outputs[0], add.inputs[0])
    glow.links.new(clear.outputs[0], add.inputs[1])
    glow.links.new(add.outputs[0], glow.nodes["Material Output"].inputs["Surface"])

    bpy.ops.object.camera_add(location=(0.5, -4, 0.3), rotation=(1.5708, 0, 0))
    scene.camera = bpy.context.object
    return scene


LEFT, RIGHT = 'Füße 脚 "one"', "Matte"  # objects; the left one's material has the right one's name
RIGHT_MATERIAL = "Clay, wet"


def two_planes():
    """A frame of 128 x 96 px with two planes that meet in the middle, 4 px from the sides, 18 px from top.

    Each is in a collection of its own, "Left" and "Right". The film is transparent, and Cryptomatte is on.
    """
    scene = small_scene()
    for item in list(scene.objects)[:2]:
        bpy.data.objects.remove(item)
    scene.render.resolution_percentage, scene.cycles.samples, scene.render.film_transparent = 100, 4, True
    scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (1, 1, 1, 1)
    scene.camera.location, scene.camera.rotation_euler = (0, -6, 0), (1.5708, 0, 0)
    for x, name, material, colour in (
        (-1, LEFT, RIGHT, (0.8, 0.2, 0.1, 1)),
        (1, RIGHT, RIGHT_MATERIAL, (0.1, 0.3, 0.7, 1)),
    ):
        bpy.ops.mesh.primitive_plane_add(size=2, location=(x, 0, 0), rotation=(1.5708, 0, 0))
        bpy.context.object.name = name
        _material(material).nodes["Principled BSDF"].inputs["Base Color"].default_value = colour
        collection = bpy.data.collections.new("Left" if x < 0 else "Right")
        scene.collection.children.link(collection)
        collection.objects.link(bpy.context.object)
        scene.collection.objects.unlink(bpy.context.object)
    layer = scene.view_layers[0]
    layer.use_pass_cryptomatte_object = layer.use_pass_cryptomatte_material = True
    return scene


def _material(name):
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    bpy.context.object.data.materials.append(material)
    return material.node_tree


def render(scene, path, depth="8"):
    """Render the frame as F12 does, let Blender save it as a PNG, and read that."""
    settings = scene.render.image_settings
    settings.file_format, settings.color_mode, settings.color_depth = "PNG", "RGBA", depth
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    return read_file(path)


def to_srgb(linear):
    """The sRGB curve of IEC 61966-2-1."""
    return np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055
    )
