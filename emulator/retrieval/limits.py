"""What the reading of one file may use, beside the limits of its type."""

from typing import Final

# The largest real documents take some 300 MB; libraries and reserves of the C library count as well.
MAX_MEMORY: Final = 1024 * 1024 * 1024
# A PDF that is as much work as `pdf` allows takes 30 seconds.
MAX_PROCESSOR_SECONDS: Final = 120
# A process that has grown larger than that does not give it back, and is replaced.
LASTING_MEMORY: Final = 200 * 1024 * 1024
# The exit status of a process without memory even for an answer.
OUT_OF_MEMORY: Final = 3
