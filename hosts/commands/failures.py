"""What ends a command with one clear line and exit code 1, instead of a traceback."""

from __future__ import annotations

import sys
from typing import Final


class CommandError(Exception):
    """A command cannot do what it was asked: one line for the operator, without secrets."""


_KNOWN: Final = (
    ("unionhub.hosts.commands.failures", "CommandError"),
    ("unionhub.hosts.settings", "SettingsError"),
    ("unionhub.hosts.hub", "HubError"),
    ("unionhub.hosts.service.serve", "ServeError"),
    ("unionhub.hosts.sandbox.keyring", "KeyringError"),
    ("unionhub.hosts.sandbox.process", "SandboxRefused"),
    ("unionhub.adapters.vault.master", "MasterKeyError"),
    ("unionhub.ports.store", "StoreUnavailable"),
)
"""Module and class. By name, because importing all of them would make every command wait for what one of them needs."""


def known_errors() -> tuple[type[Exception], ...]:
    """The known errors of the modules that were imported: the others can have raised nothing."""
    return tuple(getattr(sys.modules[module], name) for module, name in _KNOWN if module in sys.modules)


def one_line(error: BaseException) -> str:
    """What the operator reads; the first known error of a group."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    text = " ".join(str(error).split()) or type(error).__name__
    return f"the database cannot serve: {text}" if type(error).__name__ == "StoreUnavailable" else text
