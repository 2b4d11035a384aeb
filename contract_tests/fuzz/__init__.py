"""Requests that nobody would write by hand, made by schemathesis from the emulator's own OpenAPI document."""
