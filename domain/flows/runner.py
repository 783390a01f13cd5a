"""The one runner of every money flow: it owns the two transactions, the claim, the repeat and the unknown outcome.

A flow says what its chart says; nothing about idempotency or lost answers can be got wrong there, because it is not there.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import ClassVar, Final, Protocol, TypeVar

import msgspec

from unionhub.domain.model.bank import Weight, Word
from unionhub.domain.model.cards import Card
from unionhub.domain.model.errors import Decline, Refusal
from unionhub.domain.model.identifiers import AccountNumber, Secret
from unionhub.domain.model.messages import Claim, Envelope
from unionhub.domain.model.orders import Order
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.domain.model.transactions import Payment, PaymentEvent, PaymentState
from unionhub.ports.clock import Clock
from unionhub.ports.store import Store, StoreUnavailable, UnitOfWork
from unionhub.ports.telemetry import Telemetry

from .giving_back import LOOK_AGAIN
from .moves import Mover
from .notify import NoticeBook
from .numbers import Numbers, retrieval_ref, trace_no, voucher_no

_LOOKS: Final = 3
_LOOK_AGAIN_AFTER_S: Final = (0.0, 0.2, 1.0, 2.0)


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """What `open` found: the payment with its reservations, and the card whose account the bank is to move. The rest passes
    through to `call` and is on no record."""

    payment: Payment
    card: Card | None  # None for the reversal of a message that never came, and for an order of UCSP
    payee: AccountNumber | None = None  # of a transfer
    original: Payment | None = None  # what is undone
    codes: tuple[Secret, ...] = ()  # a consumer's code as it was presented
    order: Order | None = None  # of UCSP, that is paid ...
    channel_card: str = ""  # ... with this card of its channel's user


R = TypeVar("R", contravariant=True)


class MoneyFlow(Protocol[R]):
    """A chart that moves money. `R` is its request."""

    message: ClassVar[str]

    async def open(self, uow: UnitOfWork, draft: Payment, request: R) -> Intent:
        """Check in the order of RULES section 9, steps 3 to 5, and fill the draft in. Raises Decline (recorded) or
        Refusal (leaves no trace). Reservations are named here and taken by the runner."""
        ...

    async def call(self, intent: Intent) -> Word | None:
        """Talk to the partners. Runs outside any unit of work; never raises for what a partner does. None: the payment
        waits for somebody else now (the cardholder), and its sender hears `04`."""
        ...


class MoneyRunner:
    """Runs a money flow: first transaction, call, second transaction (DESIGN section 2)."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        numbers: Numbers,
        notices: NoticeBook,
        mover: Mover,
        policy: OutcomePolicy,
        telemetry: Telemetry,
    ) -> None:
        self._store = store
        self._notices = notices
        self._clock = clock
        self._numbers = numbers
        self._mover = mover
        self._policy = policy
        self._telemetry = telemetry
        self._closing: set[asyncio.Task[Payment]] = set()

    async def run(self, flow: MoneyFlow[R], envelope: Envelope, request: R) -> Payment:
        """The payment as it stands when the sender is answered: its `answer_code` is the answer.

        Raises Replayed (UPI-UUID), Refusal (`30`, `78`), StoreUnavailable (`96`: nothing was sent to the bank).
        """
        draft = await self._draft(envelope)
        # An acquirer's payment is told to the payer's app even when it is declined at once: its number is taken here.
        drawn = await self._notices.draw(1) if draft.does.by_acquirer else ()
        try:
            opened = await self._first(flow, envelope, draft, drawn, request)
        except Refusal:
            await self._admit_only(envelope)
            raise
        if isinstance(opened, Payment):
            if opened.payment_id == draft.payment_id:  # a repeat moved nothing: it must not count as another payment
                self._telemetry.payment_moved(opened)
            return opened
        # From here on money may move: a client that hangs up must not stop the second transaction.
        closing = asyncio.create_task(self._call_and_close(flow, opened))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)
        return await asyncio.shield(closing)

    async def drain(self) -> None:
        """Wait for the payments that are between their two transactions (SIGTERM)."""
        while self._closing:
            await asyncio.wait(set(self._closing))

    async def _draft(self, envelope: Envelope) -> Payment:
        now = self._clock.now()
        payment_id = await self._numbers.payment_id()
        return Payment(
            payment_id=payment_id,
            kind=envelope.message,
            sender=envelope.sender.app_id,
            msg_id=envelope.msg_id,
            state=PaymentState.PENDING,
            opened_at=now,
            due_at=now + timedelta(seconds=self._policy.deadline_s),
            voucher_no=voucher_no(payment_id, now),
            trace_no=trace_no(payment_id),
            retrieval_ref=retrieval_ref(payment_id),
        )

    async def _first(
        self, flow: MoneyFlow[R], envelope: Envelope, draft: Payment, drawn: tuple[int, ...], request: R
    ) -> Payment | Intent:
        """Claim, check, reserve, record. An Intent goes on to the bank; a Payment is the answer already."""
        claim = Claim(
            sender=draft.sender,
            msg_id=draft.msg_id,
            message=envelope.message,
            digest=envelope.digest,
            record_id=draft.payment_id,
        )
        for look in range(_LOOKS):
            async with self._store.begin() as uow:
                outcome: Payment | Intent | None
                if (earlier := await uow.admit(draft.sender, envelope.uuid, claim)) is not None:
                    outcome = await self._repeat(uow, earlier, claim)
                else:
                    outcome = await self._open(uow, flow, draft, drawn, request, last_look=look + 1 == _LOOKS)
                if outcome is not None:
                    await uow.commit()
                    return outcome
            # Rolled back: what was in the way has committed, and is there to be seen now.
        raise AssertionError("the last look decides")

    @staticmethod
    async def _repeat(uow: UnitOfWork, earlier: Claim, claim: Claim) -> Payment:
        """The same message again gets what stands in the record; another one under the same msgID is refused (`78`)."""
        if (earlier.message, earlier.digest) != (claim.message, claim.digest):
            raise Refusal("78")
        payment = await uow.payment(earlier.record_id)
        if payment is not None and not payment.code and not payment.told_pending:
            payment = await uow.tell_pending(payment.payment_id)
        if payment is None:
            raise AssertionError(f"claim without payment {earlier.record_id}")
        return payment

    async def _open(
        self,
        uow: UnitOfWork,
        flow: MoneyFlow[R],
        draft: Payment,
        drawn: tuple[int, ...],
        request: R,
        *,
        last_look: bool,
    ) -> Payment | Intent | None:
        """None: something is in the way that could not be seen (LOOK_AGAIN)."""
        try:
            opened = await flow.open(uow, draft, request)
        except Decline as decline:
            return await self._declined(uow, decline.payment or draft, decline.code, drawn)
        if code := await uow.open_payment(opened.payment):
            if code == LOOK_AGAIN and not last_look:
                return None
            return await self._declined(uow, opened.payment, "94" if code == LOOK_AGAIN else code, drawn)
        return opened

    async def _declined(self, uow: UnitOfWork, payment: Payment, code: str, drawn: tuple[int, ...]) -> Payment:
        declined = payment.moved(PaymentEvent.DECLINE, code=code, due_at=None, reservations=())
        await uow.record_payment(declined, self._notices.written(declined, drawn))
        return declined

    async def _call_and_close(self, flow: MoneyFlow[R], intent: Intent) -> Payment:
        try:
            word = await flow.call(intent)
            if word is None:
                return intent.payment
            if word.alarm:
                self._telemetry.alarm("bank_found_fault", payment_id=intent.payment.payment_id, bank_code=word.bank_code)
            return await self.close(intent.payment, word)
        except Exception as error:
            # The bank may have booked, and its word may be written or not: never an error that reads as "nothing happened".
            self._telemetry.crashed("payment_close", error)
            return await self._as_recorded(intent.payment)

    async def _as_recorded(self, payment: Payment) -> Payment:
        """After a second transaction that may have happened: the answer that stands, or 04 with its notice owed.

        A payment that is still PENDING waits for the worker, which asks the bank and reverses.
        """
        for wait_s in _LOOK_AGAIN_AFTER_S:
            await asyncio.sleep(wait_s)
            try:
                async with self._store.begin() as uow:
                    stored = await uow.tell_pending(payment.payment_id)
                    await uow.commit()
            except StoreUnavailable:
                continue
            return stored or payment
        return payment

    async def close(self, payment: Payment, word: Word) -> Payment:
        """The second transaction: write what the bank's word proves, and queue who must be told."""
        return await self._mover.move(payment, lambda current: self._after(current, word))

    def _after(self, payment: Payment, word: Word) -> Payment:
        return after_word(payment, word, self._clock.now(), self._policy)

    async def _admit_only(self, envelope: Envelope) -> None:
        async with self._store.begin() as uow:
            await uow.admit(envelope.sender.app_id, envelope.uuid)
            await uow.commit()


def after_word(payment: Payment, word: Word, now: datetime, policy: OutcomePolicy) -> Payment:
    """What the bank's word makes of a payment (RULES section 1)."""
    said = said_of(payment, word)
    match word.weight:
        case Weight.APPROVED:
            return payment.moved(PaymentEvent.APPROVE, code="00", due_at=None, **said)
        case Weight.DECLINED:
            return payment.moved(PaymentEvent.DECLINE, code=word.code, due_at=None, **said)
        case Weight.REVERSE:
            return payment.moved(PaymentEvent.REVERSE, code=word.code, due_at=now, **said)
        case Weight.UNKNOWN:
            due_at = now + timedelta(seconds=policy.ask_after_s[0])
            return payment.moved(PaymentEvent.LOSE_SIGHT, due_at=due_at, told_pending=True, **said)


def said_of(payment: Payment, word: Word) -> dict[str, str]:
    """What is kept of the word beside its weight. An acquirer's own settlement key and reference come with its approval."""
    return {
        "bank_code": word.bank_code,
        "refer_no": word.refer_no or payment.refer_no,
        "settlement_key": payment.settlement_key or word.settlement_key,
        "retrieval_ref": word.retrieval_ref or payment.retrieval_ref,
    }
