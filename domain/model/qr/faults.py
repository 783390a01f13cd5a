"""What can be wrong with a QR code: one error with a named fault and the place, never the data.

A QR code is text from outside and may hold a token PAN or a private person's number, so nothing here repeats any of it.
"""

from __future__ import annotations

from enum import StrEnum, auto
from typing import Final

from unionhub.domain.model.errors import DomainError


class QrFault(StrEnum):
    """Each way in which a code breaks EMVCo's two specifications (MPM 1.1, CPM 1.1) or the UnionPay consumer profile."""

    # the text as a whole
    TOO_SHORT = auto()  # shorter than the first and the last object of a merchant code together
    TOO_LONG = auto()  # longer than any QR symbol holds (ISO/IEC 18004, version 40-L)
    NOT_UTF8 = auto()  # lone surrogates have no UTF-8 form (MPM 4.1)
    NOT_BASE64 = auto()  # not the one canonical base64 form (RFC 4648)

    # objects: identifier, length, value (MPM 4.3, 4.4; EMV Book 3 Annex B)
    HEADER_TRUNCATED = auto()
    ID_INVALID = auto()  # not two ASCII digits
    TAG_INVALID = auto()  # BER: zero, cut off, or of more than three bytes
    LENGTH_INVALID = auto()  # not two ASCII digits; BER: indefinite, cut off, or of more than two bytes
    LENGTH_ZERO = auto()  # an object has 01-99 characters
    LENGTH_OVERRUN = auto()  # reaches past the end
    DUPLICATE_ID = auto()
    DUPLICATE_TAG = auto()
    VALUE_TOO_SHORT = auto()
    VALUE_TOO_LONG = auto()
    NOT_ANS = auto()  # alphanumeric special: printable ASCII
    NOT_REPRODUCIBLE = auto()  # when building: it would be read back as something else

    # payload format and CRC, both modes
    MISSING_PAYLOAD_FORMAT = auto()
    PAYLOAD_FORMAT_INVALID = auto()
    PAYLOAD_FORMAT_NOT_FIRST = auto()
    CRC_MISSING = auto()  # does not end in object 63 of four characters
    CRC_INVALID = auto()  # not hexadecimal
    CRC_MISMATCH = auto()

    # merchant-presented (PROTOCOL 3.1)
    POINT_OF_INITIATION_INVALID = auto()
    MISSING_MERCHANT_ACCOUNT = auto()
    MISSING_GUID = auto()
    MISSING_MERCHANT_CATEGORY_CODE = auto()
    MERCHANT_CATEGORY_CODE_INVALID = auto()
    MISSING_CURRENCY = auto()
    CURRENCY_INVALID = auto()
    AMOUNT_INVALID = auto()
    AMOUNT_ZERO = auto()
    TIP_INDICATOR_INVALID = auto()
    FIXED_FEE_INVALID = auto()
    FIXED_FEE_MISSING = auto()  # 55 is 02, 56 is absent
    FIXED_FEE_UNEXPECTED = auto()  # 56 without 55 = 02
    PERCENTAGE_FEE_INVALID = auto()  # outside 00.01 to 99.99
    PERCENTAGE_FEE_MISSING = auto()  # 55 is 03, 57 is absent
    PERCENTAGE_FEE_UNEXPECTED = auto()  # 57 without 55 = 03
    MISSING_COUNTRY = auto()
    COUNTRY_INVALID = auto()
    MISSING_MERCHANT_NAME = auto()
    MISSING_MERCHANT_CITY = auto()
    CONSUMER_DATA_REQUEST_INVALID = auto()  # 62.09: any of A, M, E, each once
    MISSING_LANGUAGE = auto()
    LANGUAGE_INVALID = auto()
    MISSING_LOCALIZED_NAME = auto()
    UNIONPAY_ACCOUNT_INVALID = auto()  # when building: not 8 digits, 8 digits, 15 alphanumerics

    # consumer-presented (PROTOCOL 3.2)
    MISSING_APPLICATION = auto()
    TOO_MANY_APPLICATIONS = auto()
    TEMPLATE_ORDER = auto()  # 85, one or two 61, 62, then the others
    COMMON_TEMPLATE_UNEXPECTED = auto()  # 62 beside a single 61
    MISSING_AID = auto()
    MISSING_ACCOUNT_DATA = auto()  # neither 57 nor 5A
    TRACK2_INVALID = auto()
    PAN_INVALID = auto()

    # the UnionPay consumer profile (PROTOCOL 3.2, last part)
    NOT_UNIONPAY = auto()  # no application of RID A000000333
    MISSING_TRACK2 = auto()
    MISSING_CHIP_DATA = auto()
    ISSUER_DATA_INVALID = auto()  # 9F10 is not 07, seven bytes, 08, an insID of eight digits
    PAN_SEQUENCE_INVALID = auto()  # 5F34 is not two digits
    AID_INVALID = auto()  # when building: not hexadecimal
    ATC_INVALID = auto()  # when building: outside 0 to 65535


class QrError(DomainError):
    """A code that cannot be read or written (response code `30`).

    `path` names the object, outermost first: `62.01`, `61.63.9F10`, `61#2.57` for the second template 61; it is empty
    when the text as a whole is meant.
    """

    def __init__(self, fault: QrFault, path: str = "") -> None:
        super().__init__(f"{fault} at {path}" if path else str(fault))
        self.fault: Final = fault
        self.path: Final = path


class NoUnionPayAccount(DomainError):  # noqa: N818 - an answer about a sound code
    """The code is a good EMVCo code, but no UnionPay merchant can be paid by it (response code `03`, RULES section 4)."""
