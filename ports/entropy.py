"""Randomness for secrets and nonces; never for numbers that must be unique (those are Sequences)."""

from __future__ import annotations

from typing import Protocol


class Entropy(Protocol):
    """Contract: cryptographically strong in production; reproducible from its seed in the simulation."""

    def token_bytes(self, count: int) -> bytes: ...

    def uuid_hex(self) -> str:
        """32 hex digits, as UPI-UUID wants."""
        ...
