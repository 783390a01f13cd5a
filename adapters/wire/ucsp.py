"""What channels and industries send (U-74..102; RULES sections 14 and 15): each row's form, and the core's words for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from unionhub.domain.model.channel_cards import CardList, CardListRequest, CardPayload, CardPayloadRequest
from unionhub.domain.model.errors import Refusal
from unionhub.domain.model.identifiers import Secret
from unionhub.domain.model.identity_cards import check_digit_fits
from unionhub.domain.model.languages import locale_of
from unionhub.domain.model.login import Listed, LoggedIn, LoginRequest
from unionhub.domain.model.parties import Role
from unionhub.domain.model.services import PersonalField

from .fields import CardId, Digits8, UserId, ans, text, wire_name
from .flat import FlatRow
from .inbound import Seal
from .parts import need

MsgId = Annotated[str, Meta(pattern=r"^A[0-9]{28}\Z")]
ChannelCode = Annotated[str, Meta(pattern=r"^[A-Za-z0-9]{8,12}\Z")]
Degrees = Annotated[str, Meta(pattern=r"^(-?[0-9]{1,3}(\.[0-9]+)?)?\Z", max_length=15)]
EncData = Annotated[str, Meta(pattern=r"^([A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*){4})?\Z", max_length=8192)]
Locale = Annotated[str, Meta(pattern=r"^([a-z]{2}[-_][A-Z]{2})?\Z")]

_STAMP: Final = slice(9, 23)  # of msgID, behind `A` and eight digits
_RESIDENT_18, _RESIDENT_15 = "1", "2"


class PersonalInfo(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """encData, opened (rows 11 to 14). What is not named here is dropped, never passed on."""

    mobile: Annotated[str, ans(64)] = ""
    email: Annotated[str, ans(100)] = ""
    # "5" is reserved.
    id_type: Annotated[str, Meta(pattern=r"^[1-46-8]?\Z")] = msgspec.field(name="idType", default="")
    id_no: Annotated[str, ans(18)] = msgspec.field(name="idNo", default="")

    def __repr__(self) -> str:
        return "PersonalInfo(********)"


class ChannelLoginInfo(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """CHANNEL_LOGIN_INFO, rows 1 to 10."""

    msg_id: MsgId
    channel_code: ChannelCode
    channel_name: Annotated[str, text(50)] = ""
    client_type: Annotated[str, Meta(pattern=r"^[0-2]?\Z")] = ""
    industry_code: Digits8
    user_id: UserId = msgspec.field(name="userId")
    language: Locale = ""
    longitude: Degrees = ""
    latitude: Degrees = ""
    enc_data: EncData = ""


class LoginAnswer(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    """Row 18."""

    industry_url: str


class GetIndustryList(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    """GET_INDUSTRY_LIST. It names no industry, so the eight digits of its msgID are the channel's own affair."""

    msg_id: MsgId
    channel_code: ChannelCode
    language: Locale = ""


class WireService(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name, omit_defaults=True):
    industry_code: str
    name: str
    category: str
    icon_url: str = ""
    state: str


class IndustryListAnswer(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    services: list[WireService]


class GetCardList(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    """GET_CARD_LIST of an industry (PROTOCOL section 0)."""

    msg_id: MsgId
    channel_code: ChannelCode
    industry_code: Digits8
    user_id: UserId = msgspec.field(name="userId")


class WireCard(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    card_id: str = msgspec.field(name="cardId")
    masked_pan: str
    card_type: str
    issuer_name: str


class CardListAnswer(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    cards: list[WireCard]


class GetCardPayload(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    """GET_CARD_PAYLOAD of an industry."""

    msg_id: MsgId
    channel_code: ChannelCode
    industry_code: Digits8
    user_id: UserId = msgspec.field(name="userId")
    card_id: CardId = msgspec.field(name="cardId")


class CardPayloadAnswer(msgspec.Struct, frozen=True, kw_only=True, rename=wire_name):
    """`encData` holds `token` or `pan`, `expiry` (YYMM) and, where the channel told it, `cardholderName`."""

    enc_data: str


def read_login(message: ChannelLoginInfo, held: Mapping[str, Any]) -> LoginRequest:
    """Refusal `30` for what no pattern can say (rows 1, 7 to 10, 13, 14)."""
    check_msg_id(message.msg_id, message.industry_code)
    _check_position(message.longitude, message.latitude)
    info: PersonalInfo | None = held.get("encData")
    return LoginRequest(
        industry_code=message.industry_code,
        user_id=message.user_id,
        personal=_personal(info) if info is not None else {},
        channel_name=message.channel_name,
        client_type=message.client_type,
        language=_language(message.language),
        longitude=message.longitude,
        latitude=message.latitude,
    )


def write_login(done: LoggedIn, _: Seal) -> LoginAnswer:
    return LoginAnswer(industry_url=done.industry_url.reveal())


def read_industry_list(message: GetIndustryList, _: Mapping[str, Any]) -> None:
    check_msg_id(message.msg_id)
    _language(message.language)


def write_industry_list(listed: Sequence[Listed], _: Seal) -> IndustryListAnswer:
    return IndustryListAnswer(
        services=[
            WireService(
                industry_code=each.industry_code,
                name=each.service.name,
                category=each.service.category,
                icon_url=each.service.icon_url,
                state=each.state.value,
            )
            for each in listed
        ]
    )


def read_card_list(message: GetCardList, _: Mapping[str, Any]) -> CardListRequest:
    check_msg_id(message.msg_id, message.industry_code)
    return CardListRequest(channel_code=message.channel_code, user_id=message.user_id)


def write_card_list(given: CardList, _: Seal) -> CardListAnswer:
    return CardListAnswer(
        cards=[
            WireCard(card_id=card.card_id, masked_pan=card.masked_pan, card_type=card.card_type, issuer_name=card.issuer_name)
            for card in given.cards
        ]
    )


def read_card_payload(message: GetCardPayload, _: Mapping[str, Any]) -> CardPayloadRequest:
    check_msg_id(message.msg_id, message.industry_code)
    return CardPayloadRequest(channel_code=message.channel_code, user_id=message.user_id, card_id=message.card_id)


def write_card_payload(payload: CardPayload, seal: Seal) -> CardPayloadAnswer:
    return CardPayloadAnswer(enc_data=seal(card_content(payload)))


def card_content(payload: CardPayload) -> bytes:
    """What encData holds, before it is sealed."""
    numbers = {"token": payload.token, "pan": payload.pan, "cardholderName": payload.cardholder_name}
    said = {name: value.reveal() for name, value in numbers.items() if value is not None and value.reveal()}
    return msgspec.json.encode({**said, "expiry": payload.expiry})


def check_msg_id(msg_id: str, industry_code: str | None = None) -> None:
    """`A` + industry code + a moment that there was + six digits."""
    try:
        datetime.strptime(msg_id[_STAMP], "%Y%m%d%H%M%S")  # noqa: DTZ007 - a check of form: no zone is named
    except ValueError:
        raise Refusal("30", "msgID") from None
    if industry_code is not None and msg_id[1:9] != industry_code:
        raise Refusal("30", "msgID")


def _language(said: str) -> str:
    try:
        return locale_of(said) if said else ""
    except ValueError:
        raise Refusal("30", "language") from None


def _check_position(longitude: str, latitude: str) -> None:
    for said, name, bound in ((longitude, "longitude", 180), (latitude, "latitude", 90)):
        if bool(longitude or latitude) != bool(said) or (said and abs(Decimal(said)) > bound):
            raise Refusal("30", name)


def _personal(info: PersonalInfo) -> dict[PersonalField, Secret]:
    """Refusal `30` for an encData without any of its members, and for half of an identity document."""
    said = {
        PersonalField.MOBILE: info.mobile,
        PersonalField.EMAIL: info.email,
        PersonalField.ID_TYPE: info.id_type,
        PersonalField.ID_NO: info.id_no,
    }
    need(any(said.values()), "encData")
    need(info.id_type or not info.id_no, "encData.idType")
    need(_fits(info.id_type, info.id_no), "encData.idNo")
    return {field: Secret(value) for field, value in said.items() if value}


def _fits(id_type: str, id_no: str) -> bool:
    match id_type:
        case "":
            return True
        case "1":
            return check_digit_fits(id_no)
        case "2":
            return len(id_no) == 15 and id_no.isdigit()
        case _:
            return bool(id_no)


_CHANNEL: Final = frozenset({Role.CHANNEL})
_INDUSTRY: Final = frozenset({Role.INDUSTRY})


def flat_row(name: str, roles: frozenset[Role], body: type[Any], read: Any, write: Any = None, **more: Any) -> FlatRow:
    """A row at the path that UCSP's messages have here (PROTOCOL section 0)."""
    path = f"/ucsp/v1/{name.lower().replace('_', '')}"
    return FlatRow(name=name, path=path, roles=roles, body=body, read=read, write=write, **more)


UCSP: Final[tuple[FlatRow, ...]] = (
    flat_row("CHANNEL_LOGIN_INFO", _CHANNEL, ChannelLoginInfo, read_login, write_login, sealed={"encData": PersonalInfo}),
    flat_row("GET_INDUSTRY_LIST", _CHANNEL, GetIndustryList, read_industry_list, write_industry_list),
    flat_row("GET_CARD_LIST", _INDUSTRY, GetCardList, read_card_list, write_card_list),
    flat_row("GET_CARD_PAYLOAD", _INDUSTRY, GetCardPayload, read_card_payload, write_card_payload),
)
