"""`unionhub parties`: who is let in, with which keys, and who is not (RULES section 5)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from support.keys import partner_key
from support.operator import Operator
from unionhub.domain.model.parties import JoseProfile, PublicKey, Role
from unionhub.hosts.commands.operators import login
from unionhub.hosts.sandbox.seeds import ACQUIRER, BANK, HARBOUR, PRODUCT

numbers: Iterator[int] = count(1)

COMPACT = JoseProfile.COMPACT


@pytest.fixture
def app_id() -> str:
    """One that no other test has."""
    return f"98{next(numbers):03d}702"


def jwk(kind: Any, name: str = "partner", /, **changes: Any) -> dict[str, Any]:
    """A public key of a partner for `sig` or `enc`; None leaves a member out."""
    members = {**partner_key(COMPACT, kind, name).public_jwk(), **changes}
    return {member: value for member, value in members.items() if value is not None}


def jwks(*keys: dict[str, Any]) -> str:
    return json.dumps({"keys": list(keys or (jwk("sig"), jwk("enc")))})


def adding(app_id: str, **options: str | None) -> list[str]:
    """A command line that works; None leaves an option out."""
    given = {
        "role": "app_gateway",
        "name": "Test Wallet",
        "base-url": "https://wallet.example/upi",
        "profile": "compact",
        "jwks": "-",
        **{name.replace("_", "-"): value for name, value in options.items()},
    }
    return ["parties", "add", app_id, *(f"--{name}={value}" for name, value in given.items() if value is not None)]


def test_a_partner_is_registered_and_shown(unionhub: Operator, app_id: str) -> None:
    said = unionhub.does(*adding(app_id, utc_offset_minutes="480", path="TRX_RESULT_NOTIFICATION=/v2/notify"), typed=jwks())
    assert f"unionhub parties admit {app_id}" in said.out
    shown = unionhub.json("parties", "show", app_id)
    keys, (line,) = shown.pop("keys"), shown.pop("audit")
    assert (line["actor"], line["action"], line["detail"]) == (login(), "party.add", "app_gateway, APPLIED")
    assert shown == {
        "appId": app_id,
        "role": "app_gateway",
        "name": "Test Wallet",
        "state": "APPLIED",
        "profile": "compact",
        "country": "344",
        "baseUrl": "https://wallet.example/upi",
        "acquirerIIN": "",
        "channelCode": "",
        "industryCode": "",
        "verifiesMerchants": False,
        "utcOffsetMinutes": 480,
        "unencodedPayload": False,
        "paths": {"TRX_RESULT_NOTIFICATION": "/v2/notify"},
        "nextStep": "admit",
        "obstacles": [],
    }
    assert [(key["alg"], key["enc"]) for key in keys] == [("ES256", ""), ("ECDH-ES+A256KW", "A256GCM")]
    assert app_id in unionhub.does("parties", "list", "--role", "app_gateway").out
    assert app_id not in unionhub.does("parties", "list", "--role", "issuer").out
    assert "Test Wallet" in unionhub.does("parties", "show", app_id).out


def test_the_keys_are_stored_with_the_members_that_we_know_alone(unionhub: Operator, app_id: str) -> None:
    unionhub.does(*adding(app_id), typed=jwks(jwk("sig", x5t="abc", generate="EC"), jwk("enc")))

    async def stored(uow: Any) -> tuple[PublicKey, ...]:
        return next(party.keys for party in await uow.parties() if party.app_id == app_id)

    assert [sorted(json.loads(key.jwk)) for key in unionhub.work(stored)] == [["alg", "crv", "kid", "kty", "use", "x", "y"]] * 2


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"jwks": None, "state": "TESTING"}, "a key with use sig is needed"),
        ({"base_url": None, "state": "TESTING"}, "a base URL is needed: where the hub calls it"),
        ({"state": "LIVE"}, "no issuer has authorised it for a product"),
        ({"role": "issuer", "state": "LIVE"}, "it has no card product"),
        ({"role": "channel", "state": "LIVE"}, "a channel needs its channel code"),
        ({"role": "channel", "channel_code": "BAY"}, "a channel code is 8 to 12 letters and digits"),
        ({"role": "industry", "industry_code": "6001000"}, "an industry code is 8 digits"),
        ({"channel_code": "BAYLIFE01"}, "only a channel has a channel code"),
        ({"industry_code": "60010099"}, "only an industry service has an industry code"),
        ({"name": "  "}, "the name must be 1 to 60 printable characters"),
        ({"name": "evil\x1b[2J"}, "the name must be 1 to 60 printable characters"),
        ({"country": "156"}, "an app gateway of mainland China (country 156) cannot take part"),
        ({"country": "CN"}, "an app gateway of mainland China (country 156) cannot take part"),
        ({"country": "999"}, "'999' is no country"),
        ({"role": "issuer", "country": "156"}, "an issuer of mainland China"),
        ({"role": "channel", "country": "156"}, "a channel of mainland China"),
        ({"role": "teller"}, "Invalid value for '--role'"),
        ({"base_url": "wallet.example"}, "the base URL must be https://host"),
        ({"base_url": "ftp://wallet.example"}, "the base URL must be https://host"),
        ({"base_url": "https://"}, "the base URL must be https://host"),
        ({"base_url": "https://wallet.example:99999"}, "the base URL must be https://host"),
        ({"base_url": "https://wallet .example"}, "the base URL must be https://host"),
        ({"base_url": "https://me:secret@wallet.example"}, "the base URL must have no user"),
        ({"base_url": "https://wallet.example/?a=b"}, "the base URL must have no user, no query"),
        ({"base_url": "https://wallet.example/#"}, "the base URL must have no user, no query"),
        ({"acquirer_iin": "12345678"}, "only an acquirer has an acquirer IIN"),
        ({"role": "acquirer", "state": "LIVE"}, "an acquirer needs its IIN"),
        ({"role": "acquirer", "acquirer_iin": "1234567"}, "an acquirer's IIN is the 8 digits"),
        ({"role": "acquirer", "acquirer_iin": ACQUIRER, "state": "LIVE"}, f"the acquirer IIN {ACQUIRER} is {ACQUIRER}'s"),
        ({"utc_offset_minutes": "900"}, "the UTC offset is between"),
        ({"state": "SUSPENDED"}, "Invalid value for '--state'"),
        ({"path": "notify=/x"}, "'notify=/x': a path is given as MESSAGE=/path"),
        ({"path": "PAY=//evil.example\n"}, "'PAY=//evil.example\\n': a path is given as MESSAGE=/path"),
        ({"profile": "modern"}, "kty must be RSA (profile modern)"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_who_is_not_let_in(unionhub: Operator, app_id: str, changes: dict[str, str | None], line: str) -> None:
    assert line in unionhub.refuses(*adding(app_id, **changes), typed=jwks())
    assert app_id not in unionhub.does("parties", "list").out


@pytest.mark.parametrize("app_id", ["1234567", "123456789", "1234567a", "１２３４５６７８", ""])
def test_an_application_id_is_8_digits(unionhub: Operator, app_id: str) -> None:
    assert "is no application id: 8 digits are" in unionhub.refuses(*adding(app_id), typed=jwks())


def test_an_application_id_is_registered_once(unionhub: Operator) -> None:
    assert unionhub.refuses(*adding(HARBOUR), typed=jwks()).startswith(f"{HARBOUR} is registered already (Harbour Wallet)")


def test_url_mode_platforms_may_be_of_the_mainland(unionhub: Operator, app_id: str) -> None:
    unionhub.does(*adding(app_id, role="qr_platform", country="CN", state="LIVE"), typed=jwks())
    shown = unionhub.json("parties", "show", app_id)
    assert (shown["country"], shown["state"], shown["nextStep"], shown["obstacles"]) == ("156", "LIVE", None, [])


PRODUCTION = {
    "UNIONHUB_PRODUCTION": "true",
    "UNIONHUB_MASTER_KEY_FILE": "/etc/unionhub/master.key",
    "UNIONHUB_PUBLIC_URL": "https://pay.example",
}


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://wallet.example", True),
        ("http://127.0.0.1:8443", True),
        ("http://localhost:1/x", True),
        ("http://[::1]:1", True),
        ("http://wallet.example", False),
        ("http://127.0.0.1.wallet.example", False),
    ],
)
def test_http_in_production_is_for_this_machine_alone(unionhub: Operator, app_id: str, url: str, good: bool) -> None:
    command = adding(app_id, base_url=url)
    if good:
        unionhub.does(*command, typed=jwks(), **PRODUCTION)
    else:
        assert "the base URL must be https" in unionhub.refuses(*command, typed=jwks(), **PRODUCTION)
        unionhub.does(*command, typed=jwks())


# --- keys


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "is not a JSON object"),
        ("[]", "is not a JSON object"),
        ('{"keys": []}', "is no JWK Set"),
        ('{"keys": ["x"]}', "is no JWK Set"),
        ('{"kid": "1", "kid": "2"}', "without doubled members"),
        (jwks(jwk("sig", kid=None), jwk("enc")), 'each key needs a "kid"'),
        (jwks(jwk("sig", kid=17), jwk("enc")), 'each key needs a "kid"'),
        (jwks(jwk("sig", use=None, alg=None), jwk("enc")), 'needs "use": "sig" or "enc"'),
        (jwks(jwk("sig", use="both"), jwk("enc")), 'needs "use": "sig" or "enc"'),
        (jwks(jwk("sig", alg="RS256"), jwk("enc")), "alg must be ES256"),
        (jwks(jwk("sig", x="AA"), jwk("enc")), "x must be 32 octets"),
        (jwks(jwk("sig"), jwk("enc", kid=jwk("sig")["kid"])), "this kid is registered twice"),
        (jwks(jwk("sig"), jwk("sig", kid="other", use="enc", alg=None)), "one key must not both sign and decrypt"),
        (jwks(jwk("sig")), "a key with use enc is needed"),
        (jwks(jwk("enc")), "a key with use sig is needed"),
    ],
)
def test_keys_that_are_refused(unionhub: Operator, app_id: str, text: str, line: str) -> None:
    assert line in unionhub.refuses(*adding(app_id, state="TESTING"), typed=text)


def test_private_keys_are_refused_and_not_repeated(unionhub: Operator, app_id: str, tmp_path: Path) -> None:
    key = partner_key(COMPACT, "sig")
    private = key.private_jwk()
    said = unionhub.refuses(*adding(app_id), typed=jwks(private, jwk("enc")))
    assert said.endswith(
        "private material: only public keys belong here; treat that key as compromised and have a new one made"
    )
    assert private["d"] not in said
    file = tmp_path / "key.json"
    file.write_text(json.dumps(private))
    assert "private material" in unionhub.refuses(*adding(app_id, jwks=None, key=str(file)))
    pem = tmp_path / "key.pem"
    pem.write_bytes(ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert "private material" in unionhub.refuses(*adding(app_id, jwks=None, key=f"1:sig:{pem}"))


def test_the_use_follows_from_the_algorithm(unionhub: Operator, app_id: str) -> None:
    unionhub.does(*adding(app_id), typed=jwks(jwk("sig", use=None), jwk("enc", use=None)))
    assert [key["use"] for key in unionhub.json("parties", "show", app_id)["keys"]] == ["sig", "enc"]


def test_single_files_with_jwk_certificate_and_public_key(unionhub: Operator, app_id: str, tmp_path: Path) -> None:
    (tmp_path / "sig.json").write_text(json.dumps(jwk("sig")))
    (tmp_path / "sig.crt").write_bytes(certificate())
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    (tmp_path / "enc.pem").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    unionhub.does(
        *adding(app_id, jwks=None, key=str(tmp_path / "sig.json")),
        "--key",
        f"1560936206326:sig:{tmp_path / 'sig.crt'}",
        "--key",
        f"1560935656467:enc:{tmp_path / 'enc.pem'}",
    )
    assert [(key["kid"], key["use"]) for key in unionhub.json("parties", "show", app_id)["keys"]] == [
        (jwk("sig")["kid"], "sig"),
        ("1560936206326", "sig"),
        ("1560935656467", "enc"),
    ]


def certificate() -> bytes:
    """Self-signed: the hub takes the key out of it, and trusts who registers it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "partner")])
    made = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, made, made + timedelta(days=365))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


@pytest.mark.parametrize(
    ("value", "content", "line"),
    [
        ("{}", None, "cannot be read: No such file"),
        ("{}", b"\xff\xfe", "cannot be read: not text"),
        ("{}", b"-----BEGIN PUBLIC KEY-----", "is PEM: name its kid and use"),
        ("1:sig:{}", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "holds no certificate or public key"),
        ("1:sig:{}", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds no certificate or public key"),
        ("1:sig:{}", b"words", "holds no certificate or public key"),
    ],
)
def test_files_that_are_no_keys(
    unionhub: Operator, app_id: str, tmp_path: Path, value: str, content: bytes | None, line: str
) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    assert line in unionhub.refuses(*adding(app_id, jwks=None, key=value.format(file)))


# --- changes


def test_a_key_is_rotated_without_an_interruption(unionhub: Operator, app_id: str, tmp_path: Path) -> None:
    unionhub.does(*adding(app_id, state="TESTING"), typed=jwks())
    new = tmp_path / "new.json"
    new.write_text(json.dumps(jwk("sig", "next")))
    old_kid, new_kid = jwk("sig")["kid"], jwk("sig", "next")["kid"]
    both = unionhub.json("parties", "update", app_id, "--add-key", new)
    assert {key["kid"] for key in both["keys"]} >= {old_kid, new_kid}
    after = unionhub.json("parties", "update", app_id, "--remove-key", old_kid)
    assert [key["kid"] for key in after["keys"]] == [jwk("enc")["kid"], new_kid]
    assert "a key with use sig is needed" in unionhub.refuses("parties", "update", app_id, "--remove-key", new_kid)
    assert f"it has no key {old_kid!r}" in unionhub.refuses("parties", "update", app_id, "--remove-key", old_kid)
    assert "registered twice" in unionhub.refuses("parties", "update", app_id, "--add-key", new)
    details = [line["detail"] for line in unionhub.json("parties", "show", app_id)["audit"]]
    assert details == [f"-key {old_kid}", f"+key {new_kid}", "app_gateway, TESTING"]


def test_everything_else_is_changed_by_name(unionhub: Operator, app_id: str) -> None:
    unionhub.does(*adding(app_id, role="acquirer", acquirer_iin="48000702"), typed=jwks())
    options = ["--name", "Other", "--base-url", "https://other.example/", "--verifies-merchants", "--unencoded-payload"]
    changed = unionhub.json("parties", "update", app_id, *options, "--acquirer-iin", "48010702", "--path", "PAY=/pay")
    assert changed | {"keys": []} == {
        "appId": app_id,
        "role": "acquirer",
        "name": "Other",
        "state": "APPLIED",
        "profile": "compact",
        "country": "344",
        "baseUrl": "https://other.example",
        "acquirerIIN": "48010702",
        "channelCode": "",
        "industryCode": "",
        "verifiesMerchants": True,
        "utcOffsetMinutes": 0,
        "unencodedPayload": True,
        "paths": {"PAY": "/pay"},
        "keys": [],
    }
    back = unionhub.json("parties", "update", app_id, "--no-verifies-merchants", "--no-unencoded-payload")
    assert (back["verifiesMerchants"], back["unencodedPayload"], back["name"]) == (False, False, "Other")
    assert "nothing to change" in unionhub.refuses("parties", "update", app_id)


def test_another_profile_needs_other_keys(unionhub: Operator, app_id: str, tmp_path: Path) -> None:
    unionhub.does(*adding(app_id), typed=jwks())
    assert "kty must be RSA" in unionhub.refuses("parties", "update", app_id, "--profile", "modern")
    rsa = [partner_key(JoseProfile.MODERN, use).public_jwk() for use in ("sig", "enc")]
    changed = unionhub.json("parties", "update", app_id, "--profile", "modern", "--jwks", "-", typed=json.dumps({"keys": rsa}))
    assert [(key["alg"], key["strength"]) for key in changed["keys"]] == [("PS256", "RSA 2048"), ("RSA-OAEP-256", "RSA 2048")]


def test_what_a_partner_has_fulfilled_no_change_takes_away(unionhub: Operator, app_id: str) -> None:
    options = {"role": "channel", "channel_code": f"BAY{app_id}", "state": "LIVE"}
    unionhub.does(*adding(app_id, **options), typed=jwks())
    said = unionhub.refuses("parties", "update", app_id, "--channel-code", "")
    assert said.startswith("a channel needs its channel code")
    assert "a key with use enc is needed" in unionhub.refuses("parties", "update", app_id, "--remove-key", jwk("enc")["kid"])
    # What a seeded partner never had does not keep it from being changed.
    assert unionhub.json("parties", "update", BANK, "--name", "Bauhinia Bank")["state"] == "LIVE"


# --- the steps to launch


def test_the_four_steps_of_an_app_gateway(unionhub: Operator, app_id: str) -> None:
    unionhub.does(*adding(app_id, jwks=None, base_url=None))
    said = unionhub.does("parties", "show", app_id).out
    assert f"before `unionhub parties admit {app_id}`:\n  - a key with use sig is needed" in said
    assert "a base URL is needed" in unionhub.refuses("parties", "admit", app_id)

    unionhub.does("parties", "update", app_id, "--base-url", "https://bay.example", "--jwks", "-", typed=jwks())
    assert f"next: unionhub parties admit {app_id}" in unionhub.does("parties", "show", app_id).out
    assert unionhub.json("parties", "admit", app_id, "--note", "contract 17")["state"] == "TESTING"

    tested = ["--tested", "Kim, 2 March: 12 messages"]
    shown = unionhub.json("parties", "show", app_id)
    assert (shown["nextStep"], len(shown["obstacles"])) == ("launch", 1)
    assert "no issuer has authorised it" in unionhub.refuses("parties", "launch", app_id, *tested)
    unionhub.does("products", "allow", PRODUCT.product_id, "--gateway", app_id)
    assert "nobody has said who tested it" in unionhub.refuses("parties", "launch", app_id)
    assert f'next: unionhub parties launch {app_id} --tested "WHO, WHEN"' in unionhub.does("parties", "show", app_id).out
    assert unionhub.json("parties", "launch", app_id, *tested)["state"] == "LIVE"

    assert unionhub.json("parties", "suspend", app_id, "--note", "key leaked")["state"] == "SUSPENDED"
    assert unionhub.json("parties", "resume", app_id)["state"] == "TESTING"
    assert [line["detail"] for line in unionhub.json("parties", "show", app_id)["audit"]][:4] == [
        "SUSPENDED to TESTING",
        "LIVE to SUSPENDED; key leaked",
        "TESTING to LIVE; tested: Kim, 2 March: 12 messages",
        "APPLIED to TESTING; contract 17",
    ]
    assert "  party.suspend  LIVE to SUSPENDED; key leaked\n" in unionhub.does("parties", "show", app_id).out


def test_an_issuer_goes_live_with_a_product_that_has_numbers(unionhub: Operator, app_id: str) -> None:
    unionhub.does(*adding(app_id, role="issuer", state="TESTING"), typed=jwks())
    launch = ["parties", "launch", app_id, "--tested", "Kim, today"]
    assert "it has no card product" in unionhub.refuses(*launch)
    name = f"CARD-{app_id}"
    unionhub.does(
        "products", "add", name, "--issuer", app_id, "--name", "Card", "--currency", "HKD", "--trx", "1", "--day", "1"
    )
    assert "none of its products has ranges of numbers" in unionhub.refuses(*launch)
    ranges = ["--token-range", "623601900000000-623601999999999", "--pan-range", "629101900000000-629101999999999"]
    unionhub.does("products", "set", name, *ranges)
    assert unionhub.json(*launch)["state"] == "LIVE"


def test_codes_of_two_partners_are_two(unionhub: Operator, app_id: str) -> None:
    other = f"97{app_id[2:]}"
    for each in (app_id, other):
        unionhub.does(*adding(each, role="industry", industry_code=app_id, state="TESTING"), typed=jwks())
    said = unionhub.refuses("parties", "launch", other, "--tested", "Kim, today")
    assert f"the industry code {app_id} is {app_id}'s (Test Wallet) already" in said


@pytest.mark.parametrize(
    ("steps", "line"),
    [
        (["launch", "--tested", "x"], "is APPLIED: no launch, only admit"),
        (["suspend"], "is APPLIED: no suspend, only admit"),
        (["resume"], "is APPLIED: no resume, only admit"),
        (["admit", "--note", "x" * 301], "--note takes up to 300 characters"),
    ],
)
def test_steps_that_cannot_be_taken(unionhub: Operator, app_id: str, steps: list[str], line: str) -> None:
    unionhub.does(*adding(app_id), typed=jwks())
    verb, *rest = steps
    assert line in unionhub.refuses("parties", verb, app_id, *rest)
    assert unionhub.json("parties", "show", app_id)["state"] == "APPLIED"


def test_bad_keys_of_an_older_version_are_not_let_in(unionhub: Operator, app_id: str) -> None:
    unionhub.does(*adding(app_id), typed=jwks())

    async def spoil(uow: Any) -> None:
        stored = next(party for party in await uow.parties() if party.app_id == app_id)
        await uow.put_party(msgspec.structs.replace(stored, profile=JoseProfile.MODERN))

    unionhub.work(spoil)
    assert "kty must be RSA (profile modern)" in unionhub.refuses("parties", "admit", app_id)


def test_production_asks_for_every_word(unionhub: Operator, app_id: str) -> None:
    for state in ("TESTING", "LIVE"):
        said = unionhub.refuses(*adding(app_id, role="qr_platform", state=state), typed=jwks(), **PRODUCTION)
        assert said.startswith("--state is for development")
    unionhub.does(*adding(app_id, role="qr_platform", base_url="http://wallet.example"), typed=jwks())
    assert "its base URL is http: https is needed" in unionhub.refuses("parties", "admit", app_id, **PRODUCTION)
    unionhub.does("parties", "update", app_id, "--base-url", "https://wallet.example")
    assert "nobody has said who tested it" in unionhub.refuses("parties", "state", app_id, "LIVE", **PRODUCTION)
    assert unionhub.json("parties", "state", app_id, "LIVE", "--tested", "Kim", **PRODUCTION)["state"] == "LIVE"


@pytest.mark.parametrize("state", ["LIVE", "SUSPENDED", "TESTING"])
def test_states_are_reached_by_name_with_all_their_steps(unionhub: Operator, app_id: str, state: str) -> None:
    unionhub.does(*adding(app_id, role="qr_platform"), typed=jwks())
    assert unionhub.json("parties", "state", app_id, state)["state"] == state
    assert unionhub.json("parties", "show", app_id)["state"] == state


def test_a_state_that_is_named_is_checked_as_any_other(unionhub: Operator, app_id: str) -> None:
    unionhub.does(*adding(app_id), typed=jwks())
    assert "no issuer has authorised it" in unionhub.refuses("parties", "state", app_id, "LIVE")
    assert unionhub.json("parties", "show", app_id)["state"] == "APPLIED"


STRANGE = [["show"], ["update", "--name", "x"], ["state", "LIVE"], ["admit"], ["launch"], ["suspend"], ["resume"]]


@pytest.mark.parametrize("command", STRANGE, ids=lambda command: str(command[0]))
def test_a_stranger_is_told(unionhub: Operator, command: list[str]) -> None:
    verb, *rest = command
    assert unionhub.refuses("parties", verb, "00000000", *rest).startswith("no party '00000000'")


def test_every_role_is_known_to_the_command_line(unionhub: Operator) -> None:
    said = unionhub.does("parties", "add", "--help").out
    assert all(role.value in said for role in Role)
