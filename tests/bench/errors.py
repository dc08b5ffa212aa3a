"""The one exception that a measurement may end with."""


class Failed(Exception):
    """A system did not do what was asked. The message is the reason."""
