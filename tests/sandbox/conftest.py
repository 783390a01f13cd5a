"""What several of the sandbox's tests start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.sandbox import give_keys


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose partners have their keys already."""
    give_keys(tmp_path)
    return tmp_path
