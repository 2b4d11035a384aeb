"""How every connection to a database is made, whatever the server's defaults are."""

from typing import Any, Final

# Seconds until a server that does not answer is given up.
PATIENCE: Final = 5
# tcp_user_timeout: milliseconds for which what was sent may wait for the network, where the system knows such a thing.
CONNECTING: Final[dict[str, Any]] = {
    "autocommit": True,
    "client_encoding": "UTF8",
    "connect_timeout": PATIENCE,
    "fallback_application_name": "assistants-emulator",
    "tcp_user_timeout": 10_000,
}
