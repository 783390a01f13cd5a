"""`unionhub keys`: an inventory, with what is legacy marked (PCI DSS 4.2.1.1, 12.3.3)."""

from __future__ import annotations

import json

import pytest

from support.keys import hub_keys, partner_key
from support.operator import Operator
from support.sandbox import light_identities
from unionhub.domain.model.parties import JoseProfile
from unionhub.hosts.sandbox.seeds import HARBOUR, PARTNERS

LEGACY = "98000344"


@pytest.fixture(scope="module", autouse=True)
def _legacy_partner(unionhub: Operator) -> None:
    """One that speaks what the scheme mandates."""
    keys = [partner_key(JoseProfile.UNIONPAY, use).public_jwk() for use in ("sig", "enc")]
    options = ["--role", "channel", "--name", "Legacy", "--base-url", "https://l.example", "--profile", "unionpay"]
    unionhub.does("parties", "add", LEGACY, *options, "--jwks", "-", typed=json.dumps({"keys": keys}))


def test_the_hubs_six_are_those_that_it_publishes(unionhub: Operator) -> None:
    listed = unionhub.json("keys", "list", "--owner", "hub")
    published = hub_keys().public_jwks()["keys"]
    assert [(key["kid"], key["use"], key["alg"]) for key in listed] == [
        (key["kid"], key["use"], key["alg"]) for key in published
    ]
    assert all(key["createdAt"] and len(key["thumbprint"]) == 43 for key in listed)


def test_everybodys_keys_are_listed(unionhub: Operator) -> None:
    owners = [key["owner"] for key in unionhub.json("keys", "list")]
    assert {owner: owners.count(owner) for owner in owners} == {
        "hub": 6,
        "vault": 3,
        LEGACY: 2,
        **{seed.app_id: 2 for seed in PARTNERS},
    }
    mine = {(key["kid"], key["alg"]) for key in unionhub.json("keys", "list", "--owner", HARBOUR)}
    identity = light_identities()[HARBOUR]
    assert mine == {(identity.signing["kid"], "ES256"), (identity.encryption["kid"], "ECDH-ES+A256KW")}


def test_what_the_scheme_mandates_is_marked_as_legacy(unionhub: Operator) -> None:
    marked = [(key["owner"], key["alg"]) for key in unionhub.json("keys", "list") if key["legacy"]]
    assert marked == [("hub", "RSA1_5"), (LEGACY, "RSA1_5")]
    lines = [line for line in unionhub.does("keys", "list").out.splitlines() if "mandated by the scheme" in line]
    assert len(lines) == 2


def test_no_private_part_is_shown(unionhub: Operator) -> None:
    said = unionhub.does("keys", "list").out + unionhub.does("keys", "list", "--json").out
    for key in json.loads(hub_keys().to_json())["keys"]:
        assert key["d"] not in said


def test_another_master_key_opens_nothing(unionhub: Operator, tmp_path: object) -> None:
    missing = unionhub.refuses("keys", "list", UNIONHUB_MASTER_KEY_FILE="/nonexistent/master.key")
    assert missing == "the master key's file /nonexistent/master.key cannot be read: No such file or directory"


def test_a_new_hub_has_no_keys_yet(nobody: Operator) -> None:
    nobody.does("migrate")
    assert nobody.json("keys", "list") == []
    assert not (nobody.home / "master.key").exists()
