"""Panels, menus and preferences: they draw, and decide nothing."""
