"""The law of the API: values, tables and ports of the Assistants API, with no I/O, no clock and no randomness."""
