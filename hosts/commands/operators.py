"""Who sits at the command line. It is told by the operating system, which is all that a command line knows."""

from __future__ import annotations

import getpass
import os


def login() -> str:
    """The account of the person: with sudo, the one who called it."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (OSError, KeyError):  # a container's user without a name
        return f"uid {os.getuid()}"
