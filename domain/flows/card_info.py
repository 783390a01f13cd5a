"""UCSP chart: get card info (U-132..160; RULES sections 6, 7 and 10; section 12, U2).

1.1 Industry Service -> UCSP    GET_CARD_LIST: which cards has this user in his channel's app?
1.2 UCSP -> Channel APP         GET_CARD_LIST, a message of the hub's own
1.3 Channel APP -> UCSP         masked PANs and card identifiers
1.4 UCSP -> Industry Service    the same, read strictly; what was given to whom is kept for ten minutes
2.                              the user selects a card; this never crosses the hub
3.1 Industry Service -> UCSP    GET_CARD_PAYLOAD: of a card that stood in a list that was given to it
3.2 UCSP -> Channel APP         GET_CARD_PAYLOAD
3.3 Channel APP -> UCSP         token or PAN with its expiry, sealed to the hub
3.4 UCSP -> Industry Service    the same, sealed anew, stored nowhere

The cashier asks channels in the same way (chart U3, step 3): `ChannelCards` is both.

The checks of an industry's question, the first hit wins:
62  the industry is not live; or the channel is not, which it had an agreement with
40  that agreement does not hold now: a login does not outlive a grant that was revoked or suspended
57  no live login of this user at this industry. A channelCode that nobody has, one of a channel that never had anything to do
    with this industry, a user that there is not and one who did not come in look alike
14  (payload) no card of a list that was given to this industry for this user and has not ended
62  (payload) the channel gave a PAN, which the grant does not allow
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from unionhub.domain.model.audit import AuditEntry
from unionhub.domain.model.channel_cards import CardList, CardListRequest, CardPayload, CardPayloadRequest, ListedCard
from unionhub.domain.model.errors import Decline
from unionhub.domain.model.login import Login
from unionhub.domain.model.messages import Envelope
from unionhub.domain.model.orders import Order
from unionhub.domain.model.outgoing import CardListQuestion, CardPayloadQuestion
from unionhub.domain.model.parties import Party
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.domain.model.services import Grant
from unionhub.ports.clock import Clock
from unionhub.ports.directory import Directory
from unionhub.ports.store import Store, UnitOfWork

from .numbers import Numbers, industry_msg_id
from .service_questions import ServiceQuestions

GRANTED, REFUSED = "granted", "refused"
PAYLOAD_ACCESS = "card.payload"
"""The audit trail's word for it. Its subject is `user_subject(...)`."""


def user_subject(channel_code: str, user_id: str) -> str:
    """What the audit trail calls a user of a channel."""
    return f"user {channel_code}/{user_id}"


class ChannelCards:
    """Asks a channel for its users' cards, for whoever shows them: an industry, or the cashier. A response code in place of
    cards says why there are none: `91` it refused, `92` not reachable, `98` silent or not to be believed, `96` overloaded."""

    def __init__(
        self, store: Store, questions: ServiceQuestions, numbers: Numbers, clock: Clock, policy: OutcomePolicy
    ) -> None:
        self._store = store
        self._questions = questions
        self._numbers = numbers
        self._clock = clock
        self._life = timedelta(seconds=policy.card_list_life_s)

    async def list(self, channel: Party, industry: Party, user_id: str, given_to: str) -> CardList | str:
        """The user's cards, each once; kept as given to `given_to`. Not inside of a unit of work."""
        number, asked_at = await self._numbers.payment_id(), self._clock.now()
        question = CardListQuestion(
            msg_id=industry_msg_id(industry, asked_at, number),
            sent_at=asked_at,
            channel_code=channel.channel_code,
            industry_code=industry.industry_code,
            user_id=user_id,
        )
        answer = await self._questions.ask(channel, question)
        if isinstance(answer, str):
            return answer
        given_at = self._clock.now()
        given = CardList(
            list_id=number,  # of one sequence with every id, so no other list has it
            channel=channel.app_id,
            user_id=user_id,
            given_to=given_to,
            cards=tuple({card.card_id: card for card in reversed(answer.listed_cards)}.values())[::-1],
            given_at=given_at,
            ends_at=given_at + self._life,
        )
        async with self._store.begin() as uow:
            await uow.put_card_list(given)
            await uow.commit()
        return given

    @staticmethod
    async def known(
        uow: UnitOfWork, given_to: str, channel: str, user_id: str, card_id: str, now: datetime
    ) -> ListedCard | None:
        """A card of a list that was given there of this user and has not ended, as the newest such list shows it. `channel`
        is an app_id."""
        lists = await uow.card_lists(given_to, channel, user_id, now)
        found = (given.card(card_id) for given in lists)
        return next((card for card in found if card is not None), None)

    async def payload(
        self, channel: Party, industry: Party, user_id: str, card_id: str, *, allows_pan: bool
    ) -> CardPayload | str:
        """What the card is; `62` for a PAN that is not allowed. Kept nowhere. Not inside of a unit of work."""
        number, asked_at = await self._numbers.payment_id(), self._clock.now()
        question = CardPayloadQuestion(
            msg_id=industry_msg_id(industry, asked_at, number),
            sent_at=asked_at,
            channel_code=channel.channel_code,
            industry_code=industry.industry_code,
            user_id=user_id,
            card_id=card_id,
        )
        answer = await self._questions.ask(channel, question)
        if isinstance(answer, str):
            return answer
        if answer.card_payload is None:
            return "98"
        if answer.card_payload.pan is not None and not allows_pan:
            return "62"
        return answer.card_payload

    async def payload_for(
        self, order: Order, channel: Party, industry: Party, card_id: str, masked_pan: str, *, allows_pan: bool
    ) -> CardPayload | str:
        """`payload`, for the cashier: the order's acquirer gets it, and the audit trail says so before it does."""
        result = await self.payload(channel, industry, order.user_id, card_id, allows_pan=allows_pan)
        given = isinstance(result, CardPayload)
        entry = AuditEntry(
            at=self._clock.now(),
            actor=order.acquirer,
            action=PAYLOAD_ACCESS,
            subject=user_subject(channel.channel_code, order.user_id),
            outcome=GRANTED if given else REFUSED,
            detail=f"{_what(result, masked_pan)}{_to_pay(order.order_id)}",
        )
        async with self._store.begin() as uow:
            await uow.add_audit(entry)
            await uow.commit()
        return result


def paid_order(entry: AuditEntry, order_id: int) -> bool:
    """Was a card asked for, by `payload_for`, to pay that order?"""
    return entry.action == PAYLOAD_ACCESS and entry.detail.endswith(_to_pay(order_id))


def _to_pay(order_id: int) -> str:
    return f", to pay order {order_id}"


def _what(result: CardPayload | str, masked_pan: str) -> str:
    """What was given, as the audit trail has it; or the code of why not."""
    if isinstance(result, str):
        return result
    return f"{'token' if result.token else 'PAN'} of {masked_pan}"


class _Admitted(msgspec.Struct, frozen=True, kw_only=True):
    """An industry that may ask about this user now."""

    channel: Party
    industry: Party
    grant: Grant
    login: Login


class CardInfo:
    """GET_CARD_LIST and GET_CARD_PAYLOAD of industries. Questions: they claim nothing but their UPI-UUID."""

    def __init__(self, store: Store, directory: Directory, cards: ChannelCards, clock: Clock) -> None:
        self._store = store
        self._directory = directory
        self._cards = cards
        self._clock = clock

    async def list(self, envelope: Envelope, request: CardListRequest) -> CardList:
        """Steps 1.1 to 1.4. Raises Replayed; Decline `62`, `40`, `57`, and the codes of ChannelCards."""
        async with self._store.begin() as uow:
            await uow.admit(envelope.sender.app_id, envelope.uuid)
            login = await self._login(uow, envelope, request)
            await uow.commit()
        admitted = self._admitted(envelope, request, login)
        given = await self._cards.list(admitted.channel, admitted.industry, request.user_id, given_to=admitted.industry.app_id)
        if isinstance(given, str):
            raise Decline(given)
        self._admitted(envelope, request, login)  # it may have been revoked while the channel thought
        return given

    async def payload(self, envelope: Envelope, request: CardPayloadRequest) -> CardPayload:
        """Steps 3.1 to 3.4. Raises Replayed; Decline `62`, `40`, `57`, `14`, and the codes of ChannelCards.

        Whatever becomes of it is on the audit trail before anybody is told."""
        opened = await self._opened(envelope, request)
        if isinstance(opened, Decline):
            raise opened
        admitted, listed = opened
        result = await self._cards.payload(
            admitted.channel, admitted.industry, request.user_id, request.card_id, allows_pan=admitted.grant.allows_pan
        )
        if isinstance(result, CardPayload):
            result = self._still(envelope, request, admitted.login, result)
        async with self._store.begin() as uow:
            outcome = GRANTED if isinstance(result, CardPayload) else REFUSED
            await uow.add_audit(self._entry(envelope, request, outcome, _what(result, listed.masked_pan)))
            await uow.commit()
        if isinstance(result, str):
            raise Decline(result)
        return result

    async def _opened(self, envelope: Envelope, request: CardPayloadRequest) -> tuple[_Admitted, ListedCard] | Decline:
        """Who asks and for which card; or why not, which is on the trail then."""
        async with self._store.begin() as uow:
            await uow.admit(envelope.sender.app_id, envelope.uuid)
            login = await self._login(uow, envelope, request)
            try:
                admitted = self._admitted(envelope, request, login)
                given_to, channel = admitted.industry.app_id, admitted.channel.app_id
                now = self._clock.now()
                listed = await self._cards.known(uow, given_to, channel, request.user_id, request.card_id, now)
                if listed is None:
                    raise Decline("14")
            except Decline as decline:
                await uow.add_audit(self._entry(envelope, request, REFUSED, decline.code))
                await uow.commit()
                return decline
            await uow.commit()
        return admitted, listed

    def _still(self, envelope: Envelope, request: CardPayloadRequest, login: Login, payload: CardPayload) -> CardPayload | str:
        """The same questions once more: a grant may have been revoked, or PANs forbidden, while the channel thought."""
        try:
            admitted = self._admitted(envelope, request, login)
        except Decline as decline:
            return decline.code
        return "62" if payload.pan is not None and not admitted.grant.allows_pan else payload

    async def _login(self, uow: UnitOfWork, envelope: Envelope, request: CardListRequest | CardPayloadRequest) -> Login | None:
        """The latest one, if there is one. It is looked for whatever the channelCode, so that all refusals take as long."""
        channel = self._directory.channel(request.channel_code)
        return await uow.latest_login(channel.app_id if channel else "", request.user_id, envelope.sender.app_id)

    def _admitted(self, envelope: Envelope, request: CardListRequest | CardPayloadRequest, login: Login | None) -> _Admitted:
        """Raises Decline `62`, `40`, `57`."""
        industry = self._directory.party(envelope.sender.app_id)
        if industry is None or not industry.is_live:
            raise Decline("62")
        channel = self._directory.channel(request.channel_code)
        grant = self._directory.grant(channel.app_id, industry.app_id) if channel is not None else None
        if channel is None or grant is None:
            raise Decline("57")
        if not channel.is_live:
            raise Decline("62")
        now = self._clock.now()
        if not grant.holds(now):
            raise Decline("40")
        if login is None or not login.is_live(now):
            raise Decline("57")
        return _Admitted(channel=channel, industry=industry, grant=grant, login=login)

    def _entry(self, envelope: Envelope, request: CardPayloadRequest, outcome: str, detail: str) -> AuditEntry:
        return AuditEntry(
            at=self._clock.now(),
            actor=envelope.sender.app_id,
            action=PAYLOAD_ACCESS,
            subject=user_subject(request.channel_code, request.user_id),
            outcome=outcome,
            detail=detail,
        )
