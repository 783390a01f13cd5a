"""Where scenarios live: one house for each way and run, one story for each scenario."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

# Before they are imported: what is wrong in a scenario is told by the assertions of its steps.
pytest.register_assert_rewrite("steps", "story")

from pace import Pace  # noqa: E402
from report.recorder import Recorder  # noqa: E402
from story import Story  # noqa: E402

from support.house import House, house  # noqa: E402
from support.stores import NoPostgres  # noqa: E402
from unionhub.domain.model.marketing import OfferState  # noqa: E402

REPORT_FOLDER = "UNIONHUB_TEST_REPORT"
"""Where the run is to be recorded for `make report`; nowhere when it is not set."""


EVERY_EXAMPLE = "UNIONHUB_TEST_EVERY_EXAMPLE"
"""Set it, and outlines run with every example in every way, as CI and `make report` do."""


def pytest_configure(config: pytest.Config) -> None:
    if folder := os.environ.get(REPORT_FOLDER):
        config.pluginmanager.register(Recorder(Path(folder)))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Every scenario runs in all three ways; of an outline's examples, those after the first only in memory, unless all are
    wanted: they differ in a word or an amount, which no way treats differently, and cost most of the time."""
    if os.environ.get(EVERY_EXAMPLE):
        return
    seen: set[tuple[str, str]] = set()
    left_out = []
    for item in items:
        params = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        way = params.get("house_of_way")
        if not params.get("_pytest_bdd_example") or way in (None, "memory"):
            continue
        scenario = (item.originalname, way)  # type: ignore[attr-defined]
        if scenario in seen:
            left_out.append(item)
        seen.add(scenario)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        gone = set(left_out)
        items[:] = [item for item in items if item not in gone]


@pytest.fixture(scope="session")
def house_of_way(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The house of the way that the test asks for. Opening one costs more than any scenario."""
    try:
        with house(request.param, tmp_path_factory.mktemp(request.param)) as made:
            made.run(_put_offers_away(made))
            yield made
    except NoPostgres as reason:
        pytest.skip(str(reason))


async def _put_offers_away(made: House) -> None:
    """The sandbox's own: scenarios say which offers there are."""
    async with made.hub.store.begin() as uow:
        for offer in await uow.offers():
            await uow.put_offer(msgspec.structs.replace(offer, state=OfferState.PAUSED))
        await uow.commit()
    await made.hub.directory.refresh()


@pytest.fixture(scope="session")
def pace(house_of_way: House) -> Pace:
    """Of the acquirers in that house."""
    return Pace(house_of_way.world)


@pytest.fixture
def story(house_of_way: House, pace: Pace) -> Iterator[Story]:
    """Fresh people in a house that many scenarios share."""
    told = Story(house_of_way, pace)
    yield told
    told.finish()
