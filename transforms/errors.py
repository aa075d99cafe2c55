"""Failures that were foreseen: their message is all that a person sees."""


class RefusedError(Exception):
    """The job cannot or must not go on.

    The message is one paragraph: what, where (file, line, column), how many, and what to do.
    """


class NotYetError(RefusedError):
    """The job cannot go on yet; trying again later may help without anybody's doing."""


class NeedsApprovalError(RefusedError):
    """The job is done and staged, and a person must approve it before it is published."""
