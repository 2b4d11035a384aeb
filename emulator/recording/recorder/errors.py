"""What a recorder cannot do."""

from emulator.domain.errors import EmulatorError


class RecorderError(EmulatorError):
    """The root of them all."""


class UpstreamError(RecorderError):
    """A URL that cannot be recorded from; the message says why in one line."""


class UnusableFileError(RecorderError):
    """A file that no recording can be appended to, any more or at all; the message says why in one line."""


class LeftOutError(RecorderError):
    """An exchange that is not written; the message says why and where, and holds nothing of it."""


class UnknownCodingError(RecorderError):
    """A body in a content coding that cannot be read, or that breaks it."""


class UnreadableFormError(RecorderError):
    """A body that is no whole form."""


class ClientLeftError(RecorderError):
    """The client has gone before its request was whole."""
