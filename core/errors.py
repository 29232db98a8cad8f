"""The one error that an artist gets to read."""


class PochadeError(Exception):
    """Something the artist can put right; the message is one sentence that says what and how."""
