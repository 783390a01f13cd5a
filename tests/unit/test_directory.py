"""The directory: a snapshot of parties and products that costs the hot path nothing and strangers one reading."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, Self, TypeVar, cast

import pytest

from support.waiting import until
from unionhub.adapters.memory.directory import SnapshotDirectory
from unionhub.adapters.memory.telemetry import NullTelemetry
from unionhub.domain.model.cards import CardProduct
from unionhub.domain.model.marketing import HUB, Funder, MarketingOffer, OfferKind, OfferState
from unionhub.domain.model.parties import Party, PartyState, Role
from unionhub.domain.model.services import Grant, IndustryService
from unionhub.ports.directory import Directory
from unionhub.ports.store import Store, StoreUnavailable

GATEWAY = Party(app_id="39990001", role=Role.APP_GATEWAY, name="Gateway", state=PartyState.LIVE)
PRODUCT = CardProduct(product_id="P1", issuer="39990002", name="Classic", currency="344", trx_limit_minor=1, day_limit_minor=1)
GRANT = Grant(channel="39990031", industry="39990041")
T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def acquirer(app_id: str, iin: str, state: PartyState = PartyState.LIVE) -> Party:
    return Party(app_id=app_id, role=Role.ACQUIRER, name=app_id, state=state, acquirer_iin=iin)


def campaign(offer_id: str, state: OfferState = OfferState.ACTIVE) -> MarketingOffer:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    return MarketingOffer(
        offer_id=offer_id,
        kind=OfferKind.INSTANT,
        name="1 off",
        owner=HUB,
        funders=(Funder(party=HUB, percent=100),),
        currency="344",
        budget_minor=1_00,
        valid_from=begin,
        valid_until=begin + timedelta(days=1),
        off_minor=1_00,
        state=state,
    )


class ReferenceData:
    """Parties and products alone; counts readings, and can be slow or away."""

    def __init__(self, *parties: Party) -> None:
        self.held = {party.app_id: party for party in parties}
        self.offered: list[IndustryService] = []
        self.campaigns: list[MarketingOffer] = []
        self.readings = 0
        self.trouble: Callable[[], Awaitable[None]] | None = None

    def begin(self) -> Self:
        return self

    async def __aenter__(self) -> Self:
        self.readings += 1
        return self

    async def __aexit__(self, *_: object) -> None: ...

    async def parties(self) -> list[Party]:
        if self.trouble:
            await self.trouble()
        return list(self.held.values())

    async def products(self) -> list[CardProduct]:
        return [PRODUCT]

    async def services(self) -> list[IndustryService]:
        return list(self.offered)

    async def grants(self) -> list[Grant]:
        return [GRANT]

    async def offers(self) -> list[MarketingOffer]:
        return list(self.campaigns)

    def add(self, party: Party) -> None:
        self.held[party.app_id] = party

    def go_away(self) -> None:
        async def refuse() -> None:
            raise StoreUnavailable("away")

        self.trouble = refuse

    def hang(self) -> None:
        async def hang() -> None:
            await asyncio.sleep(60)

        self.trouble = hang


class Failures(NullTelemetry):
    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def store_failed(self, where: str, error: BaseException) -> None:
        self.told.append((where, type(error).__name__))


def directory(store: ReferenceData, telemetry: NullTelemetry | None = None, **bounds: float) -> SnapshotDirectory:
    return SnapshotDirectory(cast(Store, store), telemetry, **bounds)


class TestSnapshot:
    def test_it_knows_nothing_before_the_first_reading(self) -> None:
        snapshot: Directory = directory(ReferenceData(GATEWAY))
        assert snapshot.party(GATEWAY.app_id) is None
        assert snapshot.product("P1") is None

    def test_it_knows_what_was_read(self) -> None:
        snapshot = directory(ReferenceData(GATEWAY, acquirer("39990003", "47010344")))
        run(snapshot.refresh())
        assert snapshot.party(GATEWAY.app_id) == GATEWAY
        assert snapshot.party("39990009") is None
        assert snapshot.product("P1") == PRODUCT
        assert snapshot.product("P2") is None
        assert snapshot.acquirer("47010344") == acquirer("39990003", "47010344")
        assert snapshot.acquirer("") is None

    def test_a_reading_replaces_all(self) -> None:
        store = ReferenceData(GATEWAY)
        snapshot = directory(store)
        run(snapshot.refresh())
        store.held.clear()
        run(snapshot.refresh())
        assert snapshot.party(GATEWAY.app_id) is None

    def test_only_acquirers_have_an_iin(self) -> None:
        issuer = Party(app_id="39990002", role=Role.ISSUER, name="Issuer", acquirer_iin="47010344")
        snapshot = directory(ReferenceData(issuer, acquirer("39990003", "")))
        run(snapshot.refresh())
        assert snapshot.acquirer("47010344") is None
        assert snapshot.acquirer("") is None

    @pytest.mark.parametrize("turn", [1, -1])
    def test_of_two_with_one_iin_the_live_one_counts_then_the_lower_app_id(self, turn: int) -> None:
        parties = [
            acquirer("39990003", "47010344", PartyState.SUSPENDED),
            acquirer("39990004", "47010344"),
            acquirer("39990005", "47010344"),
        ]
        snapshot = directory(ReferenceData(*parties[::turn]))
        run(snapshot.refresh())
        found = snapshot.acquirer("47010344")
        assert found is not None
        assert found.app_id == "39990004"

    def test_services_are_found_by_the_code_of_their_industry_and_a_live_one_counts(self) -> None:
        industries = [
            Party(app_id=app_id, role=Role.INDUSTRY, name=app_id, state=state, industry_code=code)
            for app_id, state, code in (
                ("39990041", PartyState.TESTING, "60010001"),
                ("39990042", PartyState.LIVE, "60010001"),
                ("39990043", PartyState.LIVE, "60010000"),
                ("39990044", PartyState.LIVE, ""),
            )
        ]
        store = ReferenceData(*industries)
        strangers = ("39990049",)
        store.offered = [
            IndustryService(app_id=app_id, name=app_id, category="", url="") for app_id in (*store.held, *strangers)
        ]
        snapshot = directory(store)
        run(snapshot.refresh())
        assert [each.app_id for each in snapshot.services()] == ["39990043", "39990042"]
        found = snapshot.service("60010001")
        assert found is not None
        assert found.app_id == "39990042"
        assert snapshot.service("") is None

    @pytest.mark.parametrize("turn", [1, -1])
    def test_a_channel_is_found_by_its_code_and_a_live_one_counts(self, turn: int) -> None:
        channels = [
            Party(app_id=app_id, role=role, name=app_id, state=state, channel_code=code)
            for app_id, role, state, code in (
                ("39990031", Role.CHANNEL, PartyState.TESTING, "HARBOUR01"),
                ("39990032", Role.CHANNEL, PartyState.LIVE, "HARBOUR01"),
                ("39990033", Role.CHANNEL, PartyState.LIVE, "HARBOUR01"),
                ("39990034", Role.CHANNEL, PartyState.SUSPENDED, "PEAKLIFE02"),
                ("39990035", Role.INDUSTRY, PartyState.LIVE, "NOCHANNEL3"),
                ("39990036", Role.CHANNEL, PartyState.LIVE, ""),
            )
        ]
        snapshot = directory(ReferenceData(*channels[::turn]))
        run(snapshot.refresh())
        found = [snapshot.channel(code) for code in ("HARBOUR01", "PEAKLIFE02", "NOCHANNEL3", "", "harbour01")]
        assert [each.app_id if each else "" for each in found] == ["39990032", "39990034", "", "", ""]

    def test_a_grant_is_of_its_pair(self) -> None:
        snapshot = directory(ReferenceData())
        run(snapshot.refresh())
        assert snapshot.grant("39990031", "39990041") == GRANT
        assert snapshot.grant("39990041", "39990031") is None

    def test_offers_are_those_that_have_not_ended(self) -> None:
        store = ReferenceData()
        store.campaigns = [campaign("A"), campaign("B", OfferState.ENDED), campaign("C", OfferState.PAUSED)]
        snapshot = directory(store)
        assert list(snapshot.offers()) == []
        run(snapshot.refresh())
        assert [each.offer_id for each in snapshot.offers()] == ["A", "C"]

    def test_an_outage_is_told_and_the_last_snapshot_stays(self) -> None:
        store = ReferenceData(GATEWAY)
        snapshot = directory(store)
        run(snapshot.refresh())
        store.go_away()
        with pytest.raises(StoreUnavailable):
            run(snapshot.refresh())
        assert snapshot.party(GATEWAY.app_id) == GATEWAY

    def test_a_hanging_store_is_an_outage(self) -> None:
        store = ReferenceData(GATEWAY)
        store.hang()
        with pytest.raises(StoreUnavailable, match="in time"):
            run(directory(store, refresh_timeout_s=0.01).refresh())


class TestStrangers:
    def test_one_that_was_just_registered_is_found(self) -> None:
        store = ReferenceData()
        snapshot = directory(store)

        async def work() -> None:
            await snapshot.refresh()
            for app_id in ("39990001", "39990002", "39990003"):  # in a row, faster than the interval
                store.add(Party(app_id=app_id, role=Role.ISSUER, name=app_id))
                found = await snapshot.find_party(app_id)
                assert found is not None, app_id

        run(work())

    def test_one_that_is_known_costs_no_reading(self) -> None:
        store = ReferenceData(GATEWAY)
        snapshot = directory(store)

        async def work() -> None:
            await snapshot.refresh()
            assert await snapshot.find_party(GATEWAY.app_id) == GATEWAY

        run(work())
        assert store.readings == 1

    def test_any_number_at_once_share_a_reading(self) -> None:
        store = ReferenceData()
        snapshot = directory(store)

        async def work() -> list[Party | None]:
            store.add(GATEWAY)
            return await asyncio.gather(*(snapshot.find_party(GATEWAY.app_id) for _ in range(500)))

        assert run(work()) == [GATEWAY] * 500
        assert store.readings == 1

    def test_a_flood_of_them_is_read_for_at_the_bounded_rate(self) -> None:
        store = ReferenceData()
        snapshot = directory(store, min_interval_s=0.05)

        async def flood() -> float:
            loop = asyncio.get_running_loop()
            began = loop.time()
            pending = []
            while loop.time() - began < 0.2:
                pending.append(asyncio.create_task(snapshot.find_party("39999999")))
                await asyncio.sleep(0.001)
            await asyncio.gather(*pending)
            return loop.time() - began

        seconds = run(flood())
        assert 1 <= store.readings <= seconds / 0.05 + 1

    def test_a_reading_that_began_before_the_question_does_not_answer_it(self) -> None:
        """The party may have been registered after that reading looked."""
        store = ReferenceData()
        snapshot = directory(store, min_interval_s=0.001)

        async def work() -> Party | None:
            looked, go_on = asyncio.Event(), asyncio.Event()

            async def slow() -> None:
                looked.set()
                await go_on.wait()

            store.trouble = slow
            reading = asyncio.create_task(snapshot.refresh())
            await looked.wait()
            held, store.held = store.held, {}
            question = asyncio.create_task(snapshot.find_party(GATEWAY.app_id))
            await asyncio.sleep(0.005)
            go_on.set()
            await reading
            store.held = held
            store.add(GATEWAY)
            return await question

        assert run(work()) == GATEWAY

    def test_an_outage_leaves_them_strangers(self) -> None:
        store, failures = ReferenceData(), Failures()
        store.go_away()
        assert run(directory(store, failures).find_party("39990001")) is None
        assert failures.told == [("directory", "StoreUnavailable")]

    def test_a_hanging_store_holds_them_for_a_bounded_time(self) -> None:
        store, failures = ReferenceData(), Failures()
        store.hang()
        snapshot = directory(store, failures, refresh_timeout_s=0.02)

        async def work() -> list[Party | None]:
            async with asyncio.timeout(1):
                return await asyncio.gather(*(snapshot.find_party("39990001") for _ in range(20)))

        assert run(work()) == [None] * 20
        assert set(failures.told) == {("directory", "TimeoutError")}

    def test_one_that_gives_up_does_not_take_the_others_with_it(self) -> None:
        store = ReferenceData()
        snapshot = directory(store)

        async def work() -> Party | None:
            await snapshot.refresh()
            store.add(GATEWAY)
            first = asyncio.create_task(snapshot.find_party(GATEWAY.app_id))
            second = asyncio.create_task(snapshot.find_party(GATEWAY.app_id))
            await asyncio.sleep(0.01)
            first.cancel()
            return await second

        assert run(work()) == GATEWAY


def test_the_loop_reads_again_and_survives_an_outage() -> None:
    store, failures = ReferenceData(), Failures()
    snapshot = directory(store, failures)

    async def work() -> None:
        loop = asyncio.create_task(snapshot.run(interval_s=0.002))
        await until(lambda: store.readings >= 2)
        store.go_away()
        await until(lambda: len(failures.told) >= 2)
        store.trouble = None
        store.add(GATEWAY)
        await until(lambda: snapshot.party(GATEWAY.app_id) == GATEWAY)
        loop.cancel()

    run(work())
    assert set(failures.told) == {("directory", "StoreUnavailable")}
