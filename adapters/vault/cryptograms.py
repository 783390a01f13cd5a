"""Cryptograms of consumer codes under a key of our own: UnionPay's session keys are not published (PROTOCOL section 0).

EMV 4.3 Book 2, with the algorithm that the codes seen name in 9F10 (01, triple DES; the last byte before the wallet's insID):

1. ICC master key from issuer master key, token PAN and PAN sequence 00: Annex A1.4.1 option A up to 16 digits, A1.4.2
   option B above;
2. session key from the application transaction counter: A1.3.1, common session key derivation;
3. cryptogram: A1.2.1, ISO/IEC 9797-1 MAC algorithm 3 with padding method 2, all 8 bytes, over the data elements below.

Of the data elements that Book 2 section 8.1.1 (Table 26) names, those that exist when a code is made, in its order: 9F37
unpredictable number, 82 interchange profile, 9F36 counter; then 9F10 without the wallet's part. Amount, country, currency and
date are the terminal's and come later: a code's cryptogram says who made the code, not what is paid with it.

Written over `cryptography`: the PyPI package pyemv does the same, but its last release is of 2021 and imports triple DES from
where `cryptography` has announced to remove it. Parity bits of keys are left as they come: DES ignores them.
"""

from __future__ import annotations

import hashlib
import os
import re
from itertools import islice
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from unionhub.domain.model.identifiers import Token
from unionhub.ports.clock import Clock
from unionhub.ports.cryptograms import Cryptograms
from unionhub.ports.store import Store

from . import keys
from .master import MasterKey

CPM: Final = "cpm"
"""Kind of the issuer master key among the wrapped keys. One version only: a repeat must give the same code again."""

KEY_BYTES: Final = 16
PAN_SEQUENCE: Final = "00"
INTERCHANGE_PROFILE: Final = b"\x00\x00"
ISSUER_DATA: Final = bytes.fromhex("000103A0000001")
"""82 and 9F10 as `domain.model.qr.consumer.UnionPayCode` has them when nobody says otherwise."""

_BLOCK: Final = 8
_UN_BYTES: Final = 4
_MAX_ATC: Final = 0xFFFF
_DIGITS: Final = re.compile(r"[0-9]{1,19}", re.ASCII)
_DECIMALIZE: Final = str.maketrans("abcdef", "012345")


class EmvCryptograms:
    """ports.cryptograms.Cryptograms from one issuer master key (16 bytes, two-key triple DES)."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"an issuer master key has {KEY_BYTES} bytes, this one {len(key)}")
        self._key = key

    def arqc(self, token: Token, atc: int, unpredictable_number: bytes) -> bytes:
        """Six blocks of DES, nothing kept. ValueError, without the value, for arguments that no code can carry."""
        if not 0 <= atc <= _MAX_ATC:
            raise ValueError("an application transaction counter is 0 to 65535")
        if len(unpredictable_number) != _UN_BYTES:
            raise ValueError(f"an unpredictable number has {_UN_BYTES} bytes")
        counter = atc.to_bytes(2, "big")
        session_key = _session_key(_card_key(self._key, token.reveal()), counter)
        return _mac(session_key, unpredictable_number + INTERCHANGE_PROFILE + counter + ISSUER_DATA)

    def __repr__(self) -> str:
        return "EmvCryptograms(********)"


async def load_cryptograms(store: Store, master: MasterKey, clock: Clock) -> Cryptograms:
    """The cryptograms of this store; makes their key on the very first start, safely with any number of hosts at once.

    Raises StoreUnavailable, and MasterKeyError if the key was wrapped by another master key.
    """
    found = await keys.ensure(store, master, clock, {CPM: lambda: os.urandom(KEY_BYTES)})
    return EmvCryptograms(found[CPM][min(found[CPM])])


def _card_key(issuer_key: bytes, pan: str) -> bytes:
    """ICC master key (Annex A1.4.1 and A1.4.2)."""
    if not _DIGITS.fullmatch(pan):
        raise ValueError("a token PAN has 1 to 19 digits")
    digits = pan + PAN_SEQUENCE
    if len(pan) > 16:
        digest = hashlib.sha1(bytes.fromhex("0" * (len(digits) % 2) + digits), usedforsecurity=False).hexdigest()
        digits = _sixteen_digits(digest)
    left = bytes.fromhex(digits[-16:].zfill(16))
    return _encrypt(issuer_key, left + bytes(byte ^ 0xFF for byte in left))


def _sixteen_digits(digest: str) -> str:
    """The first 16 decimal digits of a digest; where it has fewer, its letters follow, as 0 to 5, in their order."""
    decimal = filter(str.isdecimal, digest)
    letters = filter(str.isalpha, digest)
    return "".join(islice((*decimal, *letters), 16)).translate(_DECIMALIZE)


def _session_key(card_key: bytes, counter: bytes) -> bytes:
    """Annex A1.3.1: the diversification value is the counter and six zeros, with F0 and 0F for its third byte."""
    return _encrypt(card_key, counter + b"\xf0" + bytes(5) + counter + b"\x0f" + bytes(5))


def _mac(key: bytes, data: bytes) -> bytes:
    """Annex A1.2.1: DES in CBC mode with the left half of the key, the last block with the whole of it."""
    padded = data + b"\x80"
    padded += bytes(-len(padded) % _BLOCK)
    left = key[:_BLOCK]
    chained = bytes(_BLOCK)
    if leading := padded[:-_BLOCK]:
        chained = _encrypt(left + left, leading, modes.CBC(chained))[-_BLOCK:]
    return _encrypt(key, padded[-_BLOCK:], modes.CBC(chained))


def _encrypt(key: bytes, data: bytes, mode: modes.ECB | modes.CBC | None = None) -> bytes:
    """Two-key triple DES, written as three keys K1 K2 K1: the library gives up the shorter forms."""
    encryptor = Cipher(TripleDES(key + key[:_BLOCK]), mode or modes.ECB()).encryptor()  # noqa: S305 - single blocks, of keys
    return encryptor.update(data) + encryptor.finalize()
