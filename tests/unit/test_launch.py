"""The steps of a partner on a store: all or nothing, with a line in the audit trail each."""

from __future__ import annotations

from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest

from support.loop import run
from unionhub.adapters.memory.store import MemoryStore
from unionhub.domain.flows.launch import UNTESTED, Hindered, KnownParty, Launch, UnknownParty
from unionhub.domain.model.audit import AuditEntry
from unionhub.domain.model.errors import IllegalMove
from unionhub.domain.model.parties import Party, PartyEvent, PartyState, PublicKey, Role

T = TypeVar("T")

S, E = PartyState, PartyEvent
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
ID = "98000702"
KEYS = tuple(PublicKey(kid=use, use=use, jwk="{}") for use in ("sig", "enc"))
TESTED = "Kim, 2 March: 12 messages"


class Clock:
    def now(self) -> datetime:
        return NOW


class Desk:
    """A store with some parties, and the steps on it."""

    def __init__(self, *parties: Party, **options: Any) -> None:
        self.store = MemoryStore()
        self.launch = Launch(self.store, Clock(), **options)
        for each in parties:
            run(self._put(each))

    async def _put(self, each: Party) -> None:
        async with self.store.begin() as uow:
            await uow.put_party(each)
            await uow.commit()

    async def _look(self) -> tuple[Party | None, list[AuditEntry]]:
        async with self.store.begin() as uow:
            found = next((each for each in await uow.parties() if each.app_id == ID), None)
            return found, await uow.audit(subject=f"party {ID}")

    @property
    def state(self) -> PartyState | None:
        found = run(self._look())[0]
        return found.state if found else None

    @property
    def trail(self) -> list[str]:
        """Oldest first."""
        entries = run(self._look())[1][::-1]
        assert all((each.at, each.actor, each.outcome) == (NOW, "ann", "done") for each in entries)
        return [f"{each.action}: {each.detail}" for each in entries]


def party(**facts: Any) -> Party:
    plain = {"app_id": ID, "role": Role.QR_PLATFORM, "name": "Bay", "base_url": "https://b.example", "keys": KEYS}
    return Party(**{**plain, **facts})


def refused(kind: type[Exception], work: Coroutine[Any, Any, object]) -> str:
    with pytest.raises(kind) as error:
        run(work)
    return str(error.value)


def test_the_four_steps_and_what_is_kept_of_them() -> None:
    desk = Desk()
    move = desk.launch.move
    run(desk.launch.add(party(), "ann"))
    assert run(move(ID, E.ADMIT, "ann", "contract 17")).state is S.TESTING
    assert run(move(ID, E.LAUNCH, "ann", tested=TESTED)).state is S.LIVE
    assert run(move(ID, E.SUSPEND, "ann", "their key leaked")).state is S.SUSPENDED
    assert run(move(ID, E.RESUME, "ann")).state is S.TESTING
    assert desk.state is S.TESTING
    assert desk.trail == [
        "party.add: qr_platform, APPLIED",
        "party.admit: APPLIED to TESTING; contract 17",
        f"party.launch: TESTING to LIVE; tested: {TESTED}",
        "party.suspend: LIVE to SUSPENDED; their key leaked",
        "party.resume: SUSPENDED to TESTING",
    ]


@pytest.mark.parametrize("tested", ["", "  "])
def test_nobody_is_launched_untested(tested: str) -> None:
    desk = Desk(party(state=S.TESTING))
    assert refused(Hindered, desk.launch.move(ID, E.LAUNCH, "ann", "please", tested=tested)).endswith(UNTESTED)
    assert (desk.state, desk.trail) == (S.TESTING, [])


def test_what_stands_in_the_way_is_told_whole_and_changes_nothing() -> None:
    desk = Desk(party(role=Role.ACQUIRER, state=S.TESTING, base_url=""), key_faults=lambda _: ("key sig: too short",))
    with pytest.raises(Hindered) as error:
        run(desk.launch.move(ID, E.LAUNCH, "ann"))
    assert [line.split(":")[0] for line in error.value.obstacles] == [
        "a base URL is needed",
        "an acquirer needs its IIN, the 8 digits that begin ID 15 of its merchants' codes",
        "key sig",
        "nobody has said who tested it, and when",
    ]
    assert str(error.value) == f"{ID} cannot launch yet: {'; '.join(error.value.obstacles)}"
    assert (desk.state, desk.trail) == (S.TESTING, [])


def test_whoever_has_bad_keys_can_be_suspended() -> None:
    desk = Desk(party(state=S.LIVE, base_url="", keys=()), key_faults=lambda _: ("too short",))
    assert run(desk.launch.move(ID, E.SUSPEND, "ann")).state is S.SUSPENDED


def test_moves_that_the_table_does_not_have() -> None:
    desk = Desk(party())
    assert refused(IllegalMove, desk.launch.move(ID, E.LAUNCH, "ann", tested=TESTED)).startswith(f"party {ID} is APPLIED")
    assert refused(UnknownParty, desk.launch.move("98000000", E.ADMIT, "ann")) == "98000000"
    assert (desk.state, desk.trail) == (S.APPLIED, [])


def test_a_party_is_brought_to_a_state_by_all_the_steps_or_by_none() -> None:
    desk = Desk(party())
    assert refused(Hindered, desk.launch.bring(ID, S.LIVE, "ann")).endswith(UNTESTED)
    assert (desk.state, desk.trail) == (S.APPLIED, [])
    assert run(desk.launch.bring(ID, S.LIVE, "ann", tested=TESTED)).state is S.LIVE
    assert desk.trail == ["party.admit: APPLIED to TESTING", f"party.launch: TESTING to LIVE; tested: {TESTED}"]
    assert run(desk.launch.bring(ID, S.LIVE, "ann")).state is S.LIVE
    assert len(desk.trail) == 2


@pytest.mark.parametrize(
    ("facts", "tested", "line"),
    [
        ({"role": Role.CHANNEL, "country": "156"}, "", "a channel of mainland China"),
        ({"role": Role.CHANNEL, "country": "156", "state": S.SUSPENDED}, "", "a channel of mainland China"),
        ({"state": S.TESTING, "keys": ()}, "", "a key with use sig is needed"),
        ({"state": S.LIVE}, "", UNTESTED),
        ({"state": S.LIVE, "role": Role.APP_GATEWAY}, TESTED, "no issuer has authorised it"),
    ],
)
def test_who_is_not_registered(facts: dict[str, Any], tested: str, line: str) -> None:
    desk = Desk()
    assert line in refused(Hindered, desk.launch.add(party(**facts), "ann", tested=tested))
    assert (desk.state, desk.trail) == (None, [])


def test_a_party_may_begin_further_on_and_is_registered_once() -> None:
    desk = Desk()
    run(desk.launch.add(party(state=S.LIVE), "ann", "moved here", tested=TESTED))
    assert (desk.state, desk.trail) == (S.LIVE, [f"party.add: qr_platform, LIVE; tested: {TESTED}; moved here"])
    assert refused(KnownParty, desk.launch.add(party(), "ann")) == f"{ID} is registered already"


def test_http_may_be_allowed() -> None:
    plain = party(base_url="http://b.example")
    assert "is http" in refused(Hindered, Desk(plain).launch.move(ID, E.ADMIT, "ann"))
    assert run(Desk(plain, plain_http=True).launch.move(ID, E.ADMIT, "ann")).state is S.TESTING


def test_what_hinders_can_be_asked_beforehand() -> None:
    desk = Desk()
    assert run(desk.launch.hindering(party(), E.LAUNCH)) == ()
    (line,) = run(desk.launch.hindering(party(role=Role.CHANNEL), E.LAUNCH))
    assert line.startswith("a channel needs its channel code")
