"""Envelope encryption of numbers at rest, and the keyed hashes to find them by (PCI DSS 3.5.1, 3.5.1.1, 3.7.4).

A ciphertext is: format (1 byte), data-key version (2 bytes, big-endian), nonce (12), AES-256-GCM ciphertext with tag. Format,
version and purpose are authenticated. Keys and nonces come from the operating system and not from the Entropy port: a
repeated nonce would open GCM, so not even a simulation may choose it.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import struct
from datetime import timedelta
from typing import Final, NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from unionhub.adapters.memory.telemetry import NullTelemetry
from unionhub.domain.model.identifiers import Secret
from unionhub.ports.clock import Clock
from unionhub.ports.store import Store, StoreUnavailable
from unionhub.ports.telemetry import Telemetry
from unionhub.ports.vault import VaultError

from . import keys
from .master import KEY_BYTES, MasterKey

DATA: Final = "data"
INDEX: Final = "index"
DIGEST: Final = "digest"

SEAL_DELAY: Final = timedelta(seconds=60)
"""A new data key only opens for this long before it seals: every other host has read it by then (see `run`)."""

_HEAD: Final = struct.Struct(">BH")
_FORMAT: Final = 1
_NONCE_BYTES: Final = 12
_MIN_BYTES: Final = _HEAD.size + _NONCE_BYTES + 16  # the tag
_MAX_VERSION: Final = 0xFFFF


class EnvelopeVault:
    """ports.vault.Vault over data keys that lie wrapped in the store. Make one with `load`.

    One data key may seal 2**32 numbers (random nonces, NIST SP 800-38D 8.3): rotate long before. The index and digest keys
    have one version only, since what they made must stay findable.
    """

    def __init__(
        self, store: Store, master: MasterKey, clock: Clock, telemetry: Telemetry, *, index_key: bytes, digest_key: bytes
    ) -> None:
        self._store = store
        self._master = master
        self._clock = clock
        self._telemetry = telemetry
        self._index_key = index_key
        self._digest_key = digest_key
        self._ciphers: dict[int, AESGCM] = {}
        self._current = 0

    # --- the port

    def seal(self, secret: Secret, purpose: str) -> bytes:
        """Encrypt under the current data key. Never the same bytes twice."""
        head = _HEAD.pack(_FORMAT, self._current)
        nonce = os.urandom(_NONCE_BYTES)
        plain = secret.reveal().encode(errors="surrogatepass")
        return head + nonce + self._ciphers[self._current].encrypt(nonce, plain, head + purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> str:
        """Decrypt; raises VaultError, in one shape, for whatever cause."""
        cipher = self._ciphers.get(_version_of(sealed))
        head, nonce, rest = sealed[: _HEAD.size], sealed[_HEAD.size :][:_NONCE_BYTES], sealed[_HEAD.size + _NONCE_BYTES :]
        if cipher is not None:
            try:
                return cipher.decrypt(nonce, rest, head + purpose.encode()).decode(errors="surrogatepass")
            except InvalidTag:
                pass
        raise _unopened()

    def index(self, secret: Secret, purpose: str) -> bytes:
        """HMAC-SHA-256 of the whole value, apart for each purpose (at most 255 bytes)."""
        label = purpose.encode()
        # The label's length in front: no purpose and value run into each other as another purpose and value do.
        content = bytes([len(label)]) + label + secret.reveal().encode(errors="surrogatepass")
        return hmac.digest(self._index_key, content, "sha256")

    def digest(self, content: bytes) -> bytes:
        """HMAC-SHA-256 under a key of its own."""
        return hmac.digest(self._digest_key, content, "sha256")

    # --- the life of the data keys

    async def rotate(self) -> int:
        """Add a data-key version and return it. Hosts seal with it once SEAL_DELAY is over; older versions then only open."""
        await self.refresh()
        version = max(self._ciphers) + 1
        if version > _MAX_VERSION:
            raise ValueError(f"no data-key version beyond {_MAX_VERSION}")
        # False means that another host rotated at this very moment: then that is the rotation.
        await keys.add(self._store, self._master, self._clock, {DATA: os.urandom(KEY_BYTES)}, version=version)
        await self.refresh()
        return version

    def needs_reseal(self, sealed: bytes) -> bool:
        """True for a ciphertext of a retired data key. Raises VaultError for what is no ciphertext."""
        return _version_of(sealed) < self._current

    def reseal(self, sealed: bytes, purpose: str) -> bytes:
        """The same value under the current data key, for the job that retires an old one."""
        return self.seal(Secret(self.open(sealed, purpose)), purpose)

    async def refresh(self) -> None:
        """Read what other hosts added. Raises StoreUnavailable, or MasterKeyError if a key does not open."""
        async with self._store.begin() as work:
            rows = [row for row in await work.wrapped_keys() if row.kind == DATA]
        for row in rows:
            if row.version not in self._ciphers:
                self._ciphers[row.version] = AESGCM(self._master.unwrap(row.kind, row.version, row.wrapped))
        settled_by = self._clock.now() - SEAL_DELAY
        # The first data key seals at once: nobody can be behind.
        settled = [row.version for row in rows if row.created_at <= settled_by]
        self._current = max([*settled, min(self._ciphers), self._current])

    async def run(self, interval_s: float = 10.0) -> NoReturn:
        """Refresh for ever, through outages of the store. `interval_s` must stay well below SEAL_DELAY."""
        while True:
            await asyncio.sleep(interval_s)
            try:
                await self.refresh()
            except StoreUnavailable as error:
                self._telemetry.store_failed("vault refresh", error)


async def load(store: Store, master: MasterKey, clock: Clock, telemetry: Telemetry | None = None) -> EnvelopeVault:
    """The vault of this store; makes its keys on the very first start, safely with any number of hosts at once.

    Raises MasterKeyError if the store's keys were wrapped by another master key.
    """
    found = await keys.ensure(store, master, clock, dict.fromkeys((DATA, INDEX, DIGEST), _new_key))
    index, digest = found[INDEX], found[DIGEST]
    vault = EnvelopeVault(
        store,
        master,
        clock,
        telemetry or NullTelemetry(),
        index_key=index[max(index)],
        digest_key=digest[max(digest)],
    )
    await vault.refresh()
    return vault


def _new_key() -> bytes:
    return os.urandom(KEY_BYTES)


def _version_of(sealed: bytes) -> int:
    if len(sealed) >= _MIN_BYTES:
        kind, version = _HEAD.unpack_from(sealed)
        if kind == _FORMAT:
            return int(version)
    raise _unopened()


def _unopened() -> VaultError:
    return VaultError("the sealed value does not open")
