"""The one error that an artist gets to read, and those that say that memory is full."""

from typing import Any

from .words import Sentence


class PochadeError(Exception):
    """Something the artist can put right; the message is one sentence that says what and how, a `Sentence`
    where it has `values`.
    """

    def __init__(self, sentence: str, /, **values: Any):
        super().__init__(Sentence(sentence, **values) if values else sentence)

    def __str__(self) -> str:
        return self.args[0]


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocation failed. PyTorch, which may not be here, has a class of its own for graphics cards
    alone; on processors its allocator and oneDNN raise a plain RuntimeError.
    """
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "OutOfMemoryError"
        or any(words in str(error) for words in ("CPUAllocator", "could not create a primitive"))
    )
