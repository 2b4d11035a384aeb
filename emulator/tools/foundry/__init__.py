"""The tools that only Foundry's agents have: one file for each kind.

Source of the definitions, where nothing else is said: the public models of azure-ai-agents 1.1.0 and 1.2.0b6
(documented). Fields that the models do not have are kept as they were sent. Source of the calls in steps and streams:
the public recordings of that library's tests (Azure/azure-sdk-assets, azure-ai-agents, Aug 2025). Not recorded, and so
unverified, are streams of deep research, browsers and computers, several calls in one step, and calls that are not
approved or need no approval.
"""
