"""The tables of the restaurant: what the booking desk changes in the world."""


class Tables:
    """Bookings in their order. guests: whose they are."""

    def __init__(self) -> None:
        self.guests: list[str] = []
        self._of_calls: dict[str, str] = {}

    def book(self, guest: str) -> str:
        """Book another table."""
        self.guests.append(guest)
        return f"Table {len(self.guests)}"

    def book_once(self, call_id: str, guest: str) -> str:
        """Book a table for a call, once however often it is asked for."""
        if call_id not in self._of_calls:
            self._of_calls[call_id] = self.book(guest)
        return self._of_calls[call_id]
