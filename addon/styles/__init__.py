"""The styles to paint in: presets and their stores, the gallery, regions."""
