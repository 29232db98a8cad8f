"""Presets: styles with the settings that suit them, in folders and in single files."""
