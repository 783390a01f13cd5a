"""Consumer-presented codes: EMVCo QRCPS Consumer-Presented Mode 1.1, the UnionPay profile of it, and the bar code form.

Two levels, as for merchant codes: `parse_emv` and `encode` know EMVCo alone and keep what they do not know;
`unionpay_code` and `build_emv` know what UnionPay's wallets put inside (PROTOCOL 3.2, meanings inferred from four codes).
The data are track 2 equivalent: they are never stored (RULES section 4) and never printed.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from itertools import takewhile
from typing import ClassVar, Final

import msgspec

from unionhub.domain.model.qr.faults import QrError, QrFault
from unionhub.domain.model.qr.tlv import BerTlv, Veiled, join, read_ber, write_ber

MAX_CHARS: Final = 2953
"""Bytes of the largest QR symbol (ISO/IEC 18004). CPM 1.1 binds readers to no more than 512."""

_PREFIX: Final = "hQVDUFY"
_BARCODE: Final = re.compile(r"62[0-9]{17}")
_VERSION: Final = b"CPV01"
_UNIQUE_TEMPLATES: Final = frozenset({"62", "63", "64"})

_LENGTHS: Final[dict[str, tuple[int, int]]] = {
    "4F": (5, 16),  # application identifier (DF name)
    "50": (1, 16),  # application label
    "57": (1, 19),  # track 2 equivalent data
    "5A": (1, 10),  # PAN, binary coded decimal
    "5F20": (2, 26),  # cardholder name
    "5F2D": (2, 8),  # language preference
    "9F08": (2, 2),  # application version number
    "9F19": (6, 6),  # token requestor ID
    "9F24": (29, 29),  # payment account reference
    "9F25": (2, 2),  # last four digits of the PAN
}
"""Data that the point of interaction understands (CPM 1.1 Table 6.1), lengths in bytes."""

_PAN: Final = re.compile(r"([0-9]{1,19})F?")
_TRACK2: Final = re.compile(r"([0-9]{1,19})D([0-9]{2}(?:0[1-9]|1[0-2]))([0-9]{3})([0-9]*)F?")


def is_emv_cpm(text: str) -> bool:
    """Whether a scanned text is an EMV consumer code: 85 05 CPV in base64 (PROTOCOL 3.2)."""
    return text.startswith(_PREFIX)


def is_barcode(text: str) -> bool:
    """Whether a scanned text is UnionPay's bar code form: 19 digits, 62 first; not a PAN, so no Luhn check."""
    return _BARCODE.fullmatch(text) is not None


class Track2(Veiled, frozen=True, kw_only=True):
    """Tag 57 (ISO/IEC 7813): PAN or token PAN, expiry as YYMM, service code, discretionary digits."""

    veiled: ClassVar[frozenset[str]] = frozenset({"pan", "discretionary"})

    pan: str
    expiry: str
    service_code: str
    discretionary: str

    @classmethod
    def read(cls, value: bytes, path: str) -> Track2:
        """Raises QrError TRACK2_INVALID."""
        found = _TRACK2.fullmatch(value.hex().upper())
        if not found:
            raise QrError(QrFault.TRACK2_INVALID, path)
        pan, expiry, service_code, discretionary = found.groups()
        return cls(pan=pan, expiry=expiry, service_code=service_code, discretionary=discretionary)

    def write(self, path: str) -> bytes:
        """Raises QrError TRACK2_INVALID."""
        digits = f"{self.pan}D{self.expiry}{self.service_code}{self.discretionary}"
        if not _TRACK2.fullmatch(digits):
            raise QrError(QrFault.TRACK2_INVALID, path)
        return bytes.fromhex(digits + "F" * (len(digits) % 2))


class ConsumerQr(msgspec.Struct, frozen=True, kw_only=True):
    """A consumer code as EMVCo sees it: one or two templates 61, 62 beside two, whatever follows; unknown objects kept.

    63 inside 61 and 64 inside 62 are transparent: blobs for the issuer, which the point of interaction passes on.
    """

    applications: tuple[tuple[BerTlv, ...], ...]
    common: tuple[BerTlv, ...] | None = None
    others: tuple[BerTlv, ...] = ()

    def value(self, tag: str, application: int = 0) -> bytes | None:
        """The object of that application, or the one that the applications have in common."""
        objects = (*self.applications[application], *(self.common or ()))
        return next((item.value for item in objects if item.tag == tag), None)

    def aid(self, application: int = 0) -> str:
        """4F in upper-case hexadecimal."""
        return (self.value("4F", application) or b"").hex().upper()

    def select(self, poi_aid: str) -> int | None:
        """The first application that a terminal's AID names, wholly or by its beginning (PROTOCOL 3.2)."""
        wanted = poi_aid.upper()
        return next((at for at in range(len(self.applications)) if self.aid(at).startswith(wanted)), None)

    def track2(self, application: int = 0) -> Track2 | None:
        """57, if the application carries it."""
        value = self.value("57", application)
        return None if value is None else Track2.read(value, join(_root(application), "57"))

    def pan(self, application: int = 0) -> str:
        """The digits of 57 or 5A; every code that was read has one of them."""
        if track2 := self.track2(application):
            return track2.pan
        return _pan(self.value("5A", application) or b"", join(_root(application), "5A"))


def parse_emv(base64_text: str) -> ConsumerQr:
    """Read a consumer code. Whatever the text, nothing but QrError is raised."""
    if len(base64_text) > MAX_CHARS:
        raise QrError(QrFault.TOO_LONG)
    objects = read_ber(_from_base64(base64_text))
    if not objects or objects[0].tag != "85":
        there = any(item.tag == "85" for item in objects)
        raise QrError(QrFault.PAYLOAD_FORMAT_NOT_FIRST if there else QrFault.MISSING_PAYLOAD_FORMAT, "85")
    if objects[0].value != _VERSION:
        raise QrError(QrFault.PAYLOAD_FORMAT_INVALID, "85")
    _check_unique(objects, ("",) * len(objects))
    qr = _arrange(objects[1:])
    for at in range(len(qr.applications)):
        _judge(qr, at)
    return qr


def encode(qr: ConsumerQr) -> str:
    """Write a consumer code. What is written has been read back and is equal to `qr`.

    Raises the QrError that reading would raise, or NOT_REPRODUCIBLE.
    """
    objects = [BerTlv(tag="85", value=_VERSION)]
    objects += [BerTlv(tag="61", value=write_ber(app, _root(at))) for at, app in enumerate(qr.applications)]
    if qr.common is not None:
        objects.append(BerTlv(tag="62", value=write_ber(qr.common, "62")))
    text = b64encode(write_ber([*objects, *qr.others])).decode()
    if parse_emv(text) != qr:
        raise QrError(QrFault.NOT_REPRODUCIBLE)
    return text


def _from_base64(text: str) -> bytes:
    try:
        data = b64decode(text, validate=True)
    except ValueError:
        data = b""
    # Canonical, so that one code has one text: a one-time code is recognised by the hash of its text.
    if b64encode(data).decode() != text:
        raise QrError(QrFault.NOT_BASE64)
    return data


def _root(application: int) -> str:
    return "61" if application == 0 else f"61#{application + 1}"


def _arrange(objects: tuple[BerTlv, ...]) -> ConsumerQr:
    """Split what follows 85: one or two 61, with two of them 62, then the others."""
    count = sum(item.tag == "61" for item in objects)
    if not count:
        raise QrError(QrFault.MISSING_APPLICATION, "61")
    if count > 2:
        raise QrError(QrFault.TOO_MANY_APPLICATIONS, "61")
    leading = len(list(takewhile(lambda item: item.tag in ("61", "62"), objects)))
    head, others = objects[:leading], objects[leading:]
    tags = [item.tag for item in head]
    if tags != sorted(tags) or any(item.tag in ("61", "62") for item in others):
        raise QrError(QrFault.TEMPLATE_ORDER, "61")
    if count == 1 and tags[-1] == "62":
        raise QrError(QrFault.COMMON_TEMPLATE_UNEXPECTED, "62")
    return ConsumerQr(
        applications=tuple(read_ber(item.value, _root(at)) for at, item in enumerate(head[:count])),
        common=read_ber(head[count].value, "62") if leading > count else None,
        others=others,
    )


def _judge(qr: ConsumerQr, application: int) -> None:
    """One application together with the common data (CPM 1.1 Table 6.1)."""
    own, common = qr.applications[application], qr.common or ()
    objects = (*own, *common)
    paths = (_root(application),) * len(own) + ("62",) * len(common)
    _check_unique(objects, paths)
    if all(item.tag != "4F" for item in own):
        raise QrError(QrFault.MISSING_AID, join(_root(application), "4F"))
    if all(item.tag not in ("57", "5A") for item in objects):
        raise QrError(QrFault.MISSING_ACCOUNT_DATA, join(_root(application), "57"))
    for item, path in zip(objects, paths, strict=True):
        here = join(path, item.tag)
        _check_length(item.value, *_LENGTHS.get(item.tag, (0, len(item.value))), here)
        if item.tag == "57":
            Track2.read(item.value, here)
        if item.tag == "5A":
            _pan(item.value, here)


def _check_unique(objects: tuple[BerTlv, ...], paths: tuple[str, ...]) -> None:
    """The same primitive twice is an error (PROTOCOL 3.2), and 62, 63, 64 too: two would be ambiguous. Others may repeat."""
    seen: set[str] = set()
    for item, path in zip(objects, paths, strict=True):
        if item.is_template and item.tag not in _UNIQUE_TEMPLATES:
            continue
        if item.tag in seen:
            raise QrError(QrFault.DUPLICATE_TAG, join(path, item.tag))
        seen.add(item.tag)


def _check_length(value: bytes, low: int, high: int, path: str) -> None:
    if len(value) < low:
        raise QrError(QrFault.VALUE_TOO_SHORT, path)
    if len(value) > high:
        raise QrError(QrFault.VALUE_TOO_LONG, path)


def _pan(value: bytes, path: str) -> str:
    found = _PAN.fullmatch(value.hex().upper())
    if not found:
        raise QrError(QrFault.PAN_INVALID, path)
    return found[1]


# --- the UnionPay profile ---------------------------------------------------------------------------------------------

AID_DEBIT: Final = "A000000333010101"
AID_CREDIT: Final = "A000000333010102"
AID_QUASI_CREDIT: Final = "A000000333010103"

_RID: Final = "A000000333"
_HEX: Final = re.compile(r"(?:[0-9A-F]{2})+")
_TWO_DIGITS: Final = re.compile(r"[0-9]{2}")
_INS_ID: Final = re.compile(rb"[0-9]{8}")


class UnionPayCode(Veiled, frozen=True, kw_only=True):
    """What a UnionPay wallet's code says. `token` is the token PAN; the defaults are the same in every code seen."""

    veiled: ClassVar[frozenset[str]] = frozenset({"token", "discretionary", "cryptogram"})

    token: str
    expiry: str  # YYMM
    ins_id: str  # the wallet's insID: 8 digits
    atc: int  # application transaction counter, 0 to 65535
    unpredictable_number: bytes  # 4 bytes
    cryptogram: bytes  # 9F26, 8 bytes
    aid: str = AID_DEBIT
    service_code: str = "201"
    discretionary: str = "0000018801"
    pan_sequence: str | None = "00"  # 5F34, two digits; None leaves the object out
    cryptogram_information: bytes = b"\x80"  # 9F27: an ARQC
    issuer_data: bytes = bytes.fromhex("000103A0000001")  # 9F10: key index, version, CVR, algorithm
    interchange_profile: bytes = b"\x00\x00"  # 82


def unionpay_code(qr: ConsumerQr) -> UnionPayCode:
    """Read the UnionPay application of a code.

    Raises QrError NOT_UNIONPAY for another scheme's code, MISSING_TRACK2, MISSING_CHIP_DATA, ISSUER_DATA_INVALID
    and PAN_SEQUENCE_INVALID for one without the data that a UnionPay wallet puts in, and the faults of BER for a broken
    template 63.
    """
    at = qr.select(_RID)
    if at is None:
        raise QrError(QrFault.NOT_UNIONPAY, "61.4F")
    track2 = qr.track2(at)
    if track2 is None:
        raise QrError(QrFault.MISSING_TRACK2, join(_root(at), "57"))
    chip = _Chip(qr.value("63", at), join(_root(at), "63"))
    issuer = chip.need("9F10", 1, 32)
    if issuer[:1] != b"\x07" or issuer[8:9] != b"\x08" or not _INS_ID.fullmatch(issuer[9:]):
        raise QrError(QrFault.ISSUER_DATA_INVALID, join(chip.path, "9F10"))
    return UnionPayCode(
        token=track2.pan,
        expiry=track2.expiry,
        service_code=track2.service_code,
        discretionary=track2.discretionary,
        aid=qr.aid(at),
        pan_sequence=_pan_sequence(qr.value("5F34", at), join(_root(at), "5F34")),
        cryptogram=chip.need("9F26", 8, 8),
        cryptogram_information=chip.need("9F27", 1, 1),
        issuer_data=issuer[1:8],
        ins_id=issuer[9:].decode(),
        atc=int.from_bytes(chip.need("9F36", 2, 2), "big"),
        interchange_profile=chip.need("82", 2, 2),
        unpredictable_number=chip.need("9F37", 4, 4),
    )


def build_emv(code: UnionPayCode) -> str:
    """Write a UnionPay wallet's code, objects in the order of the codes seen, as base64 (about 124 characters).

    What is written has been read back and is equal to `code`. Raises QrError with the fault of the member at fault.
    """
    text = encode(_unionpay_qr(code))
    if unionpay_code(parse_emv(text)) != code:
        raise QrError(QrFault.NOT_REPRODUCIBLE)
    return text


def _pan_sequence(value: bytes | None, path: str) -> str | None:
    if value is None:
        return None
    if not _TWO_DIGITS.fullmatch(value.hex()):
        raise QrError(QrFault.PAN_SEQUENCE_INVALID, path)
    return value.hex()


class _Chip:
    """The objects of template 63: here, and only for UnionPay's application, the blob is opened."""

    def __init__(self, blob: bytes | None, path: str) -> None:
        if blob is None:
            raise QrError(QrFault.MISSING_CHIP_DATA, path)
        objects = read_ber(blob, path)
        _check_unique(objects, (path,) * len(objects))
        self.path = path
        self._values = {item.tag: item.value for item in objects}

    def need(self, tag: str, low: int, high: int) -> bytes:
        here = join(self.path, tag)
        if tag not in self._values:
            raise QrError(QrFault.MISSING_CHIP_DATA, here)
        value = self._values[tag]
        _check_length(value, low, high, here)
        return value


def _unionpay_qr(code: UnionPayCode) -> ConsumerQr:
    if not _HEX.fullmatch(code.aid):
        raise QrError(QrFault.AID_INVALID, "61.4F")
    if code.pan_sequence is not None and not _TWO_DIGITS.fullmatch(code.pan_sequence):
        raise QrError(QrFault.PAN_SEQUENCE_INVALID, "61.5F34")
    if not 0 <= code.atc <= 0xFFFF:
        raise QrError(QrFault.ATC_INVALID, "61.63.9F36")
    if not code.ins_id.isascii():
        raise QrError(QrFault.ISSUER_DATA_INVALID, "61.63.9F10")
    track2 = Track2(pan=code.token, expiry=code.expiry, service_code=code.service_code, discretionary=code.discretionary)
    chip = {
        "9F26": code.cryptogram,
        "9F27": code.cryptogram_information,
        "9F10": b"\x07" + code.issuer_data + b"\x08" + code.ins_id.encode(),
        "9F36": code.atc.to_bytes(2, "big"),
        "82": code.interchange_profile,
        "9F37": code.unpredictable_number,
    }
    objects = {"4F": bytes.fromhex(code.aid), "57": track2.write("61.57")}
    if code.pan_sequence is not None:
        objects["5F34"] = bytes.fromhex(code.pan_sequence)
    objects["63"] = write_ber(_given(chip), "61.63")
    return ConsumerQr(applications=(_given(objects),))


def _given(values: dict[str, bytes]) -> tuple[BerTlv, ...]:
    return tuple(BerTlv(tag=tag, value=value) for tag, value in values.items())
