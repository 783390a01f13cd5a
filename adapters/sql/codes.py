"""Codes that pay once, and what the QR platform said of its own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import sqlalchemy as sa

from unionhub.domain.model.codes import OneTimeCode
from unionhub.domain.model.qr_inquiry import QrInquiry

from .reference import putting
from .rows import CODES, QR_INQUIRIES, Values
from .statement import Statement, insert, number, octets, prefixed, text
from .tables import codes, qr_inquiries
from .transaction import Transaction

_BY_INDEX = Statement(
    sa.select(*CODES.columns).where(sa.or_(codes.c.index == octets("index"), codes.c.barcode_index == octets("index")))
)
_CODES_OF = Statement(sa.select(*CODES.columns).where(codes.c.act_id == number("act_id")).order_by(codes.c.position))
_DROP = Statement(sa.delete(codes).where(codes.c.code_id == number("code_id")))
_QR_INQUIRY = Statement(
    sa.select(*QR_INQUIRIES.columns).where(qr_inquiries.c.sender == text("sender"), qr_inquiries.c.msg_id == text("msg_id"))
)
_PUT_QR_INQUIRY = putting(QR_INQUIRIES, qr_inquiries)


@cache
def _adding(code_count: int) -> Statement:
    rows = [CODES.parameters(f"code{place}_") for place in range(code_count)]
    return Statement(insert(codes).values(rows).on_conflict_do_nothing().returning(codes.c.code_id))


class Codes(Transaction):
    """Codes and inquiries of the unit of work. `purge` is in `upkeep.py`."""

    async def add_codes(self, codes: Sequence[OneTimeCode]) -> bool:
        if not codes:
            return True
        values: Values = {}
        for place, code in enumerate(codes):
            values |= prefixed(f"code{place}_", CODES.values(code))
        added = await self._fetch(_adding(len(codes)), values)
        if len(added) == len(codes):
            return True
        for (code_id,) in added:  # that two keyed hashes meet is next to impossible: this need not be quick
            await self._fetch(_DROP, {"code_id": code_id})
        return False

    async def code_by_index(self, index: bytes) -> OneTimeCode | None:
        return await self._item(CODES, _BY_INDEX, {"index": index})

    async def codes_of(self, act_id: int) -> list[OneTimeCode]:
        return await self._items(CODES, _CODES_OF, {"act_id": act_id})

    async def put_qr_inquiry(self, inquiry: QrInquiry) -> None:
        await self._fetch(_PUT_QR_INQUIRY, QR_INQUIRIES.values(inquiry))

    async def qr_inquiry(self, sender: str, msg_id: str) -> QrInquiry | None:
        return await self._item(QR_INQUIRIES, _QR_INQUIRY, {"sender": sender, "msg_id": msg_id})
