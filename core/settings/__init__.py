"""Every setting, declared once: the panel, presets, the command line and farm jobs follow from here."""

from .output import OutputSettings
from .sequence import AnimationSettings, FarmSettings, TimingSettings
from .still import Settings
from .training import TRAINED_WITH, InstantSettings
from .values import parse_setting, settings_from, settings_to_json, without_noise
