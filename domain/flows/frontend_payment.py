"""UCSP chart: frontend payment (U-56..64, U-163..179; RULES section 6; section 12, U3).

1. Industry Service -> UCSP       SUBMIT_PAYMENT_ORDER
1. UCSP -> Downstream             PLACE_ORDER
1. UCSP -> Industry Service       cashierUrl
2. the browser goes there         cashier.py
3. UCSP -> Channel APP            GET_CARD_PAYLOAD, once the user has confirmed
3. UCSP -> Downstream             PAY: the card sealed, the net amount, the discounts
3. UCSP -> browser                back to the industry's page with the acceptance result
4. Downstream -> UCSP             PAYMENT_RESULT: payment_result.py, and what follows
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final

import msgspec

from unionhub.domain.model.acts import Act
from unionhub.domain.model.bank import Weight, Word
from unionhub.domain.model.channel_cards import for_order
from unionhub.domain.model.errors import Decline, Refusal
from unionhub.domain.model.marketing import NotCombinable, combine, discounts, eligible, reservations
from unionhub.domain.model.money import Money
from unionhub.domain.model.orders import Order, OrderRequest, OrderState, Submitted, lies_under
from unionhub.domain.model.outgoing import Answer
from unionhub.domain.model.parties import Party
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.domain.model.services import Grant, IndustryService
from unionhub.domain.model.transactions import Merchant, Payment
from unionhub.ports.clock import Clock
from unionhub.ports.directory import Directory
from unionhub.ports.store import UnitOfWork

from .acts import Calling, Done
from .card_info import ChannelCards
from .cashier_keys import CashierKeys, purchase_of
from .downstream import DownstreamDesk
from .numbers import Numbers, msg_id
from .runner import Intent
from .terms import read_amount

AMOUNT_MAX_CHARS: Final = 13
"""Of an amount as it is written (PROTOCOL 2.0)."""


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers that an order needs: they are taken outside of a unit of work."""

    order_id: int
    message_no: int


class Placing(msgspec.Struct, frozen=True, kw_only=True):
    """An order that the downstream system is about to be told of."""

    order: Order
    message_no: int


class SubmitOrder:
    """SUBMIT_PAYMENT_ORDER. The same order again, under whatever msgID, gets the same cashierUrl."""

    message: ClassVar[str] = "SUBMIT_PAYMENT_ORDER"

    def __init__(
        self,
        directory: Directory,
        desk: DownstreamDesk,
        keys: CashierKeys,
        numbers: Numbers,
        clock: Clock,
        policy: OutcomePolicy,
    ) -> None:
        self._directory = directory
        self._desk = desk
        self._keys = keys
        self._numbers = numbers
        self._clock = clock
        self._policy = policy

    async def prepare(self, request: OrderRequest) -> Prepared:
        """An id, and the number of PLACE_ORDER."""
        del request
        return Prepared(order_id=await self._numbers.payment_id(), message_no=await self._numbers.payment_id())

    async def open(self, uow: UnitOfWork, act: Act, request: OrderRequest, prepared: Prepared) -> Done | Calling:
        """`62`, `03`, `40`, `30` (returnUrl), `12`, `13`; then what is known of this orderId: the same, or `94`; `12` if it
        was closed."""
        wanted = await self._order(uow, act, request, prepared.order_id)
        known = wanted if await uow.add_order(wanted) else await uow.order_of(wanted.industry, wanted.reference)
        if known is None:
            raise AssertionError(f"order {wanted.reference} of {wanted.industry} is in its own way")
        if not known.same_content(wanted) or known.state is OrderState.PAID:
            raise Decline("94")
        if known.state is OrderState.CLOSED or known.expires_at <= act.opened_at:
            raise Decline("12")
        if known.state is OrderState.OPEN:
            return self._done(known)
        # New; or the host that placed it died, or the downstream system did not answer: it is placed again.
        return Calling(work=Placing(order=known, message_no=prepared.message_no), subject_id=known.order_id)

    async def call(self, act: Act, work: Placing) -> Answer | str:
        """PLACE_ORDER; by its ucspOrderId it is one order however often it is sent."""
        return await self._desk.place(work.order, work.message_no)

    async def close(self, uow: UnitOfWork, act: Act, work: Placing, result: Answer | str) -> Done:
        """Open, unless somebody else opened it meanwhile: then what he was told stands."""
        if isinstance(result, str):
            raise Decline(result)
        opened = msgspec.structs.replace(work.order, state=OrderState.OPEN, downstream_id=result.downstream_order_id)
        if not await uow.move_order(work.order, opened):
            stored = await uow.order(work.order.order_id)
            if stored is None or stored.state is not OrderState.OPEN:
                raise Decline("12")
            opened = stored
        return self._done(opened)

    async def recall(self, uow: UnitOfWork, act: Act) -> Submitted | None:
        """The same cashierUrl, for a repeat; none while its answer is `04`, though the order may have been opened since."""
        order = await uow.order(act.subject_id) if act.subject_id is not None and act.code == "00" else None
        return Submitted(order=order, cashier_url=self._keys.url(order)) if order is not None and order.downstream_id else None

    def _done(self, order: Order) -> Done:
        return Done(value=Submitted(order=order, cashier_url=self._keys.url(order)), subject_id=order.order_id)

    async def _order(self, uow: UnitOfWork, act: Act, request: OrderRequest, order_id: int) -> Order:
        industry, service, acquirer = self._seller(act.sender)
        channel = self._directory.channel(request.channel_code)
        if channel is None or not channel.is_live:
            raise Decline("40")
        grant_that_holds(self._directory, channel, industry, act.opened_at)
        if not (lies_under(request.return_url, service.url) or lies_under(request.return_url, f"{industry.base_url}/")):
            raise Refusal("30", "returnUrl")
        login = await uow.latest_login(channel.app_id, request.user_id, industry.app_id)
        return Order(
            order_id=order_id,
            industry=industry.app_id,
            channel=channel.app_id,
            user_id=request.user_id,
            reference=request.reference,
            ordered_at=request.ordered_at,
            amount=_amount(request),
            subject=request.subject,
            return_url=request.return_url,
            acquirer=acquirer.app_id,
            merchant=_merchant(service, acquirer),
            state=OrderState.PLACING,
            opened_at=act.opened_at,
            expires_at=self._expiry(request, industry, act.opened_at),
            asked_expiry=request.asked_expiry,
            login_id=login.login_id if login is not None and login.is_live(act.opened_at) else None,
        )

    def _seller(self, app_id: str) -> tuple[Party, IndustryService, Party]:
        """The industry, its service and who acquires for it; `62` if it is not live, `03` if it sells nothing here."""
        industry = self._directory.party(app_id)
        if industry is None or not industry.is_live:
            raise Decline("62")
        service = self._directory.service(industry.industry_code)
        acquirer = self._directory.party(service.acquirer) if service is not None else None
        if service is None or acquirer is None or not acquirer.is_live or not service.merchant_id:
            raise Decline("03")
        return industry, service, acquirer

    def _expiry(self, request: OrderRequest, industry: Party, now: datetime) -> datetime:
        """When it can be paid no more: as the industry says (in its zone), at most `order_life_max_s` away."""
        if not request.asked_expiry:
            return now + timedelta(seconds=self._policy.order_life_s)
        said = datetime.strptime(request.asked_expiry, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        try:
            expires_at = said - timedelta(minutes=industry.utc_offset_minutes)
        except OverflowError:  # within hours of the first moment that there is, or of the last
            raise Refusal("30", "expiresAt") from None
        if expires_at <= now:
            raise Decline("12")
        if expires_at > now + timedelta(seconds=self._policy.order_life_max_s):
            raise Refusal("30", "expiresAt")
        return expires_at


class CashierRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What the user confirmed at the cashier. `codes` are coupons' codes as he typed them."""

    order_id: int
    card_id: str
    offer_ids: tuple[str, ...] = ()
    codes: frozenset[str] = frozenset()


class CashierPayment:
    """A try to pay an order with a card of its channel's user: `MoneyRunner` runs it, with the industry as its sender."""

    message: ClassVar[str] = "PAY"

    def __init__(
        self, directory: Directory, cards: ChannelCards, desk: DownstreamDesk, clock: Clock, policy: OutcomePolicy
    ) -> None:
        self._directory = directory
        self._cards = cards
        self._desk = desk
        self._clock = clock
        self._policy = policy

    async def open(self, uow: UnitOfWork, draft: Payment, request: CashierRequest) -> Intent:
        """`94` (paid, or being paid), `12` (closed, expired, offers that cannot be had), `62`, `40`, `57`, `14` (no card that
        the cashier showed)."""
        order = await uow.order(request.order_id)
        if order is None:
            raise Decline("25")
        draft = of_order(draft, order)
        try:
            return await self._opened(uow, draft, order, request)
        except Decline as decline:
            raise Decline(decline.code, decline.detail, payment=draft) from None

    async def call(self, intent: Intent) -> Word | None:
        """The card's payload, fetched now and kept nowhere, then PAY. Without a payload nothing was sent: it is declined."""
        order, payment = intent.order, intent.payment
        channel, industry = self._directory.party(payment.gateway), self._directory.party(payment.sender)
        if order is None or channel is None or industry is None:
            raise AssertionError(f"payment {payment.payment_id} is of no order")
        grant = self._directory.grant(channel.app_id, industry.app_id)
        allows_pan = grant is not None and grant.allows_pan
        card = await self._cards.payload_for(
            order, channel, industry, intent.channel_card, payment.masked_pan, allows_pan=allows_pan
        )
        if isinstance(card, str):
            return Word(weight=Weight.DECLINED, code=card)
        return await self._desk.pay(order, payment, card)

    async def _opened(self, uow: UnitOfWork, draft: Payment, order: Order, request: CashierRequest) -> Intent:
        if order.state is OrderState.PAID:
            raise Decline("94")
        if not order.can_be_paid(draft.opened_at):
            raise Decline("12")
        industry, channel, acquirer = self._parties(order)
        if not await came_by_login(uow, order, draft.opened_at):
            raise Decline("57")
        grant_that_holds(self._directory, channel, industry, draft.opened_at)
        shown = for_order(order.order_id)
        card = await self._cards.known(uow, shown, order.channel, order.user_id, request.card_id, draft.opened_at)
        if card is None:
            raise Decline("14")
        purchase = purchase_of(order, self._clock, request.codes)
        try:
            offers = combine(eligible(self._directory.offers(), purchase), request.offer_ids, purchase)
        except NotCombinable as error:
            raise Decline("12", str(error)) from None
        granted = discounts(offers, order.amount)
        net = order.amount - Money(sum(each.amount.minor for each in granted), order.amount.currency)
        payment = msgspec.structs.replace(
            draft,
            due_at=draft.opened_at + timedelta(seconds=self._policy.pay_deadline_s),
            amount=net,
            discounts=granted,
            masked_pan=card.masked_pan,
            reservations=(order.once, *reservations(offers, order.amount, order.channel, order.user_id)),
            bank_msg_id=msg_id(acquirer, draft.opened_at, draft.payment_id),
        )
        return Intent(payment=payment, card=None, order=order, channel_card=card.card_id)

    def _parties(self, order: Order) -> tuple[Party, Party, Party]:
        found = [self._directory.party(app_id) for app_id in (order.industry, order.channel, order.acquirer)]
        live = [party for party in found if party is not None and party.is_live]
        if len(live) < len(found):
            raise Decline("62")
        industry, channel, acquirer = live
        return industry, channel, acquirer


def of_order(draft: Payment, order: Order) -> Payment:
    """The payment as this order's: its industry asks for it, its channel's user pays, its acquirer moves the money."""
    return msgspec.structs.replace(
        draft,
        sender=order.industry,
        gateway=order.channel,
        issuer=order.acquirer,
        user_id=order.user_id,
        gross=order.amount,
        amount=order.amount,
        merchant=order.merchant,
        order_id=order.order_id,
    )


async def came_by_login(uow: UnitOfWork, order: Order, now: datetime) -> bool:
    """Is its user known to be one whom the channel let in? When the order was submitted; or now, if he came in since."""
    if order.login_id is not None:
        return True
    login = await uow.latest_login(order.channel, order.user_id, order.industry)
    return login is not None and login.is_live(now)


def grant_that_holds(directory: Directory, channel: Party, industry: Party, now: datetime) -> Grant:
    """What the two agreed on; `40` if it does not hold now."""
    grant = directory.grant(channel.app_id, industry.app_id)
    if grant is None or not grant.holds(now):
        raise Decline("40")
    return grant


def _amount(request: OrderRequest) -> Money:
    amount = read_amount(request.amount, request.currency, path="trxAmt")
    if len(amount.text) > AMOUNT_MAX_CHARS:
        raise Decline("13")
    return amount


def _merchant(service: IndustryService, acquirer: Party) -> Merchant:
    iin = acquirer.acquirer_iin or acquirer.app_id
    return Merchant(
        acquirer_iin=iin,
        forwarding_iin=iin,
        merchant_id=service.merchant_id,
        name=service.name[:40],
        mcc=service.mcc,
        country=acquirer.country,
    )
