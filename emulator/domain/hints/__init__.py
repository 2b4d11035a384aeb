"""Hints for whoever writes the program under test: what the API lets it do, and what it probably did not mean."""
