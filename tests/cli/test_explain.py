"""`unionhub explain`: every code and cause has its words, and a captured message its one line."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from click import Context, Group

from support.keys import jws_of, partner_key
from support.operator import Operator
from support.sandbox import light_identities
from unionhub.adapters.jose.causes import Cause
from unionhub.adapters.jose.facade import PartnerJose
from unionhub.adapters.jose.keys import private_key
from unionhub.adapters.wire.table import ROWS
from unionhub.domain.model.bank import ISSUER_CODES
from unionhub.domain.model.parties import JoseProfile
from unionhub.domain.model.responses import RESPONSE_TEXTS
from unionhub.hosts.cli import cli
from unionhub.hosts.commands.meanings import CODES, UCSP
from unionhub.hosts.sandbox.seeds import BANK, HARBOUR, PEAK

PATH = "/scis/switch/qremvpayment"
BODY = b'{"msgInfo": {"msgID": "A1"}, "trxInfo": {}}'


def test_every_code_of_the_table_has_a_meaning_and_an_advice() -> None:
    assert set(CODES) == set(RESPONSE_TEXTS) | {"E0"}
    assert all(meaning and advice for meaning, advice in CODES.values())


@pytest.mark.parametrize("code", sorted(set(CODES) | set(ISSUER_CODES)))
def test_every_code_is_explained(unionhub: Operator, code: str) -> None:
    told = unionhub.json("explain", code.lower())
    assert told["code"] == code
    assert told["text"] == RESPONSE_TEXTS.get(code, "")
    assert ("fromBank" in told) == (code in ISSUER_CODES)
    assert unionhub.does("explain", code).out.startswith(code)


@pytest.mark.parametrize("code", sorted(UCSP))
def test_ucsps_own_meanings_are_told_by_their_messages(unionhub: Operator, code: str) -> None:
    told = unionhub.json("explain", code)["atUcsp"]
    assert [(each["messages"], each["meaning"]) for each in told] == [each[:2] for each in UCSP[code]]
    said = unionhub.does("explain", code).out
    for each in UCSP[code]:
        assert f"at UCSP, {each.messages}" in said
        assert each.meaning in said
        assert each.advice in said


RULES_10 = "00 03 04 12 13 14 25 30 40 57 62 70 78 91 92 94 98 A0"


def test_what_ucsp_says_otherwise_is_of_messages_and_codes_that_there_are() -> None:
    """RULES section 10 names these codes; 96 and 99 are the same everywhere."""
    assert sorted(UCSP) == RULES_10.split()
    known = {row.name for row in ROWS if row.path.startswith("/ucsp/")}
    named = {name for rows in UCSP.values() for each in rows for name in re.findall(r"[A-Z]+(?:_[A-Z]+)+", each.messages)}
    assert named <= known


def test_a_code_of_scis_alone_says_nothing_of_ucsp(unionhub: Operator) -> None:
    assert "atUcsp" not in unionhub.json("explain", "51")
    assert "UCSP" not in unionhub.does("explain", "51").out


def test_every_command_that_is_advised_is_there() -> None:
    """Advice that names a command which is not there is worse than none."""
    texts = [text for meaning in CODES.values() for text in meaning]
    texts += [text for rows in UCSP.values() for each in rows for text in each]
    found = [command.split()[1:] for text in texts for command in re.findall(r"`(unionhub [^`]+)`", text)]
    assert len(found) > 20
    for words in found:
        command = cli
        while words and isinstance(command, Group):
            step = command.get_command(Context(command), words.pop(0))
            assert step is not None, words
            command = step
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, (command.name, words)


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_is_explained(unionhub: Operator, cause: Cause) -> None:
    told = unionhub.json("explain", cause.value)
    assert (told["cause"], told["meaning"]) == (cause.value, cause.meaning)
    assert told["advice"]
    assert cause.meaning in unionhub.does("explain", cause.value.upper()).out


def test_without_a_word_all_are_listed(unionhub: Operator) -> None:
    said = unionhub.does("explain").out
    assert all(text in said for text in RESPONSE_TEXTS.values())
    assert all(cause.value in said for cause in Cause)
    listed = unionhub.json("explain")
    assert (len(listed["codes"]), len(listed["causes"])) == (len(CODES), len(Cause))


def test_what_is_neither_is_told(unionhub: Operator) -> None:
    assert unionhub.refuses("explain", "nonsense").startswith("'nonsense' is neither a code nor a cause")
    assert "needs --header, --body and --path" in unionhub.refuses("explain", "--path", PATH)


# --- captured messages


def voice(app_id: str = HARBOUR, signed_s: float | None = None) -> PartnerJose:
    """A partner that signs as if it were then."""
    identity = light_identities()[app_id]
    at_s = time.time() if signed_s is None else signed_s
    return PartnerJose(app_id, identity.profile, identity.signing, identity.encryption, {"keys": []}, lambda: at_s)


class Capture:
    """Asks `explain` about a message."""

    def __init__(self, unionhub: Operator) -> None:
        self._unionhub = unionhub

    def __call__(self, header: str, body: bytes = BODY, path: str = PATH, **options: str) -> tuple[int, str]:
        extra = [part for name, value in options.items() for part in (f"--{name}", value)]
        done = self._unionhub("explain", "--header", header, "--body", "-", "--path", path, *extra, typed=body)
        assert (done.err, done.out.count("\n")) == ("", 1), done
        return done.code, done.out.strip()


@pytest.fixture
def capture(unionhub: Operator) -> Capture:
    return Capture(unionhub)


def test_a_good_message_is_good(capture: Capture) -> None:
    code, line = capture(voice().sign_request(BODY, PATH))
    assert code == 0
    assert line.startswith("ok: genuine, and from somebody who may send it; fresh, unless its UPI-UUID")


def test_an_old_capture_is_judged_by_when_it_was_received(capture: Capture) -> None:
    old_s = time.time() - 7200
    header = voice(signed_s=old_s).sign_request(BODY, PATH)
    code, line = capture(header)
    assert code == 0
    assert "signed 2:00:0" in line
    assert "timestamp_late" in line
    assert capture(header, received=str(int(old_s) + 5))[1].startswith("ok: the gate lets it in")
    code, line = capture(header, received=str(int(old_s) + 301))
    assert (code, line.split(":")[0]) == (2, "timestamp_late")
    code, line = capture(header, received=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(old_s - 3600)))
    assert (code, line.split(":")[0]) == (2, "timestamp_early")


@pytest.mark.parametrize(
    ("sent", "kept", "hint"),
    [
        (BODY, BODY + b"\n", "the body without the white space at its end"),
        (BODY + b"\n", BODY, "the body with a line feed behind it"),
        (b'{\n"a": 1}', b'{\r\n"a": 1}', "the body with LF line ends"),
        (b'{\r\n"a": 1}', b'{\n"a": 1}', "the body with CRLF line ends"),
        (b'{"a":"\xe9\x8a\x80"}', b'{"a": "\\u9280"}', "the same JSON written anew"),
        (b'{"a":"\\u9280"}', b'{"a": "\xe9\x8a\x80"}', "the same JSON written anew"),
    ],
)
def test_the_usual_mistakes_behind_a_wrong_signature_are_named(capture: Capture, sent: bytes, kept: bytes, hint: str) -> None:
    code, line = capture(voice().sign_request(sent, PATH), kept)
    assert code == 2
    assert line.startswith("signature: the signature does not verify over this body")
    assert f"(it verifies over {hint}" in line


def header_with(app_id: str = HARBOUR, body: bytes = BODY, **changes: Any) -> str:
    """Genuinely signed, but for what the changes say; None leaves a member out."""
    identity = light_identities()[app_id]
    own = {"UPI-UUID": "0" * 32, "UPI-TIMESTAMP": str(int(time.time())), "UPI-APPID": app_id, "UPI-REQPATH": PATH}
    members = {"alg": "ES256", "kid": identity.signing["kid"], "crit": list(own), **own, **changes}
    key = private_key(identity.signing, "ES256")
    return jws_of(json.dumps({name: value for name, value in members.items() if value is not None}), body, key)


@pytest.mark.parametrize(
    ("header", "cause", "detail"),
    [
        ("..", "not_an_object", ""),
        (header_with(crit=None), "crit_absent", ""),
        (header_with(**{"UPI-APPID": "00000000"}), "appid_unknown", "(UPI-APPID 00000000)"),
        (header_with(PEAK, **{"UPI-APPID": HARBOUR}), "kid_unknown", "registered: "),
        (header_with(kid="other"), "kid_unknown", "(kid other; registered: "),
        (header_with(alg="PS256"), "alg_not_profile", "(alg PS256, but compact is ES256)"),
        (header_with(BANK), "role_not_allowed", "(Bauhinia Bank is issuer, allowed: app_gateway)"),
        (header_with(**{"UPI-REQPATH": "/x"}), "reqpath_other", f"(signed for /x, called at {PATH})"),
        (header_with(body=b"{}"), "signature", ""),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 30 else "",
)
def test_the_check_that_fails_is_named(capture: Capture, header: str, cause: str, detail: str) -> None:
    code, line = capture(header)
    assert (code, line.split(":")[0]) == (2, cause)
    assert Cause(cause).meaning in line
    assert detail in line


def test_a_suspended_partner_and_a_wrong_kid_are_told(unionhub: Operator, capture: Capture) -> None:
    unionhub.does("parties", "state", PEAK, "SUSPENDED")
    assert "(Peak Pay is SUSPENDED)" in capture(header_with(PEAK))[1]
    unionhub.does("parties", "update", PEAK, "--base-url", "https://peak.example")
    unionhub.does("parties", "state", PEAK, "LIVE")
    other = partner_key(JoseProfile.COMPACT, "sig", "second").public_jwk()
    unionhub.does(
        "parties",
        "update",
        PEAK,
        "--jwks",
        "-",
        typed=json.dumps(
            {
                "keys": [
                    {name: value for name, value in light_identities()[PEAK].signing.items() if name != "d"},
                    other,
                    {name: value for name, value in light_identities()[PEAK].encryption.items() if name != "d"},
                ]
            }
        ),
    )
    line = capture(header_with(PEAK, kid=other["kid"]))[1]
    assert f"it verifies with the key {light_identities()[PEAK].signing['kid']}: the header names the wrong kid" in line


def test_a_path_that_the_hub_does_not_have(capture: Capture) -> None:
    assert capture(header_with(), path="/scis/switch/nothing") == (
        2,
        "the hub takes no message at /scis/switch/nothing: HTTP 404, before any check",
    )


@pytest.mark.parametrize("form", ["{}", "{}\n", "UPI-JWS: {}\r\n"])
def test_the_header_may_lie_in_a_file(capture: Capture, tmp_path: Path, form: str) -> None:
    file = tmp_path / "jws.txt"
    file.write_text(form.format(voice().sign_request(BODY, PATH)))
    assert capture(str(file))[0] == 0


def test_a_capture_that_cannot_be_read_is_told(unionhub: Operator, tmp_path: Path) -> None:
    arguments = ["explain", "--body", "-", "--path", PATH, "--header"]
    assert "is no UPI-JWS value" in unionhub.refuses(*arguments, str(tmp_path / "none"))
    assert "is neither Unix seconds nor ISO 8601" in unionhub.refuses(*arguments, "a..b", "--received", "yesterday")


def test_machines_get_the_finding(unionhub: Operator) -> None:
    arguments = ["explain", "--header", header_with(kid="x"), "--body", "-", "--path", PATH, "--json"]
    done = unionhub(*arguments, typed=BODY)
    assert done.code == 2
    assert (done.json["cause"], done.json["appId"], done.json["message"]) == ("kid_unknown", HARBOUR, "MPQRC_PAYMENT_EMV")
