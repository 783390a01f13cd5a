"""The envelope vault: contract, keys, rotation, hosts that start together, the master key's file."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, Self, TypeVar, cast

import pytest

from contracts.vault_contract import NUMBER, VaultContract
from support.waiting import until
from unionhub.adapters.vault import envelope, keys
from unionhub.adapters.vault.envelope import SEAL_DELAY, EnvelopeVault
from unionhub.adapters.vault.keys import load_hub_keys
from unionhub.adapters.vault.master import MasterKey, MasterKeyError
from unionhub.domain.model.identifiers import Pan, Secret
from unionhub.ports.store import Store, StoreUnavailable, WrappedKey
from unionhub.ports.vault import VaultError

START = datetime(2026, 11, 1, tzinfo=UTC)
MASTER = MasterKey(bytes(range(32)))
OTHER_MASTER = MasterKey(bytes(32))
T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


class StoppedClock:
    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        return self.time


class KeyTable:
    """Wrapped keys alone, with the store's rules: one row for each kind and version, nothing without a commit."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, int], WrappedKey] = {}
        self.writing = asyncio.Lock()
        self.before_add: Callable[[], Awaitable[None]] | None = None
        self.away = False
        self.refusals = 0

    def begin(self) -> _Work:
        return _Work(self)

    @property
    def names(self) -> list[tuple[str, int]]:
        return sorted(self.rows)


class _Work:
    def __init__(self, table: KeyTable) -> None:
        self.table = table
        self.new: dict[tuple[str, int], WrappedKey] = {}

    async def __aenter__(self) -> Self:
        if self.table.away:
            self.table.refusals += 1
            raise StoreUnavailable("away")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.new:
            self.table.writing.release()

    async def wrapped_keys(self) -> list[WrappedKey]:
        await asyncio.sleep(0)  # lets another host in between
        return list(self.table.rows.values())

    async def add_wrapped_key(self, key: WrappedKey) -> bool:
        if self.table.before_add:
            await self.table.before_add()
        if not self.new:
            await self.table.writing.acquire()
        if (key.kind, key.version) in self.table.rows:
            if not self.new:
                self.table.writing.release()
            return False
        self.new[key.kind, key.version] = key
        await asyncio.sleep(0)
        return True

    async def commit(self) -> None:
        self.table.rows |= self.new


def load(table: KeyTable, master: MasterKey = MASTER, clock: StoppedClock | None = None) -> Coroutine[Any, Any, EnvelopeVault]:
    return envelope.load(cast(Store, table), master, clock or StoppedClock())


def rotated(table: KeyTable) -> tuple[EnvelopeVault, StoppedClock]:
    """A vault whose second data key seals."""
    clock = StoppedClock()

    async def work() -> EnvelopeVault:
        vault = await load(table, clock=clock)
        await vault.rotate()
        clock.time += SEAL_DELAY
        await vault.refresh()
        return vault

    return run(work()), clock


class TestContract(VaultContract):
    @pytest.fixture
    def vault(self) -> EnvelopeVault:
        return run(load(KeyTable()))


class TestContractAfterRotation(VaultContract):
    @pytest.fixture
    def vault(self) -> EnvelopeVault:
        return rotated(KeyTable())[0]


class TestKeys:
    def test_the_first_start_makes_three_different_keys(self) -> None:
        table = KeyTable()
        run(load(table))
        assert table.names == [("data", 1), ("digest", 1), ("index", 1)]
        opened = {MASTER.unwrap(row.kind, row.version, row.wrapped) for row in table.rows.values()}
        assert [len(key) for key in opened] == [32, 32, 32]

    def test_the_store_sees_no_key(self) -> None:
        table = KeyTable()
        run(load(table))
        for row in table.rows.values():
            assert MASTER.unwrap(row.kind, row.version, row.wrapped) not in row.wrapped
            assert row.created_at == START

    def test_the_next_start_finds_them(self) -> None:
        table = KeyTable()
        first = run(load(table))
        before = dict(table.rows)
        second = run(load(table))
        assert table.rows == before
        assert second.open(first.seal(Pan(NUMBER), "pan"), "pan") == NUMBER
        assert second.index(Pan(NUMBER), "pan") == first.index(Pan(NUMBER), "pan")
        assert second.digest(b"x") == first.digest(b"x")

    def test_two_installations_have_nothing_in_common(self) -> None:
        one, two = run(load(KeyTable())), run(load(KeyTable()))
        assert one.index(Pan(NUMBER), "pan") != two.index(Pan(NUMBER), "pan")
        assert one.digest(b"x") != two.digest(b"x")
        with pytest.raises(VaultError):
            two.open(one.seal(Pan(NUMBER), "pan"), "pan")

    def test_index_and_digest_are_hmac_sha_256_of_the_index_and_digest_key(self) -> None:
        """Written out, so that a change that would lose every card in a live store is seen."""
        table = KeyTable()
        vault = run(load(table))
        key = {kind: MASTER.unwrap(kind, 1, table.rows[kind, 1].wrapped) for kind in ("index", "digest")}
        assert vault.index(Pan(NUMBER), "pan") == hmac.new(key["index"], b"\x03pan" + NUMBER.encode(), hashlib.sha256).digest()
        assert vault.digest(b"x") == hmac.new(key["digest"], b"x", hashlib.sha256).digest()

    def test_hosts_that_start_at_once_share_the_first_ones_keys(self) -> None:
        table = KeyTable()

        async def work() -> list[EnvelopeVault]:
            together = asyncio.Barrier(8)

            async def wait_for_all() -> None:  # all have seen the empty table before anyone writes
                table.before_add = None if together.n_waiting == 7 else table.before_add
                await together.wait()

            table.before_add = wait_for_all
            return list(await asyncio.gather(*(load(table) for _ in range(8))))

        vaults = run(work())
        assert table.names == [("data", 1), ("digest", 1), ("index", 1)]
        sealed = vaults[0].seal(Pan(NUMBER), "pan")
        assert {vault.open(sealed, "pan") for vault in vaults} == {NUMBER}
        assert len({vault.index(Pan(NUMBER), "pan") for vault in vaults}) == 1
        assert len({vault.digest(b"x") for vault in vaults}) == 1

    def test_a_wrong_master_key_is_told_at_the_start_and_leaves_no_trace(self) -> None:
        table = KeyTable()
        run(load(table))
        del table.rows["index", 1]
        before = dict(table.rows)
        with pytest.raises(MasterKeyError, match=r"another master key \(UNIONHUB_MASTER_KEY_FILE\)"):
            run(load(table, OTHER_MASTER))
        assert table.rows == before

    @pytest.mark.parametrize(("frm", "to"), [(("index", 1), ("digest", 1)), (("data", 1), ("data", 2))])
    def test_a_wrapped_key_cannot_be_moved_to_another_row(self, frm: tuple[str, int], to: tuple[str, int]) -> None:
        table = KeyTable()
        run(load(table))
        moved = table.rows[frm]
        table.rows[to] = WrappedKey(kind=to[0], version=to[1], wrapped=moved.wrapped, created_at=START)
        with pytest.raises(MasterKeyError):
            run(load(table))

    def test_keys_are_added_all_or_none(self) -> None:
        table = KeyTable()
        assert run(keys.add(cast(Store, table), MASTER, StoppedClock(), {"b": b"1"}, version=1))
        assert not run(keys.add(cast(Store, table), MASTER, StoppedClock(), {"a": b"2", "b": b"2"}, version=1))
        assert table.names == [("b", 1)]

    def test_a_store_that_keeps_nothing_is_told(self) -> None:
        table = KeyTable()
        table.rows = _Forgetful()
        with pytest.raises(RuntimeError, match="does not keep the keys"):
            run(load(table))


class _Forgetful(dict[Any, Any]):
    def __ior__(self, other: object) -> Self:  # type: ignore[misc]
        return self


class TestRotation:
    def test_the_new_key_seals_and_the_old_one_opens(self) -> None:
        table = KeyTable()
        old = run(load(table)).seal(Pan(NUMBER), "pan")
        vault, _ = rotated(table)
        new = vault.seal(Pan(NUMBER), "pan")
        assert table.names == [("data", 1), ("data", 2), ("digest", 1), ("index", 1)]
        assert [old[1:3], new[1:3]] == [b"\x00\x01", b"\x00\x02"]
        assert [vault.needs_reseal(old), vault.needs_reseal(new)] == [True, False]
        assert [vault.open(old, "pan"), vault.open(new, "pan")] == [NUMBER, NUMBER]

    def test_resealing_keeps_the_value_and_its_purpose(self) -> None:
        table = KeyTable()
        old = run(load(table)).seal(Pan(NUMBER), "pan")
        vault, _ = rotated(table)
        new = vault.reseal(old, "pan")
        assert not vault.needs_reseal(new)
        assert vault.open(new, "pan") == NUMBER
        with pytest.raises(VaultError):
            vault.reseal(old, "account")

    def test_hosts_open_with_a_new_key_before_any_seals_with_it(self) -> None:
        table, clock = KeyTable(), StoppedClock()

        async def work() -> tuple[EnvelopeVault, EnvelopeVault]:
            one, two = await load(table, clock=clock), await load(table, clock=clock)
            assert await one.rotate() == 2
            await two.refresh()
            return one, two

        one, two = run(work())
        assert one.seal(Pan(NUMBER), "pan")[1:3] == b"\x00\x01"
        clock.time += SEAL_DELAY
        run(one.refresh())
        sealed = one.seal(Pan(NUMBER), "pan")
        assert sealed[1:3] == b"\x00\x02"
        assert two.open(sealed, "pan") == NUMBER
        assert not two.needs_reseal(sealed), "two is behind, not the ciphertext"

    def test_the_delay_outlasts_many_refreshes(self) -> None:
        assert timedelta(seconds=10) * 3 < SEAL_DELAY

    def test_a_host_that_never_refreshed_says_so_in_the_usual_shape(self) -> None:
        table = KeyTable()
        behind = run(load(table))
        vault, _ = rotated(table)
        with pytest.raises(VaultError):
            behind.open(vault.seal(Pan(NUMBER), "pan"), "pan")

    def test_hosts_that_rotate_at_once_rotate_once(self) -> None:
        table = KeyTable()

        async def work() -> list[int]:
            vaults = [await load(table) for _ in range(4)]
            return list(await asyncio.gather(*(vault.rotate() for vault in vaults)))

        assert run(work()) == [2, 2, 2, 2]
        assert table.names == [("data", 1), ("data", 2), ("digest", 1), ("index", 1)]

    def test_a_host_that_starts_during_the_delay_seals_with_the_old_key(self) -> None:
        table, clock = KeyTable(), StoppedClock()
        run(run(load(table, clock=clock)).rotate())
        clock.time += SEAL_DELAY - timedelta(seconds=1)
        assert run(load(table, clock=clock)).seal(Secret("x"), "p")[1:3] == b"\x00\x01"
        clock.time += timedelta(seconds=1)
        assert run(load(table, clock=clock)).seal(Secret("x"), "p")[1:3] == b"\x00\x02"

    def test_sealing_does_not_go_back_when_the_clock_does(self) -> None:
        vault, clock = rotated(KeyTable())
        clock.time = START
        run(vault.refresh())
        assert vault.seal(Secret("x"), "p")[1:3] == b"\x00\x02"

    def test_the_loop_survives_an_outage(self) -> None:
        table, clock = KeyTable(), StoppedClock()

        async def work() -> None:
            one, two = await load(table, clock=clock), await load(table, clock=clock)
            await one.rotate()
            table.away = True
            loop = asyncio.create_task(two.run(interval_s=0.001))
            await until(lambda: table.refusals >= 2)
            table.away = False
            clock.time += SEAL_DELAY
            await until(lambda: two.seal(Secret("x"), "p")[1:3] == b"\x00\x02")
            loop.cancel()

        run(work())


class TestHubKeys:
    def make(self, table: KeyTable, text: str, master: MasterKey = MASTER) -> Coroutine[Any, Any, str]:
        return load_hub_keys(cast(Store, table), master, StoppedClock(), lambda: text)

    def test_made_once_and_kept_wrapped(self) -> None:
        table = KeyTable()
        assert run(self.make(table, '{"keys":"first"}')) == '{"keys":"first"}'
        assert run(self.make(table, '{"keys":"second"}')) == '{"keys":"first"}'
        assert table.names == [("hub-jose", 1)]
        assert b"keys" not in table.rows["hub-jose", 1].wrapped

    def test_two_hosts_at_once_get_the_same(self) -> None:
        table = KeyTable()

        async def work() -> list[str]:
            return list(await asyncio.gather(*(self.make(table, f"host {n}") for n in range(4))))

        assert len(set(run(work()))) == 1
        assert table.names == [("hub-jose", 1)]

    def test_the_newest_version_counts(self) -> None:
        table = KeyTable()
        run(self.make(table, "first"))
        new = {keys.HUB_KEYS: b"tenth"}
        assert run(keys.add(cast(Store, table), MASTER, StoppedClock(), new, version=10))
        assert run(self.make(table, "never")) == "tenth"

    def test_they_do_not_open_with_another_master_key(self) -> None:
        table = KeyTable()
        run(self.make(table, "first"))
        with pytest.raises(MasterKeyError):
            run(self.make(table, "second", OTHER_MASTER))
