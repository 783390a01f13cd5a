"""Moving a payment: one transaction, a compare-and-set, and the notices that the move makes due."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from unionhub.domain.model.transactions import Payment, PaymentState
from unionhub.ports.clock import Clock
from unionhub.ports.directory import Directory
from unionhub.ports.store import Store
from unionhub.ports.telemetry import Telemetry

from .notify import NoticeBook
from .numbers import Numbers


class Mover:
    """Every move of a payment goes through here, whoever makes it: its host, the worker, an operator."""

    def __init__(
        self,
        store: Store,
        notices: NoticeBook,
        numbers: Numbers,
        directory: Directory,
        clock: Clock,
        telemetry: Telemetry,
    ) -> None:
        self._store = store
        self._notices = notices
        self._numbers = numbers
        self._directory = directory
        self._clock = clock
        self._telemetry = telemetry

    async def move(self, payment: Payment, move: Callable[[Payment], Payment]) -> Payment:
        """The payment after `move`; or as it stands, if somebody else moved it first: what is recorded is the truth.

        A repeat that was answered `04` meanwhile changes no state but who must be told, so the move is made again.
        """
        while True:
            after = await self._numbered(move(payment))
            if await self._store.move_payment(payment, after, await self._notices.due_for(after)):
                self._telemetry.payment_moved(after)
                return after
            async with self._store.begin() as uow:
                stored = await uow.payment(payment.payment_id)
            if stored is None or stored.state is not payment.state:
                return stored or payment
            payment = stored

    async def try_move(self, before: Payment, after: Payment) -> bool:
        """One move, once: False if somebody else moved it first. For whoever may only go on if the move was his."""
        after = await self._numbered(after)
        won = await self._store.move_payment(before, after, await self._notices.due_for(after))
        if won:
            self._telemetry.payment_moved(after)
        return won

    async def _numbered(self, payment: Payment) -> Payment:
        """A REVERSAL's msgID is on record before the message is sent: every repeat carries it, whichever host sends it,
        and the bank's booking can be told by it."""
        if payment.state is not PaymentState.REVERSING or payment.reversal_msg_id:
            return payment
        issuer = self._directory.party(payment.issuer)
        if issuer is None:
            raise AssertionError(f"payment {payment.payment_id} names an unknown issuer {payment.issuer}")
        msg_id = await self._numbers.msg_id(issuer, self._clock.now())
        return msgspec.structs.replace(payment, reversal_msg_id=msg_id)
