"""The cashier page in a browser with everything behind it: hub, acquirer, bank, channel and industry over HTTP."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import pytest
from flows.sales import Sale, broken, new_sale, settle
from playwright.async_api import Browser, Page, expect

from support.browser import browsing, visiting
from support.house import House, house
from unionhub.hosts.sandbox.seeds import HARBOUR_CHANNEL

NUMBER = re.compile(r"(?<![0-9])62[0-9]{14,17}(?![0-9])")


@pytest.fixture(scope="module")
def home(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house("sqlite", tmp_path_factory.mktemp("cashier")) as made:
        yield made


@pytest.fixture(scope="module")
def browser(home: House, chromium: str) -> Iterator[Browser]:
    """One for the module, in the house's event loop."""
    opened = browsing(chromium)
    yield home.run(opened.__aenter__())
    home.run(opened.__aexit__(None, None, None))


@asynccontextmanager
async def at(home: House, sale: Sale, browser: Browser) -> AsyncIterator[tuple[Page, list[str]]]:
    """A user's page with this sale's order, and everything that his browser asked for, with bodies."""
    parts = urlsplit(sale.url)
    async with visiting(browser) as (page, _):
        asked: list[str] = []
        page.on("request", lambda request: asked.append(f"{request.url} {request.post_data}"))
        await page.goto(f"{home.url}{parts.path}?{parts.query}")
        yield page, asked


async def h1(page: Page, text: str) -> None:
    await expect(page.locator("h1")).to_have_text(text)


def test_paid_with_the_card_in_the_wallet(home: House, browser: Browser) -> None:
    async def scenario() -> None:
        sale = await new_sale(home, "100.00")
        async with at(home, sale, browser) as (page, asked):
            total = page.locator("#pay .money")
            await expect(total).to_have_text(re.compile(r"^HKD \d+\.\d\d$"))
            seen, shown = (await total.inner_text()).removeprefix("HKD "), await page.content()
            await page.locator("#pay").dblclick(no_wait_after=True)
            await page.wait_for_url("**/return?*")
            said = parse_qs(urlsplit(page.url).query)
            assert (said["acceptance"], said["ucspOrderId"]) == (["ACCEPTED"], [sale.uid])
            await settle(home)
            await page.go_back()
            await h1(page, "Paid, thank you")
            await expect(page.locator(".facts dd").first).to_have_text(f"HKD {seen}")
        assert await sale.states() == ["APPROVED"]
        assert sale.both_told() == ["APPROVED"]
        assert await sale.balance() == f"{1000 - float(seen):.2f}"
        assert not any(NUMBER.search(text) for text in (shown, *asked))
        assert await broken(home) == set()

    home.run(scenario())


def test_paid_by_another_app(home: House, browser: Browser) -> None:
    async def scenario() -> None:
        sale = await new_sale(home, "50.00")
        async with at(home, sale, browser) as (page, _):
            await page.get_by_text("Another UnionPay app").tap()
            code = await page.locator("figure").get_attribute("data-qr")
            assert code == await sale.qr()
            assert await sale.pay_by_qr() == "00"
            await settle(home)
            await h1(page, "Paid, thank you")
            await page.wait_for_url("**/return?*")
        assert sale.both_told() == ["APPROVED"]
        assert await sale.balance() == "950.00"

    home.run(scenario())


def test_two_tabs_pay_once(home: House, browser: Browser) -> None:
    async def scenario() -> None:
        sale = await new_sale(home, "20.00")
        async with at(home, sale, browser) as (page, _):
            other = await page.context.new_page()
            await other.goto(page.url)
            await asyncio.gather(page.locator("#pay").tap(), other.locator("#pay").tap())
            await settle(home)
            third = await page.context.new_page()
            await third.goto(f"{home.url}{urlsplit(sale.url).path}")
            await h1(third, "Paid, thank you")
        assert [state for state in await sale.states() if state != "DECLINED"] == ["APPROVED"]

    home.run(scenario())


def test_not_enough_money(home: House, browser: Browser) -> None:
    async def scenario() -> None:
        sale = await new_sale(home, "100.00", balance="5.00")
        async with at(home, sale, browser) as (page, _):
            await page.locator("#pay").tap()
            await settle(home)
            await page.goto(f"{home.url}{urlsplit(sale.url).path}")
            await expect(page.get_by_role("alert")).to_contain_text("There is not enough money on this card.")
            await expect(page.locator("#pay")).to_be_enabled()
        assert await sale.stage() == "CHOOSING"

    home.run(scenario())


def test_the_channel_is_gone(home: House, browser: Browser) -> None:
    async def scenario() -> None:
        sale = await new_sale(home, "30.00")
        usual = home.world.partners[HARBOUR_CHANNEL].handlers.pop("GET_CARD_LIST")
        try:
            async with at(home, sale, browser) as (page, _):
                await expect(page.locator(".why")).to_contain_text(re.compile("right now|agreement"))
                await expect(page.get_by_role("img", name="QR code of this order")).to_be_visible()
                home.world.partners[HARBOUR_CHANNEL].handlers["GET_CARD_LIST"] = usual
                await page.get_by_role("link", name="Try again").tap()
                await expect(page.locator("#pay")).to_be_visible()
        finally:
            home.world.partners[HARBOUR_CHANNEL].handlers["GET_CARD_LIST"] = usual

    home.run(scenario())


def test_it_expires(home: House, browser: Browser) -> None:
    async def scenario() -> None:
        sale = await new_sale(home, "30.00")
        async with at(home, sale, browser) as (page, _):
            await expect(page.locator("#pay")).to_be_visible()
            await home.advance(901)
            await expect(page.locator("main")).to_have_attribute("data-stage", "CLOSED")
            await expect(page.get_by_role("link", name="Back to")).to_have_attribute("href", re.compile("^https?://"))

    home.run(scenario())
