"""What must hold of a card product, a range of numbers, a preset merchant or a card face before it is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from unionhub.domain.model.cards import CardFace, CardProduct, NumberRange, PresetMerchant

from .failures import CommandError

FACE_BYTES_MAX: Final = 256 * 1024
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_RANGE: Final = re.compile(r"([0-9]{15,18})-([0-9]{15,18})", re.ASCII)
_MCC: Final = re.compile(r"[0-9]{4}", re.ASCII)
_MERCHANT_ID: Final = re.compile(r"[A-Za-z0-9]{1,15}", re.ASCII)
_FACE_ID: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
_COLOR: Final = re.compile(r"[0-9A-F]{6}", re.ASCII)
_TOKENS_BEGIN: Final = "62"
"""Token PANs of the scheme (PROTOCOL section 2.0)."""

CVM_FIELDS: Final = (
    "pan",
    "accountNo",
    "expiryDate",
    "firstName",
    "midName",
    "lastName",
    "fullName",
    "idType",
    "idNo",
    "idCountry",
    "mobileNo",
)
"""The members of cvmInfo (PROTOCOL section 2.0), of which CVM_INQUIRY names those that an issuer wants."""


def number_range(text: str) -> NumberRange:
    """`FIRST-LAST`, both without their check digit. Raises CommandError."""
    found = _RANGE.fullmatch(text)
    if not found or len(found[1]) != len(found[2]):
        raise CommandError(f"{text[:50]!r} is no range: FIRST-LAST, both of 15 to 18 digits without the check digit")
    if found[1] > found[2]:
        raise CommandError("the range ends before it begins: FIRST-LAST")
    return NumberRange(first=found[1], last=found[2])


def check_ranges(product: CardProduct, others: Iterable[CardProduct]) -> None:
    """No number may be given out by two ranges: tokens and PANs are found by their number. Raises CommandError."""
    if product.token_range and not all(
        end.startswith(_TOKENS_BEGIN) for end in (product.token_range.first, product.token_range.last)
    ):
        raise CommandError(f"token ranges begin with {_TOKENS_BEGIN}")
    own = list(_ranges(product))
    if len(own) == 2 and _overlap(own[0][1], own[1][1]):
        raise CommandError("its token range and its PAN range overlap")
    for other in others:
        if other.product_id == product.product_id:
            continue
        for name, mine in own:
            for its_name, its in _ranges(other):
                if _overlap(mine, its):
                    raise CommandError(f"the {name} range overlaps with the {its_name} range of {other.product_id}")


def merchant(merchant_id: str, name: str, mcc: str, gateways: frozenset[str], product: CardProduct) -> PresetMerchant:
    """A preset merchant of this product. Raises CommandError."""
    if not _MERCHANT_ID.fullmatch(merchant_id):
        raise CommandError(f"{merchant_id[:40]!r} is no merchant number: 1 to 15 letters and digits are")
    if not name.strip() or len(name) > 60 or not name.isprintable():
        raise CommandError("the merchant's name must be 1 to 60 printable characters: --name")
    if mcc and not _MCC.fullmatch(mcc):
        raise CommandError(f"{mcc[:40]!r} is no merchant category: 4 digits are")
    if strange := sorted(gateways - product.gateways):
        raise CommandError(f"{', '.join(strange)} may not use {product.product_id}: `unionhub products allow` first")
    return PresetMerchant(merchant_id=merchant_id, name=name, mcc=mcc, gateways=gateways)


def check_face(face: CardFace) -> None:
    """A picture that apps can show, with the PAN inside it. Raises CommandError."""
    if not _FACE_ID.fullmatch(face.face_id):
        raise CommandError(f"{face.face_id[:40]!r} is no card face: 1 to 12 digits are, such as 100101")
    if len(face.data) > FACE_BYTES_MAX:
        raise CommandError(f"the picture is too large: at most {FACE_BYTES_MAX} bytes are allowed (256 KiB)")
    wide, high = _png_size(face.data)
    if not (0 <= face.pan_x < wide and 0 <= face.pan_y < high):
        raise CommandError(f"the PAN would stand outside the picture, which is {wide} x {high} pixels")
    if not 1 <= face.pan_font_size <= high:
        raise CommandError(f"the font size is 1 to {high} pixels, the picture's height")
    if not _COLOR.fullmatch(face.color):
        raise CommandError(f"{face.color[:20]!r} is no color: six hexadecimal digits are, RRGGBB")


def _png_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the header that every PNG begins with (ISO/IEC 15948, 11.2.2)."""
    if not data.startswith(_PNG) or data[12:16] != b"IHDR" or len(data) < 33:
        raise CommandError("that is no PNG picture")
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def _ranges(product: CardProduct) -> Iterator[tuple[str, NumberRange]]:
    for name, found in (("token", product.token_range), ("PAN", product.pan_range)):
        if found is not None:
            yield name, found


def _overlap(one: NumberRange, other: NumberRange) -> bool:
    # Numbers of different lengths are different numbers.
    return len(one.first) == len(other.first) and one.first <= other.last and other.first <= one.last
