"""Panels, menus, preferences, and gizmos over the picture: they draw, and decide nothing."""
