"""Steps to launch (S-252..264): a partner applies, is admitted to testing, goes live; and may be suspended at any time.

Each step is one unit of work on what the store holds now, and leaves a line in the audit trail (PCI DSS 10.2).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from unionhub.domain.model.audit import AuditEntry
from unionhub.domain.model.errors import DomainError
from unionhub.domain.model.launching import obstacles
from unionhub.domain.model.parties import LED_HERE, Party, PartyEvent, PartyState, way_to
from unionhub.ports.clock import Clock
from unionhub.ports.store import Store, UnitOfWork

UNTESTED = "nobody has said who tested it, and when: --tested"
"""The third of the seed's steps, Product Testing. Messages that were answered are kept for minutes only, so that the hub
cannot know it; the operator's word stands in the audit trail."""


class Hindered(DomainError):  # noqa: N818 - the house's word for it
    """A step that cannot be taken yet. `obstacles` say why, in an operator's words; nothing was changed."""

    def __init__(self, app_id: str, event: PartyEvent, found: Sequence[str]) -> None:
        super().__init__(f"{app_id} cannot {event} yet: {'; '.join(found)}")
        self.obstacles = tuple(found)


class UnknownParty(DomainError):  # noqa: N818
    """Nobody is registered under this application id."""


class KnownParty(DomainError):  # noqa: N818
    """Somebody is registered under this application id already."""


class Launch:
    """The steps of partners. `key_faults` says what is wrong with a party's keys, which only the JOSE adapter can tell;
    `plain_http` lets base URLs be http anywhere, for development."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        key_faults: Callable[[Party], Sequence[str]] = lambda _: (),
        plain_http: bool = False,
    ) -> None:
        self._store = store
        self._clock = clock
        self._key_faults = key_faults
        self._plain_http = plain_http

    async def add(self, party: Party, actor: str, note: str = "", *, tested: str = "") -> Party:
        """Register a new party, in the state that it names: what a party of that state must fulfil is asked of it.

        Raises Hindered, KnownParty.
        """
        event = LED_HERE[party.state]
        async with self._store.begin() as uow:
            await lock_party(uow, party.app_id)
            if party.app_id in {known.app_id for known in await uow.parties()}:
                raise KnownParty(f"{party.app_id} is registered already")
            if found := await self._obstacles(uow, party, event, tested):
                raise Hindered(party.app_id, event, found)
            await uow.put_party(party)
            await self._record(uow, party, "add", actor, f"{party.role}, {party.state}", tested, note)
            await uow.commit()
        return party

    async def move(self, app_id: str, event: PartyEvent, actor: str, note: str = "", *, tested: str = "") -> Party:
        """One step; LAUNCH needs `tested`, a statement of who has tested it and when.

        Raises UnknownParty, IllegalMove, Hindered.
        """
        return await self._moved(app_id, lambda _: (event,), actor, note, tested)

    async def bring(self, app_id: str, state: PartyState, actor: str, note: str = "", *, tested: str = "") -> Party:
        """As many steps as lead to `state`, all of them or none; as `move`."""
        return await self._moved(app_id, lambda party: way_to(party.state, state), actor, note, tested)

    async def _moved(
        self, app_id: str, events: Callable[[Party], Sequence[PartyEvent]], actor: str, note: str, tested: str
    ) -> Party:
        async with self._store.begin() as uow:
            await lock_party(uow, app_id)
            party = next((each for each in await uow.parties() if each.app_id == app_id), None)
            if party is None:
                raise UnknownParty(app_id)
            for event in events(party):
                before, party = party, msgspec.structs.replace(party, state=party.after(event))
                if found := await self._obstacles(uow, before, event, tested):
                    raise Hindered(app_id, event, found)
                said = tested if event is PartyEvent.LAUNCH else ""
                await self._record(uow, party, event, actor, f"{before.state} to {party.state}", said, note)
            await uow.put_party(party)
            await uow.commit()
        return party

    async def hindering(self, party: Party, event: PartyEvent) -> tuple[str, ...]:
        """What stands in the way of `event` now, except that nobody has said that it was tested."""
        async with self._store.begin() as uow:
            return await self._obstacles(uow, party, event, "yes")

    async def _obstacles(self, uow: UnitOfWork, party: Party, event: PartyEvent, tested: str) -> tuple[str, ...]:
        parties, products, services = await uow.parties(), await uow.products(), await uow.services()
        found = obstacles(party, event, parties, products, services, plain_http=self._plain_http)
        # Keys that are wrong are never let in, whatever the step; a suspension must always be possible.
        unfit = self._key_faults(party) if event is not PartyEvent.SUSPEND else ()
        untested = (UNTESTED,) if event is PartyEvent.LAUNCH and not tested.strip() else ()
        return (*found, *unfit, *untested)

    async def _record(self, uow: UnitOfWork, party: Party, action: str, actor: str, what: str, tested: str, note: str) -> None:
        parts = (what, f"tested: {tested.strip()}" if tested.strip() else "", note.strip())
        await uow.add_audit(
            AuditEntry(
                at=self._clock.now(),
                actor=actor,
                action=f"party.{action}",
                subject=subject_of(party.app_id),
                detail="; ".join(part for part in parts if part),
            )
        )


async def lock_party(uow: UnitOfWork, app_id: str) -> None:
    """Whoever changes parties takes these before reading them, or a change would write over another made at the same time:
    a suspension must not be lost. The markers' rows stay taken until the unit of work ends."""
    await uow.put_marker("parties", "")  # all of them: an IIN or a code may have one owner
    await uow.put_marker(f"key exchange {app_id}", "")  # this is all that KEY_EXCHANGE takes


def subject_of(app_id: str) -> str:
    """How the audit trail names a party."""
    return f"party {app_id}"
