"""What the hub sends in UCSP's flat form, and which answers count as answers to it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from unionhub.adapters.wire.answers import read_answer
from unionhub.adapters.wire.flat import DETAIL_MAX, FlatRow
from unionhub.adapters.wire.outgoing import path_of, write
from unionhub.domain.model.identifiers import Secret
from unionhub.domain.model.outgoing import IndustryLogin
from unionhub.domain.model.parties import Party, Role
from unionhub.domain.model.services import PersonalField
from unionhub.ports.partners import NoWord

INDUSTRY = Party(app_id="39990041", role=Role.INDUSTRY, name="I", industry_code="60010001", utc_offset_minutes=480)
LOGIN = IndustryLogin(
    msg_id="A6001000120260302040000000001",
    sent_at=datetime(2026, 3, 2, 4, tzinfo=UTC),
    channel_code="CHANNEL01",
    industry_code="60010001",
    user_id="user-1",
    ticket=Secret("t"),
    expires_at=datetime(2026, 3, 2, 4, 1, tzinfo=UTC),
)
ANSWER = {"msgID": LOGIN.msg_id, "msgResponse": {"responseCode": "00"}}


def sealed(plaintext: bytes) -> str:
    return f"sealed {plaintext.decode()}"


def written(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(write(msgspec.structs.replace(LOGIN, **changes), INDUSTRY, sealed))
    return found


def read(answer: object) -> str:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return read_answer(LOGIN, INDUSTRY, body, lambda _: b"").code


def test_what_is_not_there_is_left_out_and_time_is_the_partners() -> None:
    assert path_of(INDUSTRY, LOGIN.message) == "/industrylogininfo"
    assert written() == {
        "msgID": LOGIN.msg_id,
        "channelCode": "CHANNEL01",
        "industryCode": "60010001",
        "userId": "user-1",
        "ticket": "t",
        "expiresAt": "20260302120100",
    }


def test_what_is_told_of_a_user_is_sealed_as_one() -> None:
    personal = {PersonalField.MOBILE: Secret("1"), PersonalField.ID_TYPE: Secret("6")}
    assert written(personal=personal)["encData"] == 'sealed {"mobile":"1","idType":"6"}'


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"channelCode": "CHANNEL01", "industryCode": "60010001"},
        {"channelCode": None},
        {"unknown": {"a": 1}},
        {"msgResponse": {"responseCode": "00", "responseMsg": "Approved", "errorDetail": "x"}},
    ],
    ids=str,
)
def test_an_answer_that_counts(changes: dict[str, Any]) -> None:
    assert read(ANSWER | changes) == "00"


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (b"", "garbage"),
        (b"it works!", "garbage"),
        (b"[" * 100_000, "garbage"),
        (b"\xff", "garbage"),
        ([], "garbage"),
        ({"msgResponse": {"responseCode": "00"}}, "garbage"),
        ({"msgID": LOGIN.msg_id}, "garbage"),
        (ANSWER | {"msgID": 5}, "garbage"),
        (ANSWER | {"msgID": "A6001000120260302040000000002"}, "answer_of_another"),
        (ANSWER | {"channelCode": "CHANNEL02"}, "answer_of_another"),
        (ANSWER | {"channelCode": ""}, "answer_of_another"),
        (ANSWER | {"industryCode": "60010002"}, "answer_of_another"),
        ({"msgInfo": {"msgID": LOGIN.msg_id}, "msgResponse": {"responseCode": "00"}}, "garbage"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_an_answer_that_does_not(answer: object, cause: str) -> None:
    with pytest.raises(NoWord) as found:
        read(answer)
    assert found.value.cause == cause


def test_an_answer_of_the_hub_says_where_the_fault_is_and_no_more() -> None:
    answer = json.loads(FlatRow.answer({"msgID": "A"}, "30", detail="x" * 300, members={}))
    assert answer["msgResponse"] == {
        "responseCode": "30",
        "responseMsg": "Message format error",
        "errorDetail": "x" * DETAIL_MAX,
    }
    assert json.loads(FlatRow.answer(None, "00")) == {"msgResponse": {"responseCode": "00", "responseMsg": "Approved"}}
