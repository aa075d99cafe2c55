"""Failures of the demo world that were foreseen: their message is all that a person sees."""


class DemoError(Exception):
    """The demo world cannot or must not be written; the message says why and what to do."""
