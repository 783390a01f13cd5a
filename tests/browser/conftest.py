"""A real browser: the system's Chromium, without a window."""

from __future__ import annotations

import os
import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium (UNIONHUB_TEST_CHROMIUM names another); skips where there is none."""
    named = os.environ.get("UNIONHUB_TEST_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium on the PATH, and UNIONHUB_TEST_CHROMIUM names none")
    return found
