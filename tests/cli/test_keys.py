"""`unionhub keys`: an inventory, with what is legacy marked (PCI DSS 4.2.1.1, 12.3.3)."""

from __future__ import annotations

import json

import pytest

from support.keys import hub_keys, partner_key
from support.operator import Operator, new_home
from support.sandbox import light_identities
from unionhub.adapters.memory.clock import SystemClock
from unionhub.adapters.vault.keys import add, hub_kind
from unionhub.adapters.vault.master import load_master_key
from unionhub.domain.model.parties import JoseProfile
from unionhub.hosts.sandbox.clock import OFFSET_FILE, FileClock
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


# The hub's own keys over the generations


@pytest.fixture
def hub(tmp_path_factory: pytest.TempPathFactory) -> Operator:
    """A home of its own: rotations stay."""
    return Operator(new_home(tmp_path_factory.mktemp("home") / "var"))


def later(operator: Operator, seconds: float) -> None:
    """Move the home's business time on, as POST /sandbox/clock does."""
    FileClock(operator.home / OFFSET_FILE).advance(seconds)


def states(operator: Operator) -> list[tuple[str, str]]:
    return [(key["alg"], key["state"]) for key in operator.json("keys", "list", "--owner", "hub")]


def test_the_life_of_a_key(hub: Operator) -> None:
    first = hub.json("keys", "list", "--owner", "hub")
    assert {key["state"] for key in first} == {"current"}
    made = hub.json("keys", "rotate", "--profile", "compact")
    assert [(key["alg"], key["use"], key["state"], len(key["thumbprint"])) for key in made] == [
        ("ES256", "sig", "next", 43),
        ("ECDH-ES+A256KW", "enc", "next", 43),
    ]
    assert states(hub)[-2:] == [("ES256", "next"), ("ECDH-ES+A256KW", "next")]
    assert hub.refuses("keys", "rotate").startswith(f"ES256: the key {made[0]['kid']} is next already and signs from ")
    old = next(key["kid"] for key in first if key["alg"] == "ES256")
    assert hub.refuses("keys", "retire", old).endswith("the current one for ES256: only one that was replaced can be retired")
    assert "is the next one" in hub.refuses("keys", "retire", made[0]["kid"])
    assert hub.refuses("keys", "retire", "99") == "the hub has no key '99': `unionhub keys list --owner hub` shows them"
    later(hub, 60)
    assert sorted(states(hub)[-2:]) == [("ECDH-ES+A256KW", "current"), ("ES256", "current")]
    assert ("ES256", "retired-but-alive") in states(hub)
    assert "was replaced a moment ago" in hub.refuses("keys", "retire", old)
    later(hub, 60)
    assert hub.does("keys", "retire", old).out.split() == ["retired", old, "alg", "ES256", "use", "sig"]
    assert old not in hub.does("keys", "list").out
    assert len(states(hub)) == 7


def test_people_read_when_a_key_signs(hub: Operator) -> None:
    lines = hub.does("keys", "rotate", "--profile", "compact").out.splitlines()
    assert len(lines) == 2
    assert all("EC P-256  next, current from 20" in line and line.endswith(" UTC on") for line in lines)
    listed = hub.does("keys", "list", "--owner", "hub").out
    assert (listed.count(" next "), listed.count(" current ")) == (2, 6)


def test_all_six_at_once(hub: Operator) -> None:
    made = hub.json("keys", "rotate")
    assert [key["alg"] for key in made] == [key["alg"] for key in hub_keys().public_jwks()["keys"]]
    assert len({key["kid"] for key in hub.json("keys", "list", "--owner", "hub")}) == 12
    assert "d" not in made[0]


def test_a_hub_that_never_started_has_nothing_to_rotate(nobody: Operator) -> None:
    nobody.does("migrate")
    assert "no master key" in nobody.refuses("keys", "rotate")


def test_only_the_hubs_keys_have_a_state(unionhub: Operator) -> None:
    assert {key["state"] for key in unionhub.json("keys", "list") if key["owner"] != "hub"} == {None}


def test_a_spoiled_key_is_one_line(hub: Operator) -> None:
    master = load_master_key(home=hub.home, file=None, production=False)
    hub.store(lambda store: add(store, master, SystemClock(), {hub_kind("ES256"): b"no keys"}, version=2))
    for command in (("list",), ("rotate",), ("retire", "1")):
        assert hub.refuses("keys", *command) == "the stored key hub-jose ES256 2 is no JWK Set"
