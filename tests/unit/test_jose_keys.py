"""Keys: the hub's six, what a party may register, and that each is parsed once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from jwcrypto.jwk import JWK

from support.keys import b64url, hub_keys, partner_jose, partner_key, party, unb64url
from unionhub.adapters.jose.keys import (
    HubKeys,
    OwnKeys,
    check_party_keys,
    generate_key,
    private_key,
    public_key,
    sealing_key,
    verifying_key,
)
from unionhub.adapters.jose.suites import SUITE_OF_ALG, SUITES
from unionhub.domain.model.parties import JoseProfile, PublicKey

SECRET_MEMBERS = {"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"}
ALGS = {"RS256": "sig", "PS256": "sig", "ES256": "sig", "RSA1_5": "enc", "RSA-OAEP-256": "enc", "ECDH-ES+A256KW": "enc"}


# The hub's six


def test_the_jwks_holds_six_public_keys_each_for_one_algorithm() -> None:
    keys = hub_keys().public_jwks()["keys"]
    assert {key["alg"]: key["use"] for key in keys} == ALGS
    assert len({key["kid"] for key in keys}) == 6
    assert all(key["kid"].isdigit() for key in keys)
    assert all(SECRET_MEMBERS.isdisjoint(key) for key in keys)
    assert len({key.get("n", key.get("x")) for key in keys}) == 6
    assert {len(unb64url(key["n"])) * 8 for key in keys if key["kty"] == "RSA"} == {2048}
    assert {key["crv"] for key in keys if key["kty"] == "EC"} == {"P-256"}


def test_the_private_keys_survive_their_json() -> None:
    restored = HubKeys.from_json(hub_keys().to_json())
    assert restored.public_jwks() == hub_keys().public_jwks()
    for profile in JoseProfile:
        suite, payload = SUITES[profile], b"payload"
        signature = suite.signature.sign(restored.signing(profile).jwk, payload)
        suite.signature.verify(hub_keys().signing(profile).jwk, payload, signature)
        assert restored.opening(profile).keys() == hub_keys().opening(profile).keys()


def test_each_profile_has_its_own_two_keys() -> None:
    for profile, suite in SUITES.items():
        assert hub_keys().signing(profile).alg == suite.sig_alg
        assert [key.alg for key in hub_keys().opening(profile).values()] == [suite.key_alg]


def private_jwks() -> list[dict[str, Any]]:
    keys: list[dict[str, Any]] = json.loads(hub_keys().to_json())["keys"]
    return keys


def rewritten(change: Callable[[list[dict[str, Any]]], object]) -> str:
    keys = private_jwks()
    change(keys)
    return json.dumps({"keys": keys})


HUB_ROWS: dict[str, tuple[Callable[[], str], str]] = {
    "one missing": (lambda: rewritten(lambda keys: keys.pop()), "exactly one key for each"),
    "one too many": (
        lambda: rewritten(lambda keys: keys.append(generate_key("ES256").private_jwk())),
        "exactly one key for each",
    ),
    "one key under two algorithms": (
        lambda: rewritten(lambda keys: keys.__setitem__(1, keys[0] | {k: keys[1][k] for k in ("alg", "use", "kid")})),
        "one key under two algorithms",
    ),
    "one kid twice": (lambda: rewritten(lambda keys: keys[1].update(kid=keys[0]["kid"])), "the same kid"),
    "alg a list": (lambda: rewritten(lambda keys: keys[0].update(alg=["RS256"])), "without an alg"),
    "unknown alg": (lambda: rewritten(lambda keys: keys[0].update(alg="RS512")), "without an alg"),
    "a public key": (lambda: json.dumps(hub_keys().public_jwks()), "must be base64url"),
    "a private exponent of another key": (lambda: rewritten(lambda keys: keys[0].update(d=keys[1]["d"])), "numbers"),
    "a private exponent of no octets": (lambda: rewritten(lambda keys: keys[0].update(d="")), "numbers"),
    "no JWK Set": (lambda: "{}", "not a JWK Set"),
    "no JSON": (lambda: "kid", "not a JSON object"),
}


@pytest.mark.parametrize("row", HUB_ROWS)
def test_other_than_six_sound_keys_are_refused(row: str) -> None:
    text, message = HUB_ROWS[row]
    with pytest.raises(ValueError, match=message):
        HubKeys.from_json(text())


def test_a_key_shows_nothing_of_itself() -> None:
    for key in (partner_key(JoseProfile.MODERN, "sig"), partner_key(JoseProfile.COMPACT, "enc")):
        secrets = [value for name, value in key.private_jwk().items() if name in SECRET_MEMBERS]
        shown = f"{key!r} {key!s} {OwnKeys([key])!r} {key.public()!r} {key.public_jwk()!r}"
        assert secrets
        assert not [secret for secret in secrets if secret in shown]


def test_a_public_key_has_no_private_jwk() -> None:
    key = partner_key(JoseProfile.COMPACT, "sig")
    with pytest.raises(ValueError, match="is public"):
        public_key(key.public(), JoseProfile.COMPACT).private_jwk()


def test_a_side_without_a_profile_s_key_says_so() -> None:
    own = OwnKeys([partner_key(JoseProfile.COMPACT, "sig")])
    with pytest.raises(LookupError, match="modern"):
        own.signing(JoseProfile.MODERN)
    assert own.opening(JoseProfile.MODERN) == {}


def test_a_kid_is_made_from_the_key_and_may_be_given() -> None:
    key = partner_key(JoseProfile.COMPACT, "sig")
    assert len(key.kid) == 16
    assert key.kid.isdigit()
    assert generate_key("ES256", "1555570302").kid == "1555570302"


# What a party may register


def registered(profile: JoseProfile, use: str, /, **changes: Any) -> PublicKey:
    """A sound key of the profile with members changed; None drops one."""
    key = partner_key(profile, "sig" if use == "sig" else "enc")
    members = {name: value for name, value in (key.public_jwk() | changes).items() if value is not None}
    return PublicKey(kid=key.kid, use=use, jwk=json.dumps(members))


def modulus(bits: int) -> str:
    """An odd number of that many bits: enough to be judged by its length."""
    return b64url(((1 << bits) - 1).to_bytes((bits + 7) // 8, "big"))


@pytest.mark.parametrize("profile", list(JoseProfile))
@pytest.mark.parametrize("use", ["sig", "enc"])
@pytest.mark.parametrize("bare", [False, True])
def test_a_sound_key_is_taken_with_or_without_use_alg_and_kid(profile: JoseProfile, use: str, bare: bool) -> None:
    changes = dict.fromkeys(("use", "alg", "kid")) if bare else {}
    key = public_key(registered(profile, use, **changes, x5c=["ignored"]), profile)
    suite = SUITES[profile]
    assert (key.use, key.alg) == (use, suite.sig_alg if use == "sig" else suite.key_alg)
    assert SECRET_MEMBERS.isdisjoint(key.jwk)


RSA, EC = JoseProfile.MODERN, JoseProfile.COMPACT
KEY_ROWS: dict[str, tuple[JoseProfile, Callable[[JoseProfile], PublicKey], str]] = {
    "RSA 1024": (RSA, lambda p: registered(p, "sig", n=modulus(1024)), "RSA of 1024 bits"),
    "RSA 2047": (RSA, lambda p: registered(p, "enc", n=modulus(2047)), "RSA of 2047 bits"),
    "RSA 2047 with a zero in front": (
        RSA,
        lambda p: registered(p, "sig", n=b64url(b"\0" + unb64url(modulus(2047)))),
        "zero octet",
    ),
    "RSA exponent with a zero in front": (RSA, lambda p: registered(p, "enc", e="AAEAAQ"), "zero octet"),
    "RSA 16384": (JoseProfile.UNIONPAY, lambda p: registered(p, "sig", n=modulus(16384)), "RSA of 16384 bits"),
    "RSA exponent 3": (RSA, lambda p: registered(p, "sig", e="Aw"), "exponent below"),
    "RSA exponent 1": (RSA, lambda p: registered(p, "enc", e="AQ"), "exponent below"),
    "RSA even exponent": (RSA, lambda p: registered(p, "sig", e="AQAC"), "numbers"),
    "RSA without n": (RSA, lambda p: registered(p, "sig", n=None), "n must be base64url"),
    "RSA padded": (RSA, lambda p: registered(p, "sig", e="AQAB="), "e must be base64url"),
    "RSA n a number": (RSA, lambda p: registered(p, "sig", n=5), "n must be base64url"),
    "RSA key for the compact profile": (EC, lambda p: registered(RSA, "sig", alg=None), "kty must be EC"),
    "EC key for the modern profile": (RSA, lambda p: registered(EC, "enc", alg=None), "kty must be RSA"),
    "EC P-384": (EC, lambda p: registered(p, "sig", crv="P-384"), "curve must be P-256"),
    "EC secp256k1": (EC, lambda p: registered(p, "sig", crv="secp256k1"), "curve must be P-256"),
    "EC off the curve": (EC, lambda p: registered(p, "sig", x=b64url(bytes(31) + b"\1")), "numbers"),
    "EC x too short": (EC, lambda p: registered(p, "enc", x=b64url(bytes(31))), "x must be 32 octets"),
    "OKP": (EC, lambda p: registered(p, "sig", kty="OKP"), "kty must be EC"),
    "secret": (RSA, lambda p: PublicKey(kid="1", use="sig", jwk='{"kty":"oct","k":"AAAA"}'), "private material"),
    "private key": (
        EC,
        lambda p: PublicKey(kid="1", use="sig", jwk=json.dumps(partner_key(p, "sig").private_jwk() | {"kid": "1"})),
        "private material",
    ),
    "private member null": (
        EC,
        lambda p: PublicKey(kid="1", use="sig", jwk='{"kty":"EC","d":null}'),
        "private material",
    ),
    "use of the JWK": (RSA, lambda p: registered(p, "sig", use="enc"), "use must be sig"),
    "use unknown": (RSA, lambda p: registered(p, "both"), "use must be sig or enc"),
    "alg of another profile": (RSA, lambda p: registered(p, "sig", alg="RS256"), "alg must be PS256"),
    "kid of the JWK": (RSA, lambda p: registered(p, "sig", kid="other"), "another kid"),
    "kid empty": (EC, lambda p: PublicKey(kid="", use="sig", jwk='{"kty":"EC"}'), "printable ASCII"),
    "kid a line break": (EC, lambda p: PublicKey(kid="1\n", use="sig", jwk='{"kty":"EC"}'), "printable ASCII"),
    "kty absent": (RSA, lambda p: registered(p, "sig", kty=None), "kty must be RSA"),
    "member doubled": (RSA, lambda p: PublicKey(kid="1", use="sig", jwk='{"n":"AQ","n":"AQ"}'), "doubled"),
    "not JSON": (RSA, lambda p: PublicKey(kid="1", use="sig", jwk="-----BEGIN"), "not a JSON object"),
    "endless": (RSA, lambda p: PublicKey(kid="1", use="sig", jwk=" " * 20_000 + "{}"), "longer than"),
}


@pytest.mark.parametrize("row", KEY_ROWS)
def test_a_weak_or_unfit_key_is_refused_in_words(row: str) -> None:
    profile, make, message = KEY_ROWS[row]
    with pytest.raises(ValueError, match=message) as refused:
        public_key(make(profile), profile)
    assert type(refused.value) is ValueError
    with pytest.raises(ValueError, match=message):
        check_party_keys(party(profile, keys=(make(profile),)))


def test_a_jwk_that_orders_a_key_generation_is_not_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    ordered: list[object] = []
    monkeypatch.setattr(JWK, "generate_key", lambda self, **params: ordered.append(params))
    assert public_key(registered(EC, "sig", generate="RSA", size=16384), EC).alg == "ES256"
    assert ordered == []


def test_keys_of_a_party_are_distinct() -> None:
    signing, encryption = partner_key(RSA, "sig"), partner_key(RSA, "enc")
    check_party_keys(party(RSA))
    again = partner_key(EC, "sig", "next")
    twice = PublicKey(kid=again.kid, use="sig", jwk=json.dumps(partner_key(EC, "sig").public_jwk() | {"kid": again.kid}))
    with pytest.raises(ValueError, match="registered twice"):
        check_party_keys(party(EC, keys=(again.public(), twice)))
    numbers = {name: signing.jwk[name] for name in ("kty", "n", "e")}
    both = PublicKey(kid="2", use="enc", jwk=json.dumps(numbers))
    with pytest.raises(ValueError, match="both sign and decrypt"):
        check_party_keys(party(RSA, keys=(signing.public(), both, encryption.public())))


# Found by kid and use, parsed once


def test_a_key_is_found_by_kid_and_use() -> None:
    old, new = partner_key(EC, "sig"), partner_key(EC, "sig", "next")
    enc_old, enc_new = partner_key(EC, "enc"), partner_key(EC, "enc", "next")
    sender = party(EC, keys=tuple(key.public() for key in (old, enc_old, new, enc_new)))
    assert {kid: found.thumbprint for kid in (old.kid, new.kid) if (found := verifying_key(sender, kid))} == {
        old.kid: old.thumbprint,
        new.kid: new.thumbprint,
    }
    assert verifying_key(sender, enc_old.kid) is None
    assert verifying_key(sender, "1") is None
    assert sealing_key(sender).thumbprint == enc_new.thumbprint
    with pytest.raises(LookupError, match="no encryption key"):
        sealing_key(party(EC, keys=(old.public(),)))


def test_a_public_key_is_parsed_once_however_often_its_party_is_loaded() -> None:
    copies = [party(RSA), party(RSA, name="renamed"), party(RSA, keys=tuple(json_copy(key) for key in party(RSA).keys))]
    kid = partner_key(RSA, "sig").kid
    assert len({id(verifying_key(copy, kid)) for copy in copies}) == 1
    assert len({id(sealing_key(copy)) for copy in copies}) == 1
    found = sealing_key(copies[0])
    assert found.jwk.get_op_key("wrapKey") is found.jwk.get_op_key("wrapKey")


def json_copy(key: PublicKey) -> PublicKey:
    return PublicKey(kid=f"{key.kid}", use=f"{key.use}", jwk="".join(list(key.jwk)))


def test_a_replaced_key_is_not_served_from_the_cache() -> None:
    kid, new = partner_key(EC, "sig").kid, partner_key(EC, "sig", "next")
    replaced = PublicKey(kid=kid, use="sig", jwk=json.dumps(new.public_jwk() | {"kid": kid}))
    before, after = verifying_key(party(EC), kid), verifying_key(party(EC, keys=(replaced,)), kid)
    assert before is not None
    assert after is not None
    assert (before.thumbprint, after.thumbprint) == (partner_key(EC, "sig").thumbprint, new.thumbprint)


@pytest.mark.parametrize("alg", list(SUITE_OF_ALG))
def test_a_private_key_is_parsed_before_its_first_message(alg: str, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = SUITE_OF_ALG[alg].profile
    key = partner_key(profile, "sig" if ALGS[alg] == "sig" else "enc")
    parsed = private_key(key.private_jwk(), alg)
    for name in ("_rsa_pri_n", "_ec_pri_n"):
        monkeypatch.setattr(JWK, name, lambda *_: pytest.fail("parsed again"))
    assert parsed.jwk.get_op_key("sign" if ALGS[alg] == "sig" else "unwrapKey")


def test_a_partner_with_keys_of_another_profile_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("support.keys.partner_key", lambda profile, use: partner_key(EC, use))
    with pytest.raises(ValueError, match="kty must be RSA"):
        partner_jose(RSA)
