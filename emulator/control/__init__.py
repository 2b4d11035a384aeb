"""The back door, below /_emulator: worlds, clocks, scripts, faults and reports, for tests and not for apps."""
