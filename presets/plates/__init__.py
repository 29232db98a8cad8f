"""Pochade's own styles: each a small picture that a program draws the way the craft does it. CC0."""
