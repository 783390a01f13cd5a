"""Structs to rows and back. The type of a field decides its form in the table, so that both ways always agree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Final, Generic, NamedTuple, TypeVar, get_args, get_type_hints

import msgspec
import sqlalchemy as sa

from unionhub.domain.model.acts import Act
from unionhub.domain.model.audit import AuditEntry
from unionhub.domain.model.cards import Card, CardFace, CardProduct
from unionhub.domain.model.channel_cards import CardList
from unionhub.domain.model.codes import OneTimeCode
from unionhub.domain.model.enrolment import Enrolment
from unionhub.domain.model.login import Login
from unionhub.domain.model.marketing import MarketingOffer
from unionhub.domain.model.messages import Claim
from unionhub.domain.model.money import Money
from unionhub.domain.model.notices import Attempt, Notice
from unionhub.domain.model.orders import Order
from unionhub.domain.model.parties import Party
from unionhub.domain.model.qr_inquiry import QrInquiry
from unionhub.domain.model.services import Grant, IndustryService
from unionhub.domain.model.transactions import Payment, Reservation
from unionhub.ports.store import WrappedKey

from . import tables

T = TypeVar("T", bound=msgspec.Struct)

Values = dict[str, Any]
"""Parameters of a statement by their names."""

Row = Sequence[Any]
"""One row as either driver gives it: values in the order of the statement's columns."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_JSON: Final = msgspec.json.Encoder(order="deterministic")


def micros(at: datetime) -> int:
    """Microseconds since 1970; TypeError for a naive datetime."""
    return (at - _EPOCH) // _MICROSECOND


def duration(span: timedelta) -> int:
    """In microseconds."""
    return span // _MICROSECOND


def instant(value: int) -> datetime:
    return _EPOCH + timedelta(microseconds=value)


class _Form(NamedTuple):
    """How a type lies in one column: None where the drivers take and give it as it is. NULL is always None."""

    encode: Callable[[Any], Any] | None = None
    decode: Callable[[Any], Any] | None = None


def _json(kind: Any) -> _Form:
    return _Form(lambda value: _JSON.encode(value).decode(), msgspec.json.Decoder(kind).decode)


def _form(kind: Any) -> _Form:
    if kind in (str, int, bytes):
        return _Form()
    if kind is bool:
        return _Form(decode=bool)  # SQLite has no type for it
    if kind is datetime:
        return _Form(micros, instant)
    if kind is date:
        return _Form(date.isoformat, date.fromisoformat)
    if kind is Decimal:
        return _Form(str, Decimal)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _Form(str, kind)
    return _json(kind)


def _without_none(kind: Any) -> Any:
    if isinstance(kind, UnionType) and NoneType in get_args(kind):
        (kind,) = (arg for arg in get_args(kind) if arg is not NoneType)
    return kind


class Mapper(Generic[T]):
    """A struct in its table. Columns that the struct does not have (leases, positions) are the statements' own business."""

    def __init__(self, struct: type[T], table: sa.Table) -> None:
        kinds = get_type_hints(struct)
        forms = {name: _without_none(kinds[name]) for name in struct.__struct_fields__}
        self._struct = struct
        self._money = [(name, f"{name}_minor", f"{name}_currency") for name, kind in forms.items() if kind is Money]
        self._coded = [(name, *_form(kind)) for name, kind in forms.items() if kind is not Money and _form(kind) != _Form()]
        self._fields = attrgetter(*forms)
        self._names = tuple(forms)
        names = [part for name, kind in forms.items() for part in _column_names(name, kind)]
        self._column_names = tuple(names)
        self.columns = [table.c[name] for name in names]

    def values(self, item: T) -> Values:
        """The item's columns by name."""
        values: Values = dict(zip(self._names, self._fields(item), strict=True))
        for name, encode, _ in self._coded:
            if encode is not None and (value := values[name]) is not None:
                values[name] = encode(value)
        for name, minor, currency in self._money:
            money: Money | None = values.pop(name)
            values[minor], values[currency] = (None, None) if money is None else (money.minor, money.currency)
        return values

    def item(self, row: Row) -> T:
        """From a row of `columns`, or one that begins with them."""
        values: Values = dict(zip(self._column_names, row, strict=False))
        for name, _, decode in self._coded:
            if decode is not None and (value := values[name]) is not None:
                values[name] = decode(value)
        for name, minor, currency in self._money:
            amount, code = values.pop(minor), values.pop(currency)
            values[name] = None if amount is None else Money(amount, code)
        return self._struct(**values)

    def parameters(self, prefix: str = "") -> dict[str, sa.BindParameter[Any]]:
        """Column name -> a parameter of the same name behind `prefix`."""
        return {column.name: sa.bindparam(prefix + column.name, type_=column.type) for column in self.columns}


def _column_names(name: str, kind: Any) -> tuple[str, ...]:
    return (f"{name}_minor", f"{name}_currency") if kind is Money else (name,)


ACTS: Final = Mapper(Act, tables.acts)
ATTEMPTS: Final = Mapper(Attempt, tables.attempts)
AUDIT: Final = Mapper(AuditEntry, tables.audit)
CARDS: Final = Mapper(Card, tables.cards)
CARD_FACES: Final = Mapper(CardFace, tables.card_faces)
CARD_LISTS: Final = Mapper(CardList, tables.card_lists)
CLAIMS: Final = Mapper(Claim, tables.claims)
CODES: Final = Mapper(OneTimeCode, tables.codes)
ENROLMENTS: Final = Mapper(Enrolment, tables.enrolments)
GRANTS: Final = Mapper(Grant, tables.grants)
LOGINS: Final = Mapper(Login, tables.logins)
NOTICES: Final = Mapper(Notice, tables.notices)
ORDERS: Final = Mapper(Order, tables.orders)
OFFERS: Final = Mapper(MarketingOffer, tables.offers)
PARTIES: Final = Mapper(Party, tables.parties)
PAYMENTS: Final = Mapper(Payment, tables.payments)
PRODUCTS: Final = Mapper(CardProduct, tables.card_products)
QR_INQUIRIES: Final = Mapper(QrInquiry, tables.qr_inquiries)
SERVICES: Final = Mapper(IndustryService, tables.services)
WRAPPED_KEYS: Final = Mapper(WrappedKey, tables.wrapped_keys)

reservations_from: Final = msgspec.json.Decoder(tuple[Reservation, ...]).decode
