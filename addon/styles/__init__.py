"""What an artist picks to paint in: presets, their gallery, regions."""
