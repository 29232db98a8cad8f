"""What build.py needs: environments, the extension's zip, and a Blender that runs the checkout."""
