"""Pochade in other languages: everything that it says is in its catalogues, and can be put together there."""

import re

import pytest

from tests.addon.conftest import PACKAGE
from tests.tools import messages

LANGUAGES = ["zh_HANS", "ja_JP", "es", "fr_FR", "de_DE"]
# Sentences in the code that no artist reads, by the file and how they begin.
NOT_SAID = re.compile(
    r"""addon/blender/(colour_names|compositor|fingerprint|mixing|sequencer)\.py|addon/engine/install\.py
    |addon/farm/(bundle|openjd|packing)\.py|addon/job\.py|addon/shots/movies\.py
    |addon/tasks/\w+\.py:\d+\ Generator|addon/operators/paint\.py:\d+\ \ on\ the\ farm
    |addon/viewport/screen\.py|addon/ui/(drawing|panels/stylize)\.py
    |core/encoders/vgg\.py|core/errors\.py|core/files/(photos|pictures)\.py|core/settings/still\.py""",
    re.VERBOSE,
)


@pytest.fixture(scope="module")
def said(_installed):
    return messages.all_messages(PACKAGE)


@pytest.fixture
def catalogue(load):
    language = load("addon.language")
    return lambda name: language.read_catalogue(language.FOLDER / f"{name}.po")


@pytest.mark.parametrize("name", LANGUAGES)
def test_every_message_is_translated(said, catalogue, name):
    found = catalogue(name)
    assert len(said) > 800
    assert not [message for message in said if not found.get(message)], "run build.py messages, and translate"
    assert not found.keys() - set(said), "build.py messages takes out what is not said any more"
    assert not {
        message: translated
        for message, translated in found.items()
        if messages.placeholders(message) != messages.placeholders(translated)
    }


def test_no_sentence_is_overlooked(said):
    assert not [each for each in messages.overlooked(said) if not NOT_SAID.match(each)]


def test_a_sentence_is_put_together_in_the_language(load, catalogue):
    """With what is in it: a name stays, a label and another sentence are translated."""
    words, german = load("core.words"), catalogue("de_DE")
    within = words.Sentence("Chunk {number}", number=3)
    sentence = words.Sentence("{what}: waiting for another worker, which paints here", what=within)
    assert str(sentence) == "Chunk 3: waiting for another worker, which paints here"
    translated = sentence.in_language(lambda message: german.get(message, message))
    assert "3" in translated and "Chunk" not in translated and "worker" not in translated


def test_a_sentence_made_of_a_sentence_is_that_one(load):
    words = load("core.words")
    inner = words.Sentence("Engine for Python {version}", version="3.11")
    assert words.Sentence(inner).in_language(lambda _: "Moteur, Python {version}") == "Moteur, Python 3.11"


def test_an_error_keeps_its_sentence(load, PochadeError):
    error = PochadeError("There is no file {path}", path="a.png")
    assert str(error) == "There is no file a.png" and f"{error}" == "There is no file a.png"
    assert str(error).in_language(lambda _: "{path} fehlt") == "a.png fehlt"


def test_blender_translates_a_tooltip_as_one(load, catalogue):
    """A setting's tooltip has the words of several messages."""
    language, properties = (
        load("addon.language"),
        load("addon.scene.properties").PochadeScene.bl_rna.properties,
    )
    tooltip = properties["colour_match"].description
    found = language._messages(language.FOLDER / "de_DE.po")
    assert "Matters with" in tooltip and "Matters with" not in found["*", tooltip]


def test_lines_end_where_the_script_lets_them(load):
    pieces = load("addon.ui.labels")._PIECES.findall
    assert pieces("要有遮罩，而其 Vector 通道") == [*"要有遮", "罩，", "而", "其", " ", "Vector ", "通", "道"]
    assert pieces("all the words") == ["all ", "the ", "words"]
