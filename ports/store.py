"""The store: everything durable, behind intents. Its contract is tested by `tests/contracts/store_contract.py`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Protocol, Self

import msgspec

from unionhub.domain.model.acts import Act
from unionhub.domain.model.audit import AuditEntry
from unionhub.domain.model.cards import Card, CardFace, CardProduct
from unionhub.domain.model.channel_cards import CardList
from unionhub.domain.model.codes import OneTimeCode
from unionhub.domain.model.enrolment import Enrolment
from unionhub.domain.model.login import Login
from unionhub.domain.model.marketing import MarketingOffer
from unionhub.domain.model.messages import Claim
from unionhub.domain.model.notices import Attempt, Notice, NoticeState
from unionhub.domain.model.orders import Order, OrderState
from unionhub.domain.model.parties import Party
from unionhub.domain.model.qr_inquiry import QrInquiry
from unionhub.domain.model.services import Grant, IndustryService
from unionhub.domain.model.transactions import Payment, PaymentState


class StoreUnavailable(Exception):  # noqa: N818
    """The store cannot serve: connection lost, disk full, busy beyond its bound. What was open is rolled back, except that
    a failed `commit` may have happened: whoever sees it there must treat the outcome as unknown."""


class WrappedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key that only the vault's master key opens. `kind`: data, index, digest, or a hub key's kid."""

    kind: str
    version: int
    wrapped: bytes
    created_at: datetime


class UnitOfWork(Protocol):
    """One database transaction. Rolls back on leaving unless `commit()` was awaited. Never talk to a partner inside."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    async def commit(self) -> None: ...

    # --- messages: freshness and idempotency (RULES section 2)

    async def admit(self, sender: str, uuid: str, claim: Claim | None = None) -> Claim | None:
        """Record a UPI-UUID; raises Replayed if this sender used it before. With `claim`, take the idempotency key too:
        None means it is ours now, a Claim is the one that already stood (equal concurrent requests wait for the first)."""
        ...

    # --- payments

    async def card_by_token(self, token_index: bytes) -> Card | None: ...

    async def card(self, card_id: int) -> Card | None: ...

    async def open_payment(self, payment: Payment) -> str:
        """Take the payment's reservations in their order and insert it. Returns "" if all could be taken; else the `code`
        of the first that could not, and then nothing of it is left: no reservation, no payment.

        A OnceKey is held by at most one payment; an Allowance never passes its limit, under any concurrency."""
        ...

    async def record_payment(self, payment: Payment, notices: Sequence[Notice] = ()) -> None:
        """Insert a payment that holds nothing, one that was declined before it began, and queue `notices`.

        Like `open_payment`, it raises ValueError if there is a payment of this id or of this (sender, msg_id) already."""
        ...

    async def payment(self, payment_id: int) -> Payment | None: ...

    async def payment_of(self, sender: str, msg_id: str) -> Payment | None: ...

    async def payment_for_acquirer(self, acquirer: str, *, msg_id: str = "", settlement_key: str = "") -> Payment | None:
        """The payment of this acquirer (it asked for it, or its merchant is paid) that has this msg_id, or this settlement
        key; undoing payments (`orig_payment_id` set) are found by their own msg_id only. The oldest, if there are several."""
        ...

    async def payment_of_additional(self, msg_id: str) -> Payment | None:
        """The payment whose ADDITIONAL_PROCESSING has this msgID."""
        ...

    async def payments_undoing(self, payment_id: int) -> list[Payment]:
        """Refunds, cancellations and reversals of that payment, oldest first."""
        ...

    async def tell_pending(self, payment_id: int) -> Payment | None:
        """The sender is about to be told `04`: note that on the payment, which must then end with a notice to it. Returns
        the payment as it stands: one that has its answer meanwhile is left as it is. None if there is no such payment."""
        ...

    async def move_payment(self, before: Payment, after: Payment, notices: Sequence[Notice] = ()) -> bool:
        """Compare-and-set: write `after` and queue `notices` if the stored payment still has the state and `told_pending`
        of `before`, else change nothing and return False. Reservations are given back when `after.state` is DECLINED or
        REVERSED: those that `open_payment` took, which no move changes, except what is `kept`. Ends a lease on it.
        IllegalMove if `before` is final."""
        ...

    async def postpone_payment(self, payment: Payment) -> bool:
        """Write `due_at`, `asks` and `reversal_msg_id` of an unfinished payment without moving it, if its state still is
        `payment.state`; ends the lease."""
        ...

    async def lease_payments(
        self, owner: str, now: datetime, *, limit: int, lease: timedelta, passing_over: Collection[str] = ()
    ) -> list[Payment]:
        """Take unfinished payments due at `now` (business time), oldest first, that nobody holds. A lease runs on the
        store's own time; when it is over, others may take the payment. No two owners get the same payment. Payments of the
        issuers in `passing_over` (appIds) are left where they are, and count nothing towards `limit`."""
        ...

    # --- acts: claimed messages that move no money

    async def record_act(self, act: Act) -> None:
        """Insert; ValueError if there is an act of this id or of this (sender, msg_id) already."""
        ...

    async def act(self, act_id: int) -> Act | None: ...

    async def acts_due(self, now: datetime, *, limit: int = 100) -> list[Act]:
        """Acts without an answer whose `due_at` is over by then, oldest first: nobody works on them any more."""
        ...

    async def close_act(self, act: Act) -> bool:
        """Write `code`, `subject_id` and `detail` of an act that has no code yet; False if it has one by now."""
        ...

    # --- enrolments

    async def add_enrolment(self, enrolment: Enrolment) -> None:
        """Insert; ValueError if there is one of this id or of this (gateway, msg_id) already."""
        ...

    async def enrolment(self, enrolment_id: int) -> Enrolment | None: ...

    async def enrolment_of(self, gateway: str, msg_id: str) -> Enrolment | None: ...

    async def move_enrolment(self, after: Enrolment) -> bool:
        """Compare-and-set: write `after` if the stored version is the one before (`after.version - 1`); ends the lease."""
        ...

    async def lease_enrolments(
        self, owner: str, now: datetime, *, limit: int, lease: timedelta, passing_over: Collection[str] = ()
    ) -> list[Enrolment]:
        """As lease_payments, for enrolments in OPENING that are due."""
        ...

    # --- codes that pay once, and what the QR platform said

    async def add_codes(self, codes: Sequence[OneTimeCode]) -> bool:
        """Insert all; False, and none of them, if an index of one is taken."""
        ...

    async def code_by_index(self, index: bytes) -> OneTimeCode | None:
        """By its `index` or its `barcode_index`."""
        ...

    async def codes_of(self, act_id: int) -> list[OneTimeCode]:
        """In their order."""
        ...

    async def put_qr_inquiry(self, inquiry: QrInquiry) -> None:
        """Insert or replace by (sender, msg_id)."""
        ...

    async def qr_inquiry(self, sender: str, msg_id: str) -> QrInquiry | None: ...

    # --- orders of UCSP, which payments of theirs hold by their once-key (domain/model/orders.py)

    async def add_order(self, order: Order) -> bool:
        """Insert; False, and nothing is written, if there is an order of this id, or of this industry and reference, already,
        under any concurrency."""
        ...

    async def order(self, order_id: int) -> Order | None: ...

    async def order_of(self, industry: str, reference: str) -> Order | None: ...

    async def orders(self, *, industry: str | None = None, state: OrderState | None = None, limit: int = 100) -> list[Order]:
        """Newest first."""
        ...

    async def move_order(self, before: Order, after: Order) -> bool:
        """Compare-and-set: write `state`, `downstream_id` and `paid_by` if the stored order has the state of `before`. Within
        a unit of work, an order is moved before a payment."""
        ...

    async def close_order(self, order: Order, notices: Sequence[Notice] = ()) -> bool:
        """Take the order's once-key for ever, write CLOSED and queue `notices`. False, and nothing is written, if the key is
        held (a payment is under way, or has paid it), the order has another state than `order` by now (whom to tell depends
        on it), or is PAID or CLOSED."""
        ...

    async def orders_due(self, now: datetime, *, limit: int = 100) -> list[Order]:
        """PLACING and OPEN orders that have expired by then and are not being paid, oldest first. Nobody leases them: closing
        one is done once however many try."""
        ...

    async def order_holder(self, order_id: int) -> Payment | None:
        """The payment that holds the order's once-key."""
        ...

    async def payments_of_order(self, order_id: int) -> list[Payment]:
        """Every try to pay it, and whatever else was told of it, oldest first."""
        ...

    async def order_payment_settled(self, acquirer: str, settlement_key: str) -> Payment | None:
        """The payment of an order which that downstream acquirer settles under this key; the oldest."""
        ...

    # --- notices

    async def lease_notices(
        self, owner: str, now: datetime, *, limit: int, lease: timedelta, passing_over: Collection[str] = ()
    ) -> list[Notice]:
        """As lease_payments, for QUEUED notices; `passing_over` are receivers. A notice is given out only when no earlier one
        of the same receiver and payment, or receiver and order, is still QUEUED: in order per receiver and transaction or
        order."""
        ...

    async def record_attempt(self, notice: Notice, attempt: Attempt) -> None:
        """Write the notice's `state`, `attempts` and `due_at` after an attempt, keep the attempt; ends the lease."""
        ...

    async def notices(
        self,
        *,
        payment_id: int | None = None,
        order_id: int | None = None,
        receiver: str | None = None,
        state: NoticeState | None = None,
        limit: int = 100,
    ) -> list[Notice]: ...

    async def notices_since(
        self, since: datetime, states: Collection[NoticeState], *, receiver: str | None = None, limit: int = 100
    ) -> list[Notice]:
        """Of those states, written at `since` or later (business time), in the order of their writing."""
        ...

    async def requeue_notice(self, before: Notice, attempt: Attempt) -> bool:
        """Queue it again, due at `attempt.at`, and keep `attempt`, which says who asked for it; nothing else of it changes.
        False, and nothing is written, if its state or its number of attempts is not that of `before` any more, or somebody
        holds a lease on it: it is being sent."""
        ...

    async def notice(self, notice_id: int) -> Notice | None: ...

    async def attempts(self, notice_id: int) -> list[Attempt]: ...

    # --- reference data

    async def parties(self) -> list[Party]: ...

    async def put_party(self, party: Party) -> None:
        """Insert or replace by app_id."""
        ...

    async def products(self) -> list[CardProduct]: ...

    async def put_product(self, product: CardProduct) -> None: ...

    async def services(self) -> list[IndustryService]:
        """By app_id."""
        ...

    async def put_service(self, service: IndustryService) -> None:
        """Insert or replace by app_id."""
        ...

    async def grants(self) -> list[Grant]:
        """By channel and industry."""
        ...

    async def put_grant(self, grant: Grant) -> None:
        """Insert or replace by (channel, industry)."""
        ...

    async def add_login(self, login: Login) -> None:
        """Insert; raises ValueError if there is a login of this id already."""
        ...

    async def login(self, login_id: int) -> Login | None: ...

    async def latest_login(self, channel: str, user_id: str, industry: str) -> Login | None:
        """Of this user at this industry, the one that ends last; of several, the one with the highest id."""
        ...

    async def put_card_list(self, card_list: CardList) -> None:
        """Insert; raises ValueError if there is a list of this id already."""
        ...

    async def card_lists(self, given_to: str, channel: str, user_id: str, now: datetime, *, limit: int = 20) -> list[CardList]:
        """Those that were given there of this user and have not ended by `now`, the one that ends last first."""
        ...

    async def offers(self) -> list[MarketingOffer]:
        """By offer_id."""
        ...

    async def put_offer(self, offer: MarketingOffer) -> None:
        """Insert or replace by offer_id. What is reserved of its budget stays as it is."""
        ...

    async def used(self, key: str) -> int:
        """How much is reserved of this allowance now; 0 where nothing ever was."""
        ...

    async def put_card(self, card: Card) -> bool:
        """Insert; raises ValueError if its id, token or PAN is already there (numbers are never reused). False, and nothing
        is written, if the user has a usable card (`Card.is_usable`) of this product on this account on this device already,
        under any concurrency (`88`)."""
        ...

    async def move_card(self, before: Card, after: Card) -> bool:
        """Compare-and-set: write what may change of a card (both states, reason, replaced_by, collected, account_tier) if
        the stored ones are those of `before`. False too if `after` would be a second usable card (see put_card)."""
        ...

    async def cards(
        self,
        *,
        gateway: str | None = None,
        user_id: str | None = None,
        pan_index: bytes | None = None,
        account_index: bytes | None = None,
        limit: int = 100,
    ) -> list[Card]:
        """By card_id."""
        ...

    async def card_face(self, face_id: str) -> CardFace | None: ...

    async def card_faces(self) -> list[CardFace]: ...

    async def put_card_face(self, face: CardFace) -> None:
        """Insert or replace by face_id."""
        ...

    async def payments(
        self,
        *,
        state: PaymentState | None = None,
        card_id: int | None = None,
        reference: str | None = None,
        limit: int = 100,
    ) -> list[Payment]:
        """Newest first. `reference` matches msg_id, bank_msg_id, voucher_no or retrieval_ref."""
        ...

    async def add_audit(self, entry: AuditEntry) -> None:
        """Append; the trail is never changed."""
        ...

    async def audit(self, *, subject: str | None = None, limit: int = 100) -> list[AuditEntry]:
        """Newest first."""
        ...

    # --- keys, numbers, housekeeping

    async def wrapped_keys(self) -> list[WrappedKey]: ...

    async def add_wrapped_key(self, key: WrappedKey) -> bool:
        """False if that kind and version is there already (another host was first)."""
        ...

    async def reserve_numbers(self, name: str, count: int) -> int:
        """Reserve `count` numbers of a sequence; returns the first. Starts at 1."""
        ...

    async def marker(self, name: str) -> str | None:
        """A small durable fact about this installation, e.g. that the story was played."""
        ...

    async def put_marker(self, name: str, value: str) -> None: ...

    async def purge(
        self,
        *,
        uuids_kept: timedelta,
        claims_kept: timedelta,
        codes_expired_before: datetime | None = None,
        limit: int = 10_000,
    ) -> int:
        """Delete UPI-UUIDs and claims that are older than this by the store's own time (business time can be moved, and a
        UUID that is forgotten early can be replayed), acts together with their claims; and one-time codes (with their once
        keys `code:...`), QR inquiries, logins and card lists that ended before that moment of business time. At most
        `limit` in all; returns how many, a code's once key not counted."""
        ...

    # --- for the invariants (DESIGN section 3)

    async def unfinished_before(self, opened_before: datetime, *, limit: int = 100) -> list[Payment]: ...

    async def payments_page(self, after_payment_id: int, *, limit: int = 500) -> list[Payment]: ...

    async def acts_page(self, after_act_id: int, *, limit: int = 500) -> list[Act]:
        """By id, as payments; so are the next ones."""
        ...

    async def enrolments_page(self, after_enrolment_id: int, *, limit: int = 500) -> list[Enrolment]: ...

    async def cards_page(self, after_card_id: int, *, limit: int = 500) -> list[Card]: ...

    async def orders_page(self, after_order_id: int, *, limit: int = 500) -> list[Order]: ...


class Store(Protocol):
    """Contract: any number of hosts share one store. `begin` gives a fresh unit of work."""

    def begin(self) -> UnitOfWork: ...

    async def move_payment(self, before: Payment, after: Payment, notices: Sequence[Notice] = ()) -> bool:
        """`UnitOfWork.move_payment` as a unit of work of its own, and committed: in one round trip where the database can.
        StoreUnavailable means that the outcome is unknown, as it does from `commit`."""
        ...

    async def ready(self) -> bool:
        """True when reachable and migrated to this code's version."""
        ...

    async def close(self) -> None: ...
