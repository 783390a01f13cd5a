"""`unionhub parties`: who is let in, with which keys, and who is not (RULES section 5)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from support.keys import partner_key
from support.operator import Operator
from unionhub.domain.model.parties import JoseProfile, PublicKey, Role
from unionhub.hosts.sandbox.seeds import ACQUIRER, HARBOUR

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
    assert f"unionhub parties state {app_id} LIVE" in said.out
    shown = unionhub.json("parties", "show", app_id)
    keys = shown.pop("keys")
    assert shown == {
        "appId": app_id,
        "role": "app_gateway",
        "name": "Test Wallet",
        "state": "TESTING",
        "profile": "compact",
        "country": "344",
        "baseUrl": "https://wallet.example/upi",
        "acquirerIIN": "",
        "verifiesMerchants": False,
        "utcOffsetMinutes": 480,
        "unencodedPayload": False,
        "paths": {"TRX_RESULT_NOTIFICATION": "/v2/notify"},
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
        ({"jwks": None}, "its public keys are needed"),
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
        ({"role": "acquirer"}, "an acquirer needs its IIN"),
        ({"role": "acquirer", "acquirer_iin": "1234567"}, "an acquirer needs its IIN"),
        ({"role": "acquirer", "acquirer_iin": ACQUIRER}, f"the acquirer IIN {ACQUIRER} is {ACQUIRER}'s"),
        ({"utc_offset_minutes": "900"}, "the UTC offset is between"),
        ({"state": "APPLIED"}, "Invalid value for '--state'"),
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
    unionhub.does(*adding(app_id, role="qr_platform", country="CN"), typed=jwks())
    assert unionhub.json("parties", "show", app_id)["country"] == "156"


PRODUCTION = {"UNIONHUB_PRODUCTION": "true", "UNIONHUB_MASTER_KEY_FILE": "/etc/unionhub/master.key"}


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
    assert line in unionhub.refuses(*adding(app_id), typed=text)


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
    unionhub.does(*adding(app_id), typed=jwks())
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


def test_everything_else_is_changed_by_name(unionhub: Operator, app_id: str) -> None:
    unionhub.does(*adding(app_id, role="acquirer", acquirer_iin="48000702"), typed=jwks())
    options = ["--name", "Other", "--base-url", "https://other.example/", "--verifies-merchants", "--unencoded-payload"]
    changed = unionhub.json("parties", "update", app_id, *options, "--acquirer-iin", "48010702", "--path", "PAY=/pay")
    assert changed | {"keys": []} == {
        "appId": app_id,
        "role": "acquirer",
        "name": "Other",
        "state": "TESTING",
        "profile": "compact",
        "country": "344",
        "baseUrl": "https://other.example",
        "acquirerIIN": "48010702",
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


@pytest.mark.parametrize("state", ["LIVE", "SUSPENDED", "TESTING"])
def test_states_are_set_by_command(unionhub: Operator, app_id: str, state: str) -> None:
    unionhub.does(*adding(app_id), typed=jwks())
    assert unionhub.json("parties", "state", app_id, state)["state"] == state
    assert unionhub.json("parties", "show", app_id)["state"] == state


@pytest.mark.parametrize("command", [["show"], ["update", "--name", "x"], ["state", "LIVE"]])
def test_a_stranger_is_told(unionhub: Operator, command: list[str]) -> None:
    verb, *rest = command
    assert unionhub.refuses("parties", verb, "00000000", *rest).startswith("no party '00000000'")


def test_every_role_is_known_to_the_command_line(unionhub: Operator) -> None:
    said = unionhub.does("parties", "add", "--help").out
    assert all(role.value in said for role in Role)
