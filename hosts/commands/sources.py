"""Where `unionhub send` takes from what nobody gave: the sandbox's people and shops, and what was sent before."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NamedTuple

from unionhub.domain.model.parties import Role
from unionhub.domain.model.transactions import KINDS, UNDOES
from unionhub.hosts.sandbox.partner import Identity
from unionhub.hosts.sandbox.seeds import PRODUCT

from .failures import CommandError
from .fields import Choice, Json
from .sent import Sending, SentBook

Seeds = Callable[[str], Awaitable[list[Json]]]
"""`cardholders`, `merchants`, `inbox/<appId>`, ... -> what GET /sandbox/... answers."""
_ISSUED: Final = frozenset({"OPEN_ACCOUNT", "CARD_ENROLLMENT", "OTP_VERIFICATION"})


class Follows(NamedTuple):
    """Which messages this one may follow, what to do where none was sent, and whether they have the same sender."""

    messages: frozenset[str]
    hint: str
    same_sender: bool = True


_OF_CARDS: Final = frozenset(name for name, kind in KINDS.items() if not kind.downstream)
"""Messages of SCIS that move money."""
_GIVES_BACK: Final = Follows(
    _OF_CARDS - UNDOES - {"P2P_TRANSFER", "CREDIT_TRANSACTION"},
    "send a payment, or give origMsgID",
    same_sender=False,
)
FOLLOWS: Final[dict[str, Follows]] = {
    "OPEN_ACCOUNT": Follows(frozenset({"KYC_VERIFICATION"}), "send KYC_VERIFICATION, or give origMsgID and origReferNo"),
    "OTP_REQUEST": Follows(frozenset({"CARD_ENROLLMENT"}), "send CARD_ENROLLMENT, or give origMsgID"),
    "OTP_VERIFICATION": Follows(frozenset({"CARD_ENROLLMENT"}), "send CARD_ENROLLMENT, or give origMsgID"),
    "MPQRC_PAYMENT_URL": Follows(frozenset({"QRC_INFO_INQUIRY"}), "send QRC_INFO_INQUIRY, or give origTrxMsgID"),
    "TRX_RESULT_INQUIRY": Follows(_OF_CARDS, "send a payment, or give origMsgID"),
    "CPQRC_PAYMENT": Follows(frozenset({"QRC_GENERATION"}), "send QRC_GENERATION, or give emvCpqrcPayload", same_sender=False),
    "WITHDRAW": Follows(frozenset({"GET_CASH_OUT_TOKEN"}), "send GET_CASH_OUT_TOKEN, or give trxToken", same_sender=False),
    **dict.fromkeys(("REFUND", "CANCELLATION", "REVERSAL"), _GIVES_BACK),
    "GET_CARD_LIST": Follows(
        frozenset({"CHANNEL_LOGIN_INFO"}), "send CHANNEL_LOGIN_INFO, or give channelCode and userId", same_sender=False
    ),
    "GET_CARD_PAYLOAD": Follows(frozenset({"GET_CARD_LIST"}), "send GET_CARD_LIST, or give channelCode, userId and cardId"),
    "PAYMENT_RESULT_INQUIRY": Follows(frozenset({"SUBMIT_PAYMENT_ORDER"}), "send SUBMIT_PAYMENT_ORDER, or give orderId"),
    "PAYMENT_RESULT": Follows(
        frozenset({"SUBMIT_PAYMENT_ORDER"}),
        "send SUBMIT_PAYMENT_ORDER, or give ucspOrderId and downstreamOrderId",
        same_sender=False,
    ),
}
"""A message that names one that was sent before."""


class Sources:
    """Where defaults come from, for one message."""

    def __init__(self, choice: Choice, identities: Mapping[str, Identity], seeds: Seeds, sent: SentBook) -> None:
        self.choice = choice
        self.sent = sent
        self.sender: Identity | None = None
        self._identities = identities
        self._seeds = seeds
        self._holder: Json = {}

    async def holder(self) -> Json:
        """Whoever was chosen, else the first at this gateway; his insID is the gateway. Raises CommandError."""
        gateway = self.sender.app_id if self.sender and self.sender.app_id in self._gateways(await self.people()) else None
        if self.choice.newest:
            return self._newest(gateway)
        if self._holder and gateway in (None, self._holder["insID"]):
            return self._holder
        people = await self.people()
        if self.choice.cardholder is not None:
            found = numbered(people, self.choice.cardholder, "cardholder")
        else:
            found = next((each for each in people if gateway in (None, each["insID"])), {})
        self._holder = found
        return found

    async def people(self) -> list[Json]:
        return await self._seeds("cardholders")

    async def shop(self) -> Json:
        return numbered(await self._seeds("merchants"), self.choice.merchant or 1, "merchant")

    async def codes(self) -> list[Json]:
        return await self._seeds("qrcodes")

    async def texts(self, issuer: str) -> list[Json]:
        return await self._seeds(f"bank/{issuer}/otps")

    async def placed(self, ucsp_order_id: str) -> list[Json]:
        """The order as its acquirer has it."""
        return await self._seeds(f"orders/{ucsp_order_id}")

    def of_role(self, role: Role) -> Identity | None:
        """The first partner of that role."""
        return next((each for each in self._identities.values() if each.role is role), None)

    def partner(self, app_id: str) -> Identity | None:
        return self._identities.get(app_id)

    async def questions(self) -> list[Json]:
        """What cardholders were asked, oldest first: the bodies of ADDITIONAL_PROCESSING, for all gateways."""
        found = []
        for app_id in (each.app_id for each in self._identities.values() if each.role is Role.APP_GATEWAY):
            found += [each for each in await self._seeds(f"inbox/{app_id}") if each["message"] == "ADDITIONAL_PROCESSING"]
        return [each["body"] for each in sorted(found, key=lambda item: item["at"])]

    def before(self) -> Sending:
        """The message that this one follows: the one that is named, else the newest that fits. Raises CommandError."""
        if named := self._named():
            return self.sent.of(named) or Sending(message="", sender="", msg_id=named, code="")
        found = self._previous()
        if found is None:
            follows = FOLLOWS[self.choice.message]
            raise CommandError(f"{self.choice.message} follows another message: {follows.hint}")
        return found

    def previous_sender(self) -> str | None:
        """Who sent what this message follows, where the two have one sender."""
        if self.choice.message not in FOLLOWS or not FOLLOWS[self.choice.message].same_sender:
            return None
        found = self._previous()
        return found.sender if found else None

    def who(self, sending: Sending) -> Json:
        """The people of the message before, unless others were chosen."""
        if self.choice.cardholder is not None or self.choice.newest:
            return {}
        return {name: sending.asked[name] for name in ("deviceID", "userID", "token") if name in sending.asked}

    def _named(self) -> str:
        if self.choice.message == "PAYMENT_RESULT":
            return ""  # its origMsgID is the hub's PAY
        named = self.choice.field("origMsgID") or self.choice.field("origTrxMsgID")
        return named if isinstance(named, str) else ""

    def _previous(self) -> Sending | None:
        follows = FOLLOWS[self.choice.message]
        mine = self.choice.sender if follows.same_sender else None
        return self.sent.last(lambda each: each.message in follows.messages and mine in (None, each.sender))

    def _newest(self, gateway: str | None) -> Json:
        """The holder of the card that was issued last to a message from here."""
        issued = self.sent.last(
            lambda each: each.message in _ISSUED and "token" in each.heard and gateway in (None, each.sender)
        )
        if issued is None:
            raise CommandError("no card was issued to a message from here: send OPEN_ACCOUNT or CARD_ENROLLMENT")
        asked = issued.asked
        return {
            "userID": asked.get("userID"),
            "deviceID": asked.get("deviceID"),
            "token": issued.heard["token"],
            "insID": issued.sender,
            "issuer": PRODUCT.issuer,
            "currency": PRODUCT.currency,
        }

    @staticmethod
    def _gateways(people: list[Json]) -> set[str]:
        return {each["insID"] for each in people}


def numbered(items: list[Json], number: int, what: str) -> Json:
    """Item `number`, counted from 1. Raises CommandError."""
    if not 1 <= number <= len(items):
        raise CommandError(f"there is no {what} {number}: they are numbered 1 to {len(items)}")
    return items[number - 1]


Maker = Callable[[Sources], Awaitable[Json]]


class Group(NamedTuple):
    """Members of trxInfo that come from one place."""

    members: tuple[str, ...]
    make: Maker
