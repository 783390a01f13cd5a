"""One house for each way and module: opening it costs more than any test in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.house import WAYS, House, house


@pytest.fixture(scope="module", params=WAYS)
def home_of(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(request.param, tmp_path_factory.mktemp(request.param)) as made:
        yield made


@pytest.fixture(name="house")
def fresh_house(home_of: House) -> Iterator[House]:
    """The house of this way, without what an earlier test left behind on purpose."""
    home_of.world.faults.clear()
    yield home_of
    home_of.world.faults.clear()


@pytest.fixture(scope="module", params=WAYS)
def patient(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house whose hub waits longer for partners than a busy machine takes for fifty requests at once.

    Whatever was repeated or raced there: in the end the books agree, and everybody was told.
    """
    folder = tmp_path_factory.mktemp(f"patient-{request.param}")
    with house(request.param, folder, bank_timeout_s=8, partner_timeout_s=8, platform_timeout_s=8) as made:
        yield made
        made.world.faults.clear()
        made.run(made.advance(60))
        assert made.run(made.broken()) == set()
