"""How a connection is broken off in the middle of an exchange, whatever carries it.

The API raises `BrokenConnectionError` out of its ASGI app, past every layer, where a fault says that no more is to
come; what it has sent until then is meant to arrive. Whoever runs the app turns it into what its client meets: the
server's `Connection` resets or closes the socket, and a transport within the process raises the error of the HTTP
library, one of reading where ``is_reset``, else one of the protocol.
"""

from emulator.domain.errors import EmulatorError


class BrokenConnectionError(EmulatorError):
    """The connection ends here. is_reset: at once, as where a server dies; else behind what has been sent."""

    def __init__(self, *, is_reset: bool = False) -> None:
        super().__init__(
            "the connection was reset" if is_reset else "the connection was closed before the answer ended"
        )
        self.is_reset = is_reset
