"""Makes the anonymous memory of `mmap.mmap` private: shared memory is refused, and there is no process to share it."""

import mmap
from typing import Any

_KIND = mmap.MAP_SHARED | mmap.MAP_PRIVATE
_ANY_ACCESS = mmap.PROT_READ | mmap.PROT_WRITE


class _Private(mmap.mmap):
    """As `mmap.mmap`, but for the default of anonymous memory."""

    def __new__(
        cls,
        fileno: int,
        length: int,
        flags: int = mmap.MAP_SHARED,
        prot: int = _ANY_ACCESS,
        access: int = mmap.ACCESS_DEFAULT,
        *others: Any,
        **options: Any,
    ) -> Any:
        if fileno == -1 and flags & mmap.MAP_SHARED:
            if access == mmap.ACCESS_DEFAULT:
                flags = flags & ~_KIND | mmap.MAP_PRIVATE
            else:  # then it decides, not the flags
                access = mmap.ACCESS_COPY
        return super().__new__(cls, fileno, length, flags, prot, access, *others, **options)


def make_private() -> None:
    """Let `mmap.mmap` make private memory where there is no file."""
    _Private.__name__ = _Private.__qualname__ = "mmap"
    _Private.__module__ = "mmap"
    mmap.mmap = _Private  # type: ignore[misc]
