"""The cashier: what its page shows and what its buttons do (chart U3, steps 2 and 3; RULES section 6).

2. Industry Service -> browser   redirect to cashierUrl
3. UCSP -> Channel APP           GET_CARD_LIST, where the user is logged in at the industry
3. browser -> UCSP               the user's yes: frontend_payment.py pays
3. UCSP -> browser               back to returnUrl with the acceptance result, never with "paid"

Pages are a host's business (hosts/cashier); everything that they say, and who may see them, is decided here.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final
from urllib.parse import unquote_plus, urlencode

import msgspec

from unionhub.domain.model.cashier import Accepted, CashierView, Confirmation, Session, ShownOffer, Stage
from unionhub.domain.model.channel_cards import CardList, ListedCard, for_order
from unionhub.domain.model.countries import ALPHA_2_OF
from unionhub.domain.model.errors import Refusal
from unionhub.domain.model.marketing import (
    MarketingOffer,
    NotCombinable,
    Purchase,
    allowance_keys,
    available,
    best,
    combine,
    eligible,
    typed,
    unfit,
    worth,
)
from unionhub.domain.model.messages import Envelope
from unionhub.domain.model.money import Money
from unionhub.domain.model.orders import Order, OrderState, order_id_of
from unionhub.domain.model.parties import Party
from unionhub.domain.model.qr.faults import QrError
from unionhub.domain.model.qr.merchant import AdditionalData, Initiation, MerchantQr, UnionPayAccount, build
from unionhub.domain.model.qr.tlv import DataObject
from unionhub.domain.model.transactions import Payment
from unionhub.ports.clock import Clock
from unionhub.ports.directory import Directory
from unionhub.ports.entropy import Entropy
from unionhub.ports.store import Store, UnitOfWork
from unionhub.ports.vault import Vault

from .card_info import ChannelCards
from .cashier_keys import CashierKeys, purchase_of, url_text
from .frontend_payment import CashierPayment, CashierRequest, came_by_login
from .notify import UNWANTED
from .runner import MoneyRunner

CODES_MAX: Final = 5
"""Coupons' codes that are looked at in one request."""

_LIST_IS_FRESH: Final = timedelta(seconds=30)
"""A user who ticks an offer sees the same cards: the channel is not asked again."""

_SESSION_BYTES: Final = 18
_NONCE_BYTES: Final = 18
_QR_NAME_MAX: Final = 25
_QR_CITY_MAX: Final = 15


class _Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the store knows of an order, for its page."""

    order: Order
    stage: Stage
    purchase: Purchase
    payment: Payment | None  # the one that pays it, or has paid it
    let_in: bool = False
    listed: CardList | None = None  # what the user saw a moment ago
    offers: tuple[MarketingOffer, ...] = ()  # that this order can have
    declined: Payment | None = None


class Cashier:
    """One order's page."""

    def __init__(
        self,
        store: Store,
        directory: Directory,
        cards: ChannelCards,
        runner: MoneyRunner,
        payments: CashierPayment,
        keys: CashierKeys,
        vault: Vault,
        entropy: Entropy,
        clock: Clock,
    ) -> None:
        self._store = store
        self._directory = directory
        self._cards = cards
        self._runner = runner
        self._payments = payments
        self._keys = keys
        self._vault = vault
        self._entropy = entropy
        self._clock = clock

    async def enter(self, ucsp_order_id: str, key: str) -> tuple[Session, str] | None:
        """A new session and its cookie for whoever brings a cashierUrl; None for a key that opens nothing."""
        order = await self._order(ucsp_order_id)
        if order is None or not self._keys.is_entry(order, key):
            return None
        session_id = url_text(self._entropy.token_bytes(_SESSION_BYTES))
        return _session(order, session_id), self._keys.session(order, session_id)

    async def resume(self, ucsp_order_id: str, cookie: str) -> Session | None:
        """The session of a cookie; None for what is none, or none of this order."""
        order = await self._order(ucsp_order_id)
        session_id = self._keys.session_of(order, cookie) if order is not None else ""
        return _session(order, session_id) if order is not None and session_id else None

    async def stage(self, session: Session) -> Stage:
        """How far the order is: what a waiting page asks again and again. One short unit of work."""
        async with self._store.begin() as uow:
            order, holder = await self._held(uow, session)
        return self._stage(order, holder)

    async def view(
        self, session: Session, *, offer_ids: Collection[str] | None = None, codes: Collection[str] = ()
    ) -> CashierView:
        """The page. `offer_ids` None: the best combination is proposed; else what the user chose, nothing too. While the
        order can be paid, its channel is asked for the cards."""
        facts = await self._facts(session, frozenset(map(typed, list(codes)[:CODES_MAX])) - {""})
        order = facts.order
        industry, channel = self._directory.party(order.industry), self._directory.party(order.channel)
        service = self._directory.service(industry.industry_code) if industry else None
        view = CashierView(
            order=order,
            stage=facts.stage,
            industry_name=service.name if service else order.merchant.name,
            channel_name=channel.name if channel else "",
            home_url=service.url if service else "",
            off=Money(0, order.amount.currency),
            net=order.amount,
            payment=facts.payment,
        )
        if facts.stage is not Stage.CHOOSING:
            return view
        cards, no_cards = await self._listed(facts, channel, industry)
        view = msgspec.structs.replace(
            view,
            cards=cards,
            no_cards=no_cards,
            qr_payload=self._qr(order, service.city if service else ""),
            form_token=self._keys.form(order, session.session_id, url_text(self._entropy.token_bytes(_NONCE_BYTES))),
            declined=facts.declined,
        )
        return self._with_offers(view, facts, offer_ids)

    async def pay(self, session: Session, said: Confirmation) -> Accepted:
        """The user confirmed. A token that is no form of this session is `12`; a form that was sent before, whatever it says
        now, gets what came of it then."""
        async with self._store.begin() as uow:
            order, _ = await self._held(uow, session)
        nonce = self._keys.nonce_of(order, session.session_id, said.form_token)
        industry = self._directory.party(order.industry)
        if not nonce or industry is None:
            return Accepted(code="12")
        request = CashierRequest(
            order_id=order.order_id,
            card_id=said.card_id,
            offer_ids=said.offer_ids,
            codes=frozenset(map(typed, said.codes)),
        )
        envelope = Envelope(
            sender=industry,
            uuid=self._entropy.uuid_hex(),
            message=CashierPayment.message,
            msg_id=f"C{nonce}",
            digest=self._vault.digest(msgspec.json.encode(["confirmation", order.order_id, nonce])),
        )
        try:
            payment = await self._runner.run(self._payments, envelope, request)
        except Refusal as refusal:
            return Accepted(code=refusal.code)
        code = payment.answer_code
        if code not in ("00", "04"):
            return Accepted(code=code)
        return Accepted(code=code, return_url=accepted_url(order))

    async def _order(self, ucsp_order_id: str) -> Order | None:
        order_id = order_id_of(ucsp_order_id)
        if order_id is None:
            return None
        async with self._store.begin() as uow:
            order = await uow.order(order_id)
        return order if order is not None and order.ucsp_order_id == ucsp_order_id else None

    @staticmethod
    async def _held(uow: UnitOfWork, session: Session) -> tuple[Order, Payment | None]:
        order = await uow.order(session.order_id)
        if order is None:
            raise AssertionError(f"a session of order {session.order_id}, which nobody knows")
        return order, await uow.order_holder(session.order_id)

    def _stage(self, order: Order, holder: Payment | None) -> Stage:
        if order.state is OrderState.PAID:
            return Stage.PAID
        if holder is not None:
            return Stage.PAYING
        return Stage.CHOOSING if order.can_be_paid(self._clock.now()) else Stage.CLOSED

    async def _facts(self, session: Session, codes: frozenset[str]) -> _Facts:
        """What the page is made of, read in one unit of work. Only an order that can be paid needs all of it."""
        async with self._store.begin() as uow:
            order, holder = await self._held(uow, session)
            stage, purchase = self._stage(order, holder), purchase_of(order, self._clock, codes)
            facts = _Facts(order=order, stage=stage, purchase=purchase, payment=holder)
            if stage is not Stage.CHOOSING:
                paid = await uow.payment(order.paid_by) if order.paid_by is not None else holder
                return msgspec.structs.replace(facts, payment=paid)
            lists = await uow.card_lists(for_order(order.order_id), order.channel, order.user_id, purchase.now, limit=1)
            offers = eligible(self._directory.offers(), purchase)
            used = {key: await uow.used(key) for key in allowance_keys(offers, purchase)}
            tries = await uow.payments_of_order(order.order_id)
            # A try that another one was in the way of is no news, once that is over.
            failed = [each for each in tries if each.kind == CashierPayment.message and each.code != UNWANTED]
            return msgspec.structs.replace(
                facts,
                let_in=await came_by_login(uow, order, purchase.now),
                listed=next((each for each in lists if purchase.now - each.given_at < _LIST_IS_FRESH), None),
                offers=available(offers, purchase, used),
                declined=failed[-1] if failed else None,
            )

    async def _listed(self, facts: _Facts, channel: Party | None, industry: Party | None) -> tuple[tuple[ListedCard, ...], str]:
        """The user's cards, or the code of why there are none. Cards are for users who came in by a login, and only while
        channel and industry still agree."""
        if not facts.let_in or channel is None or industry is None:
            return (), "57"
        grant = self._directory.grant(channel.app_id, industry.app_id)
        if grant is None or not grant.holds(self._clock.now()) or not channel.is_live:
            return (), "40"
        if facts.listed is not None:
            return facts.listed.cards, ""
        given = await self._cards.list(channel, industry, facts.order.user_id, for_order(facts.order.order_id))
        return ((), given) if isinstance(given, str) else (given.cards, "")

    def _with_offers(self, view: CashierView, facts: _Facts, offer_ids: Collection[str] | None) -> CashierView:
        order, purchase, had = facts.order, facts.purchase, facts.offers
        fault = ""
        try:
            chosen = best(had, purchase) if offer_ids is None else combine(had, offer_ids, purchase)
        except NotCombinable as error:
            fault, chosen = str(error), best(had, purchase)
        shown = [self._shown(offer, order.amount, chosen) for offer in had]
        off = Money(sum(each.off.minor for each in shown if each.chosen), order.amount.currency)
        helpless = sorted(purchase.codes - {offer.code for offer in had})
        return msgspec.structs.replace(
            view,
            offers=tuple(shown),
            off=off,
            net=order.amount - off,
            offers_fault=fault,
            codes=purchase.codes,
            code_faults={code: _code_fault(code, self._directory.offers(), purchase) for code in helpless},
        )

    @staticmethod
    def _shown(offer: MarketingOffer, gross: Money, chosen: Sequence[MarketingOffer]) -> ShownOffer:
        return ShownOffer(offer=offer, off=worth(offer, gross) or Money(0, gross.currency), chosen=offer in chosen)

    def _qr(self, order: Order, city: str) -> str:
        """The order for any other UnionPay app: a dynamic EMV code that names it in 62.05. Empty where it cannot be one."""
        merchant = order.merchant
        try:
            account = UnionPayAccount(
                acquirer_iin=merchant.acquirer_iin,
                forwarding_iin=merchant.forwarding_iin,
                merchant_id=merchant.merchant_id,
            )
            return build(
                MerchantQr(
                    merchant_category_code=merchant.mcc,
                    currency=order.amount.currency,
                    country=ALPHA_2_OF.get(merchant.country, ""),
                    merchant_name=merchant.name[:_QR_NAME_MAX],
                    merchant_city=city[:_QR_CITY_MAX],
                    accounts=(DataObject(id="15", value=account.as_value()),),
                    initiation=Initiation.DYNAMIC,
                    amount=order.amount.text,
                    additional=AdditionalData(reference_label=order.ucsp_order_id),
                )
            )
        except (QrError, ValueError):
            return ""


def accepted_url(order: Order) -> str:
    """returnUrl with the acceptance result. Whether it is paid, the industry hears by PAYMENT_RESULT_NOTICE alone: what a
    browser brings can be made up. What returnUrl has under these names is left out: of doubles, each server takes another."""
    said = {"orderId": order.reference, "ucspOrderId": order.ucsp_order_id, "acceptance": "ACCEPTED"}
    page, _, query = order.return_url.partition("?")
    own = [each for each in query.split("&") if each and unquote_plus(each.partition("=")[0]) not in said]
    return f"{page}?{'&'.join([*own, urlencode(said)])}"


def _session(order: Order, session_id: str) -> Session:
    return Session(order_id=order.order_id, ucsp_order_id=order.ucsp_order_id, session_id=session_id)


def _code_fault(code: str, offers: Sequence[MarketingOffer], purchase: Purchase) -> str:
    """Why a coupon's code does not help, in the user's words."""
    meant = [offer for offer in offers if offer.code == code]
    if not meant:
        return "there is no such coupon"
    return next((why for offer in meant if (why := unfit(offer, purchase))), "it is used up")
