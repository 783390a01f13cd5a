"""What the hub sends in UCSP's flat form: one table row a message (RULES section 15)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from unionhub.domain.model.channel_cards import CARDS_MAX, CardPayload, ListedCard
from unionhub.domain.model.identifiers import Pan, Secret, Token
from unionhub.domain.model.login import PersonalData
from unionhub.domain.model.outgoing import (
    Answer,
    CardListQuestion,
    CardPayloadQuestion,
    IndustryLogin,
    Outgoing,
    ResultNotice,
)
from unionhub.domain.model.parties import Party
from unionhub.ports.partners import NoWord

from .envelope import stamp
from .fields import CardId, Jwe, ans, text, wire_name
from .flat import FlatReply
from .ucsp import GetCardList, GetCardPayload
from .ucsp_orders import write_notice

Seal = Callable[[bytes], str]
"""Seals a plaintext for the partner that the message goes to."""

Open = Callable[[str], bytes]
"""Opens what the partner sealed for us; raises ValueError whatever the cause."""


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


def _write_card_list(question: CardListQuestion, _party: Party, _seal: Seal) -> GetCardList:
    return GetCardList(
        msg_id=question.msg_id,
        channel_code=question.channel_code,
        industry_code=question.industry_code,
        user_id=question.user_id,
    )


def _write_card_payload(question: CardPayloadQuestion, _party: Party, _seal: Seal) -> GetCardPayload:
    return GetCardPayload(
        msg_id=question.msg_id,
        channel_code=question.channel_code,
        industry_code=question.industry_code,
        user_id=question.user_id,
        card_id=question.card_id,
    )


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
    CardListQuestion: _write_card_list,
    CardPayloadQuestion: _write_card_payload,
    ResultNotice: write_notice,
}
"""The core's message -> its whole body."""

_REPLY: Final = msgspec.json.Decoder(FlatReply)


def write_flat(outgoing: Outgoing, party: Party, seal: Seal) -> bytes:
    return msgspec.json.encode(FLAT[type(outgoing)](outgoing, party, seal))


class SaidCard(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    """A card as a channel shows it. It stands in lists that we keep, so nothing in it may be a card's number."""

    card_id: CardId = msgspec.field(name="cardId")
    # First six and last four digits at most, four hidden ones at least.
    masked_pan: Annotated[str, Meta(pattern=r"^[0-9]{0,6}[*Xx]{4,15}[0-9]{0,4}\Z", max_length=19)]
    card_type: Annotated[str, ans(20)] = ""
    issuer_name: Annotated[str, text(60)] = ""


class CardsReply(msgspec.Struct, frozen=True, kw_only=True):
    """GET_CARD_LIST's answer, beside what every answer has."""

    cards: Annotated[list[SaidCard], Meta(max_length=CARDS_MAX)]


class PayloadReply(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    """GET_CARD_PAYLOAD's."""

    enc_data: Jwe


class SaidPayload(msgspec.Struct, frozen=True, kw_only=True):
    """What encData holds: one of the two numbers."""

    token: str = ""
    pan: str = ""
    expiry: Annotated[str, Meta(pattern=r"^[0-9]{2}(0[1-9]|1[0-2])\Z")]
    cardholder_name: Annotated[str, text(60)] = msgspec.field(name="cardholderName", default="")

    def __repr__(self) -> str:
        return "SaidPayload(********)"


_NUMBER: Final = re.compile(r"(?<![0-9A-Za-z])[0-9]{13,19}(?![0-9A-Za-z])")
"""So many digits that stand by themselves may be a card's number, whatever they are called."""

_CARDS: Final = msgspec.json.Decoder(CardsReply)
_PAYLOAD_REPLY: Final = msgspec.json.Decoder(PayloadReply)
_PAYLOAD: Final = msgspec.json.Decoder(SaidPayload)


def _read_cards(body: bytes, _open: Open) -> dict[str, Any]:
    """Raises ValueError for a list that is not as it should be: not one card of it is believed then."""
    cards = _CARDS.decode(body).cards
    for card in cards:
        for said in (card.card_id, card.card_type, card.issuer_name):
            if _NUMBER.search(said) or _NUMBER.search(said.replace(" ", "").replace("-", "")):
                raise ValueError("a number in clear")
    listed = (
        ListedCard(
            card_id=card.card_id,
            masked_pan=re.sub("[Xx]", "*", card.masked_pan),
            card_type=card.card_type,
            issuer_name=card.issuer_name,
        )
        for card in cards
    )
    return {"listed_cards": tuple(listed)}


def _read_payload(body: bytes, open_sealed: Open) -> dict[str, Any]:
    """Raises ValueError or LookupError for a payload that does not open, or is not one number and its expiry."""
    said = _PAYLOAD.decode(open_sealed(_PAYLOAD_REPLY.decode(body).enc_data))
    if bool(said.token) == bool(said.pan):
        raise ValueError("not one number")
    payload = CardPayload(
        token=Token.parse(said.token) if said.token else None,
        pan=Pan.parse(said.pan) if said.pan else None,
        expiry=said.expiry,
        cardholder_name=Secret(said.cardholder_name),
    )
    return {"card_payload": payload}


_CONTENT: Final[Mapping[type[Outgoing], Callable[[bytes, Open], dict[str, Any]]]] = {
    CardListQuestion: _read_cards,
    CardPayloadQuestion: _read_payload,
}
"""What an answer `00` says beside its code: the core's message -> fields of Answer."""


def read_flat_answer(outgoing: Outgoing, body: bytes, open_sealed: Open) -> Answer:
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
    code, read = reply.msg_response.response_code, _CONTENT.get(type(outgoing))
    try:
        content = read(body, open_sealed) if read is not None and code == "00" else {}
    except (LookupError, ValueError, msgspec.MsgspecError, RecursionError):
        # The cause is for the operator; what was said is for nobody: it may hold a card's number.
        raise NoWord("content_unusable") from None
    return Answer(code=code, text=reply.msg_response.response_msg[:100], **content)
