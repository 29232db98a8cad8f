"""Which edition this is. The full one brings the engine and networks from the network; the one for
extensions.blender.org has none of the modules that do: it paints with the PyTorch that Blender's own Python
finds, or without. tests/tools/editions.py lists those modules.
"""

from importlib.util import find_spec

from ..core.words import Sentence

FULL = find_spec(f"{__package__}.engine.install") is not None
# How to come by an engine: the end of a sentence that says it is missing.
REMEDY = Sentence(
    "install the engine, or name a folder that has it"
    if FULL
    else "the full edition of Pochade installs it, and the guide says where that is"
)
