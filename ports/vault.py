"""Keeping numbers unreadable where they are stored, and findable (PCI DSS 3.5.1, 3.5.1.1; RULES section 7)."""

from __future__ import annotations

from typing import Protocol

from unionhub.domain.model.identifiers import Secret


class VaultError(Exception):
    """A ciphertext does not open, or its key version is not here. Carries no value."""


class Vault(Protocol):
    """Contract: `seal` never gives the same bytes twice and names its key version; `open` takes every version still kept
    and raises VaultError otherwise; a ciphertext sealed for one `purpose` does not open for another. `index` and `digest`
    are keyed, deterministic, and of different keys."""

    def seal(self, secret: Secret, purpose: str) -> bytes: ...

    def open(self, sealed: bytes, purpose: str) -> str: ...

    def index(self, secret: Secret, purpose: str) -> bytes:
        """Keyed hash to find a number by (HMAC over the whole value)."""
        ...

    def digest(self, content: bytes) -> bytes:
        """Keyed digest of a request, for idempotency."""
        ...
