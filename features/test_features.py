"""Every scenario in every way (DESIGN section 2), and then a look at what the run has left behind."""

from __future__ import annotations

from datetime import timedelta

import pytest
from at_rest import Search, numbers_of
from pytest_bdd import scenarios
from steps.bank import *  # noqa: F403
from steps.card_info import *  # noqa: F403
from steps.card_life import *  # noqa: F403
from steps.cardholders import *  # noqa: F403
from steps.cashier import *  # noqa: F403
from steps.consumer_qr import *  # noqa: F403
from steps.issuing import *  # noqa: F403
from steps.launch import *  # noqa: F403
from steps.login import *  # noqa: F403
from steps.marketing import *  # noqa: F403
from steps.meeting import *  # noqa: F403
from steps.orders import *  # noqa: F403
from steps.outcomes import *  # noqa: F403
from steps.payments import *  # noqa: F403
from steps.presets import *  # noqa: F403
from steps.results import *  # noqa: F403
from steps.shops import *  # noqa: F403
from steps.times import *  # noqa: F403
from steps.transfers import *  # noqa: F403
from steps.undo import *  # noqa: F403
from steps.url_mode import *  # noqa: F403

from support.house import WAYS, House
from unionhub.domain.flows.invariants import (
    EveryoneIsTold,
    EveryPaymentEnds,
    NoLimitOverspent,
    NoPurchaseTwice,
    NoticesArrive,
    check,
)

pytestmark = [
    pytest.mark.usefixtures("house_of_way"),
    pytest.mark.parametrize("house_of_way", WAYS, indirect=True, scope="session"),
]

scenarios("scis")
scenarios("ucsp")


@pytest.mark.every_way
def test_the_run_has_left_no_number_in_the_open(house_of_way: House) -> None:
    """The last test in each house, so that it sees what all scenarios wrote."""
    search = Search(numbers_of(house_of_way.world.cardholders))
    assert search.in_files(house_of_way.home) == []
    if house_of_way.way == "postgres":
        assert house_of_way.run(search.in_postgres(house_of_way.hub.settings.database_url.reveal())) == []


@pytest.mark.every_way
def test_the_run_has_left_everything_settled(house_of_way: House) -> None:
    """Each scenario compares the bank's books with ours at its end (Story.finish); this is about all of them together."""
    store, clock = house_of_way.hub.store, house_of_way.clock
    invariants = (
        EveryPaymentEnds(store, clock, timedelta(0)),
        EveryoneIsTold(store),
        NoPurchaseTwice(store),
        NoLimitOverspent(store),
        NoticesArrive(store, clock, timedelta(0)),
    )
    assert house_of_way.run(check(invariants)) == []
