"""The shapes of responses, conversations and containers, as they travel."""
