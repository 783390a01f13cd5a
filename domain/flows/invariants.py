"""What must hold whenever the hub is at rest (DESIGN section 3). Written once: the simulation, the tests, `unionhub
invariants` and the worker run the same classes.

Each reads the live store page by page and yields what it found wrong, with bounded evidence.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import ClassVar, Final, Protocol, TypeVar

import msgspec

from unionhub.domain.model.acts import Act
from unionhub.domain.model.cards import Card
from unionhub.domain.model.enrolment import Enrolment, EnrolmentState
from unionhub.domain.model.notices import NoticeState
from unionhub.domain.model.orders import Order, OrderState
from unionhub.domain.model.transactions import UNDOES, Allowance, OnceKey, Payment, PaymentState, Rolls
from unionhub.ports.books import BankBooks, Booked
from unionhub.ports.clock import Clock
from unionhub.ports.store import Store, UnitOfWork

from .notify import receivers

T = TypeVar("T")

MAX_EVIDENCE: Final = 20
"""Findings of one invariant beyond this are counted, not listed."""

_MOVED_NOTHING: Final = frozenset({PaymentState.DECLINED, PaymentState.REVERSED})


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong: the invariant's name, and which record shows it."""

    invariant: str
    evidence: str
    message: str = ""  # what does not hold, in an operator's words


class Invariant(Protocol):
    """`message` says what does not hold, in an operator's words."""

    name: ClassVar[str]
    message: ClassVar[str]

    def findings(self) -> AsyncIterator[str]: ...


async def check(invariants: tuple[Invariant, ...], *, looks: int = 1) -> list[Finding]:
    """Run them all; at most MAX_EVIDENCE findings each. `looks`: a store at work is read page by page while it changes, so
    what does not fit at the first look, and does at the next, was never wrong."""
    found = []
    for invariant in invariants:
        lines, count = await _evidence(invariant)
        for _ in range(1, looks if lines else 1):
            again, count = await _evidence(invariant, among=frozenset(lines) if count <= MAX_EVIDENCE else None)
            lines = again
        found += [Finding(invariant=invariant.name, evidence=line, message=invariant.message) for line in lines]
        if count > MAX_EVIDENCE:
            found.append(Finding(invariant=invariant.name, evidence=f"and {count - MAX_EVIDENCE} more"))
    return found


async def _evidence(invariant: Invariant, among: frozenset[str] | None = None) -> tuple[list[str], int]:
    """The first lines, and how many there are; of those that were seen before, if there were few enough to remember."""
    lines: list[str] = []
    count = 0
    async for line in invariant.findings():
        if among is not None and line not in among:
            continue
        count += 1
        if count <= MAX_EVIDENCE:
            lines.append(line)
    return lines, count


def all_payments(store: Store) -> AsyncIterator[Payment]:
    """Every payment, oldest first."""
    return _paged(store, lambda uow, last: uow.payments_page(last), lambda payment: payment.payment_id)


def all_orders(store: Store) -> AsyncIterator[Order]:
    """Every order of UCSP, oldest first."""
    return _paged(store, lambda uow, last: uow.orders_page(last), lambda order: order.order_id)


async def _paged(
    store: Store, page_after: Callable[[UnitOfWork, int], Awaitable[Sequence[T]]], id_of: Callable[[T], int]
) -> AsyncIterator[T]:
    """By id, one short unit of work a page."""
    last = 0
    while True:
        async with store.begin() as uow:
            page = await page_after(uow, last)
        for item in page:
            yield item
        if not page:
            return
        last = id_of(page[-1])


class EveryPaymentEnds:
    """No payment is unfinished longer than it may be: everything that waits has an owner."""

    name: ClassVar[str] = "every_payment_ends"
    message: ClassVar[str] = "a payment is unfinished beyond its limit"

    def __init__(self, store: Store, clock: Clock, limit: timedelta) -> None:
        self._store = store
        self._clock = clock
        self._limit = limit

    async def findings(self) -> AsyncIterator[str]:
        async with self._store.begin() as uow:
            late = await uow.unfinished_before(self._clock.now() - self._limit)
        for payment in late:
            yield f"payment {payment.payment_id} is {payment.state} since {payment.opened_at:%Y-%m-%d %H:%M:%S}"


class EveryWaitIsOwned:
    """Whatever is unfinished is due at some time, and not long ago: a worker will take it, or holds it now."""

    name: ClassVar[str] = "every_wait_is_owned"
    message: ClassVar[str] = "a payment waits, and nobody will take it"

    def __init__(self, store: Store, clock: Clock, limit: timedelta) -> None:
        self._store = store
        self._clock = clock
        self._limit = limit

    async def findings(self) -> AsyncIterator[str]:
        now = self._clock.now()
        async for payment in all_payments(self._store):
            if not payment.is_final and (payment.due_at is None or payment.due_at < now - self._limit):
                yield f"payment {payment.payment_id} is {payment.state}, due {payment.due_at or 'never'}"


class BookedIsApproved:
    """What the banks booked is what we call approved, message by message: nothing lost, nothing twice."""

    name: ClassVar[str] = "booked_is_approved"
    message: ClassVar[str] = "the bank's books and our record of a payment differ"

    def __init__(self, store: Store, books: BankBooks) -> None:
        self._store = store
        self._books = books

    async def findings(self) -> AsyncIterator[str]:
        by_issuer: dict[str, list[Payment]] = defaultdict(list)
        states: dict[int, PaymentState] = {}
        async for payment in all_payments(self._store):
            states[payment.payment_id] = payment.state
            if payment.bank_msg_id and not payment.does.downstream:
                by_issuer[payment.issuer].append(payment)
        for issuer, payments in by_issuer.items():
            booked = dict(await self._books.booked(issuer))
            for payment in payments:
                moved = booked.pop(payment.bank_msg_id, Booked())
                back = booked.pop(payment.reversal_msg_id, Booked())
                if payment.is_final and (wrong := _compare(payment, states, moved, back)):  # unfinished: another's
                    yield wrong
            for msg_id, found in sorted(booked.items()):
                yield f"the bank booked {found} for {msg_id}, which is no message of a payment here"


def _compare(payment: Payment, states: dict[int, PaymentState], moved: Booked, back: Booked) -> str:
    """What is wrong with a final payment: `moved` is what its message booked, `back` what its REVERSAL booked."""
    ours = Booked()
    if payment.state is PaymentState.APPROVED and payment.bill is not None and _moves_money(payment, states):
        minor = payment.bill.minor
        ours = Booked(taken=minor if payment.does.takes else 0, given=minor if payment.does.gives else 0)
        if payment.kind == "P2P_TRANSFER" and payment.payee_card_id is None:
            ours = Booked(taken=minor, given=moved.given)  # a payee with no card here may bank elsewhere
    theirs = moved if back == Booked() else Booked(taken=moved.taken - back.given, given=moved.given - back.taken)
    if theirs == ours:
        return ""
    return f"payment {payment.payment_id} is {payment.state}: the bank booked {theirs}, ours {ours}"


def _moves_money(payment: Payment, states: dict[int, PaymentState]) -> bool:
    """A REVERSAL of what was never approved moves nothing."""
    if payment.kind not in UNDOES:
        return True
    return states.get(payment.orig_payment_id or 0) is PaymentState.APPROVED


class NoPurchaseTwice:
    """At most one approved payment holds a business key: a one-time code, an order, a settlement key."""

    name: ClassVar[str] = "no_purchase_twice"
    message: ClassVar[str] = "one purchase was paid twice"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def findings(self) -> AsyncIterator[str]:
        holders: dict[str, int] = {}
        async for payment in all_payments(self._store):
            if payment.state in _MOVED_NOTHING:
                continue
            for key in (found.key for found in payment.reservations if isinstance(found, OnceKey)):
                if key in holders:
                    yield f"{key} is held by payments {holders[key]} and {payment.payment_id}"
                holders[key] = payment.payment_id


class OrdersArePaidOnce:
    """An order of UCSP has one approved payment, and it is the one that paid it; an order that was closed has none."""

    name: ClassVar[str] = "orders_are_paid_once"
    message: ClassVar[str] = "an order was paid twice, or by a payment that it does not know"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def findings(self) -> AsyncIterator[str]:
        async for payment in all_payments(self._store):
            pays = payment.order_id is not None and payment.orig_payment_id is None
            if pays and payment.state is PaymentState.APPROVED:
                async with self._store.begin() as uow:
                    order = await uow.order(payment.order_id or 0)
                if order is None or order.paid_by != payment.payment_id:
                    by = order.paid_by if order else None
                    yield f"payment {payment.payment_id} of order {payment.order_id} is APPROVED, which {by} paid"
        async for order in all_orders(self._store):
            if (order.state is OrderState.PAID) is (order.paid_by is None):
                yield f"order {order.order_id} is {order.state}, paid by {order.paid_by}"
            elif order.paid_by is not None:
                async with self._store.begin() as uow:
                    paid = await uow.payment(order.paid_by)
                if paid is None or paid.order_id != order.order_id or paid.state is not PaymentState.APPROVED:
                    yield f"order {order.order_id} is PAID by {order.paid_by}, which is {paid.state if paid else 'nothing'}"


class NoCodePaysTwice:
    """A one-time code is used by one payment: a consumer's even if that failed, a cash-out token's sum is paid out once."""

    name: ClassVar[str] = "no_code_pays_twice"
    message: ClassVar[str] = "a one-time code was used twice"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def findings(self) -> AsyncIterator[str]:
        users: dict[int, int] = {}
        async for payment in all_payments(self._store):
            if payment.code_id is None or not _used_its_code(payment):
                continue
            if payment.code_id in users:
                yield f"code {payment.code_id} was used by payments {users[payment.code_id]} and {payment.payment_id}"
            users[payment.code_id] = payment.payment_id


def _used_its_code(payment: Payment) -> bool:
    """A payment that was declined before it began holds nothing, so it used nothing either."""
    if payment.kind == "CPQRC_PAYMENT":
        return bool(payment.reservations)
    return payment.state not in _MOVED_NOTHING


class NoRefundBeyondPaid:
    """What is given back of a payment is no more than was paid, whatever was reserved for it."""

    name: ClassVar[str] = "no_refund_beyond_paid"
    message: ClassVar[str] = "more was given back than was paid"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def findings(self) -> AsyncIterator[str]:
        paid: dict[int, int] = {}
        back: Counter[int] = Counter()
        async for payment in all_payments(self._store):
            if payment.amount is None:
                continue
            # The REVERSAL of what never moved has no bill: there was nothing to give back.
            if payment.kind not in UNDOES:
                paid[payment.payment_id] = payment.amount.minor if payment.state is PaymentState.APPROVED else 0
            elif payment.orig_payment_id and payment.bill is not None and payment.state not in _MOVED_NOTHING:
                back[payment.orig_payment_id] += payment.amount.minor
        for original, minor in back.items():
            if paid.get(original) and minor > paid[original]:
                yield f"{minor} of {paid[original]} minor units of payment {original} were given back"


class NoCreditReversed:
    """What was given is never taken back by the hub: it may be spent already (RULES section 1)."""

    name: ClassVar[str] = "no_credit_reversed"
    message: ClassVar[str] = "a credit was reversed, not rolled forward"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def findings(self) -> AsyncIterator[str]:
        async for payment in all_payments(self._store):
            back = payment.reversal_msg_id or payment.state in (PaymentState.REVERSING, PaymentState.REVERSED)
            if back and payment.does.rolls is not Rolls.BACK:
                yield f"{payment.kind} {payment.payment_id} is {payment.state}, its REVERSAL {payment.reversal_msg_id}"


class NoLimitOverspent:
    """Nothing bounded is overspent: no card's day beyond its limit, no refunds beyond what was paid."""

    name: ClassVar[str] = "no_limit_overspent"
    message: ClassVar[str] = "more was taken of something than there was"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def findings(self) -> AsyncIterator[str]:
        spent: Counter[str] = Counter()
        limits: dict[str, int] = {}
        async for payment in all_payments(self._store):
            if payment.state in _MOVED_NOTHING:
                continue
            for share in (found for found in payment.reservations if isinstance(found, Allowance)):
                spent[share.key] += share.amount_minor
                limits[share.key] = max(limits.get(share.key, 0), share.limit_minor)
        for key, used in spent.items():
            if used > limits[key]:
                yield f"{key}: {used} of {limits[key]} minor units"


class EveryoneIsTold:
    """Each finished payment has exactly the notices that RULES section 11 gives it."""

    name: ClassVar[str] = "everyone_is_told"
    message: ClassVar[str] = "a notice of a finished payment is missing, or there is one too many"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def findings(self) -> AsyncIterator[str]:
        async for payment in all_payments(self._store):
            async with self._store.begin() as uow:
                notices = await uow.notices(payment_id=payment.payment_id)
            # A refund that SCIS saw of what paid an order: its two sides are told as well, unless the acquirer told it first.
            sides = [notice for notice in notices if notice.order_id is not None and not payment.does.downstream]
            told = Counter(notice.receiver for notice in notices if notice not in sides)
            if told != Counter(receivers(payment)) or len(sides) not in (0, 2):
                yield f"payment {payment.payment_id} is {payment.state}: told {dict(told)}, due {list(receivers(payment))}"


class NoticesArrive:
    """No notice is queued longer than the whole schedule takes, from when it was written or an operator queued it again."""

    name: ClassVar[str] = "notices_arrive"
    message: ClassVar[str] = "a notice is neither confirmed nor parked in time"

    def __init__(self, store: Store, clock: Clock, limit: timedelta) -> None:
        self._store = store
        self._clock = clock
        self._limit = limit

    async def findings(self) -> AsyncIterator[str]:
        async with self._store.begin() as uow:
            queued = await uow.notices(state=NoticeState.QUEUED, limit=1000)
        for notice in queued:
            if notice.created_at >= self._clock.now() - self._limit:
                continue
            async with self._store.begin() as uow:
                begun = [notice.created_at, *(each.at for each in await uow.attempts(notice.notice_id) if each.is_asked)]
            if max(begun) < self._clock.now() - self._limit:
                yield f"notice {notice.notice_id} to {notice.receiver} is queued since {max(begun):%Y-%m-%d %H:%M:%S}"


class ActsEndInTime:
    """No act waits for an answer beyond its deadline: whoever was told 04 gets one. Of a live store; see EveryActEnds."""

    name: ClassVar[str] = "acts_end_in_time"
    message: ClassVar[str] = "an act was abandoned, and nobody ended it"

    def __init__(self, store: Store, clock: Clock, limit: timedelta) -> None:
        self._store = store
        self._clock = clock
        self._limit = limit

    async def findings(self) -> AsyncIterator[str]:
        async with self._store.begin() as uow:
            late = await uow.acts_due(self._clock.now() - self._limit)
        for act in late:
            yield f"{act.kind} {act.act_id} is open since {act.opened_at:%Y-%m-%d %H:%M:%S}"


class Records(Protocol):
    """Everything that is not a payment, in any order."""

    def acts(self) -> AsyncIterator[Act]: ...

    def enrolments(self) -> AsyncIterator[Enrolment]: ...

    def cards(self) -> AsyncIterator[Card]: ...


class StoredRecords:
    """Records of a store, by id; one short unit of work a page."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def acts(self) -> AsyncIterator[Act]:
        return _paged(self._store, lambda uow, last: uow.acts_page(last), lambda act: act.act_id)

    def enrolments(self) -> AsyncIterator[Enrolment]:
        return _paged(self._store, lambda uow, last: uow.enrolments_page(last), lambda each: each.enrolment_id)

    def cards(self) -> AsyncIterator[Card]:
        return _paged(self._store, lambda uow, last: uow.cards_page(last), lambda card: card.card_id)


class OpenedAccounts(Protocol):
    """The bank's side of OPEN_ACCOUNT: the msgIDs under which it opened an account."""

    async def opened(self, issuer: str) -> Sequence[str]: ...


class EveryActEnds:
    """No act is open beyond its limit: whoever was told 04 gets an answer. One that has no limit is an enrolment's."""

    name: ClassVar[str] = "every_act_ends"
    message: ClassVar[str] = "an act has no answer, and nobody will give it one"

    def __init__(self, records: Records, clock: Clock, limit: timedelta) -> None:
        self._records = records
        self._clock = clock
        self._limit = limit

    async def findings(self) -> AsyncIterator[str]:
        ending = {
            each.act_id
            async for each in self._records.enrolments()
            if each.state in (EnrolmentState.OPENING, EnrolmentState.STEP_UP)
        }
        latest = self._clock.now() - self._limit
        async for act in self._records.acts():
            late = act.due_at is None or act.due_at < latest
            if not act.code and late and act.act_id not in ending:
                yield f"{act.kind} {act.act_id} is open since {act.opened_at:%Y-%m-%d %H:%M:%S}"


class EveryOpeningEnds:
    """No account is being opened longer than it may be, and each is somebody's to end."""

    name: ClassVar[str] = "every_opening_ends"
    message: ClassVar[str] = "an account is being opened beyond its limit"

    def __init__(self, records: Records, clock: Clock, limit: timedelta) -> None:
        self._records = records
        self._clock = clock
        self._limit = limit

    async def findings(self) -> AsyncIterator[str]:
        async for each in self._records.enrolments():
            if each.state is not EnrolmentState.OPENING:
                continue
            if each.due_at is None or each.act_id is None or each.opened_at < self._clock.now() - self._limit:
                yield f"enrolment {each.enrolment_id} is OPENING since {each.opened_at:%Y-%m-%d %H:%M:%S}, due {each.due_at}"


class OneCardEach:
    """An enrolment that was ISSUED has a card of its own, and its sender was answered so; nobody has two usable ones on one
    account."""

    name: ClassVar[str] = "one_card_each"
    message: ClassVar[str] = "an enrolment, its card and its answer do not fit"

    def __init__(self, records: Records) -> None:
        self._records = records

    async def findings(self) -> AsyncIterator[str]:
        cards = {card.card_id: card async for card in self._records.cards()}
        for first, second in _same_owner(cards.values()):
            yield f"cards {first} and {second} are the same person's, on one account"
        answers = {act.act_id: act.code async for act in self._records.acts()}
        issued: set[int] = set()
        async for each in self._records.enrolments():
            answer = answers.get(each.act_id or 0, "00")  # acts are purged with their claims
            if each.card_id is None and each.state is not EnrolmentState.ISSUED and answer != "00":
                continue
            fits = each.state is EnrolmentState.ISSUED and each.card_id in cards and each.card_id not in issued
            if not fits and each.act_id is None and each.card_id is None:
                continue  # verified, and no card was asked for
            if not fits or answer != "00":
                yield f"enrolment {each.enrolment_id} is {each.state} with card {each.card_id}, and was answered {answer}"
            issued.add(each.card_id or 0)


def _same_owner(cards: Iterable[Card]) -> Iterator[tuple[int, int]]:
    owners: dict[tuple[str, str, str, str, bytes], int] = {}
    for card in cards:
        owner = card.gateway, card.user_id, card.device_id, card.product_id, card.account_index
        if not card.is_usable:
            continue
        if owner in owners:
            yield owners[owner], card.card_id
        owners[owner] = card.card_id


class NoAccountLost:
    """The bank opened one account for each OPEN_ACCOUNT that ended with a card, or one is still on its way there."""

    name: ClassVar[str] = "no_account_lost"
    message: ClassVar[str] = "the bank opened an account that nobody here knows of, or there is a card without one"

    def __init__(self, records: Records, bank: OpenedAccounts) -> None:
        self._records = records
        self._bank = bank

    async def findings(self) -> AsyncIterator[str]:
        by_issuer: dict[str, list[Enrolment]] = defaultdict(list)
        async for each in self._records.enrolments():
            by_issuer[each.issuer].append(each)
        for issuer, enrolments in by_issuer.items():
            opened = set(await self._bank.opened(issuer))
            mine = {each.bank_msg_id: each for each in enrolments if each.kind == "OPEN_ACCOUNT" and each.bank_msg_id}
            for msg_id in sorted(opened - mine.keys()):
                yield f"the bank opened an account for {msg_id}, which is no message of an enrolment here"
            for msg_id, each in mine.items():
                if (msg_id in opened) != (each.state is EnrolmentState.ISSUED) and each.state is not EnrolmentState.OPENING:
                    had = "opened" if msg_id in opened else "did not open"
                    yield f"enrolment {each.enrolment_id} is {each.state}, and the bank {had} an account for {msg_id}"
