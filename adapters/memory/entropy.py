"""Randomness: the operating system's, and a reproducible one for the simulation."""

from __future__ import annotations

import os
import random
import secrets


class SystemEntropy:
    """ports.entropy.Entropy from the operating system."""

    def token_bytes(self, count: int) -> bytes:
        return os.urandom(count)

    def uuid_hex(self) -> str:
        return secrets.token_hex(16)


class SeededEntropy:
    """ports.entropy.Entropy that gives the same bytes for the same seed. NOT FOR PRODUCTION: anyone can predict it."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - the simulation must replay from its seed

    def token_bytes(self, count: int) -> bytes:
        return self._random.randbytes(count)

    def uuid_hex(self) -> str:
        return self.token_bytes(16).hex()
