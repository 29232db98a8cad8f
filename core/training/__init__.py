"""What is trained: instant styles inside Blender, the compact encoder by a developer."""
