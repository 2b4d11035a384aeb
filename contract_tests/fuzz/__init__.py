"""Fuzzing: requests that schemathesis generates from the emulator's own OpenAPI document."""
