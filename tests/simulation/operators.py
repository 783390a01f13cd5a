"""Operators at work in the storm: they withdraw grants and suspend parties at once, queue notices again, and partners exchange
their keys meanwhile. What they do is the hub's own (launch, replay, key exchange), from processes that may die as any other."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final, TypeVar

import msgspec

from simulation.clients import Clients
from simulation.host import START, LoopClock, Shared
from simulation.mortal import Life, MortalStore
from simulation.services import Granting
from unionhub.domain.flows.key_exchange import KeyExchange
from unionhub.domain.flows.launch import Launch
from unionhub.domain.flows.replay import EVERYTHING, PARKED, UNCONFIRMED, Replay, Wish
from unionhub.domain.model.errors import Refusal
from unionhub.domain.model.messages import Envelope
from unionhub.domain.model.parties import Party, PartyState, PublicKey
from unionhub.domain.model.party_keys import FittedKey, KeyExchangeRequest, OfferedKey, newest_kid
from unionhub.domain.model.services import Grant, GrantState
from unionhub.ports.store import StoreUnavailable

T = TypeVar("T")

_OPERATOR: Final = "operator"
_PATIENCE_S: Final = 60.0
_TRIES: Final = 20
_REPLAYED_AT_ONCE: Final = 40


def first_kid(app_id: str) -> str:
    """The name of the key that a party begins with."""
    return f"sign {app_id} 0"


class Suspension(msgspec.Struct, frozen=True, kw_only=True):
    """A party that was not live, in seconds of the run: certainly from `since_s` to `until_s`."""

    app_id: str
    since_s: float
    until_s: float


class Operators:
    """`suspended` and `wrong` are for the judgement. `pay` has somebody of an app gateway pay."""

    def __init__(
        self,
        clients: Clients,
        shared: Shared,
        granting: Granting,
        gateways: tuple[str, ...],
        pay: Callable[[str], Coroutine[Any, Any, object]],
    ) -> None:
        self.suspended: list[Suspension] = []
        self.wrong: list[str] = []
        self._clients = clients
        self._shared = shared
        self._rng: random.Random = shared.rng
        self._granting = granting
        self._gateways = gateways
        self._pay = pay
        self._kids = {gateway: first_kid(gateway) for gateway in gateways}  # the newest that a gateway knows to be alive
        self._exchanges = 0
        self._desks = 0
        self._withdrawn: set[tuple[str, str]] = set()
        self._at_work: set[asyncio.Task[Any]] = set()

    # --- grants

    async def withdraw_grants(self) -> None:
        """What a channel and an industry had agreed on is suspended or revoked, and granted again later."""
        while True:
            await asyncio.sleep(self._rng.uniform(20, 90))
            grant = self._rng.choice(list(self._granting.grants.values()))
            await self.without(grant.channel, grant.industry, lambda: asyncio.sleep(self._rng.uniform(5, 60)))

    async def without(self, channel: str, industry: str, meanwhile: Callable[[], Awaitable[T]]) -> T | None:
        """Do it while the grant does not hold; nothing if somebody else has it in hand."""
        pair = channel, industry
        if pair in self._withdrawn:
            return None
        grant, state = self._granting.grants[pair], self._rng.choice((GrantState.SUSPENDED, GrantState.REVOKED))
        self._shared.network.injected[f"grant_{state.value.lower()}"] += 1
        self._withdrawn.add(pair)
        await self._put_grant(msgspec.structs.replace(grant, state=state))
        since_s = _now_s()
        try:
            return await meanwhile()
        finally:
            self._granting.not_held.append((*pair, since_s, _now_s()))
            self._withdrawn.discard(pair)
            await self._put_grant(grant)

    async def _put_grant(self, grant: Grant) -> None:
        async with self._shared.store.begin() as uow:
            await uow.put_grant(grant)
            await uow.commit()
        await self._shared.directory.refresh()

    # --- parties

    async def suspend_parties(self) -> None:
        """A gateway is suspended, perhaps while it exchanges keys; somebody of its app tries to pay; it is tested, and live
        again."""
        while True:
            await asyncio.sleep(self._rng.uniform(30, 110))
            gateway = self._rng.choice(self._gateways)
            await self._to_its_end(self._suspended(gateway))

    async def _suspended(self, gateway: str) -> None:
        if self._rng.random() < 0.7:
            self._clients.launch(self._exchanged(gateway))
            await asyncio.sleep(self._rng.uniform(0, 0.05))
        if not await self._brought(gateway, PartyState.SUSPENDED):
            return
        await self._shared.directory.refresh()
        self._shared.network.injected["party_suspended"] += 1
        since_s = _now_s()
        self._clients.launch(self._pay(gateway))
        await asyncio.sleep(self._rng.uniform(8, 30))
        self.suspended.append(Suspension(app_id=gateway, since_s=since_s, until_s=_now_s()))
        party = await self._stored(gateway)
        if party.state is not PartyState.SUSPENDED:
            self.wrong.append(f"{gateway} was suspended, and is {party.state}")
        await self._brought(gateway, PartyState.LIVE)
        await self._shared.directory.refresh()

    async def _brought(self, gateway: str, state: PartyState) -> bool:
        """By an operator who looks again when his command does not come back."""
        for _ in range(_TRIES):
            if (party := await self._stored(gateway)).state is state:
                return True
            launch = Launch(self._desk(), LoopClock(0.0))
            await self._done(launch.bring(party.app_id, state, _OPERATOR, tested="by us, today"))
        return (await self._stored(gateway)).state is state

    # --- notices

    async def replay_notices(self) -> None:
        """Some that were parked, are queued, or were confirmed: the same again, in their line."""
        while True:
            await asyncio.sleep(self._rng.uniform(40, 100))
            replay = Replay(self._desk(), LoopClock(0.0))
            since = START + timedelta(seconds=max(_now_s() - self._rng.choice((30, 120, 600)), 0))
            wish = Wish(since=since, states=self._rng.choice((EVERYTHING, PARKED, UNCONFIRMED)))
            queued = await self._done(self._replayed(replay, wish))
            self._clients.seen["notice queued again by an operator"] += queued or 0

    @staticmethod
    async def _replayed(replay: Replay, wish: Wish) -> int:
        return len(await replay.queue(wish, await replay.wanted(wish, limit=_REPLAYED_AT_ONCE), _OPERATOR))

    # --- keys

    async def exchange_keys(self) -> None:
        while True:
            await asyncio.sleep(self._rng.uniform(25, 90))
            await self._to_its_end(self._exchanged(self._rng.choice(self._gateways)))

    async def _exchanged(self, gateway: str) -> None:
        """Signed with the newest key that the gateway knows to be alive; the same again until somebody answers."""
        self._exchanges += 1
        number, signed_by = self._exchanges, self._kids[gateway]
        kid = f"sign {gateway} {number}"
        offered = tuple(
            OfferedKey(field=f"keys[{use}]", key=PublicKey(kid=name, use=use, jwk=f'"{name}"'))
            for use, name in (("sig", kid), ("enc", f"seal {gateway} {number}"))
        )
        for attempt in range(_TRIES):
            party = self._shared.directory.party(gateway)
            assert party is not None
            clock = LoopClock(0.0)
            exchange = KeyExchange(self._desk(), self._shared.directory, clock, _fit, lambda _: "hub")
            envelope = Envelope(
                sender=party,
                uuid=f"{number:016x}{attempt:016x}",
                message="KEY_EXCHANGE",
                msg_id=self._clients.msg_id(gateway),
                digest=b"",
                kid=signed_by,
            )
            if await self._done(exchange.exchange(envelope, KeyExchangeRequest(offered=offered))) is not None:
                self._clients.seen["keys exchanged"] += 1
                self._kids[gateway] = kid
                party = await self._stored(gateway)
                if kid not in {key.kid for key in party.keys}:
                    self.wrong.append(f"{gateway} was told that {kid} is alive, and it is not: {_kids(party)}")
                return
            await asyncio.sleep(self._rng.uniform(1, 5))

    async def judge(self) -> list[str]:
        """What is wrong at the end: nobody is suspended any more, and what gateways last heard of their keys is so."""
        found = list(self.wrong)
        for gateway in self._gateways:
            party = await self._stored(gateway)
            if party.state is not PartyState.LIVE:
                found.append(f"{gateway} is {party.state}, and an operator brought it back")
            if self._kids[gateway] not in _kids(party) or not newest_kid(party.keys, "enc"):
                found.append(f"{gateway} was told that {self._kids[gateway]} is alive, and it is not: {_kids(party)}")
        found += [
            f"{message} {msg_id} of {sender}, which was suspended, was accepted at {until_s:.1f} s"
            for sender, message, msg_id, since_s, until_s in self._clients.admitted
            for each in self.suspended
            if sender == each.app_id and each.since_s <= since_s and until_s <= each.until_s
        ]
        return found

    async def at_rest(self) -> None:
        """What was begun in the storm is brought to its end."""
        if self._at_work:
            await asyncio.wait(self._at_work)

    async def _to_its_end(self, work: Coroutine[Any, Any, None]) -> None:
        """Whatever ends meanwhile: nobody is left suspended."""
        task = self._clients.launch(work)
        self._at_work.add(task)
        await asyncio.shield(task)
        self._at_work.discard(task)

    # --- a process of its own for each command

    def _desk(self) -> Any:
        self._desks += 1
        return MortalStore(self._shared.store, Life(f"operator{self._desks}", self._shared.network))

    async def _done(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Its result; nothing from a command that was refused, or whose process died or hung."""
        running = self._clients.launch(_outcome(work))
        done, _ = await asyncio.wait({running}, timeout=_PATIENCE_S)
        result: T | None = running.result() if done else None
        return result

    async def _stored(self, app_id: str) -> Party:
        async with self._shared.store.begin() as uow:
            return next(party for party in await uow.parties() if party.app_id == app_id)


async def _outcome(work: Coroutine[Any, Any, T]) -> T | None:
    with suppress(StoreUnavailable, Refusal):
        return await work
    return None


def _fit(key: PublicKey, _: object) -> FittedKey | None:
    """Keys are names here: no two are the same."""
    return FittedKey(key=key, thumbprint=key.kid)


def _kids(party: Party) -> list[str]:
    return [key.kid for key in party.keys]


def _now_s() -> float:
    return asyncio.get_running_loop().time()
