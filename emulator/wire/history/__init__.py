"""The history of the API: every dated change of a shape or a behaviour, with its evidence."""
