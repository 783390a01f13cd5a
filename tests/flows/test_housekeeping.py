"""What has had its life goes, however much came in a minute; and a worker that has nothing to do costs nearly nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from contracts.sql_checks import statements_of
from contracts.store_samples import NOW, claim
from support.house import House, house
from unionhub.adapters.sql.store import SqlStore
from unionhub.domain.model.codes import CodeKind, OneTimeCode

SENDER = "39990001"
BATCH = 2


@pytest.fixture(params=["memory", "sqlite"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    with house(request.param, tmp_path) as opened:
        yield opened


def code_of(number: int) -> OneTimeCode:
    return OneTimeCode(
        code_id=number,
        kind=CodeKind.CONSUMER_QR,
        act_id=1,
        position=number,
        card_id=1,
        gateway=SENDER,
        user_id="user",
        device_id="device",
        index=b"index %d" % number,
        made_at=NOW,
        expires_at=NOW,
    )


def test_nothing_waits_for_its_purge_behind_too_much_else(home: House) -> None:
    """The batch is small and is taken again and again: of the first kind alone there is more than one."""

    async def scenario() -> None:
        worker = home.hub.worker
        worker._policy = msgspec.structs.replace(worker._policy, uuids_kept_s=0, claims_kept_s=0, purge_batch=BATCH)
        mine = [claim(sender=SENDER, msg_id=f"m{number}") for number in range(3)]
        async with home.hub.store.begin() as uow:
            for number in range(3 * BATCH + 1):
                await uow.admit(SENDER, f"u{number}", mine[number] if number < len(mine) else None)
            await uow.add_codes([code_of(number) for number in range(3)])
            await uow.commit()
        await worker.keep_house()
        async with home.hub.store.begin() as uow:
            assert [await uow.admit(SENDER, f"u{number}", each) for number, each in enumerate(mine)] == [None] * 3
            assert [await uow.code_by_index(b"index %d" % number) for number in range(3)] == [None] * 3

    home.run(scenario())


def test_a_look_that_finds_nothing_is_one_transaction_that_only_reads(tmp_path: Path) -> None:
    """Three leases of nothing and the orders: twice a second, by default."""
    with house("sqlite", tmp_path) as home:

        async def scenario() -> None:
            await home.work()
            store = home.hub.store
            assert isinstance(store, SqlStore)
            before = store.transactions_begun
            with statements_of(store) as seen:
                assert await home.hub.worker.turn() == 0
            assert store.transactions_begun - before == 1
            assert len([word for word in seen if word not in ("BEGIN", "ROLLBACK")]) == 4
            assert "COMMIT" not in seen

        home.run(scenario())
