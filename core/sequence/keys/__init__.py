"""Frames that the artist has painted, and how the shot follows them."""
