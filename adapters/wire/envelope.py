"""The JSON envelope of SCIS (PROTOCOL 1.6): msgInfo, trxInfo, msgResponse."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import msgspec

from unionhub.domain.model.parties import Party
from unionhub.domain.model.responses import text_of

from .fields import InsId, MsgId, MsgType, TimeStamp, VersionNo, wire_name

VERSION: Final = "1.0.0"


class MsgInfo(msgspec.Struct, frozen=True, rename=wire_name):
    """Who asks what, when. An answer repeats it as it came."""

    version_no: VersionNo
    msg_id: MsgId
    time_stamp: TimeStamp
    msg_type: MsgType
    ins_id: InsId


class MsgResponse(msgspec.Struct, frozen=True, rename=wire_name):
    response_code: str
    response_msg: str


T = TypeVar("T")


class Request(msgspec.Struct, Generic[T], frozen=True, rename=wire_name):
    """A request's whole body; unknown members are ignored (PROTOCOL 1.1)."""

    msg_info: MsgInfo
    trx_info: T


class BareRequest(msgspec.Struct, Generic[T], frozen=True, rename=wire_name):
    """A request that may come without trxInfo."""

    msg_info: MsgInfo
    trx_info: T | None = None


class ReplyInfo(msgspec.Struct, frozen=True, rename=wire_name):
    """The msgInfo of an answer as we compare it with what we sent: no form is asked of what must be equal anyway."""

    msg_id: str
    msg_type: str
    ins_id: str


class ReplyCode(msgspec.Struct, frozen=True, rename=wire_name):
    response_code: str
    response_msg: str = ""


class Reply(msgspec.Struct, Generic[T], frozen=True, rename=wire_name):
    """A partner's answer."""

    msg_info: ReplyInfo
    msg_response: ReplyCode
    trx_info: T | None = None


def stamp(party: Party, at: datetime) -> str:
    """timeStamp: YYYYMMDDhhmmss in the partner's zone, UTC unless set otherwise (PROTOCOL section 0)."""
    return party.local_time(at).strftime("%Y%m%d%H%M%S")


def request_body(party: Party, message: str, msg_id: str, at: datetime, trx_info: Any) -> bytes:
    """A request of ours: insID is the partner's own, as its UPI-APPID is."""
    info = MsgInfo(VERSION, msg_id, stamp(party, at), message, party.app_id)
    return msgspec.json.encode(Request(info, trx_info))


def answer_body(
    msg_info: object,
    code: str,
    *,
    detail: str = "",
    trx_info: object = None,
    beside: Mapping[str, object] | None = None,
) -> bytes:
    """An answer of ours: msgInfo echoed (left out where there was none to echo), trxInfo absent when empty; `beside` are
    members that stand next to it."""
    body: dict[str, object] = {}
    if msg_info is not None:
        body["msgInfo"] = msg_info
    if trx_info is not None:
        body["trxInfo"] = trx_info
    body.update(beside or {})
    body["msgResponse"] = MsgResponse(code, text_of(code, detail))
    return msgspec.json.encode(body)
