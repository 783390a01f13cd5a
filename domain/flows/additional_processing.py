"""SCIS chart: consumer-presented QR, part 2, steps 3 and 4: the cardholder's answer (S-186..204).

3. App Gateway -> SCIS     ADDITIONAL_PROCESSING_RESULT
4. SCIS -> App Gateway     00, before anything is debited: a worker debits after checking again (waiting.py)
"""

from __future__ import annotations

from typing import ClassVar

from unionhub.domain.model.acts import Act
from unionhub.domain.model.errors import Decline
from unionhub.domain.model.identifiers import Secret
from unionhub.domain.model.messages import CardholderResult
from unionhub.domain.model.qr.consumer import is_barcode
from unionhub.domain.model.transactions import CardholderSays, Payment, PaymentEvent, PaymentState
from unionhub.ports.clock import Clock
from unionhub.ports.store import UnitOfWork
from unionhub.ports.vault import Vault

from .acts import Done
from .consumer_qr import BARCODE, CODE
from .notify import NoticeBook
from .payers import TOKEN, match_payer

REJECTED_CODE = "05"
"""The payment's code when its cardholder said no."""


class AdditionalProcessingResult:
    """An act on a payment that waits. One transaction: the claim, the move and its notice stand or fall together."""

    message: ClassVar[str] = "ADDITIONAL_PROCESSING_RESULT"

    def __init__(self, vault: Vault, notices: NoticeBook, clock: Clock) -> None:
        self._vault = vault
        self._notices = notices
        self._clock = clock

    async def prepare(self, request: CardholderResult) -> tuple[int, ...]:
        """A number for the notice of a refusal."""
        return await self._notices.draw(1) if request.says is CardholderSays.REJECTED else ()

    async def open(self, uow: UnitOfWork, act: Act, request: CardholderResult, drawn: tuple[int, ...]) -> Done:
        """`25` (no such question to this gateway), `14`, `57`, `55`, `12` (another's code, too late), `94` (said before)."""
        payment = await self._asked(uow, act.sender, request)
        await self._check_payer(uow, payment, request)
        await self._check_codes(uow, payment, request)
        if payment.state is not PaymentState.AWAITING_CARDHOLDER:
            raise Decline("94" if payment.cardholder else "12")
        after = self._after(payment, request)
        if not await uow.move_payment(payment, after, self._notices.written(after, drawn)):
            raise Decline("12")  # decided this very moment: its time ran out, or its acquirer took it back
        return Done(subject_id=payment.payment_id)

    async def recall(self, uow: UnitOfWork, act: Act) -> None:
        """The answer has no content."""
        del uow, act

    def _after(self, payment: Payment, request: CardholderResult) -> Payment:
        if request.says is CardholderSays.REJECTED:
            return payment.moved(PaymentEvent.DECLINE, cardholder=request.says, code=REJECTED_CODE, due_at=None)
        return payment.moved(PaymentEvent.CARDHOLDER_AGREED, cardholder=request.says, due_at=self._clock.now())

    async def _asked(self, uow: UnitOfWork, gateway: str, request: CardholderResult) -> Payment:
        """By the msgID of ADDITIONAL_PROCESSING; an older app that does not repeat it names its code."""
        payment = None
        if request.orig_msg_id:
            payment = await uow.payment_of_additional(request.orig_msg_id)
        elif request.codes:
            code = await uow.code_by_index(self._index(request.codes[0]))
            found = await uow.payments(card_id=code.card_id) if code else []
            payment = next((each for each in found if code and each.code_id == code.code_id and each.additional_msg_id), None)
        if payment is None or payment.gateway != gateway:
            raise Decline("25")
        return payment

    async def _check_payer(self, uow: UnitOfWork, payment: Payment, request: CardholderResult) -> None:
        card = await uow.card(payment.card_id) if payment.card_id is not None else None
        if card is None or card.token_index != self._vault.index(request.token, TOKEN):
            raise Decline("14")
        match_payer(card, request.user_id, request.device_id)

    async def _check_codes(self, uow: UnitOfWork, payment: Payment, request: CardholderResult) -> None:
        """A result that repeats another payment's code is a result for another transaction."""
        for code in request.codes:
            found = await uow.code_by_index(self._index(code))
            if found is None or found.code_id != payment.code_id:
                raise Decline("12")

    def _index(self, code: Secret) -> bytes:
        return self._vault.index(code, BARCODE if is_barcode(code.reveal()) else CODE)
