"""The value of UPI-JWS (PROTOCOL 1.3): every form, text and member that the strict parser or the gate refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from support.gate import (
    BODY,
    PATH,
    UUID,
    Members,
    both_forms,
    cause_of,
    every_profile,
    good_members,
    signed,
    verify,
)
from support.keys import NOW_S, b64url, jws_of, partner_key, party, unb64url
from unionhub.adapters.jose.causes import Cause
from unionhub.adapters.jose.header import MAX_HEADER_CHARS, JwsHeader, parse_header
from unionhub.domain.model.parties import JoseProfile


def test_the_captured_response_of_unionpay_is_read() -> None:
    """PROTOCOL 1.3. Its signature was not published: a parsing vector, with zeros in place of the 342 characters."""
    captured = (
        "eyJhbGciOiJSUzI1NiIsImtpZCI6IjE1NjA5MzYyMDYzMjYiLCJjcml0IjpbIlVQSS1VVUlEIiwiVVBJLVRJTUVTVEFNUCIsIlVQSS1BUFBJRCJd"
        "LCJVUEktVVVJRCI6IjgxNGExYzc2ZWNjZjRlOGZhZGYxZWQxMzVmNGQ2M2MwIiwiVVBJLVRJTUVTVEFNUCI6IjE1NjgwMzA5NjkiLCJVUEktQVBQ"
        "SUQiOiIzOTk5MDA2MSJ9"
    )
    assert parse_header(f"{captured}..{'A' * 342}") == JwsHeader(
        alg="RS256",
        kid="1560936206326",
        uuid="814a1c76eccf4e8fadf1ed135f4d63c0",
        issued_at_s=1568030969,
        app_id="39990061",
        req_path=None,
        unencoded=False,
        protected=captured.encode(),
        signature=bytes(256),
    )


# What does not pass: the header's members, each time under a genuine signature


def put(**members: Any) -> Callable[[Members], Members]:
    """An edit that sets members; `_` in a name stands for `-`, so UPI_UUID is UPI-UUID."""
    changes = {name.replace("_", "-"): value for name, value in members.items()}
    return lambda header: header | changes


def drop(*names: str) -> Callable[[Members], Members]:
    return lambda header: {name: value for name, value in header.items() if name not in names}


def crit(change: Callable[[list[str]], list[Any]]) -> Callable[[Members], Members]:
    return lambda header: header | {"crit": change(header["crit"])}


MEMBER_ROWS: dict[str, tuple[Callable[[Members], Members], Cause]] = {
    "alg absent": (drop("alg"), Cause.ALG_UNKNOWN),
    "alg none": (put(alg="none"), Cause.ALG_UNKNOWN),
    "alg None": (put(alg="None"), Cause.ALG_UNKNOWN),
    "alg not a string": (put(alg=["RS256"]), Cause.ALG_UNKNOWN),
    "alg of a JWE": (put(alg="RSA1_5"), Cause.ALG_UNKNOWN),
    "kid absent": (drop("kid"), Cause.KID_FORM),
    "kid a number": (put(kid=1555570302), Cause.KID_FORM),
    "kid empty": (put(kid=""), Cause.KID_FORM),
    "kid too long": (put(kid="1" * 65), Cause.KID_FORM),
    "kid a line break": (put(kid="1\n2"), Cause.KID_FORM),
    "kid not ASCII": (put(kid="\ud800"), Cause.KID_FORM),
    "kid unknown": (put(kid="1"), Cause.KID_UNKNOWN),
    "crit absent": (drop("crit"), Cause.CRIT_ABSENT),
    "crit null": (put(crit=None), Cause.CRIT_FORM),
    "crit a string": (put(crit="UPI-UUID"), Cause.CRIT_FORM),
    "crit of numbers": (crit(lambda names: [*names, 1]), Cause.CRIT_FORM),
    "crit of lists": (crit(lambda names: [*names, []]), Cause.CRIT_FORM),
    "crit empty": (put(crit=[]), Cause.CRIT_EMPTY),
    "crit unknown": (crit(lambda names: [*names, "exp"]), Cause.CRIT_UNKNOWN),
    "crit unknown but present": (
        lambda header: header | {"exp": 1, "crit": [*header["crit"], "exp"]},
        Cause.CRIT_UNKNOWN,
    ),
    "crit names alg": (crit(lambda names: [*names, "alg"]), Cause.CRIT_UNKNOWN),
    "crit in lower case": (crit(lambda names: [name.lower() for name in names]), Cause.CRIT_UNKNOWN),
    "crit doubled": (crit(lambda names: [*names, names[0]]), Cause.CRIT_DOUBLED),
    "crit missing UUID": (crit(lambda names: [name for name in names if name != "UPI-UUID"]), Cause.CRIT_INCOMPLETE),
    "crit missing REQPATH": (
        crit(lambda names: [name for name in names if name != "UPI-REQPATH"]),
        Cause.CRIT_INCOMPLETE,
    ),
    "crit missing a new UPI member": (put(UPI_NEW="1"), Cause.CRIT_INCOMPLETE),
    "crit lists an absent UUID": (drop("UPI-UUID"), Cause.CRIT_LISTS_ABSENT),
    "crit lists an absent REQPATH": (drop("UPI-REQPATH"), Cause.CRIT_LISTS_ABSENT),
    "uuid absent": (
        lambda header: drop("UPI-UUID")(crit(lambda names: [name for name in names if name != "UPI-UUID"])(header)),
        Cause.UUID_FORM,
    ),
    "uuid empty": (put(UPI_UUID=""), Cause.UUID_FORM),
    "uuid with hyphens": (put(UPI_UUID="5ba10d46-d5d1-48df-bcc2-119c08e01015"), Cause.UUID_FORM),
    "uuid not hexadecimal": (put(UPI_UUID="g" * 32), Cause.UUID_FORM),
    "uuid a line break after": (put(UPI_UUID=UUID + "\n"), Cause.UUID_FORM),
    "timestamp not a number": (put(UPI_TIMESTAMP="now"), Cause.TIMESTAMP_FORM),
    "timestamp empty": (put(UPI_TIMESTAMP=""), Cause.TIMESTAMP_FORM),
    "timestamp a JSON number": (put(UPI_TIMESTAMP=NOW_S), Cause.TIMESTAMP_FORM),
    "timestamp with a fraction": (put(UPI_TIMESTAMP=f"{NOW_S}.5"), Cause.TIMESTAMP_FORM),
    "timestamp negative": (put(UPI_TIMESTAMP=f"-{NOW_S}"), Cause.TIMESTAMP_FORM),
    "timestamp signed": (put(UPI_TIMESTAMP=f"+{NOW_S}"), Cause.TIMESTAMP_FORM),
    "timestamp with underscores": (put(UPI_TIMESTAMP="1_700_000_000"), Cause.TIMESTAMP_FORM),
    "timestamp in other digits": (put(UPI_TIMESTAMP="١٧٠٠٠٠٠٠٠٠"), Cause.TIMESTAMP_FORM),
    "timestamp endless": (put(UPI_TIMESTAMP="9" * 2000), Cause.TIMESTAMP_FORM),
    "timestamp 301 s late": (put(UPI_TIMESTAMP=str(NOW_S - 301)), Cause.TIMESTAMP_LATE),
    "timestamp 301 s early": (put(UPI_TIMESTAMP=str(NOW_S + 301)), Cause.TIMESTAMP_EARLY),
    "timestamp in milliseconds": (put(UPI_TIMESTAMP="170000000000"), Cause.TIMESTAMP_EARLY),
    "appid of seven digits": (put(UPI_APPID="3999015"), Cause.APPID_FORM),
    "appid with a blank": (put(UPI_APPID="39990157 "), Cause.APPID_FORM),
    "appid a JSON number": (put(UPI_APPID=39990157), Cause.APPID_FORM),
    "appid unknown": (put(UPI_APPID="39990158"), Cause.APPID_UNKNOWN),
    "reqpath of another message": (put(UPI_REQPATH="/scis/switch/p2ptransfer"), Cause.REQPATH_OTHER),
    "reqpath with a slash more": (put(UPI_REQPATH=PATH + "/"), Cause.REQPATH_OTHER),
    "reqpath in capitals": (put(UPI_REQPATH=PATH.upper()), Cause.REQPATH_OTHER),
    "reqpath empty": (put(UPI_REQPATH=""), Cause.REQPATH_FORM),
    "reqpath null": (put(UPI_REQPATH=None), Cause.REQPATH_FORM),
    "reqpath not ASCII": (put(UPI_REQPATH="/\ud800"), Cause.REQPATH_FORM),
    "reqpath absent": (
        lambda header: drop("UPI-REQPATH")(crit(lambda names: [n for n in names if n != "UPI-REQPATH"])(header)),
        Cause.REQPATH_MISSING,
    ),
}


@every_profile
@both_forms
@pytest.mark.parametrize("row", MEMBER_ROWS)
def test_a_wrong_member_is_refused(profile: JoseProfile, unencoded: bool, row: str) -> None:
    edit, cause = MEMBER_ROWS[row]
    value = signed(profile, edit(good_members(profile, unencoded=unencoded)))
    assert cause_of(verify, value, party(profile)) is cause


@every_profile
@pytest.mark.parametrize(
    ("b64", "listed", "cause"),
    [
        (False, False, Cause.B64_NOT_CRITICAL),
        (True, False, Cause.B64_NOT_CRITICAL),
        (True, True, Cause.B64_FORM),
        (0, True, Cause.B64_FORM),
        ("false", True, Cause.B64_FORM),
        (None, True, Cause.B64_FORM),
        (..., True, Cause.CRIT_LISTS_ABSENT),
    ],
)
def test_b64_is_false_and_critical_or_absent(profile: JoseProfile, b64: Any, listed: bool, cause: Cause) -> None:
    members = good_members(profile)
    if b64 is not ...:
        members["b64"] = b64
    if listed:
        members["crit"].append("b64")
    assert cause_of(verify, signed(profile, members), party(profile)) is cause


@every_profile
def test_one_form_signed_under_the_name_of_the_other_is_refused(profile: JoseProfile) -> None:
    key = partner_key(profile, "sig")
    for unencoded in (False, True):
        header = json.dumps(good_members(profile, unencoded=unencoded))
        value = jws_of(header, BODY, key, unencoded=not unencoded)
        assert cause_of(verify, value, party(profile)) is Cause.SIGNATURE


# What does not pass: the header's text

TEXT_ROWS: dict[str, tuple[Callable[[str], str], Cause]] = {
    "member doubled": (lambda text: text[:-1] + ',"kid":"1"}', Cause.MEMBER_DOUBLED),
    "member doubled with the same value": (lambda text: '{"b64":false,"b64":false,' + text[1:], Cause.MEMBER_DOUBLED),
    "member doubled by an escape": (lambda text: text[:-1] + ',"\\u0061lg":"none"}', Cause.MEMBER_DOUBLED),
    "member doubled below": (lambda text: text[:-1] + ',"x":[{"a":1,"a":1}]}', Cause.MEMBER_DOUBLED),
    "an array": (lambda text: f"[{text}]", Cause.NOT_AN_OBJECT),
    "null": (lambda text: "null", Cause.NOT_AN_OBJECT),
    "nothing": (lambda text: "", Cause.NOT_AN_OBJECT),
    "a string": (lambda text: '"alg"', Cause.NOT_AN_OBJECT),
    "two objects": (lambda text: text + text, Cause.NOT_AN_OBJECT),
    "NaN": (lambda text: text[:-1] + ',"x":NaN}', Cause.NOT_AN_OBJECT),
    "byte order mark": (lambda text: "\ufeff" + text, Cause.NOT_AN_OBJECT),
    "not UTF-8": (lambda text: text[:-1] + ',"x":"\ud800"}', Cause.NOT_AN_OBJECT),
    "nested too deeply": (lambda text: text[:-1] + ',"x":' + "[" * 1250 + "]" * 1250 + "}", Cause.NOT_AN_OBJECT),
}


@every_profile
@pytest.mark.parametrize("row", TEXT_ROWS)
def test_a_header_that_is_not_one_plain_object_is_refused(profile: JoseProfile, row: str) -> None:
    edit, cause = TEXT_ROWS[row]
    value = jws_of(edit(json.dumps(good_members(profile))), BODY, partner_key(profile, "sig"))
    assert cause_of(verify, value, party(profile)) is cause


# What does not pass: the form of the value


def in_part(index: int, change: Callable[[str], str]) -> Callable[[str], str]:
    def edit(value: str) -> str:
        parts = value.split(".")
        parts[index] = change(parts[index])
        return ".".join(parts)

    return edit


def trailing_bit(part: str) -> str:
    """The same bytes, another text: a bit that the last character does not need is set."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return part[:-1] + alphabet[alphabet.index(part[-1]) + 1]


VALUE_ROWS: dict[str, tuple[Callable[[str], str | None], Cause]] = {
    "no header": (lambda value: None, Cause.HEADER_ABSENT),
    "empty": (lambda value: "", Cause.HEADER_EMPTY),
    "too long": (lambda value: value + "A" * MAX_HEADER_CHARS, Cause.HEADER_TOO_LONG),
    "one part": (lambda value: value.replace(".", ""), Cause.NOT_THREE_PARTS),
    "two parts": (lambda value: value.replace("..", "."), Cause.NOT_THREE_PARTS),
    "four parts": (lambda value: value + ".", Cause.NOT_THREE_PARTS),
    "JSON serialization": (lambda value: '{"signatures":[]}', Cause.NOT_THREE_PARTS),
    "payload attached": (in_part(1, lambda part: b64url(BODY)), Cause.PAYLOAD_NOT_DETACHED),
    "payload a blank": (in_part(1, lambda part: " "), Cause.PAYLOAD_NOT_DETACHED),
    "header padded": (in_part(0, lambda part: part + "=" * (-len(part) % 4 or 4)), Cause.NOT_BASE64URL),
    "header plain base64": (in_part(0, lambda part: part + "+/+/"), Cause.NOT_BASE64URL),
    "header with a blank": (in_part(0, lambda part: part[:8] + " " + part[8:]), Cause.NOT_BASE64URL),
    "header with a line break": (in_part(0, lambda part: part + "\n"), Cause.NOT_BASE64URL),
    "header not ASCII": (in_part(0, lambda part: part + "é"), Cause.NOT_BASE64URL),
    "header of an impossible length": (in_part(0, lambda part: "A" * 5), Cause.NOT_BASE64URL),
    "header empty": (in_part(0, lambda part: ""), Cause.NOT_AN_OBJECT),
    "signature padded": (in_part(2, lambda part: part + "=="), Cause.NOT_BASE64URL),
    "signature with a trailing bit": (in_part(2, trailing_bit), Cause.NOT_BASE64URL),
    "signature empty": (in_part(2, lambda part: ""), Cause.SIGNATURE),
    "signature cut": (in_part(2, lambda part: b64url(unb64url(part)[:-1])), Cause.SIGNATURE),
    "signature of zeros": (in_part(2, lambda part: b64url(bytes(len(unb64url(part))))), Cause.SIGNATURE),
    "signature one bit off": (
        in_part(2, lambda part: b64url(bytes([unb64url(part)[0] ^ 1]) + unb64url(part)[1:])),
        Cause.SIGNATURE,
    ),
}


@every_profile
@both_forms
@pytest.mark.parametrize("row", VALUE_ROWS)
def test_a_value_of_another_form_is_refused(profile: JoseProfile, unencoded: bool, row: str) -> None:
    edit, cause = VALUE_ROWS[row]
    value = edit(signed(profile, good_members(profile, unencoded=unencoded)))
    assert cause_of(verify, value, party(profile)) is cause


@every_profile
def test_plain_base64_of_the_same_bytes_is_refused(profile: JoseProfile) -> None:
    """With members chosen so that both alphabets differ in the header part."""
    members = good_members(profile) | {"x": "???>>>~~~"}
    value = signed(profile, members)
    plain = value.replace("-", "+").replace("_", "/")
    assert plain.split(".")[0] != value.split(".")[0]
    assert verify(value, party(profile)).uuid == UUID
    assert cause_of(verify, plain, party(profile)) is Cause.NOT_BASE64URL
