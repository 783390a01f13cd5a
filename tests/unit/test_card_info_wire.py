"""Chart U2 on the wire: what is asked of a channel, which of its answers are believed, and what an industry may ask."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from unionhub.adapters.wire.answers import read_answer
from unionhub.adapters.wire.inbound import Incoming
from unionhub.adapters.wire.outgoing import path_of, write
from unionhub.adapters.wire.ucsp import UCSP, card_content
from unionhub.domain.model.channel_cards import (
    CARDS_MAX,
    CardListRequest,
    CardPayload,
    CardPayloadRequest,
    ListedCard,
    for_order,
)
from unionhub.domain.model.identifiers import Pan, Secret, Token, luhn_complete
from unionhub.domain.model.outgoing import Answer, CardListQuestion, CardPayloadQuestion, Outgoing
from unionhub.domain.model.parties import Party, Role
from unionhub.ports.partners import NoWord

CHANNEL = Party(app_id="39990031", role=Role.CHANNEL, name="C", channel_code="CHANNEL01")
INDUSTRY = Party(app_id="39990041", role=Role.INDUSTRY, name="I", industry_code="60010001")
ASKED: dict[str, Any] = {
    "msg_id": "A6001000120260302040000000001",
    "sent_at": datetime(2026, 3, 2, 4, tzinfo=UTC),
    "channel_code": "CHANNEL01",
    "industry_code": "60010001",
    "user_id": "user-1",
}
LIST = CardListQuestion(**ASKED)
PAYLOAD = CardPayloadQuestion(**ASKED, card_id="c-1")
SAID = {"msgID": LIST.msg_id, "msgResponse": {"responseCode": "00"}}
TOKEN, PAN = luhn_complete("623609100000001"), luhn_complete("629100200000001")
CARD = {"cardId": "c-1", "maskedPan": "6291********0012", "cardType": "DEBIT", "issuerName": "Bauhinia Bank"}


def opener(sealed: str) -> bytes:
    if not sealed.startswith("sealed."):
        raise ValueError("does not open")
    return bytes.fromhex(sealed.removeprefix("sealed."))


def sealed(content: object) -> str:
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return f"sealed.{text.hex()}"


def read(question: Outgoing, answer: object) -> Answer:
    return read_answer(question, CHANNEL, json.dumps(answer).encode(), opener)


def listed(*cards: object) -> Answer:
    return read(LIST, {**SAID, "cards": cards})


def told(content: object) -> Answer:
    return read(PAYLOAD, {**SAID, "encData": sealed(content)})


# --- to the channel


def test_what_a_channel_is_asked() -> None:
    body = {"msgID": LIST.msg_id, "channelCode": "CHANNEL01", "industryCode": "60010001", "userId": "user-1"}
    for question, members in ((LIST, body), (PAYLOAD, {**body, "cardId": "c-1"})):
        assert json.loads(write(question, CHANNEL, lambda _: "nothing is sealed")) == members
    assert [path_of(CHANNEL, each.message) for each in (LIST, PAYLOAD)] == ["/getcardlist", "/getcardpayload"]


# --- the channel's list


def test_a_list_is_read() -> None:
    answer = listed(CARD, {"cardId": "2", "maskedPan": "****"})
    assert answer.listed_cards == (
        ListedCard(card_id="c-1", masked_pan="6291********0012", card_type="DEBIT", issuer_name="Bauhinia Bank"),
        ListedCard(card_id="2", masked_pan="****"),
    )
    assert listed().listed_cards == ()
    assert len(listed(*[{**CARD, "cardId": str(number)} for number in range(CARDS_MAX)]).listed_cards) == CARDS_MAX


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("629100******0012", "629100******0012"),
        ("6291XXXXXXXX0012", "6291********0012"),
        ("****0012", "****0012"),
        ("xxxx", "****"),
    ],
)
def test_hidden_digits_are_stars(said: str, kept: str) -> None:
    assert listed({**CARD, "maskedPan": said}).listed_cards[0].masked_pan == kept


@pytest.mark.parametrize(
    "changes",
    [
        {"cardId": ""},
        {"cardId": None},
        {"cardId": 7},
        {"cardId": "x" * 65},
        {"cardId": "a\nb"},
        {"cardId": "ü"},
        {"cardId": PAN},
        {"cardId": f"card {PAN}"},
        {"cardId": "6291 0020-0000 0012"},
        {"cardId": "0" * 13},
        {"issuerName": f"Bank, {PAN}"},
        {"issuerName": "6291 0020 0000 0012"},
        {"issuerName": "a\tb"},
        {"issuerName": "x" * 61},
        {"cardType": TOKEN},
        {"cardType": "DEBIT\0"},
        {"cardType": "x" * 21},
        {"maskedPan": PAN},
        {"maskedPan": None},
        {"maskedPan": ""},
        {"maskedPan": "6291002******12"},
        {"maskedPan": "6291*******00012"},
        {"maskedPan": "629100***0012"},
        {"maskedPan": "6291****0000****"},
        {"maskedPan": "6291********0012\n"},
        {"maskedPan": "6291" + "*" * 16 + "0012"},
        {"maskedPan": "６２９１****0012"},
    ],
    ids=str,
)
def test_one_bad_card_and_nothing_of_the_list_is_believed(changes: dict[str, Any]) -> None:
    bad = {name: value for name, value in {**CARD, **changes}.items() if value is not None}
    with pytest.raises(NoWord) as found:
        listed({**CARD, "cardId": "good"}, bad)
    assert found.value.cause == "content_unusable"


@pytest.mark.parametrize("card_id", ["0" * 12, "0" * 20, "9f86d081884c7d659a2feaa0c55ad015", "a1234567890123456", "a/b+c=="])
def test_an_identifier_that_is_no_cards_number(card_id: str) -> None:
    assert listed({**CARD, "cardId": card_id}).listed_cards[0].card_id == card_id


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"cards": None},
        {"cards": {"0": CARD}},
        {"cards": "none"},
        {"cards": [None]},
        {"cards": [[CARD]]},
        {"cards": [{**CARD, "cardId": str(number)} for number in range(CARDS_MAX + 1)]},
    ],
    ids=lambda members: str(members)[:40],
)
def test_what_is_no_list(members: dict[str, Any]) -> None:
    with pytest.raises(NoWord):
        read(LIST, SAID | members)


def test_a_refusal_needs_no_cards_and_another_message_is_none() -> None:
    refused = {**SAID, "msgResponse": {"responseCode": "14"}}
    assert (read(LIST, refused).code, read(PAYLOAD, refused).code) == ("14", "14")
    for other in ({"msgID": "A6001000120260302040000000002"}, {"channelCode": "CHANNEL02"}, {"industryCode": "60010002"}):
        with pytest.raises(NoWord) as found:
            read(LIST, SAID | {"cards": [CARD]} | other)
        assert found.value.cause == "answer_of_another"


# --- the channel's payload


@pytest.mark.parametrize(
    ("content", "payload"),
    [
        ({"token": TOKEN, "expiry": "3103"}, CardPayload(token=Token(TOKEN), expiry="3103")),
        ({"pan": PAN, "expiry": "3112", "token": ""}, CardPayload(pan=Pan(PAN), expiry="3112")),
        (
            {"token": TOKEN, "expiry": "3103", "cardholderName": "LAM/MEI", "cvv": "123"},
            CardPayload(token=Token(TOKEN), expiry="3103", cardholder_name=Secret("LAM/MEI")),
        ),
    ],
    ids=["token", "PAN", "name, and what nobody asked for"],
)
def test_a_payload_is_read(content: dict[str, str], payload: CardPayload) -> None:
    answer = told(content)
    assert answer.card_payload == payload
    for secret in (TOKEN, PAN, "LAM"):
        assert secret not in repr(answer)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"expiry": "3103"},
        {"token": TOKEN},
        {"token": TOKEN, "pan": PAN, "expiry": "3103"},
        {"token": f"{int(TOKEN) + 1}", "expiry": "3103"},
        {"token": "62", "expiry": "3103"},
        {"token": int(TOKEN), "expiry": "3103"},
        {"pan": "6291********0012", "expiry": "3103"},
        {"token": TOKEN, "expiry": "3113"},
        {"token": TOKEN, "expiry": "3100"},
        {"token": TOKEN, "expiry": "03/31"},
        {"token": TOKEN, "expiry": "310331"},
        {"token": TOKEN, "expiry": 3103},
        {"token": TOKEN, "expiry": "3103\n"},
        {"token": TOKEN, "expiry": "3103", "cardholderName": "a\nb"},
        {"token": TOKEN, "expiry": "3103", "cardholderName": "x" * 61},
        [TOKEN, "3103"],
        b"",
        b"\xff",
        b"[" * 5_000,
    ],
    ids=lambda content: str(content)[:60],
)
def test_what_is_no_payload(content: object) -> None:
    with pytest.raises(NoWord) as found:
        told(content)
    assert found.value.cause == "content_unusable"
    assert found.value.__cause__ is None
    assert found.value.__suppress_context__


@pytest.mark.parametrize(
    "enc_data", [None, "", 5, "a.b.c.d.e", {"token": TOKEN}, "x" * 17_000], ids=lambda each: str(each)[:20]
)
def test_what_does_not_open(enc_data: object) -> None:
    with pytest.raises(NoWord):
        read(PAYLOAD, {**SAID, **({} if enc_data is None else {"encData": enc_data})})


def test_numbers_in_clear_beside_encdata_count_for_nothing() -> None:
    with pytest.raises(NoWord):
        read(PAYLOAD, {**SAID, "token": TOKEN, "expiry": "3103"})


# --- from the industry

ROWS = {row.name: row for row in UCSP}
BODY = {"msgID": LIST.msg_id, "channelCode": "CHANNEL01", "industryCode": "60010001", "userId": "user-1"}


def received(message: str, **changes: Any) -> Incoming:
    body = {name: value for name, value in {**BODY, **changes}.items() if value is not None}
    reader = ROWS[message].reader(lambda _party, _jwe: b"")
    return reader.read(json.dumps(body).encode(), INDUSTRY)


def test_an_industry_asks() -> None:
    assert received("GET_CARD_LIST").request == CardListRequest(channel_code="CHANNEL01", user_id="user-1")
    asked = received("GET_CARD_PAYLOAD", cardId="c-1").request
    assert asked == CardPayloadRequest(channel_code="CHANNEL01", user_id="user-1", card_id="c-1")
    for name in ("GET_CARD_LIST", "GET_CARD_PAYLOAD"):
        assert (ROWS[name].roles, ROWS[name].path) == ({Role.INDUSTRY}, f"/ucsp/v1/{name.lower().replace('_', '')}")


@pytest.mark.parametrize(
    ("changes", "code", "detail"),
    [
        ({"industryCode": "60010002"}, "A0", ""),
        ({"industryCode": None}, "30", "industryCode"),
        ({"channelCode": None}, "30", "channelCode"),
        ({"channelCode": "SHORT"}, "30", "channelCode"),
        ({"userId": ""}, "30", "userId"),
        ({"userId": "x" * 65}, "30", "userId"),
        ({"userId": "a\nb"}, "30", "userId"),
        ({"userId": 7}, "30", "userId"),
        ({"msgID": "A6001000220260302040000000001"}, "30", "msgID"),
        ({"msgID": "A6001000120261302040000000001"}, "30", "msgID"),
        ({"msgID": None}, "30", "msgID"),
        ({"cardId": ""}, "30", "cardId"),
        ({"cardId": "x" * 65}, "30", "cardId"),
        ({"cardId": "ü"}, "30", "cardId"),
        ({"cardId": None}, "30", "cardId"),
    ],
    ids=str,
)
def test_what_an_industry_may_not_ask(changes: dict[str, Any], code: str, detail: str) -> None:
    for name in ("GET_CARD_LIST", "GET_CARD_PAYLOAD"):
        refusal = received(name, **{"cardId": "c-1", **changes}).refusal
        if name == "GET_CARD_LIST" and "cardId" in changes:
            assert refusal is None
        else:
            assert refusal is not None
            assert (refusal.code, refusal.detail) == (code, detail)


def test_what_is_sealed_for_the_industry() -> None:
    whole = CardPayload(token=Token(TOKEN), expiry="3103", cardholder_name=Secret("LAM/MEI"))
    assert json.loads(card_content(whole)) == {"token": TOKEN, "expiry": "3103", "cardholderName": "LAM/MEI"}
    assert json.loads(card_content(CardPayload(pan=Pan(PAN), expiry="3103"))) == {"pan": PAN, "expiry": "3103"}
    row = ROWS["GET_CARD_PAYLOAD"]
    assert row.members(whole, sealed) == {"encData": sealed(card_content(whole))}


def test_no_industry_is_called_as_an_order_is() -> None:
    assert not for_order(1).isdigit()
    assert for_order(1) != for_order(11)
    assert msgspec.json.encode(LIST)  # nothing secret in it that could not be written
