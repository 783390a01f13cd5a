"""The hub's own keys over the generations: which signs, which open, and what a running host sees of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from support.keys import APP_ID, NOW_S, hub_jose, hub_keys, partner_jose, partner_key, party
from support.loop import run
from support.sandbox import other_hub_keys
from unionhub.adapters.jose import keyring
from unionhub.adapters.jose.facade import HubJose, PartnerJose
from unionhub.adapters.jose.generations import (
    SETTLE,
    Generation,
    KeyState,
    RotationError,
    read_generations,
    retire,
    rotate,
    states_of,
)
from unionhub.adapters.jose.keyring import HubKeyring
from unionhub.adapters.jose.keys import Key, generate_key, private_key
from unionhub.adapters.jose.sealing import SealedFieldError
from unionhub.adapters.jose.suites import SUITE_OF_ALG, SUITES
from unionhub.adapters.memory.store import MemoryStore
from unionhub.adapters.memory.telemetry import NullTelemetry
from unionhub.adapters.vault.keys import HUB_KEYS, add, hub_kind
from unionhub.adapters.vault.master import MasterKey
from unionhub.domain.model.parties import JoseProfile
from unionhub.ports.store import StoreUnavailable, UnitOfWork

MASTER = MasterKey(bytes(32))
START = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
COMPACT = SUITES[JoseProfile.COMPACT]
LIGHT = (COMPACT.sig_alg, COMPACT.key_alg)
ALL = tuple(SUITE_OF_ALG)
SECOND = timedelta(seconds=1)


class Clock:
    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        return self.time


class Troubles(NullTelemetry):
    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def store_failed(self, where: str, error: BaseException) -> None:
        self.told.append((where, type(error).__name__))

    crashed = store_failed


class Store(MemoryStore):
    """Counts readings, and can be away."""

    away = False

    def begin(self) -> UnitOfWork:
        if self.away:
            raise StoreUnavailable("away")
        return super().begin()


class House:
    """A store with the hub's first six keys, and hosts on it."""

    def __init__(self) -> None:
        self.store = Store()
        self.clock = Clock()
        self.troubles = Troubles()

    async def host(self) -> HubKeyring:
        return await keyring.load(self.store, MASTER, self.clock, self.troubles, hub_keys)

    async def rotate(self, algs: Iterable[str] = LIGHT) -> list[Generation]:
        return await rotate(self.store, MASTER, self.clock, algs, ready_made)

    async def retire(self, kid: str) -> Generation:
        return await retire(self.store, MASTER, self.clock, kid)

    async def states(self) -> dict[str, list[KeyState]]:
        alive = await read_generations(self.store, MASTER)
        states = states_of(alive, self.clock.now())
        return {alg: [states[each.kid] for each in alive if each.alg == alg] for alg in ALL}


def ready_made(alg: str) -> Key:
    """RSA keys of this run: making one takes a tenth of a second."""
    if SUITE_OF_ALG[alg].kty == "EC":
        return generate_key(alg)
    members = next(key for key in json.loads(other_hub_keys().to_json())["keys"] if key["alg"] == alg)
    return private_key(members, alg)


def kids(ring: HubKeyring) -> list[str]:
    return [key["kid"] for key in ring.public_jwks()["keys"]]


def line(*ages_s: int) -> list[Generation]:
    """Generations 1, 2, ... of one algorithm, so many seconds old."""
    return [
        Generation(alg="ES256", version=n, created_at=START - age * SECOND, members={"kid": str(n)})
        for n, age in enumerate(ages_s, start=1)
    ]


class TestStates:
    @pytest.mark.parametrize(
        ("ages_s", "states"),
        [
            ((0,), "current"),
            ((1000,), "current"),
            ((1000, 0), "current next"),
            ((1000, 59), "current next"),
            ((1000, 60), "retired-but-alive current"),
            ((1000, 500, 0), "retired-but-alive current next"),
            ((1000, 500, 60), "retired-but-alive retired-but-alive current"),
            ((30, 20), "current next"),
            ((-100, -50), "current next"),
        ],
    )
    def test_the_newest_that_settled_is_current(self, ages_s: tuple[int, ...], states: str) -> None:
        assert [state.value for state in states_of(line(*ages_s), START).values()] == states.split()

    def test_each_algorithm_has_a_line_of_its_own(self) -> None:
        other = [Generation(alg="PS256", version=1, created_at=START, members={"kid": "p"})]
        assert states_of(line(1000, 60) + other, START)["p"] is KeyState.CURRENT

    def test_none_at_all(self) -> None:
        assert states_of([], START) == {}

    def test_a_generation_shows_no_key(self) -> None:
        assert repr(line(0)[0]) == "Generation(ES256 1, 1)"


class TestRotation:
    def test_before_any_the_six_are_those_of_the_first_start(self) -> None:
        async def work() -> None:
            ring = await House().host()
            assert ring.public_jwks() == hub_keys().public_jwks()
            assert ring.to_json() == hub_keys().to_json()

        run(work())

    @pytest.mark.parametrize("algs", [LIGHT, ALL], ids=["one profile", "all six"])
    def test_published_at_once_signing_when_settled_opening_always(self, algs: tuple[str, ...]) -> None:
        async def work() -> None:
            house = House()
            ring = await house.host()
            first = kids(ring)
            made = await house.rotate(algs)
            assert [each.alg for each in made] == list(algs)
            await ring.refresh()
            assert kids(ring) == [*first, *(each.kid for each in made)]
            before = {profile: ring.signing(profile).kid for profile in JoseProfile}
            assert set(before.values()) <= set(first)
            house.clock.time += SETTLE - SECOND
            await ring.refresh()
            assert {profile: ring.signing(profile).kid for profile in JoseProfile} == before
            house.clock.time += SECOND
            await ring.refresh()
            for profile, suite in SUITES.items():
                own = {each.alg: each.kid for each in made}
                assert ring.signing(profile).kid == own.get(suite.sig_alg, before[profile])
                opening = ring.opening(profile)
                assert len(opening) == (2 if suite.key_alg in algs else 1)
                assert ring.sealing_kid(profile) == own.get(suite.key_alg, next(iter(opening)))
            assert kids(ring) == [*first, *(each.kid for each in made)]

        run(work())

    def test_what_was_sealed_to_any_generation_opens_by_its_kid(self) -> None:
        async def work() -> None:
            house = House()
            ring = await house.host()
            hub, partner = HubJose(ring, lambda: NOW_S), party(JoseProfile.COMPACT)
            sealed = []
            for _ in range(3):
                jose = partner_jose_of(ring)
                sealed.append(jose.seal(b"secret"))
                await house.rotate()
                await ring.refresh()
                assert [hub.open_from(partner, jwe) for jwe in sealed] == [b"secret"] * len(sealed)
                house.clock.time += SETTLE
            gone = (await read_generations(house.store, MASTER))[5]
            assert gone.alg == COMPACT.key_alg
            house.clock.time += SETTLE
            await house.retire(gone.kid)
            await ring.refresh()
            with pytest.raises(SealedFieldError):
                hub.open_from(partner, sealed[0])
            assert hub.open_from(partner, sealed[1]) == b"secret"

        run(work())

    def test_a_partner_that_looked_once_the_key_was_published_takes_every_signature(self) -> None:
        async def work() -> None:
            house = House()
            ring = await house.host()
            hub, partner = HubJose(ring, lambda: NOW_S), party(JoseProfile.COMPACT)
            await house.rotate()
            await ring.refresh()
            jose = partner_jose_of(ring)
            old = jose.verify_response(hub.sign_response(b"{}", partner), b"{}").kid
            house.clock.time += SETTLE
            await ring.refresh()
            new = jose.verify_response(hub.sign_response(b"{}", partner), b"{}").kid
            assert old != new

        run(work())

    def test_one_at_a_time(self) -> None:
        async def work() -> None:
            house = House()
            with pytest.raises(RotationError, match="first start"):
                await house.rotate()
            await house.host()
            (made, _) = await house.rotate()
            with pytest.raises(RotationError, match=f"ES256: the key {made.kid} is next already and signs from 04:01:00 UTC"):
                await house.rotate(ALL)
            await house.rotate(("PS256",))
            house.clock.time += SETTLE
            await house.rotate()
            states = await house.states()
            assert states["ES256"] == [KeyState.OLD, KeyState.CURRENT, KeyState.NEXT]
            assert states["PS256"] == [KeyState.OLD, KeyState.CURRENT]
            assert states["RS256"] == [KeyState.CURRENT]

        run(work())

    def test_of_many_operators_at_once_one_has_its_will(self) -> None:
        async def work() -> None:
            house = House()
            await house.host()
            done = await asyncio.gather(*(house.rotate() for _ in range(5)), return_exceptions=True)
            assert sorted(type(each).__name__ for each in done) == ["RotationError"] * 4 + ["list"]
            assert (await house.states())["ES256"] == [KeyState.CURRENT, KeyState.NEXT]

        run(work())

    def test_stored_wrapped_and_never_twice_under_one_algorithm(self) -> None:
        async def work() -> None:
            house = House()
            await house.host()
            made = await house.rotate()
            async with house.store.begin() as uow:
                rows = await uow.wrapped_keys()
            assert [(row.kind, row.version) for row in rows] == [
                ("hub-jose", 1),
                ("hub-jose ECDH-ES+A256KW", 2),
                ("hub-jose ES256", 2),
            ]
            assert all(each.members["d"].encode() not in row.wrapped for each in made for row in rows)

        run(work())


class TestRetirement:
    def test_only_what_was_replaced_and_only_when_no_host_signs_with_it(self) -> None:
        async def work() -> None:
            house = House()
            ring = await house.host()
            old = ring.signing(JoseProfile.COMPACT).kid
            (new, _) = await house.rotate()
            for kid, words in ((old, "is the current one for ES256"), (new.kid, "is the next one"), ("x", "no key 'x'")):
                with pytest.raises(RotationError, match=words):
                    await house.retire(kid)
            house.clock.time += SETTLE
            with pytest.raises(RotationError, match="from 04:02:00 UTC on"):
                await house.retire(old)
            house.clock.time += SETTLE
            await asyncio.gather(house.retire(old), house.retire(old), return_exceptions=True)  # two operators
            await ring.refresh()
            assert old not in kids(ring)
            assert (await house.states())["ES256"] == [KeyState.CURRENT]
            with pytest.raises(RotationError, match="no key"):
                await house.retire(old)
            with pytest.raises(RotationError, match="current"):
                await house.retire(new.kid)

        run(work())

    def test_the_line_goes_on_after_it(self) -> None:
        async def work() -> None:
            house = House()
            ring = await house.host()
            for _ in range(3):
                await house.rotate()
                house.clock.time += 2 * SETTLE
            alive = [each for each in await read_generations(house.store, MASTER) if each.alg == "ES256"]
            await house.retire(alive[1].kid)
            await house.rotate()
            await ring.refresh()
            left = [each.version for each in await read_generations(house.store, MASTER) if each.alg == "ES256"]
            assert left == [1, 3, 4, 5]
            assert ring.signing(JoseProfile.COMPACT).kid == alive[3].kid

        run(work())


class TestRefresh:
    def test_each_private_key_is_parsed_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        parsed = []

        def counted(members: Any, alg: str) -> Key:
            parsed.append(members["kid"])
            return private_key(members, alg)

        async def work() -> None:
            house = House()
            monkeypatch.setattr(keyring, "private_key", counted)
            ring = await house.host()
            assert sorted(parsed) == sorted(kids(ring))
            for _ in range(3):
                await ring.refresh()
            assert len(parsed) == 6
            made = await house.rotate()
            await ring.refresh()
            await ring.refresh()
            assert parsed[6:] == [each.kid for each in made]

        run(work())

    @pytest.mark.parametrize("content", [b"nothing", b"{}", b'{"keys":[{}]}', b'{"keys":[{"alg":"ES256","kid":"1"}]}', b"\xff"])
    def test_a_spoiled_row_is_told_and_the_host_goes_on(self, content: bytes) -> None:
        async def work() -> None:
            house = House()
            ring = await house.host()
            assert await add(house.store, MASTER, house.clock, {hub_kind("ES256"): content}, version=2)
            assert not await ring.refresh_soon()
            assert house.troubles.told == [("hub keys", "ValueError")]
            assert ring.public_jwks() == hub_keys().public_jwks()
            with pytest.raises(ValueError, match=r"the stored key|key 1: "):
                await ring.refresh()

        run(work())

    def test_another_masters_row_and_an_outage_are_told(self) -> None:
        async def work() -> None:
            house = House()
            ring = await house.host()
            assert await add(house.store, MasterKey(b"x" * 32), house.clock, {hub_kind("ES256"): b"{}"}, version=2)
            await ring.refresh_soon()
            house.store.away = True
            await ring.refresh_soon()
            assert house.troubles.told == [("hub keys", "MasterKeyError"), ("hub keys", "StoreUnavailable")]

        run(work())

    def test_a_missing_algorithm_is_an_error_at_the_start(self) -> None:
        async def work() -> None:
            store, clock = MemoryStore(), Clock()
            five = {"keys": json.loads(hub_keys().to_json())["keys"][:5]}
            assert await add(store, MASTER, clock, {HUB_KEYS: json.dumps(five).encode()}, version=1)
            with pytest.raises(ValueError, match="the hub has no key for ECDH-ES"):
                await keyring.load(store, MASTER, clock)

        run(work())

    def test_it_reads_by_itself_through_an_outage(self) -> None:
        async def work() -> None:
            house = House()
            ring = await house.host()
            loop = asyncio.create_task(ring.run(interval_s=0.001))
            house.store.away = True
            async with asyncio.timeout(5):
                while not house.troubles.told:  # noqa: ASYNC110
                    await asyncio.sleep(0.001)
                house.store.away = False
                made = await house.rotate()
                while made[0].kid not in kids(ring):  # noqa: ASYNC110
                    await asyncio.sleep(0.001)
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)

        run(work())

    def test_any_number_of_unknown_kids_share_a_reading(self) -> None:
        async def work() -> None:
            house = House()
            ring, other = await house.host(), await house.host()
            made = await house.rotate()
            await other.refresh()
            before = house.store.transactions_begun
            assert all(await asyncio.gather(*(ring.refresh_soon() for _ in range(300))))
            assert house.store.transactions_begun == before + 1
            assert made[0].kid in kids(ring)
            assert not await ring.refresh_soon()

        run(work())

    def test_a_flood_of_them_is_read_for_at_the_bounded_rate(self) -> None:
        async def work() -> None:
            house = House()
            ring = await house.host()
            now = asyncio.get_running_loop().time
            before, began_s, pending = house.store.transactions_begun, now(), []
            while now() - began_s < 0.35:
                pending.append(asyncio.create_task(ring.refresh_soon()))
                await asyncio.sleep(0.001)
            await asyncio.gather(*pending)
            readings = house.store.transactions_begun - before
            assert 1 <= readings <= (now() - began_s) / keyring.MIN_INTERVAL_S + 1

        run(work())


def partner_jose_of(ring: HubKeyring) -> PartnerJose:
    """A partner that looks at /.well-known/jwks.json now, and seals to the newest key that it finds there."""
    signing, encryption = (partner_key(JoseProfile.COMPACT, use).private_jwk() for use in ("sig", "enc"))
    return PartnerJose(APP_ID, JoseProfile.COMPACT, signing, encryption, ring.public_jwks(), lambda: NOW_S)


def test_an_old_host_and_a_partner_speak_as_before() -> None:
    """The six of the first start, read by the new code, are those that partners registered."""
    jose, partner = partner_jose(JoseProfile.MODERN), party(JoseProfile.MODERN)

    async def work() -> None:
        hub = HubJose(await House().host(), lambda: NOW_S)
        jose.verify_response(hub.sign_response(b"{}", partner), b"{}")
        assert hub.open_from(partner, jose.seal(b"x")) == b"x"
        assert jose.open_(hub_jose().seal_for(partner, b"y")) == b"y"

    run(work())
