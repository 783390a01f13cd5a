"""What partners may send to the hub: one table row a message, and reading it in the order of RULES section 9, step 1."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from unionhub.domain.model.errors import Refusal
from unionhub.domain.model.parties import Party, Role

from . import scis
from .envelope import MsgInfo, Request

OpenSealed = Callable[[Party, str], bytes]
"""Opens what a partner sealed for the hub; raises Refusal(`A0`) whatever the cause."""

_UNDECODABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_WHERE: Final = re.compile(r" - at `\$\.?(?P<path>[^`]*)`\Z")
_MISSING: Final = re.compile(r"missing required field `(?P<field>[^`]*)`")
_ECHOED: Final = ("versionNo", "msgID", "timeStamp", "msgType", "insID")
_ECHO_MAX_CHARS: Final = 64


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A message as the hub receives it. `read` makes the core's request of trxInfo, `write` trxInfo of the core's result."""

    name: str
    path: str
    roles: frozenset[Role]
    trx_info: type[Any]
    read: Callable[[Any], Any]
    write: Callable[[Any], object]
    sealed: tuple[str, ...] = ()  # members of trxInfo that are JWEs
    body_limit_bytes: int = 16 * 1024


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was read, or why it was not: then `refusal` stands and `msg_info` is what can be echoed."""

    msg_info: object = None
    msg_id: str = ""
    request: Any = None
    content: bytes = b""  # what "the same message" means: all but timeStamp, sealed fields opened
    refusal: Refusal | None = None


INBOUND: Final[tuple[Row, ...]] = (
    Row(
        name="MPQRC_PAYMENT_EMV",
        path="/scis/switch/qremvpayment",
        roles=frozenset({Role.APP_GATEWAY}),
        trx_info=scis.MpqrcPaymentEmv,
        read=scis.read_mpqrc_payment,
        write=scis.write_mpqrc_payment,
    ),
    Row(
        name="TRX_RESULT_INQUIRY",
        path="/scis/switch/trxresultinquiry",
        roles=frozenset({Role.APP_GATEWAY}),
        trx_info=scis.TrxResultInquiry,
        read=scis.read_trx_result_inquiry,
        write=scis.write_trx_result,
    ),
)


class Reader:
    """Reads the body of one kind of message. The signature is verified already; whose it is, is `sender`."""

    def __init__(self, row: Row, open_sealed: OpenSealed) -> None:
        self._row = row
        self._open = open_sealed
        self._decoder = msgspec.json.Decoder(Request[row.trx_info])  # type: ignore[name-defined]

    def read(self, body: bytes, sender: Party) -> Incoming:
        """Never raises for what is in the body: a refusal is part of the result."""
        try:
            message: Request[Any] = self._decoder.decode(body)
        except _UNDECODABLE as error:
            return self._refused(body, sender, error)
        info = message.msg_info
        if info.ins_id != sender.app_id:
            return Incoming(msg_info=info, refusal=Refusal("A0"))
        try:
            opened = {name: self._open(sender, getattr(message.trx_info, name)) for name in self._row.sealed}
        except Refusal as refusal:
            return Incoming(msg_info=info, refusal=refusal)
        if info.msg_type != self._row.name:
            return Incoming(msg_info=info, refusal=Refusal("30", "msgInfo.msgType"))
        return Incoming(
            msg_info=info,
            msg_id=info.msg_id,
            request=self._row.read(message.trx_info),
            content=self._content(info, message.trx_info, opened),
        )

    def _content(self, info: MsgInfo, trx_info: object, opened: dict[str, bytes]) -> bytes:
        parts = [info.msg_type.encode(), msgspec.json.encode(trx_info)]
        if opened:
            # A JWE of the same content is another text each time it is sealed: its plaintext counts.
            members = msgspec.to_builtins(trx_info)
            members.update({name: plaintext.hex() for name, plaintext in opened.items()})
            parts[1] = msgspec.json.encode(members, order="deterministic")
        return b"\x00".join(parts)

    def _refused(self, body: bytes, sender: Party, error: Exception) -> Incoming:
        """`30`, unless the message is another institution's or holds a sealed field that does not open: then `A0`."""
        try:
            members = msgspec.json.decode(body)
        except _UNDECODABLE:
            return Incoming(refusal=Refusal("30"))
        info = members.get("msgInfo") if isinstance(members, dict) else None
        if not isinstance(info, dict):
            return Incoming(refusal=Refusal("30", _field_path(error)))
        echo = {name: info[name] for name in _ECHOED if _echoable(info.get(name))}
        if isinstance(info.get("insID"), str) and info["insID"] != sender.app_id:
            return Incoming(msg_info=echo, refusal=Refusal("A0"))
        refusal = self._sealed_refusal(members.get("trxInfo"), sender)
        return Incoming(msg_info=echo, refusal=refusal or Refusal("30", _field_path(error)))

    def _sealed_refusal(self, trx_info: object, sender: Party) -> Refusal | None:
        if isinstance(trx_info, dict):
            for name in self._row.sealed:
                if isinstance(sealed := trx_info.get(name), str):
                    try:
                        self._open(sender, sealed)
                    except Refusal as refusal:
                        return refusal
        return None


def _echoable(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _ECHO_MAX_CHARS


def _field_path(error: Exception) -> str:
    """Where msgspec found the fault: `trxInfo.trxAmt`. Names of our own fields only, never what was sent."""
    text = str(error)
    where = _WHERE.search(text)
    path = where["path"] if where else ""
    if missing := _MISSING.search(text):
        path = f"{path}.{missing['field']}" if path else missing["field"]
    return path
