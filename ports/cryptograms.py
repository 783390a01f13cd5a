"""Application cryptograms of consumer codes (tag 9F26): proof that a code was made by who holds the issuer's key."""

from __future__ import annotations

from typing import Protocol

from unionhub.domain.model.identifiers import Token


class CryptogramError(Exception):
    """The key is not available: response code `08`. Carries no value."""


class Cryptograms(Protocol):
    """Contract: the same arguments give the same cryptogram, on every host and after every restart. A code is not stored but
    written anew for a repeat, so the key of a code must stay the key until its codes are over. Keys never leave."""

    def arqc(self, token: Token, atc: int, unpredictable_number: bytes) -> bytes:
        """The cryptogram (8 bytes) of one code of this token.

        `atc` is 0 to 65535 and `unpredictable_number` 4 bytes, ValueError else. Raises CryptogramError.
        """
        ...
