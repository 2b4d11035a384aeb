"""Why a file could not be read: the code and the text that a vector store shows as the file's `last_error`."""

from typing import Literal

ErrorCode = Literal["server_error", "unsupported_file", "invalid_file"]


class UnreadableFileError(Exception):
    """A file without a text. code and message: the two fields of `last_error` (texts: reported by users)."""

    code: ErrorCode = "server_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UnsupportedFile(UnreadableFileError):  # noqa: N818 - the API's word
    """The type of the file is none that file search reads."""

    code = "unsupported_file"

    def __init__(self, message: str = "The file type is not supported.") -> None:
        super().__init__(message)


class InvalidFile(UnreadableFileError):  # noqa: N818 - the API's word
    """The file is not what its name says, or is broken, or is locked."""

    code = "invalid_file"

    def __init__(self, message: str = "The file could not be parsed.") -> None:
        super().__init__(message)


class FileTooLarge(InvalidFile):
    """The file holds more text, or more work to get at it, than file search takes on."""

    def __init__(self) -> None:
        super().__init__("The file could not be parsed because it is too large.")


class MissingReader(UnreadableFileError):  # noqa: N818 - in line with the others
    """The library that reads this type is not installed; the service had no such case, so the text says who speaks."""

    def __init__(self, extension: str) -> None:
        super().__init__(f"[emulator] reading .{extension} files needs: pip install 'assistants-emulator[files]'")
