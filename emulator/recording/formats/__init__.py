"""One file for each format in which recordings are kept: how it is recognized, and how it is read."""
