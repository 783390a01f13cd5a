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
from support.keys import check_rsa_keys_once  # noqa: E402
from support.stores import NoPostgres  # noqa: E402
from support.ways import thin_out  # noqa: E402
from unionhub.domain.model.marketing import OfferState  # noqa: E402

check_rsa_keys_once()

REPORT_FOLDER = "UNIONHUB_TEST_REPORT"
"""Where the run is to be recorded for `make report`; nowhere when it is not set."""


def pytest_configure(config: pytest.Config) -> None:
    if folder := os.environ.get(REPORT_FOLDER):
        config.pluginmanager.register(Recorder(Path(folder)))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    thin_out(config, items)


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
