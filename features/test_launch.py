"""The steps to launch in every way (DESIGN section 2)."""

from __future__ import annotations

import pytest
from pytest_bdd import scenarios
from steps.cardholders import *  # noqa: F403
from steps.launch import *  # noqa: F403
from steps.outcomes import *  # noqa: F403
from steps.payments import *  # noqa: F403

from support.house import WAYS

pytestmark = [
    pytest.mark.usefixtures("house_of_way"),
    pytest.mark.parametrize("house_of_way", WAYS, indirect=True, scope="session"),
]

scenarios("scis/launch.feature")
