"""The flat form of UCSP (PROTOCOL 2.4; RULES section 14): msgID, channelCode and industryCode beside everything else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from unionhub.domain.model.errors import Refusal
from unionhub.domain.model.parties import Party, Role
from unionhub.domain.model.responses import text_of

from .envelope import ReplyCode
from .fields import wire_name
from .inbound import UNDECODABLE, Incoming, OpenSealed, Seal, echoable, field_path

ECHOED: Final = ("msgID", "channelCode", "industryCode")
DETAIL_MAX: Final = 255  # characters of errorDetail (U-102)

_OWN_CODE: Final[Mapping[Role, tuple[str, Callable[[Party], str]]]] = {
    Role.CHANNEL: ("channelCode", lambda party: party.channel_code),
    Role.INDUSTRY: ("industryCode", lambda party: party.industry_code),
}
"""By which member a sender says who it is."""


class FlatResponse(msgspec.Struct, frozen=True, rename=wire_name, omit_defaults=True):
    """msgResponse: the table's text always, where a fault lies beside it."""

    response_code: str
    response_msg: str
    error_detail: str = ""


class FlatRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message of UCSP as the hub receives it. `read` makes the core's request of the body and of what its sealed members
    held (it may raise Refusal `30`), `write` the answer's own members of the core's result."""

    name: str
    path: str
    roles: frozenset[Role]
    body: type[Any]
    read: Callable[[Any, Mapping[str, Any]], Any]
    write: Callable[[Any, Seal], object] | None = None
    sealed: Mapping[str, type[Any]] = {}  # members that are JWEs -> what they hold; none of that may stand in clear
    body_limit_bytes: int = 16 * 1024

    def reader(self, open_sealed: OpenSealed) -> FlatReader:
        return FlatReader(self, open_sealed)

    def members(self, value: Any, seal: Seal) -> Mapping[str, object]:
        """The answer's own members."""
        return msgspec.to_builtins(self.write(value, seal)) if self.write else {}

    @staticmethod
    def answer(echo: object, code: str, *, detail: str = "", members: Mapping[str, object] | None = None) -> bytes:
        """The answer's bytes. `echo` None: nothing could be read, and nothing is repeated."""
        verdict = FlatResponse(code, text_of(code), detail[:DETAIL_MAX])
        repeated = echo if isinstance(echo, dict) else {}
        return msgspec.json.encode({**repeated, **(members or {}), "msgResponse": verdict})


class FlatReader:
    """Reads the body of one kind of message. The signature is verified already; whose it is, is `sender`."""

    def __init__(self, row: FlatRow, open_sealed: OpenSealed) -> None:
        self._row = row
        self._open = open_sealed
        names = [field.encode_name for kind in row.sealed.values() for field in msgspec.structs.fields(kind)]
        self._never_in_clear = tuple(names)
        self._sealed = {name: msgspec.json.Decoder(kind) for name, kind in row.sealed.items()}

    def read(self, body: bytes, sender: Party) -> Incoming:
        """Never raises for what is in the body: a refusal is part of the result."""
        try:
            members = msgspec.json.decode(body)
        except UNDECODABLE:
            return Incoming(refusal=Refusal("30"))
        if not isinstance(members, dict):
            return Incoming(refusal=Refusal("30"))
        echo = {name: members[name] for name in ECHOED if echoable(members.get(name))}
        try:
            _check_sender(members, sender)
            opened = self._opened(members, sender)
            message = self._message(members)
            request = self._row.read(message, self._held(opened))
        except Refusal as refusal:
            return Incoming(msg_info=echo, refusal=refusal)
        return Incoming(msg_info=echo, msg_id=message.msg_id, request=request, content=self._content(message, opened))

    def _opened(self, members: Mapping[str, Any], sender: Party) -> dict[str, bytes]:
        """Each sealed member that is there; Refusal `A0` for one that does not open. Any other form is `_message`'s to say."""
        found = {name: members.get(name) for name in self._row.sealed}
        return {name: self._open(sender, sealed) for name, sealed in found.items() if isinstance(sealed, str) and sealed}

    def _message(self, members: Mapping[str, Any]) -> Any:
        for name in self._never_in_clear:
            if name in members:
                raise Refusal("30", name)
        try:
            return msgspec.convert(members, self._row.body)
        except UNDECODABLE as error:
            raise Refusal("30", field_path(error)) from None

    def _held(self, opened: Mapping[str, bytes]) -> dict[str, Any]:
        """What the sealed members held, by their types; Refusal `30` with the path within them, never a value."""
        held = {}
        for name, plaintext in opened.items():
            try:
                held[name] = self._sealed[name].decode(plaintext)
            except UNDECODABLE as error:
                inner = field_path(error)
                raise Refusal("30", f"{name}.{inner}" if inner else name) from None
        return held

    def _content(self, message: object, opened: Mapping[str, bytes]) -> bytes:
        """A JWE of the same content is another text each time it is sealed: its plaintext counts."""
        members = msgspec.to_builtins(message)
        members.update({name: plaintext.hex() for name, plaintext in opened.items()})
        return b"\x00".join([self._row.name.encode(), msgspec.json.encode(members, order="deterministic")])


def _check_sender(members: Mapping[str, Any], sender: Party) -> None:
    """A code that is another's is `A0`; one that is missing or no text is a fault of form, and comes later."""
    if sender.role in _OWN_CODE:
        name, code_of = _OWN_CODE[sender.role]
        if isinstance(said := members.get(name), str) and said != code_of(sender):
            raise Refusal("A0")


class FlatReply(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    """A partner's answer in the flat form. What it repeats of the request must be the request's."""

    msg_id: str
    channel_code: str | None = None
    industry_code: str | None = None
    msg_response: ReplyCode
