"""Notices: references to what a partner must be told, built when sent (RULES sections 7 and 11)."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

FORWARD_INTERVALS: Final = tuple(timedelta(minutes=m) for m in (1, 2, 4, 8, 16))
"""Waits after each failed attempt: one sending plus five forwards, t = 0, 1, 3, 7, 15, 31 min (RULES section 6)."""


class NoticeState(StrEnum):
    QUEUED = "QUEUED"
    CONFIRMED = "CONFIRMED"  # HTTP 200, valid JWS, code 00
    PARKED = "PARKED"  # unconfirmed after the last forward; an operator may resend
    REFUSED = "REFUSED"  # the QR platform says that its code was paid elsewhere: final, and the money goes back


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to tell one receiver about one payment. The msgID is fixed here, so that every sending carries the same.

    `order_id`: it is a PAYMENT_RESULT_NOTICE. That an order was closed is told of no payment: `payment_id` is the order's.
    """

    notice_id: int
    payment_id: int
    receiver: str  # app_id
    message: str
    msg_id: str
    due_at: datetime
    created_at: datetime
    to_payee: bool = False  # of a transfer: it is about the payee's card, not the payer's
    order_id: int | None = None
    attempts: int = 0
    state: NoticeState = NoticeState.QUEUED


_ASKED_BY: Final = " asked by "


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One sending of a notice: `outcome` is the response code, or why there was none; `latency_ms` is wall time. Or that an
    operator asked for one, see `asked`."""

    at: datetime
    outcome: str
    latency_ms: int

    @property
    def is_asked(self) -> bool:
        """It was queued again then; nothing was sent yet."""
        return _ASKED_BY in self.outcome


def asked(what: str, operator: str, at: datetime) -> Attempt:
    """That `operator` had a notice queued again: `what` is `resend` or `replay`."""
    return Attempt(at=at, outcome=f"{what}{_ASKED_BY}{operator}", latency_ms=0)
