"""What servers in this process have in common: they are typed objects, too."""

from abc import ABC, abstractmethod
from typing import Unpack

from emulator.harness.async_namespace import AsyncNamespace
from emulator.harness.config import Config
from emulator.harness.emulator import Emulator
from emulator.harness.namespace import Namespace


class Hosted(ABC):
    """A server that this process runs."""

    _emulator: Emulator | None = None

    @abstractmethod
    def _as_emulator(self) -> Emulator:
        """Return the running server as a typed object."""

    @property
    def emulator(self) -> Emulator:
        """The running server as a typed object."""
        if self._emulator is None:
            self._emulator = self._as_emulator()
        return self._emulator

    def namespace(self, name: str = "default", **config: Unpack[Config]) -> Namespace:
        """Return a namespace, made if need be, with its configuration. name: any text."""
        return self.emulator.namespace(name, **config)

    def async_namespace(self, name: str = "default", **config: Unpack[Config]) -> AsyncNamespace:
        """Return a namespace whose methods are awaited."""
        return self.emulator.async_namespace(name, **config)

    def _close_emulator(self) -> None:
        """Close what the typed object has opened."""
        if self._emulator is not None:
            self._emulator.close()
            self._emulator = None
