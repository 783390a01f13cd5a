"""What the hub sends in UCSP's flat form: one table row a message (RULES section 15)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from unionhub.domain.model.login import PersonalData
from unionhub.domain.model.outgoing import Answer, IndustryLogin, Outgoing
from unionhub.domain.model.parties import Party
from unionhub.ports.partners import NoWord

from .envelope import stamp
from .fields import wire_name
from .flat import FlatReply

Seal = Callable[[bytes], str]
"""Seals a plaintext for the partner that the message goes to."""


class IndustryLoginInfo(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """INDUSTRY_LOGIN_INFO."""

    msg_id: str
    channel_code: str
    industry_code: str
    user_id: str = msgspec.field(name="userId")
    ticket: str
    expires_at: str  # YYYYMMDDhhmmss in the industry's zone
    language: str = ""
    longitude: str = ""
    latitude: str = ""
    enc_data: str = ""


def _write_login(login: IndustryLogin, party: Party, seal: Seal) -> IndustryLoginInfo:
    return IndustryLoginInfo(
        msg_id=login.msg_id,
        channel_code=login.channel_code,
        industry_code=login.industry_code,
        user_id=login.user_id,
        ticket=login.ticket.reveal(),
        expires_at=stamp(party, login.expires_at),
        language=login.language,
        longitude=login.longitude,
        latitude=login.latitude,
        enc_data=_personal(login.personal, seal),
    )


def _personal(personal: PersonalData, seal: Seal) -> str:
    """encData; none where there is nothing to tell."""
    return seal(msgspec.json.encode({field.value: value.reveal() for field, value in personal.items()})) if personal else ""


FLAT: Final[dict[type[Outgoing], Callable[[Any, Party, Seal], object]]] = {
    IndustryLogin: _write_login,
}
"""The core's message -> its whole body."""

_REPLY: Final = msgspec.json.Decoder(FlatReply)


def write_flat(outgoing: Outgoing, party: Party, seal: Seal) -> bytes:
    return msgspec.json.encode(FLAT[type(outgoing)](outgoing, party, seal))


def read_flat_answer(outgoing: Outgoing, body: bytes) -> Answer:
    """As `outgoing.read_answer`: raises NoWord for what is no answer to this very message. There is no msgType in this form;
    a msgID of ours is in one message only, and the codes that are repeated must be ours."""
    try:
        reply = _REPLY.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise NoWord("garbage") from None
    repeated = {"channel_code": reply.channel_code, "industry_code": reply.industry_code}
    others = any(said is not None and said != getattr(outgoing, name, said) for name, said in repeated.items())
    if reply.msg_id != outgoing.msg_id or others:
        raise NoWord("answer_of_another")
    return Answer(code=reply.msg_response.response_code, text=reply.msg_response.response_msg[:100])
