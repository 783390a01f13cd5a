"""A channel app, simulated: its users open industry services (chart U1), and have cards in it (chart U2).

Every builder takes `**changes`: members of the body that replace its own; None leaves a member out.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from unionhub.domain.model.identifiers import Pan, Token
from unionhub.hosts.sandbox.envelope import Answer, Received
from unionhub.hosts.sandbox.members import noted
from unionhub.hosts.sandbox.numbers import timestamp
from unionhub.hosts.sandbox.partner import HubRequest, Partner


class WalletCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card in this app. `expiry` is YYMM; `pan` is there where the app knows it."""

    card_id: str
    token: Token
    expiry: str
    masked_pan: str
    issuer_name: str
    card_type: str = "DEBIT"
    pan: Pan | None = None
    cardholder_name: str = ""


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A card with whose it is. Of the card itself never the PAN: the app learns that anew."""

    user_id: str
    card: WalletCard


class Channel(Partner):
    """Asks for logins, and which services there are; shows its users' cards. `gives_pans`: it tells a card's PAN, where it
    knows it, in place of the token."""

    remembers: ClassVar = frozenset({"PAYMENT_RESULT_NOTICE"})

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.gives_pans = False
        self._wallets: dict[str, dict[str, WalletCard]] = {}  # by user, then by card_id
        for kept in self._kept("card", _Kept):
            self._wallets.setdefault(kept.user_id, {})[kept.card.card_id] = kept.card
        self.handlers["GET_CARD_LIST"] = self._card_list
        self.handlers["GET_CARD_PAYLOAD"] = self._card_payload
        self.handlers["PAYMENT_RESULT_NOTICE"] = noted

    def add_card(
        self,
        user_id: str,
        token: Token,
        expiry: str,
        masked_pan: str,
        issuer_name: str,
        *,
        pan: Pan | None = None,
        cardholder_name: str = "",
    ) -> WalletCard:
        """Put a card into a user's wallet; of one that is there, what is new of it. Its cardId is random, and stays the
        same."""
        wallet = self._wallets.setdefault(user_id, {})
        known = next((card.card_id for card in wallet.values() if card.token == token), None)
        card = WalletCard(
            card_id=known or secrets.token_hex(16),
            token=token,
            expiry=expiry,
            masked_pan=masked_pan,
            issuer_name=issuer_name,
            pan=pan,
            cardholder_name=cardholder_name,
        )
        wallet[card.card_id] = card
        self._remember("card", card.card_id, _Kept(user_id=user_id, card=msgspec.structs.replace(card, pan=None)))
        return card

    def drop_card(self, user_id: str, token: Token) -> None:
        """Out of the wallet: whoever issued it does not know it any more."""
        wallet = self._wallets.get(user_id, {})
        for card_id in [card.card_id for card in wallet.values() if card.token == token]:
            del wallet[card_id]
            self._forget("card", card_id)

    def drop_cards(self, user_id: str) -> None:
        """An empty wallet."""
        for card_id in self._wallets.pop(user_id, {}):
            self._forget("card", card_id)

    def cards(self, user_id: str) -> list[WalletCard]:
        """The user's cards, the oldest first."""
        return list(self._wallets.get(user_id, {}).values())

    async def channel_login_info(
        self,
        industry_code: str,
        user_id: str,
        personal: Mapping[str, str] | None = None,
        *,
        msg_id: str | None = None,
        **changes: Any,
    ) -> HubRequest:
        """CHANNEL_LOGIN_INFO: `user_id` wants to open the service `industry_code`. `personal` (mobile, email, idType, idNo)
        becomes encData, sealed for the hub."""
        members = {
            "channelName": self.identity.name,
            "clientType": "0",
            "industryCode": industry_code,
            "userId": user_id,
            "encData": await self.seal(msgspec.json.encode(personal)) if personal is not None else None,
        }
        return self.request("CHANNEL_LOGIN_INFO", {**members, **changes}, msg_id=msg_id or self._msg_id(industry_code))

    def get_industry_list(self, *, msg_id: str | None = None, **changes: Any) -> HubRequest:
        """GET_INDUSTRY_LIST."""
        return self.request("GET_INDUSTRY_LIST", changes, msg_id=msg_id)

    def _msg_id(self, industry_code: str) -> str:
        """UCSP wants the industry's code in it (U-78); the tail is this partner's own."""
        own = self._msg_ids.next()
        return f"A{industry_code:.8}{timestamp(self._clock)}{own[-6:]}"

    async def _card_list(self, received: Received) -> Answer:
        if refused := self._refused(received, "userId"):
            return refused
        cards = [
            {
                "cardId": card.card_id,
                "maskedPan": card.masked_pan,
                "cardType": card.card_type,
                "issuerName": card.issuer_name,
            }
            for card in self.cards(received.body["userId"])
        ]
        return Answer(trx={"cards": cards})

    async def _card_payload(self, received: Received) -> Answer:
        """`14` for what is no card of this user."""
        if refused := self._refused(received, "userId", "cardId"):
            return refused
        card = self._wallets.get(received.body["userId"], {}).get(received.body["cardId"])
        if card is None:
            return Answer(code="14")
        number = {"pan": card.pan} if self.gives_pans and card.pan is not None else {"token": card.token}
        content = {name: value.reveal() for name, value in number.items()} | {"expiry": card.expiry}
        if card.cardholder_name:
            content["cardholderName"] = card.cardholder_name
        return Answer(trx={"encData": await self.seal(msgspec.json.encode(content))})

    def _refused(self, received: Received, *wanted: str) -> Answer | None:
        if received.body.get("channelCode") != self.identity.channel_code:
            return Answer(code="A0")
        missing = [name for name in wanted if not isinstance(received.body.get(name), str) or not received.body[name]]
        return Answer(code="30", detail=missing[0]) if missing else None
