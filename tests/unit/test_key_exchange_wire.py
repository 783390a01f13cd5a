"""KEY_EXCHANGE on the wire: the forms of a public key, what is no key, and the answer."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from jwcrypto.jwk import JWK

from support.keys import partner_key
from unionhub.adapters.jose.key_text import PrivateMaterialError, public_members
from unionhub.adapters.jose.keys import Use, fitted
from unionhub.adapters.wire import keys as wire
from unionhub.domain.model.parties import JoseProfile
from unionhub.domain.model.party_keys import ExchangedKeys, KeyExchangeRequest

SPKI = PublicFormat.SubjectPublicKeyInfo
MEMBERS = {
    "insSignCertID": "1560936206326",
    "insSignPublicKey": "x",
    "insEncCertID": "1560935656467",
    "insEncPublickey": "y",
}


def public(profile: JoseProfile, use: Use) -> Any:
    return partner_key(profile, use).jwk.get_op_key("verify" if use == "sig" else "wrapKey")


def pem(key: Any) -> str:
    return str(key.public_bytes(Encoding.PEM, SPKI).decode())


def der(key: Any) -> str:
    return base64.b64encode(key.public_bytes(Encoding.DER, SPKI)).decode()


def jwk(key: Any) -> str:
    return str(JWK.from_pyca(key).export_public())


def without_kid(key: Any) -> str:
    return json.dumps({name: value for name, value in json.loads(jwk(key)).items() if name != "kid"})


FORMS: dict[str, Callable[[Any], str]] = {
    "PEM": pem,
    "PEM with blanks around": lambda key: f"\n  {pem(key)}\r\n",
    "base64 of DER": der,
    "base64 of DER in lines": lambda key: "\r\n".join(der(key)[at : at + 64] for at in range(0, len(der(key)), 64)),
    "JWK": without_kid,
}


def read(**members: str) -> KeyExchangeRequest:
    return wire.read_key_exchange(msgspec.convert(members, wire.KeyExchangeTrx))


@pytest.mark.parametrize("profile", list(JoseProfile))
@pytest.mark.parametrize("form", list(FORMS))
def test_every_form_is_the_same_key(form: str, profile: JoseProfile) -> None:
    text = {use: FORMS[form](public(profile, use)) for use in ("sig", "enc")}  # type: ignore[arg-type]
    request = read(insSignCertID="1", insSignPublicKey=text["sig"], insEncCertID="2", insEncPublickey=text["enc"])
    assert request.fault == ""
    assert [each.field for each in request.offered] == ["trxInfo.insSignPublicKey", "trxInfo.insEncPublickey"]
    for each, kid, use in zip(request.offered, "12", ("sig", "enc"), strict=True):
        assert each.key is not None
        found = fitted(each.key, profile)
        assert found is not None
        assert (found.key.kid, found.key.use, found.thumbprint) == (kid, use, partner_key(profile, use).thumbprint)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("left", "fault"),
    [
        ("", "trxInfo.insSignCertID"),
        ("insSignCertID", "trxInfo.insSignPublicKey"),
        ("insSignPublicKey", "trxInfo.insSignCertID"),
        ("insEncCertID", "trxInfo.insEncPublickey"),
        ("insEncPublickey", "trxInfo.insEncCertID"),
        ("insSignCertID insSignPublicKey insEncCertID", "trxInfo.insEncPublickey"),
    ],
)
def test_half_a_pair_or_none_is_a_fault(left: str, fault: str) -> None:
    assert read(**{name: MEMBERS[name] for name in left.split()}) == KeyExchangeRequest(fault=fault)


def test_a_kid_names_one_key() -> None:
    assert read(**{**MEMBERS, "insEncCertID": MEMBERS["insSignCertID"]}).fault == "trxInfo.insEncCertID"


@pytest.mark.parametrize("kid", ["", "a b", "caf\u00e9", "x" * 65, "line\n"])
def test_what_is_no_kid_is_refused_when_it_is_decoded(kid: str) -> None:
    members = {"insSignCertID": kid, "insSignPublicKey": "x"}
    if kid:
        with pytest.raises(msgspec.ValidationError, match=r"\$\.insSignCertID"):
            msgspec.convert(members, wire.KeyExchangeTrx)
    else:
        assert read(**members).fault == "trxInfo.insSignCertID"


EC_KEY = ec.generate_private_key(ec.SECP256R1())
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


def private_pem(form: PrivateFormat) -> str:
    return EC_KEY.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


NO_KEYS: dict[str, Callable[[], str]] = {
    "nothing": lambda: " ",
    "a word": lambda: "key",
    "base64 of nothing good": lambda: base64.b64encode(b"nothing good").decode(),
    "base64url": lambda: der(EC_KEY.public_key()).rstrip("=") + "_-",
    "a cut PEM": lambda: pem(EC_KEY.public_key())[:80],
    "a private PEM": lambda: private_pem(PrivateFormat.PKCS8),
    "a private PEM of old": lambda: private_pem(PrivateFormat.TraditionalOpenSSL),
    "a private DER": lambda: base64.b64encode(EC_KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())).decode(),
    "a private JWK": lambda: json.dumps(partner_key(JoseProfile.COMPACT, "sig").private_jwk()),
    "a symmetric JWK": lambda: '{"kty":"oct","k":"AAAA"}',
    "a JWK with a member twice": lambda: '{"kty":"EC",' + without_kid(EC_KEY.public_key())[1:],
    "a JWK Set": lambda: json.dumps({"keys": [json.loads(jwk(EC_KEY.public_key()))]}),
    "a JWK of another kid": lambda: jwk(EC_KEY.public_key()),
    "a JWK of another use": lambda: json.dumps({**json.loads(without_kid(EC_KEY.public_key())), "use": "enc"}),
    "numbers beyond 64 bits": lambda: '{"kty":"EC","x":123456789012345678901234567890}',
    "half a character": lambda: r'{"kty":"EC","x":"\ud800"}',
    "a certificate": lambda: CERTIFICATE,
    "Ed25519": lambda: pem(ed25519.Ed25519PrivateKey.generate().public_key()),
    "P-384": lambda: pem(ec.generate_private_key(ec.SECP384R1()).public_key()),
    "P-224, which no JWK has": lambda: pem(ec.generate_private_key(ec.SECP224R1()).public_key()),
    "secp256k1": lambda: der(ec.generate_private_key(ec.SECP256K1()).public_key()),
    "RSA": lambda: pem(public(JoseProfile.MODERN, "sig")),
    "too long": lambda: " " * 16_384,
}


@pytest.mark.parametrize("text", list(NO_KEYS))
def test_what_is_no_key_of_the_profile(text: str) -> None:
    (offered,) = read(insSignCertID="1", insSignPublicKey=NO_KEYS[text]()).offered
    assert offered.key is None or fitted(offered.key, JoseProfile.COMPACT) is None


@pytest.mark.parametrize("bits", [1024, 8200])
def test_rsa_keys_of_a_size_that_nobody_takes(bits: int) -> None:
    if bits < 2048:
        text = pem(rsa.generate_private_key(65537, bits).public_key())
    else:
        text = pem(rsa.RSAPublicNumbers(65537, (1 << bits) + 1).public_key())
    (offered,) = read(insSignCertID="1", insSignPublicKey=text).offered
    assert offered.key is None or fitted(offered.key, JoseProfile.UNIONPAY) is None


@pytest.mark.parametrize("text", ["a private PEM", "a private PEM of old", "a private JWK"])
def test_private_material_is_told_apart_and_never_quoted(text: str) -> None:
    with pytest.raises(PrivateMaterialError) as refusal:
        public_members(NO_KEYS[text]())
    assert str(refusal.value) == "a private key"


@given(st.one_of(st.text(), st.text('{}[]":,ktyECx0123 -BEGIN\n'), st.binary().map(lambda raw: base64.b64encode(raw).decode())))
def test_whatever_is_sent_reading_raises_nothing(text: str) -> None:
    for offered in read(insEncCertID="1", insEncPublickey=text).offered:
        assert offered.key is None or fitted(offered.key, JoseProfile.COMPACT) is None


def test_the_answer_names_both_kids_beside_the_rest() -> None:
    result = ExchangedKeys(hub_kid="123", partner_kid="456")
    answer = json.loads(msgspec.json.encode(wire.beside_key_exchange(result)))
    assert answer == {"encCertId": {"upiEncCertID": "123", "insEncCertID": "456"}}
    bare = wire.beside_key_exchange(ExchangedKeys(hub_kid="123", partner_kid=""))
    assert json.loads(msgspec.json.encode(bare)) == {"encCertId": {"upiEncCertID": "123"}}
