"""Chromium beside the hub, in the same event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 900}}


@asynccontextmanager
async def browsing(chromium: str) -> AsyncIterator[Browser]:
    """One browser; without a sandbox, since containers have no room for one, and with nothing to be reached but loopback."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
            ],
        )
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def visiting(browser: Browser, **options: Any) -> AsyncIterator[tuple[Page, list[str]]]:
    """A new user with a phone and his page; everything that his browser complains of is in the list."""
    context: BrowserContext = await browser.new_context(**{**PHONE, **options})
    page = await context.new_page()
    complaints: list[str] = []
    watch(page, complaints)
    try:
        yield page, complaints
    finally:
        await context.close()


def watch(page: Page, complaints: list[str]) -> None:
    """Errors of scripts, and what a content security policy forbade, end up in `complaints`."""
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
