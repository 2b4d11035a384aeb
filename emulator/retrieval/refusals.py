"""Why a file cannot be read: exceptions with the code and the message of a file's `last_error` in a vector store."""

from typing import Literal

from emulator.domain.errors import EmulatorError

ErrorCode = Literal["server_error", "unsupported_file", "invalid_file"]


class UnreadableFileError(EmulatorError):
    """The file cannot be read. code and message: the two fields of `last_error` (texts: reported by users)."""

    code: ErrorCode = "server_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UnsupportedFile(UnreadableFileError):  # noqa: N818 - the API's word
    """File search does not read files of this type."""

    code = "unsupported_file"

    def __init__(self, message: str = "The file type is not supported.") -> None:
        super().__init__(message)


class InvalidFile(UnreadableFileError):  # noqa: N818 - the API's word
    """The file is broken, locked, or not of the type that its name says."""

    code = "invalid_file"

    def __init__(self, message: str = "The file could not be parsed.") -> None:
        super().__init__(message)


class FileTooLarge(InvalidFile):
    """The file has more text, or takes more work to read, than file search allows."""

    def __init__(self) -> None:
        super().__init__("The file could not be parsed because it is too large.")


class MissingReader(UnreadableFileError):  # noqa: N818 - like the others
    """The library for this type is not installed; the service had no such error, so the message names the emulator."""

    def __init__(self, extension: str) -> None:
        super().__init__(f"[emulator] reading .{extension} files needs: pip install 'assistants-emulator[files]'")
