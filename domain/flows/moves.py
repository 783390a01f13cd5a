"""Moving a payment: one transaction, a compare-and-set, and the notices that the move makes due."""

from __future__ import annotations

from collections.abc import Callable

from unionhub.domain.model.transactions import Payment
from unionhub.ports.store import Store
from unionhub.ports.telemetry import Telemetry

from .notify import NoticeBook


class Mover:
    """Every move of a payment goes through here, whoever makes it: its host, the worker, an operator."""

    def __init__(self, store: Store, notices: NoticeBook, telemetry: Telemetry) -> None:
        self._store = store
        self._notices = notices
        self._telemetry = telemetry

    async def move(self, payment: Payment, move: Callable[[Payment], Payment]) -> Payment:
        """The payment after `move`; or as it stands, if somebody else moved it first: what is recorded is the truth.

        A repeat that was answered `04` meanwhile changes no state but who must be told, so the move is made again.
        """
        while True:
            after = move(payment)
            if await self._store.move_payment(payment, after, await self._notices.due_for(after)):
                self._telemetry.payment_moved(after)
                return after
            async with self._store.begin() as uow:
                stored = await uow.payment(payment.payment_id)
            if stored is None or stored.state is not payment.state:
                return stored or payment
            payment = stored
