"""CHANNEL_LOGIN_INFO row by row (U-78..102; RULES section 14): what each row takes, what it refuses, and with which code.

The table is the specification's. It is asked of a whole hub in this process, by signed messages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from support.house import House, house
from unionhub.adapters.wire.ucsp import UCSP, ChannelLoginInfo, PersonalInfo
from unionhub.domain.model.identity_cards import check_digit_fits
from unionhub.domain.model.languages import LANGUAGES, locale_of
from unionhub.domain.model.responses import RESPONSE_TEXTS
from unionhub.hosts.sandbox.channel import Channel
from unionhub.hosts.sandbox.partner import HubAnswer, HubRequest

PARKING, TRAVEL, NOBODY = "60010001", "60020001", "60099999"
STAMP = "20260302040000"
MOBILE = {"mobile": "+852 5555 0100"}
RESIDENT = "11010519491231002X"  # the published example of the standard
CLEAR = "a value of encData that must not come back"

Values = dict[str, Any]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house("memory", tmp_path_factory.mktemp("house")) as made:
        yield made


async def asked(home: House, changes: Values, personal: Any, industry: str = PARKING) -> tuple[HubRequest, HubAnswer]:
    """`changes` are members of the body: None leaves one out, `...` makes it null."""
    channel = home.world.channel()
    request = await channel.channel_login_info(industry, "user-1", personal)
    body = {name: value for name, value in {**request.body, **changes}.items() if value is not None}
    changed = {name: None if value is ... else value for name, value in body.items()}
    request = msgspec.structs.replace(request, body=changed)
    return request, await channel.send(request)


def login(home: House, changes: Values, personal: Any = MOBILE, industry: str = PARKING) -> HubAnswer:
    request, answer = home.run(asked(home, changes, personal, industry))
    assert answer.status == 200
    check_form(request.body, answer)
    return answer


def check_form(asked: Values, answer: HubAnswer) -> None:
    """Rows 15 to 22: what is repeated, what only success has, and whose text it is."""
    body = answer.body
    for name in ("msgID", "channelCode", "industryCode"):
        if isinstance(asked.get(name), str) and len(asked[name]) <= 64:
            assert body[name] == asked[name]
        else:
            assert name not in body
    verdict = body["msgResponse"]
    assert verdict["responseMsg"] == RESPONSE_TEXTS[verdict["responseCode"]]
    assert ("industryUrl" in body) == (answer.code == "00")
    assert ("errorDetail" in verdict) <= (answer.code == "30")
    assert CLEAR not in json.dumps(body)
    assert set(body) <= {"msgID", "channelCode", "industryCode", "industryUrl", "msgResponse"}


def stamped(stamp: str, industry: str = PARKING, tail: str = "") -> str:
    """A msgID. Tails count up by themselves: no two rows of the table may be the same message."""
    stamped.count += 1  # type: ignore[attr-defined]
    return f"A{industry}{stamp}{tail or format(stamped.count, '06d')}"  # type: ignore[attr-defined]


stamped.count = 0  # type: ignore[attr-defined]

TAKEN: list[tuple[str, Values, Values | None]] = [
    # row, members, encData
    ("1 msgID", {"msgID": stamped(STAMP)}, MOBILE),
    ("1 msgID, leap day", {"msgID": stamped("20240229235959")}, MOBILE),
    ("3 channelName", {"channelName": "x" * 50}, MOBILE),
    ("3 channelName, empty", {"channelName": ""}, MOBILE),
    ("3 channelName, none", {"channelName": None}, MOBILE),
    ("4 clientType 0", {"clientType": "0"}, MOBILE),
    ("4 clientType 1", {"clientType": "1"}, MOBILE),
    ("4 clientType 2", {"clientType": "2"}, MOBILE),
    ("4 clientType, none", {"clientType": None}, MOBILE),
    ("6 userId", {"userId": "u"}, MOBILE),
    ("6 userId, longest", {"userId": "~" * 64}, MOBILE),
    ("7 language", {"language": "en-HK"}, MOBILE),
    ("7 language, underscore", {"language": "zh_HK"}, MOBILE),
    ("7 language that the industry does not speak", {"language": "fr-FR"}, MOBILE),
    ("8, 9 position", {"longitude": "114.16", "latitude": "22.28"}, MOBILE),
    ("8, 9 position, bounds", {"longitude": "-180", "latitude": "90"}, MOBILE),
    ("8, 9 position, bounds", {"longitude": "180.0000", "latitude": "-90.0"}, MOBILE),
    ("8, 9 position, longest", {"longitude": "-179.9999999999", "latitude": "89.999999999999"}, MOBILE),
    ("8, 9 position, none", {"longitude": "", "latitude": ""}, MOBILE),
    ("11 mobile", {}, {"mobile": "x" * 64}),
    ("12 email", {}, MOBILE | {"email": "x" * 100}),
    ("12 email, empty", {}, MOBILE | {"email": ""}),
    ("13, 14 18-digit ID card", {}, MOBILE | {"idType": "1", "idNo": RESIDENT}),
    ("13, 14 15-digit ID card", {}, MOBILE | {"idType": "2", "idNo": "110105491231002"}),
    *((f"13, 14 of type {kind}", {}, MOBILE | {"idType": kind, "idNo": "A123456(7)"}) for kind in "34678"),
    ("13, 14 longest", {}, MOBILE | {"idType": "6", "idNo": "x" * 18}),
    ("an unknown member is ignored", {"newMember": {"a": 1}}, MOBILE | {"newMember": "x"}),
]

REFUSED: list[tuple[str, Values, Values | None, str, str]] = [
    # row, members, encData, code, errorDetail
    ("1 msgID, none", {"msgID": None}, MOBILE, "30", "msgID"),
    ("1 msgID, empty", {"msgID": ""}, MOBILE, "30", "msgID"),
    ("1 msgID, a number", {"msgID": 5}, MOBILE, "30", "msgID"),
    ("1 msgID, 28", {"msgID": stamped(STAMP)[:-1]}, MOBILE, "30", "msgID"),
    ("1 msgID, 30", {"msgID": stamped(STAMP) + "0"}, MOBILE, "30", "msgID"),
    ("1 msgID, another letter", {"msgID": "U" + stamped(STAMP)[1:]}, MOBILE, "30", "msgID"),
    ("1 msgID, letters", {"msgID": stamped(STAMP, tail="00000A")}, MOBILE, "30", "msgID"),
    ("1 msgID, no such day", {"msgID": stamped("20260230120000")}, MOBILE, "30", "msgID"),
    ("1 msgID, no such hour", {"msgID": stamped("20260302240000")}, MOBILE, "30", "msgID"),
    ("1 msgID, no such second", {"msgID": stamped("20260302235960")}, MOBILE, "30", "msgID"),
    ("1 msgID of another industry", {"msgID": stamped(STAMP, TRAVEL)}, MOBILE, "30", "msgID"),
    ("1 msgID, a line feed", {"msgID": stamped(STAMP) + "\n"}, MOBILE, "30", "msgID"),
    ("2 channelCode of another", {"channelCode": "PEAKLIFE02"}, MOBILE, "A0", ""),
    ("2 channelCode of nobody", {"channelCode": "x"}, MOBILE, "A0", ""),
    ("2 channelCode, empty", {"channelCode": ""}, MOBILE, "A0", ""),
    ("2 channelCode, none", {"channelCode": None}, MOBILE, "30", "channelCode"),
    ("2 channelCode, a number", {"channelCode": 12345678}, MOBILE, "30", "channelCode"),
    ("3 channelName, 51", {"channelName": "x" * 51}, MOBILE, "30", "channelName"),
    ("3 channelName, a line feed", {"channelName": "x\n"}, MOBILE, "30", "channelName"),
    ("4 clientType 3", {"clientType": "3"}, MOBILE, "30", "clientType"),
    ("4 clientType, a number", {"clientType": 0}, MOBILE, "30", "clientType"),
    ("4 clientType, two", {"clientType": "00"}, MOBILE, "30", "clientType"),
    ("5 industryCode, none", {"industryCode": None}, MOBILE, "30", "industryCode"),
    ("5 industryCode, 7", {"industryCode": "6001000"}, MOBILE, "30", "industryCode"),
    ("5 industryCode, letters", {"industryCode": "6001000A"}, MOBILE, "30", "industryCode"),
    ("5 industryCode, a number", {"industryCode": 60010001}, MOBILE, "30", "industryCode"),
    ("6 userId, none", {"userId": None}, MOBILE, "30", "userId"),
    ("6 userId, empty", {"userId": ""}, MOBILE, "30", "userId"),
    ("6 userId, 65", {"userId": "u" * 65}, MOBILE, "30", "userId"),
    ("6 userId, not ASCII", {"userId": "用户"}, MOBILE, "30", "userId"),
    ("6 userId, spelt as in SCIS", {"userId": None, "userID": "user-1"}, MOBILE, "30", "userId"),
    *(
        (f"7 language {said!r}", {"language": said}, MOBILE, "30", "language")
        for said in ("en", "eng-HK", "en-hk", "EN-HK", "en HK", "en-HKG", "zz-HK", "en-ZZ", "en-HK\n", 5)
    ),
    *(
        (f"8 longitude {said!r}", {"longitude": said, "latitude": "22.28"}, MOBILE, "30", "longitude")
        for said in (
            "180.0001",
            "-180.1",
            "200",
            "1e2",
            "114,16",
            "+114",
            ".5",
            "5.",
            " 5",
            "0000.5",
            114.16,
            "114.160000000000",
        )
    ),
    ("8 longitude, none beside 9", {"latitude": "22.28"}, MOBILE, "30", "longitude"),
    *(
        (f"9 latitude {said!r}", {"longitude": "114.16", "latitude": said}, MOBILE, "30", "latitude")
        for said in ("90.0001", "-91", "NaN", "-", 22.28)
    ),
    ("9 latitude, none beside 8", {"longitude": "114.16"}, MOBILE, "30", "latitude"),
    ("10 encData does not open", {"encData": "a.b.c.d.e"}, None, "A0", ""),
    ("10 encData is no JWE", {"encData": "mobile"}, None, "A0", ""),
    ("10 encData, an object", {"encData": MOBILE}, None, "30", "encData"),
    ("10 encData, a list", {"encData": ["x"]}, None, "30", "encData"),
    ("10 encData without any of rows 11 to 14", {}, {}, "30", "encData"),
    ("10 encData with empty ones only", {}, {"mobile": "", "idNo": ""}, "30", "encData"),
    *((f"10 {name} in clear", {name: CLEAR}, MOBILE, "30", name) for name in ("mobile", "email", "idType", "idNo")),
    ("10 mobile in clear, nothing sealed", {"mobile": CLEAR}, None, "30", "mobile"),
    ("10 mobile in clear, null", {"mobile": ...}, MOBILE, "30", "mobile"),
    ("11 mobile, 65", {}, {"mobile": CLEAR.ljust(65)}, "30", "encData.mobile"),
    ("11 mobile, a number", {}, {"mobile": 55550100}, "30", "encData.mobile"),
    ("12 email, 101", {}, MOBILE | {"email": "x" * 101}, "30", "encData.email"),
    ("12 email, a line feed", {}, MOBILE | {"email": "a@b\n"}, "30", "encData.email"),
    *(
        (f"13 idType {said!r}", {}, MOBILE | {"idType": said, "idNo": "A1234567"}, "30", "encData.idType")
        for said in ("0", "5", "9", "11", 6)
    ),
    ("13 idType without 14", {}, MOBILE | {"idType": "6"}, "30", "encData.idNo"),
    ("14 idNo without 13", {}, MOBILE | {"idNo": CLEAR[:18]}, "30", "encData.idType"),
    ("14 idNo, 19", {}, MOBILE | {"idType": "6", "idNo": "x" * 19}, "30", "encData.idNo"),
    *(
        (f"14 idNo {said!r} of type 1", {}, MOBILE | {"idType": "1", "idNo": said}, "30", "encData.idNo")
        for said in ("110105194912310021", "11010519491231002", "X1010519491231002X", "110105194912310 2X")
    ),
    *(
        (f"14 idNo {said!r} of type 2", {}, MOBILE | {"idType": "2", "idNo": said}, "30", "encData.idNo")
        for said in ("11010549123100", "1101054912310021", "11010549123100X")
    ),
]

BY_RULE: list[tuple[str, str, Values, Values | None, str]] = [
    # row, industry, members, encData, code
    ("5 industryCode of nobody", NOBODY, {}, MOBILE, "03"),
    ("11 mobile, which parking needs, is not there", PARKING, {}, {"email": "a@b"}, "70"),
    ("11 mobile is empty", PARKING, {}, {"mobile": "", "email": "a@b"}, "70"),
    ("10, 11 nothing is there at all", PARKING, {}, None, "70"),
    ("10 encData is empty text", PARKING, {"encData": ""}, None, "70"),
    ("11 travel needs none", TRAVEL, {}, None, "00"),
]


@pytest.mark.parametrize(("row", "members", "personal"), TAKEN, ids=[row[0] for row in TAKEN])
def test_taken(home: House, row: str, members: Values, personal: Values | None) -> None:
    answer = login(home, members, personal)
    assert (answer.code, answer.text) == ("00", "Approved")
    url = answer.body["industryUrl"]
    assert len(url) <= 512
    assert url.startswith(f"https://{home.world.industry().app_id}.sandbox/start?ticket=")


@pytest.mark.parametrize(("row", "members", "personal", "code", "detail"), REFUSED, ids=[row[0] for row in REFUSED])
def test_refused(home: House, row: str, members: Values, personal: Values | None, code: str, detail: str) -> None:
    answer = login(home, members, personal)
    assert (answer.code, answer.body["msgResponse"].get("errorDetail", "")) == (code, detail)


@pytest.mark.parametrize(("row", "industry", "members", "personal", "code"), BY_RULE, ids=[row[0] for row in BY_RULE])
def test_by_rule(home: House, row: str, industry: str, members: Values, personal: Values | None, code: str) -> None:
    assert login(home, members, personal, industry).code == code


@pytest.mark.parametrize("body", [b"", b"not JSON", b"[]", b'"text"', b"null", b"\xff", b"[" * 10_000], ids=repr)
def test_what_cannot_be_read_repeats_nothing(home: House, body: bytes) -> None:
    async def sent() -> Any:
        channel = home.world.channel()
        request = await channel.channel_login_info(PARKING, "user-1", MOBILE)
        jose = await channel._jose()
        headers = {"UPI-JWS": jose.sign_request(body, request.path)}
        transport = home.world.hub.transport
        assert transport is not None
        return await transport.post(home.url + request.path, headers, body, timeout_s=5.0)

    reply = home.run(sent())
    assert reply.status == 200
    assert json.loads(reply.body) == {"msgResponse": {"responseCode": "30", "responseMsg": "Message format error"}}


def test_the_same_user_id_at_two_channels_is_two_users(home: House) -> None:
    async def both() -> set[str]:
        channels: list[Channel] = [home.world.channel(), home.world.channel("99320344")]
        urls = set()
        for channel in channels:
            answer = await channel.send(await channel.channel_login_info(PARKING, "twin", MOBILE))
            assert answer.code == "00"
            urls.add(answer.body["industryUrl"])
        return urls

    assert len(home.run(both())) == 2
    visitors = [each for each in home.world.industry().visitors.values() if each.user_id == "twin"]
    assert [each.channel_code for each in visitors] == ["HARBOUR01", "PEAKLIFE02"]


def test_refusals_leave_no_claim(home: House) -> None:
    """RULES section 2: after `30` and `A0` the same msgID is free."""

    async def three() -> list[str]:
        channel = home.world.channel()
        request = await channel.channel_login_info(PARKING, "user-1", MOBILE)
        bad = [{"clientType": "9"}, {"channelCode": "PEAKLIFE02"}, {}]
        return [(await channel.send(msgspec.structs.replace(request, body=request.body | change))).code for change in bad]

    assert home.run(three()) == ["30", "A0", "00"]


def test_the_table_names_every_member() -> None:
    """Rows 1 to 14, and the two that only the list has."""
    wire = [field.encode_name for kind in (ChannelLoginInfo, PersonalInfo) for field in msgspec.structs.fields(kind)]
    named = {name for row in (*TAKEN, *REFUSED) for name in {**row[1], **(row[2] or {})}}
    assert set(wire) <= named | {"encData"}
    assert {row.name for row in UCSP} >= {"CHANNEL_LOGIN_INFO", "GET_INDUSTRY_LIST"}


@pytest.mark.parametrize(
    ("number", "fits"),
    [
        ("11010519491231002X", True),
        ("11010519491231002x", True),
        ("440524188001010014", True),  # the second example of the standard
        ("440524188001010015", False),
        ("110105194912310029", False),
        ("", False),
        ("44052418800101001", False),
        ("4405241880010100140", False),
        ("４40524188001010014", False),
    ],
)
def test_the_check_digit_of_a_resident(number: str, fits: bool) -> None:
    assert check_digit_fits(number) is fits


def test_every_single_wrong_digit_and_every_swap_is_seen() -> None:
    """What ISO 7064 MOD 11-2 promises."""
    right = "440524188001010014"
    for at in range(18):
        for digit in "0123456789":
            assert check_digit_fits(right[:at] + digit + right[at + 1 :]) is (digit == right[at])
    for at in range(16):
        swapped = right[:at] + right[at + 1] + right[at] + right[at + 2 :]
        assert check_digit_fits(swapped) is (swapped == right)


def test_languages_are_those_of_iso_639_1() -> None:
    assert len(LANGUAGES) == 183
    assert {"en", "zh", "ja", "ko", "th", "pt"} <= LANGUAGES
    assert locale_of("pt_MO") == "pt-MO"
