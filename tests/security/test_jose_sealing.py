"""Sealed fields (PROTOCOL 1.4): what opens, and that whatever does not looks the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jwcrypto.jwe import JWE
from jwcrypto.jwk import JWK

from support.keys import b64url, hub_jose, hub_keys, jwe_of, partner_jose, partner_key, party, unb64url
from unionhub.adapters.jose.keys import Key
from unionhub.adapters.jose.sealing import MAX_SEALED_CHARS, SealCause, SealedFieldError, open_, seal
from unionhub.adapters.jose.suites import SUITES
from unionhub.domain.model.parties import JoseProfile

PLAINTEXT = '{"token":"6291234567890123","name":"銀聯"}'.encode()
CONTENT_KEY_OCTETS = 32  # of A128CBC-HS256 and A256GCM alike

every_profile = pytest.mark.parametrize("profile", list(JoseProfile))


def own_key(profile: JoseProfile) -> Key:
    return partner_key(profile, "enc")


def opened(jwe: str, profile: JoseProfile) -> bytes:
    key = own_key(profile)
    return open_(jwe, {key.kid: key}, profile)


def cause_of(act: Callable[..., object], *args: Any) -> SealCause:
    """The cause, after a look at all that a caller could tell it by."""
    with pytest.raises(SealedFieldError) as failure:
        act(*args)
    error = failure.value
    assert (type(error), str(error)) == (SealedFieldError, "sealed field does not open")
    assert error.args == ("sealed field does not open",)
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
    return error.cause


# What opens


@every_profile
def test_a_field_sealed_at_one_end_opens_at_the_other(profile: JoseProfile) -> None:
    hub, partner, peer = hub_jose(), partner_jose(profile), party(profile)
    assert partner.open_(hub.seal_for(peer, PLAINTEXT)) == PLAINTEXT
    assert hub.open_from(peer, partner.seal(PLAINTEXT)) == PLAINTEXT


@every_profile
@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 79, 4096])
def test_every_size_opens(profile: JoseProfile, size: int) -> None:
    plaintext = bytes(range(256)) * 16
    assert opened(seal(plaintext[:size], own_key(profile), profile), profile) == plaintext[:size]


@every_profile
def test_the_header_is_the_profile_s_and_names_the_recipient_s_key(profile: JoseProfile) -> None:
    suite, key = SUITES[profile], own_key(profile)
    header = json.loads(unb64url(seal(PLAINTEXT, key, profile).split(".")[0]))
    epk = header.pop("epk", None)
    assert header == {"alg": suite.key_alg, "enc": suite.enc, "kid": key.kid}
    assert (sorted(epk) if epk else None) == (["crv", "kty", "x", "y"] if suite.kty == "EC" else None)


@every_profile
def test_jwcrypto_opens_what_we_seal_and_we_open_what_it_seals(profile: JoseProfile) -> None:
    suite, key = SUITES[profile], own_key(profile)
    theirs = JWE(algs=[suite.key_alg, suite.enc])
    theirs.deserialize(seal(PLAINTEXT, key, profile))
    theirs.decrypt(key.jwk)
    assert theirs.payload == PLAINTEXT

    header = {"alg": suite.key_alg, "enc": suite.enc, "kid": key.kid, "typ": "JOSE"}
    if suite.kty == "EC":
        header |= {"apu": b64url(b"Alice"), "apv": b64url(b"Bob")}
    ours = JWE(PLAINTEXT, json.dumps(header), algs=[suite.key_alg, suite.enc])
    ours.add_recipient(key.jwk.public())
    assert opened(ours.serialize(compact=True), profile) == PLAINTEXT


@every_profile
def test_content_key_and_iv_are_drawn_anew_each_time(profile: JoseProfile, monkeypatch: pytest.MonkeyPatch) -> None:
    content = SUITES[profile].content
    seen: list[bytes] = []
    encrypt = content.encrypt

    def spy(k: bytes, aad: bytes, m: bytes) -> tuple[bytes, bytes, bytes]:
        seen.append(k)
        return encrypt(k, aad, m)

    monkeypatch.setattr(content, "encrypt", spy)
    jwes = [seal(PLAINTEXT, own_key(profile), profile) for _ in range(8)]
    assert len(set(seen)) == 8
    assert {len(key) for key in seen} == {CONTENT_KEY_OCTETS}
    assert [len({jwe.split(".")[part] for jwe in jwes}) for part in (1, 2, 3, 4)] == [8, 8, 8, 8]


def test_several_keys_are_alive_and_chosen_by_kid() -> None:
    profile = JoseProfile.COMPACT
    old, new = own_key(profile), partner_key(profile, "enc", "next")
    keys = {key.kid: key for key in (old, new)}
    assert [open_(seal(PLAINTEXT, key, profile), keys, profile) for key in (old, new)] == [PLAINTEXT] * 2
    both = party(profile, keys=(old.public(), new.public()))
    header = json.loads(unb64url(hub_jose().seal_for(both, PLAINTEXT).split(".")[0]))
    assert header["kid"] == new.kid


# What does not open


def flipped(part: int, octet: int, bit: int = 1) -> Callable[[str], str]:
    def edit(jwe: str) -> str:
        parts = jwe.split(".")
        raw = bytearray(unb64url(parts[part]))
        raw[octet] ^= bit
        parts[part] = b64url(bytes(raw))
        return ".".join(parts)

    return edit


def replaced(part: int, change: Callable[[bytes], bytes]) -> Callable[[str], str]:
    def edit(jwe: str) -> str:
        parts = jwe.split(".")
        parts[part] = b64url(change(unb64url(parts[part])))
        return ".".join(parts)

    return edit


VALUE_ROWS: dict[str, tuple[Callable[[str], str], SealCause]] = {
    "encrypted key, last octet": (flipped(1, -1), SealCause.NOT_OPENED),
    "encrypted key, a middle octet": (flipped(1, 20), SealCause.NOT_OPENED),
    "iv": (flipped(2, 0), SealCause.NOT_OPENED),
    "ciphertext, first octet": (flipped(3, 0), SealCause.NOT_OPENED),
    "ciphertext, last octet": (flipped(3, -1, 0x80), SealCause.NOT_OPENED),
    "ciphertext cut": (replaced(3, lambda raw: raw[:-16]), SealCause.NOT_OPENED),
    "ciphertext empty": (replaced(3, lambda raw: b""), SealCause.NOT_OPENED),
    "ciphertext not of whole blocks": (replaced(3, lambda raw: raw + b"\0"), SealCause.NOT_OPENED),
    "tag, first octet": (flipped(4, 0), SealCause.NOT_OPENED),
    "tag, last octet": (flipped(4, -1), SealCause.NOT_OPENED),
    "tag cut": (replaced(4, lambda raw: raw[:12]), SealCause.LENGTH),
    "tag empty": (replaced(4, lambda raw: b""), SealCause.LENGTH),
    "iv cut": (replaced(2, lambda raw: raw[:-1]), SealCause.LENGTH),
    "iv longer": (replaced(2, lambda raw: raw + b"\0"), SealCause.LENGTH),
    "encrypted key empty": (replaced(1, lambda raw: b""), SealCause.LENGTH),
    "encrypted key longer": (replaced(1, lambda raw: b"\0" + raw), SealCause.LENGTH),
    "header, a blank more": (replaced(0, lambda raw: raw + b" "), SealCause.NOT_OPENED),
    "header empty": (replaced(0, lambda raw: b""), SealCause.NOT_AN_OBJECT),
    "header not UTF-8": (replaced(0, lambda raw: raw + b"\xff"), SealCause.NOT_AN_OBJECT),
    "empty": (lambda jwe: "", SealCause.NOT_FIVE_PARTS),
    "four parts": (lambda jwe: jwe.rpartition(".")[0], SealCause.NOT_FIVE_PARTS),
    "six parts": (lambda jwe: jwe + ".", SealCause.NOT_FIVE_PARTS),
    "JSON serialization": (lambda jwe: '{"ciphertext":"AA"}', SealCause.NOT_FIVE_PARTS),
    "padded": (lambda jwe: jwe + "==", SealCause.NOT_BASE64URL),
    "plain base64": (lambda jwe: jwe + "+/", SealCause.NOT_BASE64URL),
    "a line break": (lambda jwe: jwe.replace(".", ".\n", 1), SealCause.NOT_BASE64URL),
    "not ASCII": (lambda jwe: jwe + "é", SealCause.NOT_BASE64URL),
    "too long": (lambda jwe: jwe + "A" * MAX_SEALED_CHARS, SealCause.TOO_LONG),
}


@every_profile
@pytest.mark.parametrize("row", VALUE_ROWS)
def test_a_tampered_jwe_does_not_open(profile: JoseProfile, row: str) -> None:
    edit, cause = VALUE_ROWS[row]
    jwe = seal(PLAINTEXT, own_key(profile), profile)
    assert opened(jwe, profile) == PLAINTEXT
    assert cause_of(opened, edit(jwe), profile) is cause


def more(members: str) -> Callable[[str], str]:
    return lambda header: f"{header[:-1]},{members}}}"


def member(name: str, value: Any) -> Callable[[str], str]:
    return lambda header: json.dumps(json.loads(header) | {name: value})


def without(name: str) -> Callable[[str], str]:
    return lambda header: json.dumps({key: value for key, value in json.loads(header).items() if key != name})


HEADER_ROWS: dict[str, tuple[Callable[[str], str], SealCause]] = {
    "alg absent": (without("alg"), SealCause.ALG),
    "alg dir": (member("alg", "dir"), SealCause.ALG),
    "alg not a string": (member("alg", None), SealCause.ALG),
    "alg RSA-OAEP with SHA-1": (member("alg", "RSA-OAEP"), SealCause.ALG),
    "alg ECDH-ES without wrapping": (member("alg", "ECDH-ES"), SealCause.ALG),
    "alg with a password": (member("alg", "PBES2-HS256+A128KW"), SealCause.ALG),
    "enc absent": (without("enc"), SealCause.ENC),
    "enc of another strength": (member("enc", "A128GCM"), SealCause.ENC),
    "enc not a string": (member("enc", 1), SealCause.ENC),
    "zip": (member("zip", "DEF"), SealCause.ZIP),
    "zip null": (member("zip", None), SealCause.ZIP),
    "crit": (more('"crit":["exp"],"exp":1'), SealCause.CRIT),
    "crit empty": (member("crit", []), SealCause.CRIT),
    "kid absent": (without("kid"), SealCause.KID_FORM),
    "kid a number": (member("kid", 1), SealCause.KID_FORM),
    "kid of nobody": (member("kid", "20190411000000"), SealCause.KID_UNKNOWN),
    "alg doubled": (more('"alg":"none"'), SealCause.MEMBER_DOUBLED),
    "member doubled below": (more('"x":{"a":1,"a":1}'), SealCause.MEMBER_DOUBLED),
    "an array": (lambda header: f"[{header}]", SealCause.NOT_AN_OBJECT),
}


@every_profile
@pytest.mark.parametrize("row", HEADER_ROWS)
def test_a_jwe_with_a_wrong_header_does_not_open(profile: JoseProfile, row: str) -> None:
    """The header is wrong from the start, so that the JWE is otherwise whole: its tag covers it."""
    edit, cause = HEADER_ROWS[row]
    assert opened(jwe_of(PLAINTEXT, own_key(profile), more('"x":1')), profile) == PLAINTEXT
    jwe = jwe_of(PLAINTEXT, own_key(profile), edit)
    assert cause_of(opened, jwe, profile) is cause


@every_profile
def test_a_compressed_field_does_not_open(profile: JoseProfile) -> None:
    """As jwcrypto would accept it, by default."""
    suite, key = SUITES[profile], own_key(profile)
    header = json.dumps({"alg": suite.key_alg, "enc": suite.enc, "kid": key.kid, "zip": "DEF"})
    compressed = JWE(PLAINTEXT, header, algs=[suite.key_alg, suite.enc])
    compressed.add_recipient(key.jwk.public())
    jwe = compressed.serialize(compact=True)
    tolerant = JWE(algs=[suite.key_alg, suite.enc])
    tolerant.deserialize(jwe, key.jwk)
    assert tolerant.payload == PLAINTEXT
    assert cause_of(opened, jwe, profile) is SealCause.ZIP


@every_profile
def test_a_field_of_another_profile_does_not_open(profile: JoseProfile) -> None:
    key = own_key(profile)
    for other in set(JoseProfile) - {profile}:
        jwe = seal(PLAINTEXT, own_key(other), other)
        keys = {key.kid: key, own_key(other).kid: own_key(other)}
        assert cause_of(open_, jwe, keys, profile) is SealCause.ALG
        with pytest.raises(ValueError, match="seals with"):
            seal(PLAINTEXT, own_key(other), profile)


@every_profile
def test_a_field_sealed_to_another_key_under_our_kid_does_not_open(profile: JoseProfile) -> None:
    other = hub_keys().opening(profile)
    (key,) = other.values()
    jwe = jwe_of(PLAINTEXT, key, member("kid", own_key(profile).kid))
    assert cause_of(opened, jwe, profile) is SealCause.NOT_OPENED


# The unwrapping fails as the decryption does


def rsa_block(block: bytes) -> bytes:
    """`block` as the RSA plaintext itself, so that the padding is ours to choose."""
    jwk = own_key(JoseProfile.UNIONPAY).jwk
    e, n = (int.from_bytes(unb64url(jwk[name]), "big") for name in "en")
    return pow(int.from_bytes(block, "big"), e, n).to_bytes(256, "big")


def pkcs1(start: bytes, content_key: bytes) -> bytes:
    """RFC 8017 section 7.2.1: 00 02, non-zero filling, 00, message."""
    return start + b"\x55" * (256 - len(start) - 1 - len(content_key)) + b"\0" + content_key


PADDING_ROWS = {
    "block type 1": pkcs1(b"\0\1", bytes(32)),
    "first octet not zero": pkcs1(b"\1\2", bytes(32)),
    "no separator": b"\0\2" + b"\x55" * 254,
    "filling too short": b"\0\2" + b"\x55" * 7 + b"\0" + bytes(246),
    "content key too short": pkcs1(b"\0\2", bytes(16)),
    "content key too long": pkcs1(b"\0\2", bytes(48)),
    "content key empty": pkcs1(b"\0\2", b""),
    "zero": bytes(256),
}


@pytest.mark.parametrize("row", PADDING_ROWS)
def test_a_padding_fault_of_rsa1_5_goes_on_with_a_random_key(row: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 7516 section 11.5: the content is decrypted in any case, by a key of the right length, never twice the same."""
    profile = JoseProfile.UNIONPAY
    used = spied_content_keys(profile, monkeypatch)
    jwe = seal(PLAINTEXT, own_key(profile), profile)
    bad_padding = replaced(1, lambda raw: rsa_block(PADDING_ROWS[row]))(jwe)
    for tampered in (bad_padding, bad_padding, flipped(4, 0)(jwe)):
        assert cause_of(opened, tampered, profile) is SealCause.NOT_OPENED
    assert [len(key) for key in used] == [CONTENT_KEY_OCTETS] * 3
    assert len(set(used)) == 3
    assert bytes(32) not in used


def test_a_good_padding_of_our_own_making_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows above fail for their padding, not for the way they are built."""
    profile, content_key = JoseProfile.UNIONPAY, bytes(range(32))
    used = spied_content_keys(profile, monkeypatch)
    protected = seal(b"", own_key(profile), profile).split(".")[0]
    parts = SUITES[profile].content.encrypt(content_key, protected.encode(), PLAINTEXT)
    jwe = ".".join([protected, b64url(rsa_block(pkcs1(b"\0\2", content_key))), *map(b64url, parts)])
    assert opened(jwe, profile) == PLAINTEXT
    assert used == [content_key]


@every_profile
def test_every_profile_decrypts_the_content_after_a_failed_unwrapping(
    profile: JoseProfile, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = spied_content_keys(profile, monkeypatch)
    tampered = flipped(1, 20)(seal(PLAINTEXT, own_key(profile), profile))
    for _ in range(2):
        assert cause_of(opened, tampered, profile) is SealCause.NOT_OPENED
    assert [len(key) for key in used] == [CONTENT_KEY_OCTETS] * 2
    assert used[0] != used[1] or profile is JoseProfile.UNIONPAY


def spied_content_keys(profile: JoseProfile, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    content = SUITES[profile].content
    decrypt, used = content.decrypt, list[bytes]()

    def spy(k: bytes, aad: bytes, iv: bytes, e: bytes, t: bytes) -> bytes:
        used.append(k)
        return decrypt(k, aad, iv, e, t)

    monkeypatch.setattr(content, "decrypt", spy)
    return used


# The sender's ephemeral key


def epk(**changes: Any) -> Callable[[str], str]:
    def edit(header: str) -> str:
        members = json.loads(header)
        return json.dumps(members | {"epk": members["epk"] | changes})

    return edit


EPK_ROWS: dict[str, tuple[Callable[[str], str], SealCause]] = {
    "absent": (without("epk"), SealCause.EPK),
    "a string": (member("epk", "generate"), SealCause.EPK),
    "another type": (epk(kty="RSA"), SealCause.EPK),
    "another curve": (epk(crv="P-521"), SealCause.EPK),
    "x absent": (epk(x=None), SealCause.EPK),
    "x padded": (epk(x=b64url(bytes(32)) + "="), SealCause.EPK),
    "y too long": (epk(y=b64url(bytes(33))), SealCause.EPK),
    "off the curve": (epk(x=b64url(bytes(31) + b"\1")), SealCause.NOT_OPENED),
    "the point at infinity": (epk(x=b64url(bytes(32)), y=b64url(bytes(32))), SealCause.NOT_OPENED),
    "apu not base64url": (member("apu", "a+b="), SealCause.EPK),
    "apv a number": (member("apv", 1), SealCause.EPK),
    "apu other than agreed": (member("apu", "QWxpY2U"), SealCause.NOT_OPENED),
}


@pytest.mark.parametrize("row", EPK_ROWS)
def test_a_wrong_ephemeral_key_does_not_open(row: str) -> None:
    edit, cause = EPK_ROWS[row]
    jwe = jwe_of(PLAINTEXT, own_key(JoseProfile.COMPACT), edit)
    assert cause_of(opened, jwe, JoseProfile.COMPACT) is cause


def test_an_ephemeral_key_that_orders_a_key_generation_is_not_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    """JWK(**epk) would: `{"generate":"RSA","size":16384}` keeps a processor busy for minutes."""
    ordered: list[object] = []
    monkeypatch.setattr(JWK, "generate_key", lambda self, **params: ordered.append(params))
    jwe = jwe_of(PLAINTEXT, own_key(JoseProfile.COMPACT), epk(generate="RSA", size=16384))
    assert opened(jwe, JoseProfile.COMPACT) == PLAINTEXT
    assert ordered == []


# Anything at all


@settings(max_examples=200, deadline=None)
@given(st.text() | st.text(alphabet="eyJ.-_=A{}", max_size=60), st.sampled_from(JoseProfile))
def test_no_text_gets_anything_but_the_one_error(text: str, profile: JoseProfile) -> None:
    cause_of(opened, text, profile)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.sampled_from(JoseProfile))
def test_no_single_character_may_change(data: st.DataObject, profile: JoseProfile) -> None:
    jwe = seal(PLAINTEXT, own_key(profile), profile)
    index = data.draw(st.integers(0, len(jwe) - 1))
    other = data.draw(st.characters(max_codepoint=0x2FF).filter(lambda character: character != jwe[index]))
    cause_of(opened, jwe[:index] + other + jwe[index + 1 :], profile)
