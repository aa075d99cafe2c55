"""Failures that were foreseen: their message is all that a person sees."""


class RefusedError(Exception):
    """The job cannot or must not go on.

    The message is one paragraph: what, where (file, line, column), how many, and what to do.
    """
