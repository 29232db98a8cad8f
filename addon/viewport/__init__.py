"""The 3D viewport: read, and shown painted."""
