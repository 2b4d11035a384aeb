"""State coverage for people to read: as text, and as a page of HTML."""
