"""UCSP's other two sides: channels with their users' cards, and industries with their shops. Both are told, and moody."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from simulation.acquirer import Till
from simulation.clients import Clients
from unionhub.domain.model.channel_cards import CardPayload, ListedCard
from unionhub.domain.model.identifiers import Pan, Token, luhn_complete
from unionhub.domain.model.money import Money
from unionhub.domain.model.outgoing import Answer, Outgoing
from unionhub.domain.model.services import Grant

MOODS: Final = ("silent", "slow", "refusing", "lying")
"""What a channel or industry is like for a while: it answers when nobody waits any more; late; `91`; or, of its cards, lies."""

_PAN: Final = Pan.parse(luhn_complete("629100299900001"))


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One copy of PAYMENT_RESULT_NOTICE as it came in. `confirmed`: its receiver said `00`, and not too late."""

    at_s: float
    receiver: str
    ucsp_order_id: str
    msg_id: str
    body: dict[str, Any]
    confirmed: bool


class Door:
    """What channels and industries have in common."""

    def __init__(self, app_id: str, clients: Clients) -> None:
        self.app_id = app_id
        self.mood = ""
        self.told: list[Told] = []
        self.wrong: list[str] = []  # what it was asked, and never should have been
        self._clients = clients
        self._rng = clients.rng

    async def receive(self, outgoing: Outgoing, body: dict[str, Any]) -> Answer:
        """Its answer, in its mood."""
        mood = self.mood
        if mood == "slow":
            await asyncio.sleep(self._rng.uniform(1, 9))
        answer = Answer(code="91") if mood == "refusing" else self._answer(outgoing.message, body)
        if outgoing.message == "PAYMENT_RESULT_NOTICE":
            confirmed = answer.code == "00" and mood != "silent"
            self._hear(outgoing.msg_id, body, confirmed=confirmed)
        if mood == "silent":
            await asyncio.sleep(15)
        return answer

    def _hear(self, msg_id: str, body: dict[str, Any], *, confirmed: bool) -> None:
        now_s = asyncio.get_running_loop().time()
        order_id = body["ucspOrderId"]
        self.told.append(
            Told(at_s=now_s, receiver=self.app_id, ucsp_order_id=order_id, msg_id=msg_id, body=body, confirmed=confirmed)
        )

    def _answer(self, message: str, body: dict[str, Any]) -> Answer:
        del message, body
        return Answer(code="00")


class ChannelUser(msgspec.Struct, frozen=True, kw_only=True):
    """A user of a channel's app. `cards`: its id -> token."""

    user_id: str
    cards: dict[str, Token]


class ChannelDoor(Door):
    """A channel app. Asked for a card that is not that user's it says it all the same: the hub has to know better."""

    def __init__(self, app_id: str, code: str, users: Sequence[ChannelUser], clients: Clients) -> None:
        super().__init__(app_id, clients)
        self.code = code
        self.users = users
        self._cards = {card_id: (user, token) for user in users for card_id, token in user.cards.items()}

    def _answer(self, message: str, body: dict[str, Any]) -> Answer:
        lies = self.mood == "lying"
        if message == "GET_CARD_LIST":
            user = next((each for each in self.users if each.user_id == body["userId"]), None)
            if user is None:
                return Answer(code="57")
            cards = [_listed(card_id) for card_id in user.cards]
            return Answer(code="00", listed_cards=tuple([*cards, *cards] if lies else cards))
        if message != "GET_CARD_PAYLOAD":
            return Answer(code="00")
        owner, token = self._cards[body["cardId"]]
        if owner.user_id != body["userId"]:
            self.wrong.append(f"asked for card {body['cardId']} of {owner.user_id} as if {body['userId']} had it")
        if lies:
            pan = CardPayload(pan=_PAN, expiry="3012")
            return Answer(code="00", card_payload=pan if self._rng.random() < 0.5 else None)
        return Answer(code="00", card_payload=CardPayload(token=token, expiry="3012"))


class IndustryDoor(Door):
    """An industry, whose shop now and then gives back what it was told is paid."""

    def __init__(self, app_id: str, code: str, url: str, till: Till, clients: Clients) -> None:
        super().__init__(app_id, clients)
        self.code = code
        self.url = url
        self.logins: set[str] = set()  # tickets
        self._till = till

    def _answer(self, message: str, body: dict[str, Any]) -> Answer:
        if message == "INDUSTRY_LOGIN_INFO":
            self.logins.add(body["ticket"])
        return Answer(code="00")

    def _hear(self, msg_id: str, body: dict[str, Any], *, confirmed: bool) -> None:
        news = body["paymentStatus"] == "APPROVED" and all(each.msg_id != msg_id for each in self.told)
        super()._hear(msg_id, body, confirmed=confirmed)
        if news and self._rng.random() < 0.4:
            paid = Money.parse(body["trxAmt"], body["trxCurrency"]).minor
            for part in self._rng.choice(((1.0,), (0.4,), (0.4, 0.6), (0.7, 0.7))):
                self._till.give_back(body["ucspOrderId"], body["retrivlRefNum"], max(round(paid * part), 1))


class Granting:
    """The grants as they were: when each did not hold, in seconds of the run."""

    def __init__(self, grants: Sequence[Grant]) -> None:
        self.grants = {(grant.channel, grant.industry): grant for grant in grants}
        self.not_held: list[tuple[str, str, float, float]] = []

    def allowed(self, channel: str, industry: str, since_s: float, until_s: float) -> bool:
        """Did it hold at any moment of that time?"""
        pair = (channel, industry)
        return pair in self.grants and not any(
            (each[0], each[1]) == pair and each[2] <= since_s and until_s <= each[3] for each in self.not_held
        )


def _listed(card_id: str) -> ListedCard:
    return ListedCard(card_id=card_id, masked_pan="629100******0001", card_type="DEBIT")
