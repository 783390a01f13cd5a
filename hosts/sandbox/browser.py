"""A user at the cashier without a window: it opens the page, fills in the form as it is proposed, and presses "pay".

What a person does in `/sandbox/` the story and `unionhub send` do with this; it knows the page by its form alone.
"""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin, urlsplit

import aiohttp

TIMEOUT_S: Final = 20.0
_BOXES: Final = ("checkbox", "radio")
_FORM: Final = "order"


class NoForm(Exception):  # noqa: N818
    """The page has nothing to confirm: the order is paid, closed, or there is no card."""


class _Form(HTMLParser):
    """The cashier's form: where it goes, and what is in it as the page proposes it."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: list[tuple[str, str]] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form" and said.get("id") == _FORM:
            self._inside, self.action = True, said.get("action", "")
        elif tag == "input" and self._inside and "name" in said and ("checked" in said or said.get("type") not in _BOXES):
            self.fields.append((said["name"], said.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


async def confirm(cashier_url: str, hub_url: str) -> str:
    """Open `cashier_url` and pay as proposed. Returns where the page sends the user then; empty if it stays at the cashier,
    which says why not. `hub_url`: where the hub is for us. Raises NoForm, aiohttp.ClientError."""
    at = urlsplit(cashier_url)
    url = f"{hub_url.rstrip('/')}{at.path}?{at.query}"
    # A jar that takes cookies of addresses too: in development the hub is one.
    async with aiohttp.ClientSession(
        cookie_jar=aiohttp.CookieJar(unsafe=True), timeout=aiohttp.ClientTimeout(total=TIMEOUT_S)
    ) as session:
        async with session.get(url) as page:
            form = _Form()
            form.feed(await page.text())
        if not form.action:
            raise NoForm(f"nothing to confirm at {at.path}")
        async with session.post(urljoin(url, form.action), data=form.fields, allow_redirects=False) as answer:
            there = answer.headers.get("location", "")
    return "" if urlsplit(urljoin(url, there)).path == at.path else there
