"""Every refusal of responses, conversations and containers: one function for each text.

Evidence marks are those of `emulator.domain.refusals`.
"""

