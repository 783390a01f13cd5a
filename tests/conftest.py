"""For all tests: what of the product of cases and stores runs, and RSA keys that are checked once."""

from __future__ import annotations

import pytest

from support.keys import check_rsa_keys_once
from support.ways import thin_out

check_rsa_keys_once()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    thin_out(config, items)
