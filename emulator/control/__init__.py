"""The control API below /_emulator: namespaces, scripts, clocks, faults and reports, for tests and not for apps."""
