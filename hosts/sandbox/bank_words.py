"""What is said at a simulated core bank's door: the request as it opens, the reply, and how members are read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from unionhub.domain.model.money import AmountError, AmountFormatError, Money, UnknownCurrencyError
from unionhub.hosts.sandbox.books import Decision, Leg, Order

SEALED_FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "DEBIT_TRANSACTION": ("debitAccountInfo",),
    "CREDIT_TRANSACTION": ("creditAccountInfo",),
    "P2P_TRANSFER": ("debitAccountInfo", "creditAccountInfo"),
    "KYC_VERIFICATION": ("cvmInfo",),
    "BALANCE_INQUIRY": ("accountInfo",),
    "GET_CASH_OUT_TOKEN": ("debitAccountInfo",),
    "OTP_DELIVERY": ("accountInfo", "otp"),
}
"""Message -> members of trxInfo that come as a JWE. They must be there, and open to a JSON object."""

MAX_MSG_ID_CHARS: Final = 49
_UNDIGESTED: Final = frozenset({"cvmAddtlDocums"})
"""The hub never stores pictures of documents, so a message that it sends again may come without them."""


class BankRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A genuine message. `trx` is its trxInfo, `opened` the contents of its sealed fields by their names."""

    message: str
    ins_id: str
    msg_id: str
    at: datetime  # the bank's business time
    trx: Mapping[str, Any]
    opened: Mapping[str, Mapping[str, Any]] = {}

    def digest(self) -> bytes:
        """Of the content: sealed fields as they open, since the same message sealed anew is the same message."""
        members = {name: value for name, value in {**self.trx, **self.opened}.items() if name not in _UNDIGESTED}
        content = {"message": self.message, "trxInfo": members}
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).digest()

    def order(self, *legs: Leg, refusal: str = "") -> Order:
        """The message as the books know it."""
        return Order(ins_id=self.ins_id, msg_id=self.msg_id, digest=self.digest(), at=self.at, legs=legs, refusal=refusal)


class BankReply(msgspec.Struct, frozen=True, kw_only=True):
    """The bank's word: an issuer code and what its trxInfo says beside the amount it repeats.

    `sealed` are members of trxInfo that only the hub may read: the bank's door seals each for it.
    """

    code: str
    trx: dict[str, Any] = {}
    sealed: dict[str, dict[str, Any]] = {}


BankHandler = Callable[[BankRequest], Awaitable[BankReply]]


class Refused(Exception):  # noqa: N818 - an answer
    """A code that is decided before the books are asked."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def replied(decision: Decision) -> BankReply:
    """A decision as it is told."""
    return BankReply(code=decision.code, trx=refer_no(decision))


def refer_no(decision: Decision) -> dict[str, Any]:
    return {"referNo": decision.refer_no} if decision.refer_no else {}


def read_texts(members: Mapping[str, Any], *names: str) -> None:
    """Each of them must be there. Raises Refused."""
    for name in names:
        read_text(members, name)


def read_text(members: Mapping[str, Any], name: str) -> str:
    """A text that must be there. Raises Refused."""
    value = members.get(name)
    if not isinstance(value, str) or not value:
        raise Refused("30")
    return value


def read_mid(trx: Mapping[str, Any]) -> str:
    """merchantInfo.mid. Raises Refused."""
    info = trx.get("merchantInfo")
    if not isinstance(info, dict):
        raise Refused("30")
    return read_text(info, "mid")


def read_money(members: Mapping[str, Any], amount: str, currency: str) -> Money:
    """An amount in its currency. Raises Refused: 30, 12 or 13."""
    try:
        return Money.parse(read_text(members, amount), read_text(members, currency))
    except AmountFormatError:
        raise Refused("30") from None
    except UnknownCurrencyError:
        raise Refused("12") from None
    except AmountError:
        raise Refused("13") from None


def read_original(trx: Mapping[str, Any]) -> str:
    """The original's msgID. Banks' tables spell the member in three ways (PROTOCOL 2.2)."""
    name = next((name for name in ("origMsgID", "origMsgId", "origTrxId") if name in trx), "origMsgID")
    original = read_text(trx, name)
    if len(original) > MAX_MSG_ID_CHARS:
        raise Refused("30")
    return original
