"""Merchant-presented codes: EMVCo QRCPS Merchant-Presented Mode 1.1, and the UnionPay account inside them.

Two levels (RULES section 4). `parse` and `build` know EMVCo alone; what UnionPay wants beyond it, `unionpay_account` and
`one_time_reference` ask of a code that has been read.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from unionhub.domain.model.qr.faults import NoUnionPayAccount, QrError, QrFault
from unionhub.domain.model.qr.tlv import DataObject, Veiled, crc16, join, read_flat, utf8, write_flat

PROMPT: Final = "***"
"""A value in template 62 that is not given but asked of the consumer (PROTOCOL 3.1)."""

MAX_CHARS: Final = 4296
"""More alphanumeric characters than this no QR symbol holds (ISO/IEC 18004). EMVCo advises 512 (4.1), which binds no reader."""

_MIN_CHARS: Final = len("0002016304FFFF")
_CRC_TAIL: Final = "6304"


class Initiation(StrEnum):
    """ID 01: one code for many payments or for one. Absent means static (RULES section 4)."""

    STATIC = "11"
    DYNAMIC = "12"


class TipIndicator(StrEnum):
    """ID 55: who says how much is paid on top."""

    PROMPT = "01"
    FIXED_FEE = "02"
    PERCENTAGE_FEE = "03"


class ConsumerData(StrEnum):
    """ID 62.09: what the merchant asks the consumer's app to send along."""

    ADDRESS = "A"
    MOBILE = "M"
    EMAIL = "E"


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A template that names its owner: 26-51, 80-99 and 62.50-99. `guid` is sub 00, `members` are the others in order."""

    id: str
    guid: str
    members: tuple[DataObject, ...] = ()


class AdditionalData(Veiled, frozen=True, kw_only=True):
    """Template 62: what identifies the purchase; a label may be `PROMPT`. `others` are the RFU objects, kept as they came."""

    veiled = frozenset({"mobile_number", "loyalty_number"})

    bill_number: str | None = None
    mobile_number: str | None = None
    store_label: str | None = None
    loyalty_number: str | None = None
    reference_label: str | None = None
    customer_label: str | None = None
    terminal_label: str | None = None
    purpose: str | None = None
    consumer_data_request: str | None = None
    others: tuple[DataObject, ...] = ()
    payment_systems: tuple[Template, ...] = ()

    @property
    def prompts(self) -> tuple[str, ...]:
        """Names of the members that the consumer has to fill in."""
        return tuple(name for name in self.__struct_fields__ if getattr(self, name) == PROMPT)

    @property
    def requested(self) -> tuple[ConsumerData, ...]:
        """What 62.09 asks for, in its order."""
        return tuple(ConsumerData(letter) for letter in self.consumer_data_request or "")


class LocalizedMerchant(msgspec.Struct, frozen=True, kw_only=True):
    """Template 64: the merchant in another language (two letters, ISO 639), in any script."""

    language: str
    merchant_name: str
    merchant_city: str | None = None
    others: tuple[DataObject, ...] = ()


class MerchantQr(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a merchant code says (MPM 1.1, root objects 00 to 99), nothing dropped.

    Amounts are decimal text in the currency's major unit as the code carries them ("98.73", "98", "98."); `percentage_fee`
    is in percent. Groups keep their order; between groups order means nothing (4.6.1), and `build` writes by identifier.
    """

    merchant_category_code: str  # ISO 18245
    currency: str  # ISO 4217 numeric
    country: str  # ISO 3166-1 alpha-2
    merchant_name: str
    merchant_city: str
    accounts: tuple[DataObject, ...] = ()  # 02-25: primitives, content owned by the scheme
    account_templates: tuple[Template, ...] = ()  # 26-51
    initiation: Initiation | None = None
    amount: str | None = None
    tip: TipIndicator | None = None
    fixed_fee: str | None = None
    percentage_fee: str | None = None
    postal_code: str | None = None
    additional: AdditionalData | None = None
    localized: LocalizedMerchant | None = None
    rfu: tuple[DataObject, ...] = ()  # 65-79
    unreserved: tuple[Template, ...] = ()  # 80-99

    @property
    def is_dynamic(self) -> bool:
        return self.initiation is Initiation.DYNAMIC

    def account(self, id_: str) -> str | None:
        """The value of a primitive merchant account (02-25), if the code carries it."""
        return next((item.value for item in self.accounts if item.id == id_), None)


class _Rule(NamedTuple):
    """One row of EMVCo's tables: identifier, length in characters, form, and what a broken form is called."""

    id: str
    low: int
    high: int
    form: re.Pattern[str]
    broken: QrFault = QrFault.NOT_ANS

    def read(self, values: dict[str, str], path: str = "") -> str | None:
        value = values.get(self.id)
        if value is None:
            return None
        here = join(path, self.id)
        if len(value) < self.low:
            raise QrError(QrFault.VALUE_TOO_SHORT, here)
        if len(value) > self.high:
            raise QrError(QrFault.VALUE_TOO_LONG, here)
        if not self.form.fullmatch(value):
            raise QrError(self.broken, here)
        return value

    def need(self, values: dict[str, str], missing: QrFault, path: str = "") -> str:
        value = self.read(values, path)
        if value is None:
            raise QrError(missing, join(path, self.id))
        return value


_NUMERIC: Final = re.compile(r"[0-9]+")
_ANS: Final = re.compile(r"[ -~]+")
_ANY: Final = re.compile(r".+", re.DOTALL)
_DECIMAL: Final = re.compile(r"[0-9]+(?:\.[0-9]*)?")
_HEX4: Final = re.compile(r"[0-9A-Fa-f]{4}")

_FORMAT = _Rule("00", 2, 2, re.compile("01"), QrFault.PAYLOAD_FORMAT_INVALID)
_INITIATION = _Rule("01", 2, 2, re.compile("1[12]"), QrFault.POINT_OF_INITIATION_INVALID)
_CATEGORY = _Rule("52", 4, 4, _NUMERIC, QrFault.MERCHANT_CATEGORY_CODE_INVALID)
_CURRENCY = _Rule("53", 3, 3, _NUMERIC, QrFault.CURRENCY_INVALID)
_AMOUNT = _Rule("54", 1, 13, _DECIMAL, QrFault.AMOUNT_INVALID)
_TIP = _Rule("55", 2, 2, re.compile("0[123]"), QrFault.TIP_INDICATOR_INVALID)
_FIXED_FEE = _Rule("56", 1, 13, _DECIMAL, QrFault.FIXED_FEE_INVALID)
_PERCENTAGE_FEE = _Rule("57", 1, 5, _DECIMAL, QrFault.PERCENTAGE_FEE_INVALID)
_COUNTRY = _Rule("58", 2, 2, re.compile("[A-Z]{2}"), QrFault.COUNTRY_INVALID)
_NAME = _Rule("59", 1, 25, _ANS)
_CITY = _Rule("60", 1, 15, _ANS)
_POSTAL_CODE = _Rule("61", 1, 10, _ANS)
_GUID = _Rule("00", 1, 32, _ANS)
_LABELS = tuple(_Rule(f"{number:02}", 1, 25, _ANS) for number in range(1, 9))
_REQUEST = _Rule("09", 1, 3, re.compile(r"(?!.*(.).*\1)[AME]+"), QrFault.CONSUMER_DATA_REQUEST_INVALID)
_LANGUAGE = _Rule("00", 2, 2, re.compile("[A-Za-z]{2}"), QrFault.LANGUAGE_INVALID)
_LOCAL_NAME = _Rule("01", 1, 25, _ANY)
_LOCAL_CITY = _Rule("02", 1, 15, _ANY)


def parse(payload: str) -> MerchantQr:
    """Read a merchant code; an upper- or lower-case CRC is read. Whatever the text, nothing but QrError is raised.

    The CRC is judged first: a damaged scan is CRC_MISMATCH, and only a code that was made wrong gets a fault of structure.
    """
    if len(payload) > MAX_CHARS:
        raise QrError(QrFault.TOO_LONG)
    utf8(payload)
    if len(payload) < _MIN_CHARS:
        raise QrError(QrFault.TOO_SHORT)
    _check_crc(payload)
    return _judge(read_flat(payload))


def build(qr: MerchantQr) -> str:
    """Write a merchant code: 00 first, then by identifier, 63 last with an upper-case CRC.

    What is written has been read back and is equal to `qr`, so the rules stand in one place. Raises the QrError that
    reading would raise; NOT_REPRODUCIBLE when an object stands in a group that its identifier does not belong to.
    """
    text = write_flat(_objects(qr)) + _CRC_TAIL
    text += crc16(text)
    if parse(text) != qr:
        raise QrError(QrFault.NOT_REPRODUCIBLE)
    return text


def _check_crc(payload: str) -> None:
    if payload[-8:-4] != _CRC_TAIL:
        raise QrError(QrFault.CRC_MISSING, "63")
    printed = payload[-4:]
    if not _HEX4.fullmatch(printed):
        raise QrError(QrFault.CRC_INVALID, "63")
    if printed.upper() != crc16(payload[:-4]):
        raise QrError(QrFault.CRC_MISMATCH, "63")


def _judge(objects: tuple[DataObject, ...]) -> MerchantQr:
    values = {item.id: item.value for item in objects}
    _FORMAT.need(values, QrFault.MISSING_PAYLOAD_FORMAT)
    if objects[0].id != "00":
        raise QrError(QrFault.PAYLOAD_FORMAT_NOT_FIRST, "00")
    if objects[-1].id != "63":  # the eight characters that passed for it belong to another object's value
        raise QrError(QrFault.CRC_MISSING, "63")
    initiation = _INITIATION.read(values)
    accounts = _between(objects, "02", "25")
    for item in accounts:
        if not _ANS.fullmatch(item.value):
            raise QrError(QrFault.NOT_ANS, item.id)
    account_templates = _templates(_between(objects, "26", "51"))
    if not accounts and not account_templates:
        raise QrError(QrFault.MISSING_MERCHANT_ACCOUNT, "02-51")
    qr = MerchantQr(
        accounts=accounts,
        account_templates=account_templates,
        initiation=Initiation(initiation) if initiation else None,
        merchant_category_code=_CATEGORY.need(values, QrFault.MISSING_MERCHANT_CATEGORY_CODE),
        currency=_CURRENCY.need(values, QrFault.MISSING_CURRENCY),
        amount=_AMOUNT.read(values),
        tip=TipIndicator(tip) if (tip := _TIP.read(values)) else None,
        fixed_fee=_FIXED_FEE.read(values),
        percentage_fee=_PERCENTAGE_FEE.read(values),
        country=_COUNTRY.need(values, QrFault.MISSING_COUNTRY),
        merchant_name=_NAME.need(values, QrFault.MISSING_MERCHANT_NAME),
        merchant_city=_CITY.need(values, QrFault.MISSING_MERCHANT_CITY),
        postal_code=_POSTAL_CODE.read(values),
        additional=_additional(values["62"]) if "62" in values else None,
        localized=_localized(values["64"]) if "64" in values else None,
        rfu=_between(objects, "65", "79"),
        unreserved=_templates(_between(objects, "80", "99")),
    )
    _check_amounts(qr)
    return qr


def _check_amounts(qr: MerchantQr) -> None:
    """No zero amount, and 56 or 57 exactly where 55 announces it (PROTOCOL 3.1)."""
    if qr.amount is not None and not Decimal(qr.amount):
        raise QrError(QrFault.AMOUNT_ZERO, "54")
    if qr.fixed_fee is None:
        if qr.tip is TipIndicator.FIXED_FEE:
            raise QrError(QrFault.FIXED_FEE_MISSING, "56")
    elif qr.tip is not TipIndicator.FIXED_FEE:
        raise QrError(QrFault.FIXED_FEE_UNEXPECTED, "56")
    elif not Decimal(qr.fixed_fee):
        raise QrError(QrFault.FIXED_FEE_INVALID, "56")
    if qr.percentage_fee is None:
        if qr.tip is TipIndicator.PERCENTAGE_FEE:
            raise QrError(QrFault.PERCENTAGE_FEE_MISSING, "57")
    elif qr.tip is not TipIndicator.PERCENTAGE_FEE:
        raise QrError(QrFault.PERCENTAGE_FEE_UNEXPECTED, "57")
    elif not Decimal("0.01") <= Decimal(qr.percentage_fee) <= Decimal("99.99"):
        raise QrError(QrFault.PERCENTAGE_FEE_INVALID, "57")


def _between(objects: tuple[DataObject, ...], first: str, last: str) -> tuple[DataObject, ...]:
    return tuple(item for item in objects if first <= item.id <= last)


def _templates(objects: tuple[DataObject, ...], path: str = "") -> tuple[Template, ...]:
    return tuple(_template(item, join(path, item.id)) for item in objects)


def _template(item: DataObject, path: str) -> Template:
    members = read_flat(item.value, path)
    guid = _GUID.need({member.id: member.value for member in members}, QrFault.MISSING_GUID, path)
    return Template(id=item.id, guid=guid, members=tuple(member for member in members if member.id != "00"))


def _additional(value: str) -> AdditionalData:
    objects = read_flat(value, "62")
    values = {item.id: item.value for item in objects}
    bill, mobile, store, loyalty, reference, customer, terminal, purpose = (rule.read(values, "62") for rule in _LABELS)
    return AdditionalData(
        bill_number=bill,
        mobile_number=mobile,
        store_label=store,
        loyalty_number=loyalty,
        reference_label=reference,
        customer_label=customer,
        terminal_label=terminal,
        purpose=purpose,
        consumer_data_request=_REQUEST.read(values, "62"),
        others=tuple(item for item in objects if item.id == "00" or "10" <= item.id <= "49"),
        payment_systems=_templates(_between(objects, "50", "99"), "62"),
    )


def _localized(value: str) -> LocalizedMerchant:
    objects = read_flat(value, "64")
    values = {item.id: item.value for item in objects}
    return LocalizedMerchant(
        language=_LANGUAGE.need(values, QrFault.MISSING_LANGUAGE, "64"),
        merchant_name=_LOCAL_NAME.need(values, QrFault.MISSING_LOCALIZED_NAME, "64"),
        merchant_city=_LOCAL_CITY.read(values, "64"),
        others=_between(objects, "03", "99"),
    )


def _objects(qr: MerchantQr) -> list[DataObject]:
    """All root objects but 63, those that are absent left out."""
    return [
        DataObject(id="00", value="01"),
        *_given({"01": qr.initiation}),
        *qr.accounts,
        *_written(qr.account_templates),
        *_given({"52": qr.merchant_category_code, "53": qr.currency, "54": qr.amount, "55": qr.tip}),
        *_given({"56": qr.fixed_fee, "57": qr.percentage_fee, "58": qr.country, "59": qr.merchant_name}),
        *_given({"60": qr.merchant_city, "61": qr.postal_code}),
        *_given({"62": _additional_text(qr.additional), "64": _localized_text(qr.localized)}),
        *qr.rfu,
        *_written(qr.unreserved),
    ]


def _additional_text(data: AdditionalData | None) -> str | None:
    if data is None:
        return None
    labels = {"01": data.bill_number, "02": data.mobile_number, "03": data.store_label, "04": data.loyalty_number}
    labels |= {"05": data.reference_label, "06": data.customer_label, "07": data.terminal_label, "08": data.purpose}
    labels |= {"09": data.consumer_data_request}
    return write_flat([*_given(labels), *data.others, *_written(data.payment_systems, "62")], "62")


def _localized_text(data: LocalizedMerchant | None) -> str | None:
    if data is None:
        return None
    names = {"00": data.language, "01": data.merchant_name, "02": data.merchant_city}
    return write_flat([*_given(names), *data.others], "64")


def _given(values: dict[str, str | None]) -> list[DataObject]:
    return [DataObject(id=id_, value=value) for id_, value in values.items() if value is not None]


def _written(templates: tuple[Template, ...], path: str = "") -> list[DataObject]:
    return [DataObject(id=item.id, value=_template_text(item, join(path, item.id))) for item in templates]


def _template_text(item: Template, path: str) -> str:
    return write_flat([DataObject(id="00", value=item.guid), *item.members], path)


# --- the UnionPay profile ---------------------------------------------------------------------------------------------

UNIONPAY_ID: Final = "15"
"""15 and 16 are UnionPay's (PROTOCOL 3.1); only the layout of 15 is known, so 16 cannot be paid."""

_ACCOUNT_CHARS: Final = 31
_WRITABLE_ACCOUNT: Final = re.compile(r"[0-9]{16}[0-9A-Za-z]{15}")


class UnionPayAccount(msgspec.Struct, frozen=True, kw_only=True):
    """ID 15 (PROTOCOL 3.1): acquirer IIN (8), forwarding IIN (8), merchant id (15; not always digits)."""

    acquirer_iin: str
    forwarding_iin: str
    merchant_id: str

    def as_value(self) -> str:
        """The 31 characters to put into ID 15.

        Raises QrError UNIONPAY_ACCOUNT_INVALID unless the IINs are 8 digits and the merchant id 15 letters or digits:
        one with `:` is read, never written (RULES section 4).
        """
        value = self.acquirer_iin + self.forwarding_iin + self.merchant_id
        if len(self.acquirer_iin) != 8 or len(self.forwarding_iin) != 8 or not _WRITABLE_ACCOUNT.fullmatch(value):
            raise QrError(QrFault.UNIONPAY_ACCOUNT_INVALID, UNIONPAY_ID)
        return value


def unionpay_account(qr: MerchantQr) -> UnionPayAccount:
    """The merchant as UnionPay's network knows it. Raises NoUnionPayAccount (`03`) unless ID 15 has 31 characters."""
    value = qr.account(UNIONPAY_ID)
    if value is None:
        raise NoUnionPayAccount("no ID 15")
    if len(value) != _ACCOUNT_CHARS:
        raise NoUnionPayAccount(f"ID 15 has {len(value)} characters, not {_ACCOUNT_CHARS}")
    return UnionPayAccount(acquirer_iin=value[:8], forwarding_iin=value[8:16], merchant_id=value[16:])


def one_time_reference(qr: MerchantQr) -> str | None:
    """What makes a dynamic code payable once: 62.01, else 62.05 (RULES section 4).

    None for a static code and where both are absent, a prompt, or filled up with zeros or blanks: UnionPay's own codes
    fill unused members so, and a key that many codes share would refuse good payments as `02`.
    """
    if not qr.is_dynamic or qr.additional is None:
        return None
    labels = (qr.additional.bill_number, qr.additional.reference_label)
    return next((label for label in labels if label and label != PROMPT and label.strip("0 ")), None)
