"""What one may ask of responses, conversations and containers."""
