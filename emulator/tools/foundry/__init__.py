"""The tools that only Foundry's agents have: one file for each kind.

Source of the shapes, where nothing else is said: the public models of azure-ai-agents 1.1.0 and 1.2.0b6 (documented).
No recording of these tools is public. Fields that the models do not have are kept as they were sent.
"""
