"""The numbers that the hub gives out (PROTOCOL 1.6): all from durable sequences, none from chance (RULES section 1)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from unionhub.domain.model.parties import Party
from unionhub.ports.sequences import Sequences

MESSAGE, NOTICE = "message", "notice"


class Numbers:
    """Message ids and references. The tails wrap only after more numbers than one second, day or year can use.

    A payment's id and every message to a bank come from one sequence, so that no two msgIDs to a bank can be equal.
    Numbers are taken outside of units of work: the sequence may need a transaction of its own.
    """

    def __init__(self, sequences: Sequences) -> None:
        self._sequences = sequences

    async def payment_id(self) -> int:
        return await self._sequences.next(MESSAGE)

    async def notice_id(self) -> int:
        return await self._sequences.next(NOTICE)

    async def msg_id(self, party: Party, now: datetime) -> str:
        """A new msgID for a message to an issuer or acquirer."""
        return msg_id(party, now, await self._sequences.next(MESSAGE))

    @staticmethod
    def bank_msg_id(issuer: Party | None, now: datetime, number: int) -> str:
        """As `msg_id`, for a number that was taken already."""
        if issuer is None:
            raise AssertionError(f"message {number} goes to an issuer that nobody knows")
        return msg_id(issuer, now, number)

    @staticmethod
    def notice_msg_id(party: Party, notice_id: int) -> str:
        """`U` + insID + 18-digit sequence: 27 characters, to app gateways and for every notice."""
        return f"U{party.app_id}{notice_id:018d}"


def msg_id(party: Party, now: datetime, number: int) -> str:
    """`U` + insID + YYYYMMDDhhmmss + 6 digits: 29 characters. A debit's `number` is its payment's id."""
    return f"U{party.app_id}{party.local_time(now):%Y%m%d%H%M%S}{number % 10**6:06d}"


_HALF: Final = 500_000


def industry_msg_id(industry: Party, now: datetime, number: int, *, notice: bool = False) -> str:
    """UCSP's own form (U-78): `A` + industry code + YYYYMMDDhhmmss + 6 digits, 29 characters. Notices count in a sequence of
    their own, so they have the upper half of the tails to themselves."""
    tail = number % _HALF + (_HALF if notice else 0)
    return f"A{industry.industry_code}{industry.local_time(now):%Y%m%d%H%M%S}{tail:06d}"


def additional_msg_id(gateway: Party, payment_id: int) -> str:
    """Of ADDITIONAL_PROCESSING: 27 characters as to every gateway. The 9 keeps it apart from notices' own sequence."""
    return f"U{gateway.app_id}9{payment_id:017d}"


def voucher_no(payment_id: int, now: datetime) -> str:
    """qrcVoucherNo, N 20: the date and a number that never comes twice."""
    return f"{now:%Y%m%d}{payment_id % 10**12:012d}"


def retrieval_ref(payment_id: int) -> str:
    """retrivlRefNum, 12 digits."""
    return f"{payment_id % 10**12:012d}"


def trace_no(payment_id: int) -> str:
    """systemTraceAuditNumber, 6 digits."""
    return f"{payment_id % 10**6:06d}"
