"""The two forms of a message body, as a partner reads and writes them (PROTOCOL 1.6, 2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from unionhub.domain.model.responses import RESPONSE_TEXTS

VERSION: Final = "1.0.0"
_ECHOED_FLAT: Final = ("msgID", "channelCode", "industryCode")


class MalformedError(ValueError):
    """Not a message: no JSON object, or without its msgID, msgType or insID."""


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A message that came in. `trx` is trxInfo; in the flat form the whole body."""

    message: str
    msg_id: str
    ins_id: str
    trx: dict[str, Any]
    body: dict[str, Any]
    flat: bool


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a partner says: a code, the members of its trxInfo (flat: of the body), and a detail behind the code's text."""

    code: str = "00"
    trx: dict[str, Any] = {}
    detail: str = ""


def read(body: bytes, message: str, *, flat: bool) -> Received:
    """Read what came for `message`. Raises MalformedError."""
    content = decode(body)
    if not isinstance(content, dict):
        raise MalformedError("not a JSON object")
    info = content if flat else content.get("msgInfo")
    trx = content if flat else content.get("trxInfo", {})
    if not isinstance(info, dict) or not isinstance(trx, dict):
        raise MalformedError("without msgInfo")
    if not flat and info.get("msgType") != message:
        raise MalformedError("msgType is not what is asked here")
    ins_id = "" if flat else _text(info, "insID")
    return Received(message=message, msg_id=_text(info, "msgID"), ins_id=ins_id, trx=trx, body=content, flat=flat)


def decode(body: bytes) -> Any:
    """The JSON in `body`. Raises MalformedError, for a nesting beyond all reason too."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise MalformedError("not JSON") from None


def encode(content: object) -> bytes:
    return msgspec.json.encode(content)


def scis_request(message: str, msg_id: str, ins_id: str, time_stamp: str, trx: Mapping[str, Any]) -> dict[str, Any]:
    """A request in SCIS' form; trxInfo is left out when there is nothing in it."""
    info = {"versionNo": VERSION, "msgID": msg_id, "timeStamp": time_stamp, "msgType": message, "insID": ins_id}
    return {"msgInfo": info, "trxInfo": dict(trx)} if trx else {"msgInfo": info}


def reply(received: Received, answer: Answer, msg_id: str | None = None) -> bytes:
    """The answer to `received`; `msg_id` puts another message's in the place of its own."""
    verdict: dict[str, Any] = {"msgResponse": _verdict(answer)}
    other: dict[str, Any] = {} if msg_id is None else {"msgID": msg_id}
    if received.flat:
        echoed = {name: received.body[name] for name in _ECHOED_FLAT if name in received.body}
        return encode(echoed | other | answer.trx | verdict)
    said: dict[str, Any] = {"trxInfo": answer.trx} if answer.trx else {}
    info: dict[str, Any] = received.body["msgInfo"]
    return encode({"msgInfo": info | other} | said | verdict)


def bare_reply(code: str) -> bytes:
    """The answer to what could not be read: there is nothing to repeat."""
    return encode({"msgResponse": _verdict(Answer(code=code))})


def _verdict(answer: Answer) -> dict[str, str]:
    text = RESPONSE_TEXTS.get(answer.code, "Declined")
    return {"responseCode": answer.code, "responseMsg": f"{text}: {answer.detail}"[:100] if answer.detail else text}


def _text(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not value:
        raise MalformedError(f"without {name}")
    return value
