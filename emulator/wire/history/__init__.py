"""What changed over the years: every dated change of a shape or a behaviour, with its evidence."""
