"""What `unionhub send` fills in where nothing is given: each message's members, from the sandbox's people and shops and from
what was sent before. One row a message; a row's groups are asked in order, and only for members that are still missing."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from unionhub.domain.model.money import currency
from unionhub.domain.model.parties import Role
from unionhub.domain.model.transactions import KINDS, UNDOES
from unionhub.hosts.sandbox.keyring import public_keys
from unionhub.hosts.sandbox.partner import Identity
from unionhub.hosts.sandbox.seeds import (
    APPLICANT,
    CARDHOLDERS,
    CNY,
    HKD,
    PARKING,
    PARTNERS,
    PRESET_MERCHANTS,
    PRODUCT,
    WALLETS,
)
from unionhub.hosts.sandbox.services import page_url

from .failures import CommandError
from .fields import Choice, Json
from .sent import Sending, SentBook

Seeds = Callable[[str], Awaitable[list[Json]]]
"""`cardholders`, `merchants`, `inbox/<appId>`, ... -> what GET /sandbox/... answers."""

_ISSUED: Final = frozenset({"OPEN_ACCOUNT", "CARD_ENROLLMENT", "OTP_VERIFICATION"})
_UNITS: Final = 10
_ORDER_AMOUNT: Final = "100.00"  # so much that the sandbox's offers are for it
PARKING_CODE: Final = next(seed.industry_code for seed in PARTNERS if seed.app_id == PARKING)


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


Maker = Callable[[Sources], Awaitable[Json]]


class Group(NamedTuple):
    """Members of trxInfo that come from one place."""

    members: tuple[str, ...]
    make: Maker


def numbered(items: list[Json], number: int, what: str) -> Json:
    """Item `number`, counted from 1. Raises CommandError."""
    if not 1 <= number <= len(items):
        raise CommandError(f"there is no {what} {number}: they are numbered 1 to {len(items)}")
    return items[number - 1]


# --- people and shops


def _always(**members: Any) -> Group:
    async def make(_: Sources) -> Json:
        return members

    return Group(tuple(members), make)


def _holders(*members: str) -> Group:
    async def make(sources: Sources) -> Json:
        holder = await sources.holder()
        if not holder:
            at = sources.sender.app_id if sources.sender else ""
            raise CommandError(f"the sandbox has no cardholder at {at}: give deviceID, userID and token")
        return holder

    return Group(members, make)


async def _purchase(sources: Sources) -> Json:
    """Ten units of its currency at a merchant's static code."""
    shop = await sources.shop()
    return {
        **_units(shop["currency"]),
        "mpqrcPayload": shop["qr"],
        "merchantInfo": {
            "acquirerIIN": shop["acquirerIIN"],
            "fwdIIN": shop["fwdIIN"],
            "mid": shop["mid"],
            "merchantName": shop["name"],
            "mcc": shop["mcc"],
        },
    }


async def _own_money(sources: Sources) -> Json:
    """Ten units of the card's currency."""
    holder = await sources.holder()
    return _units(holder.get("currency", HKD))


def _units(code: str) -> Json:
    exponent = currency(code).exponent
    return {"trxAmt": f"{_UNITS}.{'0' * exponent}" if exponent else f"{_UNITS}00", "trxCurrency": code}


async def _preset(sources: Sources) -> Json:
    presets = [{"merchantName": each.name, "mid": each.mid} for each in PRESET_MERCHANTS]
    return {"merchantInfo": numbered(presets, sources.choice.merchant or 1, "preset merchant")}


async def _settlement_key(sources: Sources) -> Json:
    """Never the same twice: random within the second."""
    app_id = sources.sender.app_id if sources.sender else ""
    return {
        "settlementKey": {
            "acquirerIIN": app_id,
            "forwardingIIN": app_id,
            "systemTraceAuditNumber": f"{secrets.randbelow(10**6):06d}",
            "transmissionDateTime": f"{datetime.now(UTC):%m%d%H%M%S}",
        }
    }


async def _applicant(_: Sources) -> Json:
    return {"cvmInfo": dict(APPLICANT)}


async def _new_device(_: Sources) -> Json:
    """On the cardholder's own device his account has a card already."""
    return {"deviceID": secrets.token_hex(16)}


async def _account_holder(sources: Sources) -> Json:
    """The account of the cardholder; the bank takes the applicant's word for whose it is, or refuses."""
    holder = await sources.holder()
    accounts = {each.user_id: each.account.reveal() for each in CARDHOLDERS}
    known = {"accountNo": accounts[holder["userID"]]} if holder.get("userID") in accounts else {}
    return {"cvmInfo": {**APPLICANT, **known}}


async def _payee(sources: Sources) -> Json:
    """The next cardholder of the sandbox."""
    payer, people = await sources.holder(), await sources.people()
    others = [each for each in people if each["userID"] != payer.get("userID")]
    return {"creditAccountInfo": {"token": others[0]["token"]}}


async def _card_info(sources: Sources) -> Json:
    return {"cardInfo": {"token": (await sources.holder())["token"]}}


async def _url_code(sources: Sources) -> Json:
    return {"mpqrcPayload": numbered(await sources.codes(), sources.choice.merchant or 1, "code")["url"]}


async def _own_keys(sources: Sources) -> Json:
    """The keys that it has: the sandbox holds no others."""
    if sources.sender is None:
        return {}
    signing, encryption = public_keys(sources.sender)
    return {
        "insSignCertID": signing.kid,
        "insSignPublicKey": signing.jwk,
        "insEncCertID": encryption.kid,
        "insEncPublickey": encryption.jwk,
    }


# --- what was sent before


async def _verified(sources: Sources) -> Json:
    kyc = sources.before()
    return {**sources.who(kyc), "origMsgID": kyc.msg_id, "origReferNo": kyc.heard.get("referNo")}


async def _enrolling(sources: Sources) -> Json:
    enrolment = sources.before()
    return {**sources.who(enrolment), "origMsgID": enrolment.msg_id}


async def _texted(sources: Sources) -> Json:
    texts = await sources.texts(PRODUCT.issuer)
    if not texts:
        raise CommandError("nobody was sent a one-time password: send OTP_REQUEST, or give otpValue")
    return {"otpValue": texts[-1]["otp"]}


async def _inquired(sources: Sources) -> Json:
    inquiry = sources.before()
    return {
        **_units(CNY),
        **_sum(inquiry),
        **sources.who(inquiry),
        "origTrxMsgID": inquiry.msg_id,
        "mpqrcPayload": inquiry.asked.get("mpqrcPayload"),
    }


async def _shown(sources: Sources) -> Json:
    """The first code of the newest QRC_GENERATION; none beside a bar code."""
    if "barcodeCpqrcPayload" in sources.choice.given:
        return {}
    return {"emvCpqrcPayload": sources.before().heard.get("emvCpqrcPayload", [])[:1]}


async def _cash(sources: Sources) -> Json:
    made = sources.before()
    return {"trxToken": made.heard.get("trxToken"), **_sum(made)}


async def _original(sources: Sources) -> Json:
    """The newest payment that an acquirer can give back, or the one that is named."""
    if any(path[0] == "origSettlementKey" for path, _ in sources.choice.fields):
        return {}
    original = sources.before()
    return {"origMsgID": original.msg_id, **_sum(original)}


async def _channel_user(sources: Sources) -> Json:
    """A cardholder of the app of the same house: his cards are in this channel's wallets."""
    if sources.choice.cardholder is not None:
        return {"userId": (await sources.holder())["userID"]}
    gateways = {channel: gateway for gateway, channel in WALLETS.items()}
    gateway = gateways.get(sources.sender.app_id) if sources.sender else None
    return {"userId": next(each.user_id for each in CARDHOLDERS if gateway in (None, each.gateway))}


def _login(sources: Sources) -> Sending | None:
    """The last one at this industry."""
    code = sources.sender.industry_code if sources.sender else ""
    messages = FOLLOWS["GET_CARD_LIST"].messages
    return sources.sent.last(lambda each: each.message in messages and each.asked.get("industryCode") == code)


async def _logged_in(sources: Sources) -> Json:
    """Whoever was let in last at this industry."""
    login = _login(sources)
    if login is None:
        code = sources.sender.industry_code if sources.sender else ""
        raise CommandError(f"nobody was let in at {code}: {FOLLOWS['GET_CARD_LIST'].hint}")
    return login.asked


async def _shopper(sources: Sources) -> Json:
    """Whoever was let in last at this industry, so that the cashier shows cards; else somebody who was not, who pays by the
    order's QR. A cardholder who was chosen, in his own channel."""
    login = _login(sources)
    if sources.choice.cardholder is not None:
        holder = await sources.holder()
        channel = sources.partner(WALLETS.get(holder["insID"], ""))
        return {"channelCode": channel.channel_code if channel else None, "userId": holder["userID"]}
    if login is not None:
        return login.asked
    channel = sources.of_role(Role.CHANNEL)
    return {"channelCode": channel.channel_code if channel else None, "userId": CARDHOLDERS[0].user_id}


async def _new_order(sources: Sources) -> Json:
    """Never the same twice: its name is random."""
    base_url = sources.sender.base_url if sources.sender else ""
    return {
        "orderId": f"order-{secrets.token_hex(5)}",
        "orderTime": f"{datetime.now(UTC):%Y%m%d%H%M%S}",
        "returnUrl": page_url(base_url, "/return"),
    }


async def _same_order(sources: Sources) -> Json:
    return {"orderId": sources.before().asked.get("orderId")}


async def _placed(sources: Sources) -> Json:
    """The last order, with the acquirer's own number of it; or the one whose ucspOrderId is given."""
    order_id = sources.choice.field("ucspOrderId") or sources.before().heard.get("ucspOrderId")
    found = await sources.placed(str(order_id))
    return {"ucspOrderId": order_id, **(found[0] if found else {})}


async def _retrieval(_: Sources) -> Json:
    return {"retrivlRefNum": f"{secrets.randbelow(10**12):012d}"}


async def _shown_card(sources: Sources) -> Json:
    """The first card of the newest list."""
    listed = sources.before()
    cards = listed.heard.get("cards") or [{}]
    return {**listed.asked, "cardId": cards[0].get("cardId")}


async def _hong_kong(_: Sources) -> Json:
    return _units(HKD)


async def _asked_about(sources: Sources) -> Json:
    paid = sources.before()
    kind = paid.message or ("CPQRC_PAYMENT" if sources.sender and sources.sender.role is Role.ACQUIRER else "MPQRC_PAYMENT_EMV")
    return {**sources.who(paid), "origMsgID": paid.msg_id, "origMsgType": kind}


async def _question(sources: Sources) -> Json:
    """The newest that a cardholder was asked. The sandbox's gateways answer by themselves, a second later."""
    app_id = sources.sender.app_id if sources.sender else ""
    asked = [each for each in await sources.questions() if each["msgInfo"]["insID"] == app_id]
    if not asked:
        raise CommandError(f"{app_id} was sent no ADDITIONAL_PROCESSING: give origMsgID, token and deviceID")
    trx = asked[-1]["trxInfo"]
    people = {each["token"]: each["userID"] for each in await sources.people()}
    said = {name: trx[name] for name in ("deviceID", "token") if name in trx}
    return {**said, "origMsgID": asked[-1]["msgInfo"]["msgID"], "userID": people.get(trx.get("token"))}


def _sum(sending: Sending) -> Json:
    """What the payer paid: discounts are off in the answer."""
    members = {**sending.asked, **sending.heard}
    return {name: members[name] for name in ("trxAmt", "trxCurrency") if name in members}


_DEVICE: Final = ("deviceID", "userID")
_CARD: Final = (*_DEVICE, "token")
_MONEY: Final = ("trxAmt", "trxCurrency")
_UNDO: Final = (
    Group(("origMsgID", *_MONEY), _original),
    Group(_MONEY, _hong_kong),
    Group(("settlementKey",), _settlement_key),
)
_SALE: Final = (Group((*_MONEY, "merchantInfo"), _purchase), Group(("settlementKey",), _settlement_key))

DEFAULTS: Final[dict[str, tuple[Group, ...]]] = {
    "KYC_VERIFICATION": (_holders(*_DEVICE), Group(("cvmInfo",), _applicant)),
    "OPEN_ACCOUNT": (Group((*_DEVICE, "origMsgID", "origReferNo"), _verified), _holders(*_DEVICE)),
    "CARD_ENROLLMENT": (Group(("deviceID",), _new_device), _holders("userID"), Group(("cvmInfo",), _account_holder)),
    "OTP_REQUEST": (Group((*_DEVICE, "origMsgID"), _enrolling), _holders(*_DEVICE)),
    "OTP_VERIFICATION": (
        Group((*_DEVICE, "origMsgID"), _enrolling),
        _holders(*_DEVICE),
        Group(("otpValue",), _texted),
    ),
    "CARD_STATUS_MANAGEMENT": (_holders(*_CARD),),
    "CARD_STATUS_INQUIRY": (_holders(*_CARD),),
    "CARD_BALANCE_INQUIRY": (_holders(*_CARD),),
    "CARDFACE_DOWNLOADING": (_always(cardfaceID=PRODUCT.card_face_id),),
    "ACCOUNT_UPDATE_NOTIFICATION": (_holders("token"), _always(accountTier="2")),
    "MPQRC_PAYMENT_EMV": (_holders(*_CARD), Group((*_MONEY, "mpqrcPayload", "merchantInfo"), _purchase)),
    "QRC_INFO_INQUIRY": (_holders(*_DEVICE), Group(("mpqrcPayload",), _url_code)),
    "MPQRC_PAYMENT_URL": (Group((*_DEVICE, "origTrxMsgID", "mpqrcPayload", *_MONEY), _inquired), _holders(*_CARD)),
    "QRC_GENERATION": (_holders(*_CARD), _always(cpqrcNo="01")),
    "ADDITIONAL_PROCESSING_RESULT": (
        Group((*_CARD, "origMsgID"), _question),
        _holders(*_CARD),
        _always(paymentStatus="CONTINUING"),
    ),
    "BILL_PAYMENT": (_holders(*_CARD), Group(_MONEY, _own_money), Group(("merchantInfo",), _preset)),
    "CREDIT_TRANSACTION": (_holders("token"), Group(_MONEY, _own_money), Group(("merchantInfo",), _preset)),
    "P2P_TRANSFER": (_holders(*_CARD), Group(_MONEY, _own_money), Group(("creditAccountInfo",), _payee)),
    "GET_CASH_OUT_TOKEN": (_holders(*_CARD), Group(_MONEY, _own_money), _always(trxTokenType="WITHDRAW")),
    "EXCHANGE_RATE_INQUIRY": (_always(origCurrency=CNY, origAmt="100.00", exchangeCurrency=HKD),),
    "TRX_RESULT_INQUIRY": (Group((*_CARD, "origMsgID", "origMsgType"), _asked_about), _holders(*_CARD)),
    "CPQRC_PAYMENT": (Group(("emvCpqrcPayload",), _shown), *_SALE),
    "TOKEN_PAYMENT": (Group(("cardInfo",), _card_info), *_SALE),
    "WITHDRAW": (Group(("trxToken", *_MONEY), _cash), *_SALE),
    **dict.fromkeys(("REFUND", "CANCELLATION", "REVERSAL"), _UNDO),
    "CHANNEL_LOGIN_INFO": (
        _always(industryCode=PARKING_CODE, encData={"mobile": "+852 5555 0100"}),  # parking needs it
        Group(("userId",), _channel_user),
    ),
    "GET_CARD_LIST": (Group(("channelCode", "userId"), _logged_in),),
    "GET_CARD_PAYLOAD": (Group(("channelCode", "userId", "cardId"), _shown_card),),
    "SUBMIT_PAYMENT_ORDER": (
        Group(("channelCode", "userId"), _shopper),
        Group(("orderId", "orderTime", "returnUrl"), _new_order),
        _always(trxAmt=_ORDER_AMOUNT, trxCurrency=HKD, subject="Two hours"),
    ),
    "PAYMENT_RESULT_INQUIRY": (Group(("orderId",), _same_order),),
    "PAYMENT_RESULT": (
        Group(("ucspOrderId", "downstreamOrderId", "trxCurrency"), _placed),
        Group(("settlementKey",), _settlement_key),
        Group(("retrivlRefNum",), _retrieval),
    ),
    "KEY_EXCHANGE": (Group(("insSignCertID", "insSignPublicKey", "insEncCertID", "insEncPublickey"), _own_keys),),
}
"""Message -> where the members of its trxInfo come from (PROTOCOL 2.1; RULES section 15)."""

NEEDED: Final = {
    "CARD_STATUS_MANAGEMENT": ("tokenAction", "SUSPEND, RESUME or DELETE"),
    "PAYMENT_RESULT": ("paymentStatus", "APPROVED, DECLINED or REFUNDED"),
}
"""What nobody can guess: a member, and what it may be."""
