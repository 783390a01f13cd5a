"""Messages at the gate, made to order: good ones, and ones that are wrong in one thing under a genuine signature."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from support.keys import APP_ID, NOW_S, jws_of, partner_key
from unionhub.adapters.jose.causes import Cause, GateRefusal
from unionhub.adapters.jose.gate import Gate, Verified
from unionhub.domain.model.parties import JoseProfile, Party, Role

Members = dict[str, Any]

PATH = "/scis/switch/qremvpayment"
BODY = '{"msgInfo":{"msgID":"A3999015720231114221320000001"},"name":"caf\\u00e9 銀聯"}'.encode()
UUID = "5ba10d46d5d148dfbcc2119c08e01015"
GATE = Gate(lambda: NOW_S)

every_profile = pytest.mark.parametrize("profile", list(JoseProfile))
both_forms = pytest.mark.parametrize("unencoded", [False, True], ids=["encoded", "unencoded"])


def good_members(profile: JoseProfile, *, unencoded: bool = False, response: bool = False) -> Members:
    key = partner_key(profile, "sig")
    own = {"UPI-UUID": UUID, "UPI-TIMESTAMP": str(NOW_S), "UPI-APPID": APP_ID, "UPI-REQPATH": PATH}
    if response:
        del own["UPI-REQPATH"]
    b64: Members = {"b64": False} if unencoded else {}
    return {"alg": key.alg, "kid": key.kid, "crit": [*own, *b64], **own, **b64}


def signed(profile: JoseProfile, members: Members, body: bytes = BODY) -> str:
    """`members` as the protected header, genuinely signed by the partner in the form that they name."""
    return jws_of(json.dumps(members), body, partner_key(profile, "sig"), unencoded=members.get("b64") is False)


def verify(value: str | None, sender: Party, *, body: bytes = BODY, path: str = PATH, gate: Gate = GATE) -> Verified:
    return gate.verify(value, path, body, {sender.app_id: sender}.get, {Role.APP_GATEWAY, Role.CHANNEL})


def cause_of(act: Callable[..., object], *args: Any, **options: Any) -> Cause:
    with pytest.raises(GateRefusal) as refusal:
        act(*args, **options)
    assert (type(refusal.value), refusal.value.args) == (GateRefusal, ("refused at the gate",))
    return refusal.value.cause
