"""A message to the hub as a sandbox partner would write it: who sends it, sensible defaults, and the fields as asked."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from unionhub.domain.model.money import currency
from unionhub.domain.model.parties import Role
from unionhub.hosts.sandbox import envelope
from unionhub.hosts.sandbox.partner import Identity

from .failures import CommandError

Json = dict[str, Any]

NOTHING: Final = object()
"""A field that is to be left out."""

_FIELD: Final = re.compile(r"(?P<path>[A-Za-z][\w.]*)(?P<raw>:?)=(?P<value>.*)", re.DOTALL)
_ORIGINAL: Final = re.compile(r"[A-Z](?P<app_id>[0-9]{8})[0-9]{8,}")

_DEVICE: Final = ("deviceID", "userID")
_CARD: Final = (*_DEVICE, "token")
_MERCHANT: Final = ("trxAmt", "trxCurrency", "mpqrcPayload", "merchantInfo")

DEFAULTS: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("KYC_VERIFICATION", "OPEN_ACCOUNT", "CARD_ENROLLMENT", "QRC_INFO_INQUIRY"), _DEVICE),
    **dict.fromkeys(("OTP_REQUEST", "OTP_VERIFICATION"), _DEVICE),
    **dict.fromkeys(("CARD_STATUS_MANAGEMENT", "CARD_STATUS_INQUIRY", "CARD_BALANCE_INQUIRY", "QRC_GENERATION"), _CARD),
    **dict.fromkeys(("ADDITIONAL_PROCESSING_RESULT", "BILL_PAYMENT", "P2P_TRANSFER", "GET_CASH_OUT_TOKEN"), _CARD),
    "MPQRC_PAYMENT_URL": _CARD,
    "MPQRC_PAYMENT_EMV": (*_CARD, *_MERCHANT),
    "CREDIT_TRANSACTION": ("token",),
    "TRX_RESULT_INQUIRY": (*_CARD, "origMsgType"),
}
"""An app gateway's message -> members of trxInfo that are filled in where they are not given (PROTOCOL 2.1)."""

_ROLES: Final = {
    **dict.fromkeys(
        ("CPQRC_PAYMENT", "REFUND", "CANCELLATION", "REVERSAL", "WITHDRAW", "TOKEN_PAYMENT", "PAYMENT_RESULT"), Role.ACQUIRER
    ),
    **dict.fromkeys(("CHANNEL_LOGIN_INFO", "GET_INDUSTRY_LIST"), Role.CHANNEL),
    **dict.fromkeys(("GET_CARD_LIST", "GET_CARD_PAYLOAD", "SUBMIT_PAYMENT_ORDER", "PAYMENT_RESULT_INQUIRY"), Role.INDUSTRY),
    "ACCOUNT_UPDATE_NOTIFICATION": Role.ISSUER,
}
"""Who sends a message, where it is not an app gateway."""

Seeds = Callable[[str], Awaitable[list[Json]]]
"""`cardholders` or `merchants` -> what GET /sandbox/... answers."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator chose. Numbers count from 1; None takes the first that fits."""

    message: str
    fields: tuple[tuple[tuple[str, ...], Any], ...]
    sender: str | None = None
    cardholder: int | None = None
    merchant: int | None = None

    @property
    def given(self) -> frozenset[str]:
        """Members of trxInfo that need no default."""
        return frozenset(path[0] for path, _ in self.fields if len(path) == 1 or path[0] not in _MERCHANT)

    def field(self, name: str) -> Any:
        return next((value for path, value in self.fields if path == (name,)), None)


def parse_fields(texts: Iterable[str]) -> tuple[tuple[tuple[str, ...], Any], ...]:
    """`trxAmt=12.50` is text, `trxAmt:=12.5` is JSON, `merchantInfo.mid=...` goes deeper, `merchantInfo=null` leaves it out."""
    return tuple(_field(text) for text in texts)


def _field(text: str) -> tuple[tuple[str, ...], Any]:
    match = _FIELD.fullmatch(text)
    if match is None or not all(match["path"].split(".")):
        raise CommandError(f"{text[:60]!r} is no field: name=value, name:=JSON, group.name=value or name=null")
    path = tuple(match["path"].split("."))
    if not match["raw"]:
        return path, NOTHING if match["value"] == "null" else match["value"]
    try:
        return path, msgspec.json.decode(match["value"])
    except msgspec.DecodeError:
        raise CommandError(f"{match['path']}: what stands after := must be JSON") from None


def put(body: Json, path: tuple[str, ...], value: Any) -> None:
    """Set, or leave out, what lies at `path`. Raises CommandError where there is no object to go into."""
    *groups, name = path
    place = body
    for group in groups:
        place = place.setdefault(group, {})
        if not isinstance(place, dict):
            raise CommandError(f"{'.'.join(path)}: {group} is no group of fields")
    if value is NOTHING:
        place.pop(name, None)
    else:
        place[name] = value


class Draft:
    """Writes a request from a choice, the partners at hand, and the sandbox's people and shops."""

    def __init__(self, choice: Choice, identities: Mapping[str, Identity], seeds: Seeds) -> None:
        self._choice = choice
        self._identities = identities
        self._seeds = seeds
        self._holder: Json = {}

    async def sender(self) -> Identity:
        """Who signs: as asked, else whose message it asks about, else the cardholder's gateway, else the first of the role."""
        choice = self._choice
        role = _ROLES.get(choice.message, Role.APP_GATEWAY)
        asked_about = _ORIGINAL.fullmatch(str(choice.field("origMsgID") or ""))
        app_id = choice.sender or (asked_about["app_id"] if asked_about else None)
        if app_id is None and role is Role.APP_GATEWAY and self._wanted(role) & set(_CARD):
            app_id = str((await self._cardholder(None))["insID"])
        if app_id is None:
            app_id = next((each.app_id for each in self._identities.values() if each.role is role), "")
        if app_id not in self._identities:
            known = ", ".join(f"{each.app_id} ({each.name})" for each in self._identities.values())
            raise CommandError(f"no sandbox partner {app_id or role.value}: there are {known}")
        return self._identities[app_id]

    async def trx(self, sender: Identity) -> Json:
        """Defaults, then the fields; msgInfo's are left for the envelope."""
        trx: Json = {}
        wanted = self._wanted(sender.role)
        if wanted & set(_CARD):
            holder = await self._cardholder(sender.app_id)
            trx |= {name: holder[name] for name in _CARD if name in wanted}
        if wanted & set(_MERCHANT):
            trx |= {name: value for name, value in (await self._purchase()).items() if name in wanted}
        if "origMsgType" in wanted:
            trx["origMsgType"] = "MPQRC_PAYMENT_EMV"
        for path, value in self._choice.fields:
            if path[0] != "msgInfo":
                put(trx, path, value)
        return trx

    def _wanted(self, role: Role) -> set[str]:
        defaults = DEFAULTS.get(self._choice.message, ()) if role is Role.APP_GATEWAY else ()
        return set(defaults) - self._choice.given

    async def _cardholder(self, gateway: str | None) -> Json:
        """The one of `--cardholder`, else the first at this gateway. Raises CommandError."""
        if self._holder and gateway in (None, self._holder["insID"]):
            return self._holder
        people = await self._seeds("cardholders")
        if self._choice.cardholder is not None:
            found = _numbered(people, self._choice.cardholder, "cardholder")
        else:
            found = next((each for each in people if gateway in (None, each["insID"])), {})
        if not found:
            raise CommandError(f"the sandbox has no cardholder at {gateway}: give deviceID, userID and token")
        self._holder = found
        return found

    async def _purchase(self) -> Json:
        """Ten units of its currency at a merchant's static code."""
        shop = _numbered(await self._seeds("merchants"), self._choice.merchant or 1, "merchant")
        exponent = currency(shop["currency"]).exponent
        return {
            "trxAmt": f"10.{'0' * exponent}" if exponent else "1000",
            "trxCurrency": shop["currency"],
            "mpqrcPayload": shop["qr"],
            "merchantInfo": {
                "acquirerIIN": shop["acquirerIIN"],
                "fwdIIN": shop["fwdIIN"],
                "mid": shop["mid"],
                "merchantName": shop["name"],
                "mcc": shop["mcc"],
            },
        }


def write(choice: Choice, sender: Identity, trx: Json, *, path: str, msg_id: str, time_stamp: str) -> Json:
    """The whole body, in the form that `path` speaks. msgInfo's fields come last: a test may want them wrong."""
    if path.startswith("/ucsp/"):
        codes = {"channelCode": sender.channel_code, "industryCode": sender.industry_code}
        return {"msgID": msg_id, **{name: code for name, code in codes.items() if code}, **trx}
    body = envelope.scis_request(choice.message, msg_id, sender.app_id, time_stamp, trx)
    for at, value in choice.fields:
        if at[0] == "msgInfo":
            put(body, at, value)
    return body


def _numbered(items: list[Json], number: int, what: str) -> Json:
    if not 1 <= number <= len(items):
        raise CommandError(f"there is no {what} {number}: they are numbered 1 to {len(items)}")
    return items[number - 1]
