"""An operator for each module, with a prepared home; and one in an empty folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.operator import Operator, new_home


@pytest.fixture(scope="module")
def unionhub(tmp_path_factory: pytest.TempPathFactory) -> Operator:
    """One prepared home a module: tests in it use things of their own."""
    return Operator(new_home(tmp_path_factory.mktemp("home") / "var"))


@pytest.fixture
def nobody(tmp_path: Path) -> Operator:
    """An operator in an empty folder."""
    return Operator(tmp_path / "var")
