"""A cashier that says what a test tells it to, with the keys and the offers' rules of the real one, and its page on a port."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Collection, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import msgspec

from unionhub.domain.flows.cashier import accepted_url
from unionhub.domain.flows.cashier_keys import CashierKeys
from unionhub.domain.model.cashier import Accepted, CashierView, Confirmation, Session, ShownOffer, Stage
from unionhub.domain.model.channel_cards import ListedCard
from unionhub.domain.model.marketing import (
    Funder,
    MarketingOffer,
    NotCombinable,
    OfferKind,
    Purchase,
    best,
    combine,
    eligible,
    worth,
)
from unionhub.domain.model.money import Money
from unionhub.domain.model.orders import Order, OrderState
from unionhub.domain.model.transactions import Merchant, Payment, PaymentState
from unionhub.hosts.sandbox.clock import ManualClock

CARDS = (
    ListedCard(card_id="card-a", masked_pan="621234******1234", card_type="DEBIT", issuer_name="Kestrel Bank"),
    ListedCard(card_id="card-b", masked_pan="625600******0788", card_type="CREDIT", issuer_name="Harbour Savings"),
)
QR = (
    "00020101021215313440034400080003440000001025204752353033445405360.05802HK5915Lantern Parking6009Hong Kong"
    "62240520202603020000000000016304A1B2"
)
HOME_URL = "https://parking.example/app"
RETURN_URL = "https://parking.example/return?order=K-1"


class _Vault:
    def digest(self, content: bytes) -> bytes:
        return hmac.digest(b"a key of this test", content, hashlib.sha256)


def offer(offer_id: str, kind: OfferKind, name: str, clock: ManualClock, **changes: Any) -> MarketingOffer:
    members = {"off_minor": 500} | changes
    return MarketingOffer(
        offer_id=offer_id,
        kind=kind,
        name=name,
        owner="hub",
        funders=(Funder(party="hub", percent=100),),
        currency="344",
        budget_minor=10_000_000,
        valid_from=clock.now() - timedelta(days=1),
        valid_until=clock.now() + timedelta(days=1),
        **members,
    )


def offers_of(clock: ManualClock) -> tuple[MarketingOffer, ...]:
    """An instant discount, two of incentive money, and a coupon with a code."""
    return (
        offer("PARK-5", OfferKind.INSTANT, "5 % off parking", clock, off_minor=0, off_percent=Decimal(5)),
        offer("BAY-10", OfferKind.INCENTIVE, "10 dollars from Bay Life", clock, off_minor=1000),
        offer("BAY-4", OfferKind.INCENTIVE, "4 dollars from Bay Life", clock, off_minor=400),
        offer("FIRST", OfferKind.COUPON, "20 off your first parking", clock, off_minor=2000, code="PARK20"),
    )


class Played(msgspec.Struct, kw_only=True):
    """An order and what a test makes of it. `answers` are what confirmations get, the last one for ever; `pay_s` is how long
    that takes."""

    order: Order
    stage: Stage = Stage.CHOOSING
    cards: tuple[ListedCard, ...] = CARDS
    no_cards: str = ""
    offers: tuple[MarketingOffer, ...] = ()
    answers: list[str] = msgspec.field(default_factory=lambda: ["00"])
    pay_s: float = 0.0
    qr: str = QR
    declined: Payment | None = None
    payment: Payment | None = None
    stage_after: Stage | None = None  # a confirmation that is accepted leads here
    paid: list[Confirmation] = []
    error: Exception | None = None


class ScriptedCashier:
    """hosts.cashier.routes.Desk without a hub. Of a form's token, only its first confirmation is one."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.keys = CashierKeys(_Vault(), "http://cashier")  # type: ignore[arg-type]
        self.played: dict[str, Played] = {}
        self._numbers = count(1)
        self._outcomes: dict[str, Accepted] = {}

    def order(self, *, amount: int = 36_000, return_url: str = RETURN_URL, life_s: float = 900, **changes: Any) -> Played:
        """A new one; `amount` in cents."""
        number = next(self._numbers)
        order = Order(
            order_id=number,
            industry="98040702",
            channel="98030702",
            user_id="user-1",
            reference=f"K-{number}",
            ordered_at="20260302120000",
            amount=Money(amount, "344"),
            subject="Park for 2 hours, LK 8848",
            return_url=return_url,
            acquirer="39990344",
            merchant=Merchant(name="Lantern Parking"),
            state=OrderState.OPEN,
            opened_at=self.clock.now(),
            expires_at=self.clock.now() + timedelta(seconds=life_s),
            login_id=1,
        )
        made = Played(order=order, **changes)
        self.played[order.ucsp_order_id] = made
        return made

    def path(self, played: Played) -> str:
        """cashierUrl without its origin."""
        return self.keys.url(played.order).removeprefix("http://cashier")

    def payment(self, played: Played, state: PaymentState, code: str = "", amount: int | None = None) -> Payment:
        order = played.order
        return Payment(
            payment_id=order.order_id + 1000,
            kind="PAY",
            sender=order.industry,
            msg_id="C1",
            state=state,
            opened_at=self.clock.now(),
            due_at=None,
            code=code,
            gross=order.amount,
            amount=Money(amount or order.amount.minor, "344"),
        )

    # --- what the page asks

    async def enter(self, ucsp_order_id: str, key: str) -> tuple[Session, str] | None:
        played = self._at(ucsp_order_id)
        if played is None or not self.keys.is_entry(played.order, key):
            return None
        session_id = f"session-{next(self._numbers)}"
        return _session(played, session_id), self.keys.session(played.order, session_id)

    async def resume(self, ucsp_order_id: str, cookie: str) -> Session | None:
        played = self._at(ucsp_order_id)
        session_id = self.keys.session_of(played.order, cookie) if played else ""
        return _session(played, session_id) if played and session_id else None

    async def stage(self, session: Session) -> Stage:
        return self._stage(self.played[session.ucsp_order_id])

    async def view(
        self, session: Session, *, offer_ids: Collection[str] | None = None, codes: Collection[str] = ()
    ) -> CashierView:
        played = self.played[session.ucsp_order_id]
        order, stage = played.order, self._stage(played)
        view = CashierView(
            order=order,
            stage=stage,
            industry_name="Lantern Parking",
            channel_name="Bay Life",
            home_url=HOME_URL,
            off=Money(0, "344"),
            net=order.amount,
            payment=played.payment,
        )
        if stage is not Stage.CHOOSING:
            return view
        purchase = self._purchase(order, codes)
        had = eligible(played.offers, purchase)
        fault = ""
        try:
            chosen = best(had, purchase) if offer_ids is None else combine(had, offer_ids, purchase)
        except NotCombinable as error:
            fault, chosen = str(error), best(had, purchase)
        off = self._off(chosen, order)
        return msgspec.structs.replace(
            view,
            cards=played.cards,
            no_cards=played.no_cards,
            qr_payload=played.qr,
            form_token=self.keys.form(order, session.session_id, f"nonce{next(self._numbers)}"),
            offers=tuple(
                ShownOffer(offer=each, off=worth(each, order.amount) or Money(0, "344"), chosen=each in chosen) for each in had
            ),
            off=off,
            net=order.amount - off,
            offers_fault=fault,
            codes=frozenset(codes),
            code_faults=dict.fromkeys(frozenset(codes) - {each.code for each in had}, "there is no such coupon"),
            declined=played.declined,
        )

    async def pay(self, session: Session, said: Confirmation) -> Accepted:
        played = self.played[session.ucsp_order_id]
        if played.error is not None:
            raise played.error
        if not self.keys.nonce_of(played.order, session.session_id, said.form_token):
            return Accepted(code="12")
        if said.form_token in self._outcomes:
            return self._outcomes[said.form_token]
        played.paid.append(said)
        code = played.answers.pop(0) if len(played.answers) > 1 else played.answers[0]
        accepted = Accepted(code=code, return_url=accepted_url(played.order) if code in ("00", "04") else "")
        self._outcomes[said.form_token] = accepted
        if accepted.return_url:
            played.stage = Stage.PAYING
        await asyncio.sleep(played.pay_s)
        if accepted.return_url:
            played.stage = played.stage_after or (Stage.PAID if code == "00" else Stage.PAYING)
        else:
            played.declined = self.payment(played, PaymentState.DECLINED, code)
        return accepted

    def net(self, played: Played, said: Confirmation) -> int:
        """What a confirmation pays, in cents."""
        purchase = self._purchase(played.order, said.codes)
        chosen = combine(eligible(played.offers, purchase), said.offer_ids, purchase)
        return played.order.amount.minor - self._off(chosen, played.order).minor

    def _at(self, ucsp_order_id: str) -> Played | None:
        played = self.played.get(ucsp_order_id)
        if played is not None and played.error is not None:
            raise played.error
        return played

    def _stage(self, played: Played) -> Stage:
        if played.stage is Stage.CHOOSING and self.clock.now() >= played.order.expires_at:
            return Stage.CLOSED
        return played.stage

    def _purchase(self, order: Order, codes: Collection[str]) -> Purchase:
        return Purchase(
            gross=order.amount,
            channel=order.channel,
            industry=order.industry,
            user_id=order.user_id,
            now=self.clock.now(),
            codes=frozenset(codes),
        )

    @staticmethod
    def _off(chosen: Sequence[MarketingOffer], order: Order) -> Money:
        return Money(sum((worth(each, order.amount) or Money(0, "344")).minor for each in chosen), "344")


def _session(played: Played, session_id: str) -> Session:
    return Session(order_id=played.order.order_id, ucsp_order_id=played.order.ucsp_order_id, session_id=session_id)
