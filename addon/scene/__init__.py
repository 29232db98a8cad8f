"""Pochade's data in a scene: settings, choices, recipes, and the verbs on presets."""
