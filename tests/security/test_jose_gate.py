"""The gate (PROTOCOL section 0): what passes, and every row of what does not."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jwcrypto.common import JWSEHeaderParameter
from jwcrypto.jws import JWS

from support.gate import (
    BODY,
    GATE,
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
from support.keys import (
    APP_ID,
    NOW_S,
    b64url,
    hub_jose,
    hub_keys,
    jws_of,
    partner_jose,
    partner_key,
    party,
    unb64url,
)
from unionhub.adapters.jose.causes import Cause, GateRefusal
from unionhub.adapters.jose.facade import HubJose
from unionhub.adapters.jose.gate import UNAUTHORIZED_BODY, Gate
from unionhub.adapters.jose.suites import SUITES
from unionhub.domain.model.parties import JoseProfile, PartyState, PublicKey, Role

# What passes


@every_profile
@both_forms
def test_a_request_passes_at_either_end(profile: JoseProfile, unencoded: bool) -> None:
    hub, partner = hub_jose(), partner_jose(profile, unencoded=unencoded)
    sender = party(profile, unencoded_payload=unencoded)
    inbound = hub.verify_request(partner.sign_request(BODY, PATH), PATH, BODY, {APP_ID: sender}.get, {sender.role})
    outbound = partner.verify_request(hub.sign_request(BODY, sender, "/x/qr?a=1"), "/x/qr?a=1", BODY)
    assert (inbound.party, inbound.kid, inbound.issued_at_s) == (sender, partner_key(profile, "sig").kid, NOW_S)
    assert (outbound.party.app_id, outbound.kid) == (APP_ID, hub_keys().signing(profile).kid)
    assert inbound.uuid != outbound.uuid


@every_profile
@both_forms
def test_a_response_passes_at_either_end(profile: JoseProfile, unencoded: bool) -> None:
    hub, partner = hub_jose(), partner_jose(profile, unencoded=unencoded)
    sender = party(profile, unencoded_payload=unencoded)
    assert hub.verify_response(partner.sign_response(BODY), BODY, sender).party is sender
    assert partner.verify_response(hub.sign_response(BODY, sender), BODY).kid == hub_keys().signing(profile).kid


@every_profile
@both_forms
def test_what_we_send_is_what_the_protocol_prescribes(profile: JoseProfile, unencoded: bool) -> None:
    hub = HubJose(hub_keys(), lambda: NOW_S + 0.9, new_uuid=lambda: UUID)
    receiver = party(profile, unencoded_payload=unencoded)
    key = hub_keys().signing(profile)
    names = ["UPI-UUID", "UPI-TIMESTAMP", "UPI-APPID", "UPI-REQPATH"]
    b64 = {"b64": False} if unencoded else {}
    sent = json.loads(unb64url(hub.sign_request(BODY, receiver, PATH).split(".")[0]))
    assert sent == {
        "alg": SUITES[profile].sig_alg,
        "kid": key.kid,
        "crit": [*names, *b64],
        **dict(zip(names, [UUID, str(NOW_S), APP_ID, PATH], strict=True)),
        **b64,
    }
    answered = json.loads(unb64url(hub.sign_response(BODY, receiver).split(".")[0]))
    assert answered["crit"] == [*names[:3], *b64]
    assert "UPI-REQPATH" not in answered


@every_profile
@both_forms
def test_both_forms_are_accepted_whatever_the_partner_is_sent(profile: JoseProfile, unencoded: bool) -> None:
    value = signed(profile, good_members(profile, unencoded=unencoded))
    for setting in (False, True):
        assert verify(value, party(profile, unencoded_payload=setting)).uuid == UUID


@every_profile
@both_forms
def test_jwcrypto_reads_what_we_sign_and_we_read_what_it_signs(profile: JoseProfile, unencoded: bool) -> None:
    names = ("UPI-UUID", "UPI-TIMESTAMP", "UPI-APPID", "UPI-REQPATH")
    registry = {name: JWSEHeaderParameter(name, False, True, None) for name in names}
    sender, key = party(profile, unencoded_payload=unencoded), partner_key(profile, "sig")

    theirs = JWS(header_registry=registry)
    theirs.deserialize(hub_jose().sign_request(BODY, sender, PATH))
    theirs.verify(hub_keys().signing(profile).jwk.public(), key.alg, detached_payload=BODY)

    ours = JWS(BODY, header_registry=registry)
    ours.add_signature(key.jwk, key.alg, json.dumps(good_members(profile, unencoded=unencoded)))
    ours.detach_payload()
    assert verify(ours.serialize(compact=True), sender).uuid == UUID


@every_profile
def test_an_empty_body_and_unknown_members_pass(profile: JoseProfile) -> None:
    members = {**good_members(profile), "typ": "JOSE", "x-new": {"any": [1, None]}}
    assert verify(signed(profile, members, b""), party(profile), body=b"").uuid == UUID


@pytest.mark.parametrize("state", [PartyState.LIVE, PartyState.TESTING])
def test_live_and_testing_parties_pass(state: PartyState) -> None:
    value = signed(JoseProfile.COMPACT, good_members(JoseProfile.COMPACT))
    assert verify(value, party(JoseProfile.COMPACT, state=state)).party.state is state


def test_several_signing_keys_are_alive_and_chosen_by_kid() -> None:
    profile = JoseProfile.COMPACT
    old, new = partner_key(profile, "sig"), partner_key(profile, "sig", "next")
    sender = party(profile, keys=(old.public(), new.public()))
    for key in (old, new):
        value = jws_of(json.dumps({**good_members(profile), "kid": key.kid}), BODY, key)
        assert verify(value, sender).kid == key.kid


@pytest.mark.parametrize("offset_s", [-300, -299, 0, 299, 300])
def test_the_window_is_300_seconds_both_ways(offset_s: int) -> None:
    members = good_members(JoseProfile.COMPACT) | {"UPI-TIMESTAMP": str(NOW_S + offset_s)}
    assert verify(signed(JoseProfile.COMPACT, members), party(JoseProfile.COMPACT)).issued_at_s == NOW_S + offset_s


def test_the_window_is_a_setting() -> None:
    profile = JoseProfile.COMPACT
    value = signed(profile, good_members(profile) | {"UPI-TIMESTAMP": str(NOW_S - 11)})
    assert verify(value, party(profile), gate=Gate(lambda: NOW_S, window_s=11)).issued_at_s == NOW_S - 11
    narrow = Gate(lambda: NOW_S, window_s=10)
    assert cause_of(verify, value, party(profile), gate=narrow) is Cause.TIMESTAMP_LATE


def test_a_replay_is_recognised_by_the_uuid_however_it_is_spelt() -> None:
    """The gate hands out the pair that the shared store takes once; recording it is the host's part."""
    profile = JoseProfile.COMPACT
    upper = signed(profile, good_members(profile) | {"UPI-UUID": UUID.upper()})
    pairs = {
        (verified.party.app_id, verified.uuid)
        for value in (signed(profile, good_members(profile)), upper)
        for verified in [verify(value, party(profile))]
    }
    assert pairs == {(APP_ID, UUID)}
    assert Cause.REPLAYED.meaning


def test_an_ecdsa_signature_has_one_length() -> None:
    """r and s with zeros in front are the same numbers, and jwcrypto takes them."""
    value = signed(JoseProfile.COMPACT, good_members(JoseProfile.COMPACT))
    head, _, raw = value.rpartition(".")
    longer = b"\0" + unb64url(raw)[:32] + b"\0" + unb64url(raw)[32:]
    assert cause_of(verify, f"{head}.{b64url(longer)}", party(JoseProfile.COMPACT)) is Cause.SIGNATURE


# What does not pass: keys and algorithms


@every_profile
@both_forms
def test_hs256_with_the_public_key_is_refused(profile: JoseProfile, unencoded: bool) -> None:
    """The classic confusion: the public key, known to all, taken for an HMAC secret."""
    public = partner_key(profile, "sig").jwk.export_to_pem()
    protected = b64url(json.dumps(good_members(profile, unencoded=unencoded) | {"alg": "HS256"}).encode())
    signed_bytes = f"{protected}.".encode() + (BODY if unencoded else b64url(BODY).encode())
    value = f"{protected}..{b64url(hmac.new(public, signed_bytes, hashlib.sha256).digest())}"
    assert cause_of(verify, value, party(profile)) is Cause.ALG_UNKNOWN


@every_profile
@both_forms
def test_the_alg_of_another_profile_is_refused(profile: JoseProfile, unencoded: bool) -> None:
    for other in set(JoseProfile) - {profile}:
        alg = SUITES[other].sig_alg
        # By the partner's own key where its type allows it: a genuine signature, of the wrong kind.
        own = SUITES[other].kty == SUITES[profile].kty
        key = partner_key(profile if own else other, "sig")
        members = good_members(profile, unencoded=unencoded) | {"alg": alg}
        value = jws_of(json.dumps(members), BODY, key, unencoded=unencoded, alg=alg)
        assert cause_of(verify, value, party(profile)) is Cause.ALG_NOT_PROFILE


@every_profile
@both_forms
def test_the_signature_of_another_key_is_refused(profile: JoseProfile, unencoded: bool) -> None:
    for key in (partner_key(profile, "sig", "other"), hub_keys().signing(profile)):
        value = jws_of(json.dumps(good_members(profile, unencoded=unencoded)), BODY, key, unencoded=unencoded)
        assert cause_of(verify, value, party(profile)) is Cause.SIGNATURE


@every_profile
def test_an_encryption_key_does_not_verify(profile: JoseProfile) -> None:
    members = good_members(profile) | {"kid": partner_key(profile, "enc").kid}
    assert cause_of(verify, signed(profile, members), party(profile)) is Cause.KID_UNKNOWN


def test_a_registered_key_that_does_not_fit_the_profile_is_refused_not_an_error() -> None:
    stray = PublicKey(kid=partner_key(JoseProfile.MODERN, "sig").kid, use="sig", jwk="not a key")
    value = signed(JoseProfile.MODERN, good_members(JoseProfile.MODERN))
    assert cause_of(verify, value, party(JoseProfile.MODERN, keys=(stray,))) is Cause.KEY_UNFIT


# What does not pass: body, party, path


@every_profile
@both_forms
@pytest.mark.parametrize("index", [0, len(BODY) // 2, len(BODY) - 1])
def test_a_body_changed_by_one_byte_is_refused(profile: JoseProfile, unencoded: bool, index: int) -> None:
    value = signed(profile, good_members(profile, unencoded=unencoded))
    changed = BODY[:index] + bytes([BODY[index] ^ 1]) + BODY[index + 1 :]
    for body in (changed, BODY[:-1], BODY + b" ", b""):
        assert cause_of(verify, value, party(profile), body=body) is Cause.SIGNATURE


@every_profile
@pytest.mark.parametrize("state", [PartyState.SUSPENDED, PartyState.APPLIED])
def test_a_party_that_is_not_active_is_refused(profile: JoseProfile, state: PartyState) -> None:
    value = signed(profile, good_members(profile))
    assert cause_of(verify, value, party(profile, state=state)) is Cause.PARTY_NOT_ACTIVE


@every_profile
@pytest.mark.parametrize("role", sorted(set(Role) - {Role.APP_GATEWAY, Role.CHANNEL}))
def test_a_role_that_may_not_send_this_message_is_refused(profile: JoseProfile, role: Role) -> None:
    value = signed(profile, good_members(profile))
    assert cause_of(verify, value, party(profile, role=role)) is Cause.ROLE_NOT_ALLOWED


def test_a_party_found_under_another_app_id_is_refused() -> None:
    """The gate does not rely on the look-up: a store that folds or trims must not admit one partner as another."""
    value = signed(JoseProfile.COMPACT, good_members(JoseProfile.COMPACT))
    other = party(JoseProfile.COMPACT, app_id="39990061")
    roles = frozenset(Role)
    assert cause_of(GATE.verify, value, PATH, BODY, lambda _: other, roles) is Cause.APPID_UNKNOWN


def test_the_refusal_names_the_claimed_app_id_for_the_operator_once_it_was_read() -> None:
    with pytest.raises(GateRefusal) as refusal:
        verify(signed(JoseProfile.COMPACT, good_members(JoseProfile.COMPACT)), party(JoseProfile.COMPACT), body=b"")
    assert (refusal.value.cause, refusal.value.app_id) == (Cause.SIGNATURE, APP_ID)
    with pytest.raises(GateRefusal) as refusal:
        verify(None, party())
    assert (refusal.value.cause, refusal.value.app_id) == (Cause.HEADER_ABSENT, "")


# Responses


@every_profile
@both_forms
def test_a_response_with_a_path_is_refused(profile: JoseProfile, unencoded: bool) -> None:
    value = signed(profile, good_members(profile, unencoded=unencoded))
    assert cause_of(GATE.verify_response, value, BODY, party(profile)) is Cause.REQPATH_IN_RESPONSE


@every_profile
@both_forms
def test_a_response_counts_only_if_that_partner_signed_it_now(profile: JoseProfile, unencoded: bool) -> None:
    members = good_members(profile, unencoded=unencoded, response=True)
    partner = party(profile)
    assert GATE.verify_response(signed(profile, members), BODY, partner).uuid == UUID

    def cause(change: Members, body: bytes = BODY) -> Cause:
        return cause_of(GATE.verify_response, signed(profile, members | change), body, partner)

    assert cause({"UPI-APPID": "39990061"}) is Cause.APPID_OTHER
    assert cause({"UPI-TIMESTAMP": str(NOW_S - 301)}) is Cause.TIMESTAMP_LATE
    assert cause({"kid": hub_keys().signing(profile).kid}) is Cause.KID_UNKNOWN
    assert cause({}, BODY + b"\n") is Cause.SIGNATURE
    assert cause_of(GATE.verify_response, None, BODY, partner) is Cause.HEADER_ABSENT
    other = jws_of(json.dumps(members), BODY, partner_key(profile, "sig", "other"), unencoded=unencoded)
    assert cause_of(GATE.verify_response, other, BODY, partner) is Cause.SIGNATURE


def test_a_response_of_a_partner_suspended_meanwhile_still_counts() -> None:
    value = signed(JoseProfile.COMPACT, good_members(JoseProfile.COMPACT, response=True))
    suspended = party(JoseProfile.COMPACT, state=PartyState.SUSPENDED)
    assert GATE.verify_response(value, BODY, suspended).party is suspended


# One answer outside, whatever the cause


def test_the_refusal_has_the_bytes_of_the_protocol() -> None:
    assert UNAUTHORIZED_BODY == b'{"MsgResponse":{"responseCode":"E0","responseMsg":"Unauthorized access"}}'


def test_every_cause_has_a_label_and_a_meaning_for_the_operator() -> None:
    for cause in Cause:
        assert cause.value == cause.name.lower()
        assert len(cause.meaning) > 10


# Anything at all

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
NAMES = st.sampled_from([*good_members(JoseProfile.COMPACT, unencoded=True), "UPI-NEW", "jwk", "x5u", "typ"])


@settings(max_examples=300, deadline=None)
@given(st.text() | st.text(alphabet="eyJ.-_=A{}\"'", max_size=60) | st.none())
def test_no_text_gets_anything_but_a_refusal(value: str | None) -> None:
    with pytest.raises(GateRefusal):
        verify(value, party(JoseProfile.COMPACT))


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(NAMES, JSON_VALUES, min_size=1, max_size=4), st.sets(NAMES, max_size=2))
def test_a_signed_header_with_arbitrary_members_is_refused_or_meant_the_same(changes: Members, dropped: set[str]) -> None:
    good = good_members(JoseProfile.COMPACT, unencoded=True)
    members = {name: value for name, value in (good | changes).items() if name not in dropped}
    try:
        assert verify(signed(JoseProfile.COMPACT, members), party(JoseProfile.COMPACT)).uuid == UUID
    except GateRefusal:
        assert members != good


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_good_value_with_one_character_changed_is_refused(data: st.DataObject) -> None:
    value = signed(JoseProfile.COMPACT, good_members(JoseProfile.COMPACT))
    index = data.draw(st.integers(0, len(value) - 1))
    other = data.draw(st.characters(max_codepoint=0x2FF).filter(lambda character: character != value[index]))
    with pytest.raises(GateRefusal):
        verify(value[:index] + other + value[index + 1 :], party(JoseProfile.COMPACT))
