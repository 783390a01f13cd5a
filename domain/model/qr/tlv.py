"""The two ways in which EMVCo writes objects into a QR code, and the CRC.

Flat: two digits of identifier, two of length **in characters**, the value (MPM 1.1 sections 4.3 and 4.4).
BER: ISO/IEC 8825-1 as EMV Book 3 Annex B restricts it, lengths in bytes (CPM 1.1).
Both readers go one level deep: a template is read by whoever knows that it is one, so no text can make them recurse.
"""

from __future__ import annotations

import re
from binascii import crc_hqx
from collections.abc import Iterable
from typing import ClassVar, Final

import msgspec

from unionhub.domain.model.qr.faults import QrError, QrFault

_MAX_FLAT_CHARS: Final = 99
_MAX_TAG_BYTES: Final = 3
_MAX_BER_BYTES: Final = 0xFFFF
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_TAG_TEXT: Final = re.compile(r"(?:[0-9A-F]{2}){1,3}", re.ASCII)


class Veiled(msgspec.Struct, frozen=True, kw_only=True):
    """A struct that never prints the fields named in `veiled`: 12 characters and more show the first and last four."""

    veiled: ClassVar[frozenset[str]] = frozenset()

    def __rich_repr__(self) -> list[tuple[str, object]]:
        fields = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return [(name, _veil(value) if name in self.veiled else value) for name, value in fields]

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({shown})"


class DataObject(Veiled, frozen=True, kw_only=True):
    """An object of a merchant code. Values of other schemes may be card or telephone numbers, so none is printed."""

    veiled: ClassVar[frozenset[str]] = frozenset({"value"})

    id: str
    value: str


class BerTlv(Veiled, frozen=True, kw_only=True):
    """A BER object; `tag` in upper-case hexadecimal, as EMV writes it (`9F26`)."""

    veiled: ClassVar[frozenset[str]] = frozenset({"value"})

    tag: str
    value: bytes

    @property
    def is_template(self) -> bool:
        """Constructed, not primitive: bit 6 of the tag's first byte."""
        return bool(int(self.tag[:2], 16) & 0x20)


def join(path: str, name: str) -> str:
    """The path of an object inside the one at `path`."""
    return f"{path}.{name}" if path else name


def utf8(text: str, path: str = "") -> bytes:
    """Encode; raises QrError NOT_UTF8 for lone surrogates."""
    # Looked for, not caught: UnicodeEncodeError carries the whole text, and an error chained to it would carry it on.
    if _SURROGATE.search(text):
        raise QrError(QrFault.NOT_UTF8, path)
    return text.encode()


def crc16(text: str) -> str:
    """CRC-16/CCITT-FALSE of the UTF-8 bytes (ISO/IEC 13239: polynomial 1021, start FFFF), four upper-case digits.

    >>> crc16("123456789")
    '29B1'
    """
    return f"{crc_hqx(utf8(text), 0xFFFF):04X}"


def read_flat(text: str, path: str = "") -> tuple[DataObject, ...]:
    """Read one level of flat objects in their order; each identifier occurs once (MPM 4.3.1.2).

    Raises QrError HEADER_TRUNCATED, ID_INVALID, LENGTH_INVALID, LENGTH_ZERO, LENGTH_OVERRUN, DUPLICATE_ID.
    """
    objects: dict[str, DataObject] = {}
    start = 0
    while start < len(text):
        name, length = text[start : start + 2], text[start + 2 : start + 4]
        if len(length) < 2:
            raise QrError(QrFault.HEADER_TRUNCATED, path)
        if not _is_digits(name):
            raise QrError(QrFault.ID_INVALID, path)
        here = join(path, name)
        if not _is_digits(length):
            raise QrError(QrFault.LENGTH_INVALID, here)
        if length == "00":
            raise QrError(QrFault.LENGTH_ZERO, here)
        end = start + 4 + int(length)
        if end > len(text):
            raise QrError(QrFault.LENGTH_OVERRUN, here)
        if name in objects:
            raise QrError(QrFault.DUPLICATE_ID, here)
        objects[name] = DataObject(id=name, value=text[start + 4 : end])
        start = end
    return tuple(objects.values())


def write_flat(objects: Iterable[DataObject], path: str = "") -> str:
    """Write objects as they come. Raises QrError ID_INVALID, LENGTH_ZERO, VALUE_TOO_LONG."""
    parts = []
    for item in objects:
        if len(item.id) != 2 or not _is_digits(item.id):
            raise QrError(QrFault.ID_INVALID, path)
        if not item.value:
            raise QrError(QrFault.LENGTH_ZERO, join(path, item.id))
        if len(item.value) > _MAX_FLAT_CHARS:
            raise QrError(QrFault.VALUE_TOO_LONG, join(path, item.id))
        parts.append(f"{item.id}{len(item.value):02}{item.value}")
    return "".join(parts)


def read_ber(data: bytes, path: str = "") -> tuple[BerTlv, ...]:
    """Read one level of BER objects in their order; repeated tags are the caller's to judge.

    Raises QrError TAG_INVALID, LENGTH_INVALID, LENGTH_OVERRUN, HEADER_TRUNCATED.
    """
    objects = []
    start = 0
    while start < len(data):
        tag, start = _read_tag(data, start, path)
        here = join(path, tag)
        length, start = _read_length(data, start, here)
        end = start + length
        if end > len(data):
            raise QrError(QrFault.LENGTH_OVERRUN, here)
        objects.append(BerTlv(tag=tag, value=data[start:end]))
        start = end
    return tuple(objects)


def write_ber(objects: Iterable[BerTlv], path: str = "") -> bytes:
    """Write objects as they come, lengths in their shortest form. Raises QrError TAG_INVALID, VALUE_TOO_LONG."""
    parts = []
    for item in objects:
        if not _TAG_TEXT.fullmatch(item.tag):
            raise QrError(QrFault.TAG_INVALID, path)
        if len(item.value) > _MAX_BER_BYTES:
            raise QrError(QrFault.VALUE_TOO_LONG, join(path, item.tag))
        parts += [bytes.fromhex(item.tag), _length_bytes(len(item.value)), item.value]
    return b"".join(parts)


def _read_tag(data: bytes, start: int, path: str) -> tuple[str, int]:
    end = start + 1
    if data[start] & 0x1F == 0x1F:  # more bytes follow, each but the last with its top bit set
        while end < len(data) and data[end] & 0x80:
            end += 1
        end += 1
    if data[start] == 0 or end > len(data) or end - start > _MAX_TAG_BYTES:
        raise QrError(QrFault.TAG_INVALID, path)
    return data[start:end].hex().upper(), end


def _read_length(data: bytes, start: int, path: str) -> tuple[int, int]:
    if start >= len(data):
        raise QrError(QrFault.HEADER_TRUNCATED, path)
    first = data[start]
    if first < 0x80:
        return first, start + 1
    end = start + 1 + (first & 0x7F)
    if first not in (0x81, 0x82) or end > len(data):
        raise QrError(QrFault.LENGTH_INVALID, path)
    return int.from_bytes(data[start + 1 : end], "big"), end


def _length_bytes(length: int) -> bytes:
    if length < 0x80:
        return bytes([length])
    if length <= 0xFF:
        return bytes([0x81, length])
    return b"\x82" + length.to_bytes(2, "big")


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _veil(value: object) -> object:
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if isinstance(value, str):
        return f"{value[:4]}{'*' * (len(value) - 8)}{value[-4:]}" if len(value) >= 12 else "*" * 8
    return value
