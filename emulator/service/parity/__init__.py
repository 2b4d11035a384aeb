"""What a namespace's runs and responses have in common for a comparison: dialogues, turns, and what the model saw."""
