"""Beyond the charts: a payment whose fate nobody here knows (RULES sections 1 and 3; section 12, X1).

PENDING past its deadline: its host died, so it is UNKNOWN. UNKNOWN: ask the bank on the schedule, and believe only a
final word. Still unknown at the end: a debit rolls back (REVERSING is committed first, then REVERSAL is sent until the bank
confirms it); a credit rolls forward (the same message again until it is known), since its money may already be spent.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from unionhub.domain.model.bank import ISSUER_CODES, Movement, Weight, Word, read_word
from unionhub.domain.model.outgoing import Answer, BankInquiry, OrderRefund, Outgoing, Reversal
from unionhub.domain.model.parties import Party
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.domain.model.transactions import UNDOES, Payment, PaymentEvent, PaymentState, PaymentStatus, Rolls
from unionhub.ports.clock import Clock
from unionhub.ports.directory import Directory
from unionhub.ports.partners import PartnerError, Partners
from unionhub.ports.store import Store
from unionhub.ports.telemetry import Telemetry

from .bank_desk import BankDesk
from .downstream import DownstreamDesk, declined_code
from .moves import Mover
from .numbers import Numbers
from .runner import said_of
from .undo import Undoing

REVERSED_CODE = "91"
"""The final answer to a payment whose debit was never confirmed and is now reversed: the issuer's system failed it."""

UNKNOWN_THERE: Final = "its acquirer says that it took no such payment: nothing was given back"
"""The note of an approval that nobody wanted, and that its acquirer, asked for the money, knows nothing of."""

_NOTHING_THERE: Final = "25"


class UnknownOutcome:
    """Takes one step with one leased payment; the worker calls it until the payment is final."""

    def __init__(
        self,
        store: Store,
        directory: Directory,
        partners: Partners,
        desk: BankDesk,
        downstream: DownstreamDesk,
        undoing: Undoing,
        mover: Mover,
        numbers: Numbers,
        clock: Clock,
        policy: OutcomePolicy,
        telemetry: Telemetry,
    ) -> None:
        self._store = store
        self._directory = directory
        self._partners = partners
        self._desk = desk
        self._downstream = downstream
        self._undoing = undoing
        self._mover = mover
        self._numbers = numbers
        self._clock = clock
        self._policy = policy
        self._telemetry = telemetry

    async def step(self, payment: Payment) -> None:
        """Ask, give up asking, reverse or repeat: whichever is due. Safe to repeat and to race with the payment's own host."""
        match payment.state:
            case PaymentState.PENDING:
                await self._move(payment, PaymentEvent.LOSE_SIGHT, due_at=self._in(0), told_pending=True)
            case PaymentState.UNKNOWN if payment.does.rolls is Rolls.INSIST:
                await self._send_again(payment)
            case PaymentState.UNKNOWN if self._asking_is_over(payment):
                if payment.does.rolls is Rolls.BACK:
                    await self._move(payment, PaymentEvent.REVERSE, due_at=self._in(0))
                else:
                    await self._send_again(payment)
            case PaymentState.UNKNOWN:
                await self._ask(payment)
            case PaymentState.REVERSING:
                await self._reverse(payment)
            case _:
                raise AssertionError(f"payment {payment.payment_id} in {payment.state} waits for nobody here")

    async def _ask(self, payment: Payment) -> None:
        bank = self._bank(payment)
        now = self._clock.now()
        inquiry = BankInquiry(
            msg_id=await self._numbers.msg_id(bank, now),
            sent_at=now,
            orig_msg_id=payment.bank_msg_id,
            orig_message=payment.does.bank_message,
        )
        answer = await self._call(bank, inquiry)
        if payment.does.downstream and answer is not None and self._is_still_under_way(payment, answer):
            await self._wait_on(payment)
            return
        word = _fate(answer, downstream=payment.does.downstream) if answer else None
        if word is not None and word.weight is Weight.REVERSE and payment.does.rolls is Rolls.FORWARD:
            # We never reverse a credit: somebody else did, and the money is where it was.
            self._telemetry.alarm("credit_reversed_by_bank", payment_id=payment.payment_id)
            word = Word(weight=Weight.DECLINED, code="71")
        if word is None:
            await self._postpone(payment, self._lost_at(payment) + timedelta(seconds=self._schedule[payment.asks + 1]))
        elif word.weight is Weight.APPROVED:
            await self._move(payment, PaymentEvent.APPROVE, code="00", due_at=None, **said_of(payment, word))
        elif word.weight is Weight.REVERSE:
            await self._move(payment, PaymentEvent.REVERSE, due_at=now, **said_of(payment, word))
        else:
            await self._move(payment, PaymentEvent.DECLINE, code=word.code, due_at=None, **said_of(payment, word))

    async def _reverse(self, payment: Payment) -> None:
        bank = self._bank(payment)
        now = self._clock.now()
        back = await self._taking_back(payment, now)
        answer = await self._call(bank, back)
        self._telemetry.reversal_attempted(payment, answer.code if answer else "no_word")
        heard = answer.code if answer is not None and isinstance(back, OrderRefund) else ""
        if answer is not None and answer.code in ("00", "22"):
            if answer.code == "22":
                self._telemetry.alarm("reversal_related_error", payment_id=payment.payment_id)
            said = {"code": payment.code or REVERSED_CODE, "bank_code": heard or payment.bank_code}
            await self._move(payment, PaymentEvent.CONFIRM_REVERSAL, due_at=None, **said)
            return
        if self._has_nothing(payment, heard):
            self._telemetry.alarm("refund_of_nothing", payment_id=payment.payment_id, attempts=payment.asks + 1)
            await self._move(payment, PaymentEvent.CONFIRM_REVERSAL, due_at=None, note=UNKNOWN_THERE)
            return
        self._telemetry.alarm("reversal_unconfirmed", payment_id=payment.payment_id, attempts=payment.asks + 1)
        due_at = self._in(self._back_off_s(payment.asks))
        if heard in ("", payment.bank_code):
            await self._postpone(payment, due_at)
            return
        # What an acquirer says instead is kept: from its first `25` on, the tries count anew.
        asks = 1 if heard == _NOTHING_THERE else payment.asks + 1
        await self._store.move_payment(payment, msgspec.structs.replace(payment, bank_code=heard, asks=asks, due_at=due_at))

    def _has_nothing(self, payment: Payment, heard: str) -> bool:
        """A REFUND ends without `00` only by this: in so many tries its acquirer has said that it knows no such payment (`25`),
        and nothing else; it may have been late to know, but not for so long. Whatever else it says leaves money taken, and is
        asked again for ever, as a REVERSAL is (RULES section 3): there `25` proves nothing, since what is to be undone may
        still arrive."""
        says_so = heard == payment.bank_code == _NOTHING_THERE
        return says_so and payment.asks + 1 >= self._policy.order_refund_tries

    async def _taking_back(self, payment: Payment, now: datetime) -> Outgoing:
        if payment.order_id is None:
            return Reversal(
                msg_id=payment.reversal_msg_id,
                sent_at=now,
                payment=payment,
                orig_msg_id=payment.bank_msg_id,
                orig_message=payment.does.bank_message,
            )
        async with self._store.begin() as uow:
            order = await uow.order(payment.order_id)
        if order is None:
            raise AssertionError(f"payment {payment.payment_id} is of no order")
        return self._downstream.taking_back(order, payment, now)

    def _is_still_under_way(self, payment: Payment, answer: Answer) -> bool:
        """A downstream acquirer says PENDING while its cardholder is asked: it is believed for a while."""
        says = answer.code == "00" and answer.payment_status == PaymentStatus.PENDING
        return says and self._clock.now() < payment.opened_at + timedelta(seconds=self._policy.order_wait_s)

    async def _wait_on(self, payment: Payment) -> None:
        """Ask again in as long as between the later questions, and count none of them: whenever a worker comes to it, it asks
        before it takes anything back."""
        await self._postpone_to(payment, 0, self._in(self._policy.ask_after_s[-1] / 2))

    async def _send_again(self, payment: Payment) -> None:
        """The same message under the same msgID: the bank answers what it decided, or decides now."""
        async with self._store.begin() as uow:
            card = await uow.card(payment.card_id) if payment.card_id is not None else None
            original = await uow.payment(payment.orig_payment_id) if payment.orig_payment_id else None
        if payment.kind in UNDOES:
            word = await self._undoing.carry_out(payment, card, original)
        elif card is not None:
            word = await self._desk.move(payment, card)
        else:
            raise AssertionError(f"payment {payment.payment_id} is of no card")
        if word.weight is Weight.APPROVED:
            await self._move(payment, PaymentEvent.APPROVE, code="00", due_at=None, **said_of(payment, word))
        elif word.weight is Weight.DECLINED and word.bank_code:
            await self._move(payment, PaymentEvent.DECLINE, code=word.code, due_at=None, **said_of(payment, word))
        else:
            self._telemetry.alarm("credit_unconfirmed", payment_id=payment.payment_id, attempts=payment.asks + 1)
            tries = max(payment.asks - len(self._policy.ask_after_s), 0)
            await self._postpone(payment, self._in(self._back_off_s(tries)))

    def _back_off_s(self, tries: int) -> float:
        return min(self._policy.reversal_backoff_s * 2.0 ** min(tries, 30), self._policy.reversal_backoff_cap_s)

    def _asking_is_over(self, payment: Payment) -> bool:
        """All questions asked; or the time is up, which a silent bank, a worker's absence or a moved clock bring about: then
        one question is enough, but never none, since a reversal of what the bank approved helps nobody."""
        if payment.asks >= len(self._policy.ask_after_s):
            return True
        time_is_up = self._clock.now() >= self._lost_at(payment) + timedelta(seconds=self._policy.reverse_after_s)
        return payment.asks > 0 and time_is_up

    @property
    def _schedule(self) -> tuple[float, ...]:
        """When to ask, and last when to reverse: seconds from when sight was lost."""
        return (*self._policy.ask_after_s, self._policy.reverse_after_s)

    def _lost_at(self, payment: Payment) -> datetime:
        """When sight was lost: each question's due time counts from there, however late the one before was asked."""
        if payment.due_at is None:
            raise AssertionError(f"payment {payment.payment_id} is unknown and due never")
        return payment.due_at - timedelta(seconds=self._schedule[payment.asks])

    async def _call(self, bank: Party, outgoing: Outgoing) -> Answer | None:
        try:
            return await self._partners.call(bank, outgoing, timeout_s=self._policy.bank_timeout_s)
        except PartnerError:
            return None

    async def _move(self, before: Payment, event: PaymentEvent, **changes: object) -> None:
        # Losing this race is no error: the other one knew more, or as much.
        await self._mover.move(before, lambda payment: payment.moved(event, **changes))

    async def _postpone(self, payment: Payment, due_at: datetime) -> None:
        await self._postpone_to(payment, payment.asks + 1, due_at)

    async def _postpone_to(self, payment: Payment, asks: int, due_at: datetime) -> None:
        later = msgspec.structs.replace(payment, asks=asks, due_at=due_at)
        async with self._store.begin() as uow:
            await uow.postpone_payment(later)
            await uow.commit()

    def _in(self, seconds: float) -> datetime:
        return self._clock.now() + timedelta(seconds=seconds)

    def _bank(self, payment: Payment) -> Party:
        bank = self._directory.party(payment.issuer)
        if bank is None:
            raise AssertionError(f"payment {payment.payment_id} names an unknown issuer {payment.issuer}")
        return bank


def _fate(answer: Answer, *, downstream: bool) -> Word | None:
    """What an inquiry's answer proves; None where it is not final: `25` (it may still be on its way), PENDING, a refusal."""
    if answer.code != "00":
        return None
    match answer.payment_status:
        case PaymentStatus.APPROVED:
            return Word(
                weight=Weight.APPROVED,
                code="00",
                bank_code="00",
                refer_no=answer.refer_no,
                settlement_key=answer.settlement_key,
                retrieval_ref=answer.retrieval_ref,
            )
        case PaymentStatus.DECLINED:
            code = declined_code(answer.reason) if downstream else _decline_code(answer.reason)
            return Word(weight=Weight.DECLINED, code=code, bank_code=answer.reason[:2] or code)
        case PaymentStatus.REVERSED:
            return Word(weight=Weight.REVERSE, code="")  # REVERSAL is idempotent: its confirmation ends it
        case _:
            return None


def _decline_code(reason: str) -> str:
    """A bank that begins its rejectionReason with its code lets the payer know why."""
    bank_code = reason[:2]
    if bank_code in ISSUER_CODES:
        word = read_word(bank_code, Movement.DEBIT)
        if word.weight is Weight.DECLINED:
            return word.code
    return "71"
