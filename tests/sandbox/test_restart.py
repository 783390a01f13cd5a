"""A second start of the same home: phones, wallets, shops and notices go on; the hub's word is worth more than their memory."""

from __future__ import annotations

import itertools
import json
import re
import socket
import sqlite3
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import msgspec
import pytest
from aiohttp import web

from support.browsing import Browser, Counter, placed
from support.desk import Desk, at_the_desk
from support.house import House, house
from support.keys import hub_keys
from support.sandbox import HubStub, code, identities, light_identities, run
from unionhub.domain.model.identifiers import Token, luhn_complete
from unionhub.hosts.sandbox import keepsakes, keyring
from unionhub.hosts.sandbox.clock import ManualClock
from unionhub.hosts.sandbox.control import Control
from unionhub.hosts.sandbox.keepsakes import Keepsakes
from unionhub.hosts.sandbox.loopback import LoopbackTransport
from unionhub.hosts.sandbox.members import AppUser
from unionhub.hosts.sandbox.partner import Hub
from unionhub.hosts.sandbox.seeds import BANK, CARDHOLDERS, HARBOUR, HARBOUR_CHANNEL, PARKING
from unionhub.hosts.sandbox.world import LOOPBACK_HUB_URL, World, jwks_of

NOBODY = Token.parse(luhn_complete("623609800000000"))
"""A token that the hub has never given out."""

TAILS = itertools.count(700_000)
"""Of several homes at one hub, whose time stands still."""


@contextmanager
def started(home: Path) -> Iterator[tuple[World, LoopbackTransport]]:
    """The world of a home, until it stops."""
    hub = Hub(base_url=LOOPBACK_HUB_URL, jwks=jwks_of(hub_keys().public_jwks))
    made = World(light_identities(), hub, ManualClock(), home=home)
    transport = hub.transport = LoopbackTransport(made.faults)
    made.connect(transport)
    try:
        yield made, transport
    finally:
        made.close()


class TestKeepsakes:
    def test_what_is_put_is_there_again_in_the_order_of_its_beginning(self, tmp_path: Path) -> None:
        path = tmp_path / keepsakes.FILE
        user = AppUser(user_id="u", device_id="d", token=CARDHOLDERS[0].token)
        first = Keepsakes(path)
        for name, value in (("a", user), ("b", user), ("c", user), ("a", msgspec.structs.replace(user, user_id="v"))):
            first.put("user", name, value)
        first.put("another", "a", {"x": 1})
        first.drop("user", "b")
        first.close()
        again = Keepsakes(path)
        assert again.all("user", AppUser) == [("a", msgspec.structs.replace(user, user_id="v")), ("c", user)]
        assert again.all("another", dict[str, int]) == [("a", {"x": 1})]
        assert again.all("another", AppUser) == []  # an older version's
        again.close()
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_the_oldest_of_a_kind_makes_room(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(keepsakes, "MAX_OF_A_KIND", 3)
        kept = Keepsakes(tmp_path / keepsakes.FILE)
        kept.put("other", "0", 0)
        for number in range(5):
            kept.put("kind", str(number), number)
        assert [name for name, _ in kept.all("kind", int)] == ["2", "3", "4"]
        assert kept.all("other", int) == [("0", 0)]
        kept.close()

    def test_without_a_path_nothing_is_kept(self) -> None:
        kept = Keepsakes()
        kept.put("kind", "name", 1)
        kept.drop("kind", "name")
        assert kept.all("kind", int) == []
        kept.close()


class TestShop:
    def test_an_order_comes_back_to_its_visitor_and_is_told_of(self, home: Path) -> None:
        async def play() -> None:
            with started(home) as (made, _):
                before = Counter(made.industry(PARKING))
                before.said = [placed()]
                assert (await before.order())[0] == 303
            with started(home) as (made, _):
                after = Counter(made.industry(PARKING))
                after.cookies, after.sent = before.cookies, before.sent
                assert "<h1>Accepted</h1>" in (await after.back())[1]
                assert "Park at the kerb" in (await after.ask("GET", "/shop"))[1]
                assert await after.notice("APPROVED", trxAmt="36.00", trxCurrency="344") == "00"
            with started(home) as (made, _):
                last = Counter(made.industry(PARKING))
                last.cookies, last.sent = before.cookies, before.sent
                assert "<h1>Paid</h1>" in (await last.back())[1]
                last.cookies = {}
                assert (await last.back())[0] == 403

        run(play())


class TestNotices:
    def test_what_an_app_was_told_stays_told(self, home: Path) -> None:
        async def play() -> None:
            with started(home) as (made, transport):
                voice = HubStub(transport, made.gateway(HARBOUR))
                for _ in range(2):
                    told = {"token": CARDHOLDERS[0].token.reveal(), "paymentStatus": "APPROVED"}
                    assert code(await voice.ask("TRX_RESULT_NOTIFICATION", told)) == "00"
                asked = {"token": CARDHOLDERS[0].token.reveal(), "trxAmt": "1.00"}
                await voice.ask("ADDITIONAL_PROCESSING", asked)
                before = made.gateway(HARBOUR).inbox.items("TRX_RESULT_NOTIFICATION")
            with started(home) as (made, _):
                assert made.gateway(HARBOUR).inbox.items() == before
                assert len(before) == 2

        run(play())


# --- a phone, with a hub that goes on while the sandbox starts again


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house("memory", tmp_path_factory.mktemp("restart")) as made:
        yield made


@asynccontextmanager
async def phone(hub: House, home: Path, session: aiohttp.ClientSession) -> AsyncIterator[tuple[World, Browser]]:
    """A sandbox of `home` beside the hub's own, and a browser in it."""
    made = World(identities(), hub.world.hub, hub.clock, home=home, tails=TAILS)
    runner = web.AppRunner(Control(made, hub.clock).app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield made, Browser(session, f"http://127.0.0.1:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()
        made.close()


def pan_in(page: str) -> str:
    found = re.search(r'class="pan">([^<]+)<', page)
    assert found, page
    return found[1]


def newcomers(made: World) -> list[AppUser]:
    """Who got a card by message."""
    seeded = {holder.token.reveal() for holder in made.cardholders}
    return [user for token, user in made.gateway(HARBOUR).users.items() if token not in seeded]


def swap(home: Path, old: Token, new: Token) -> None:
    """Let everything that was kept speak of another card."""
    with sqlite3.connect(home / keyring.FOLDER / keepsakes.FILE) as sql:
        changed = sql.execute(
            "UPDATE kept SET value = CAST(replace(CAST(value AS TEXT), ?, ?) AS BLOB) WHERE instr(value, ?)",
            (old.reveal(), new.reveal(), old.reveal()),
        )
        assert changed.rowcount > 1
    sql.close()


class TestPhone:
    def test_it_keeps_its_account(self, hub: House, home: Path) -> None:
        async def play() -> None:
            async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
                async with phone(hub, home, session) as (made, browser):
                    await browser.go("/sandbox/app/open")
                    pan = pan_in(await browser.submit(first_name="Ann"))
                    (holder,) = newcomers(made)
                    wallet = made.channel(HARBOUR_CHANNEL).cards(holder.user_id)
                    assert [card.masked_pan[-4:] for card in wallet] == [pan[-4:]]
                async with phone(hub, home, session) as (made, browser):
                    page = await browser.go("/sandbox/app/")
                    assert (pan_in(page), "HKD 1,000.00" in page) == (pan, True)
                    assert json.loads(await browser.go("/sandbox/app/progress"))["done"] == ["open"]
                    assert made.channel(HARBOUR_CHANNEL).cards(holder.user_id) == wallet
                    assert made.gateway(HARBOUR).users[holder.token.reveal()] == holder  # who is asked above the limit
                    industry = made.industry(PARKING).identity.industry_code
                    await browser.go(f"/sandbox/app/services/{industry}")
                    assert "Mobile number" in browser.text
                    browser.session.cookie_jar.clear()  # another browser is somebody else
                    assert "A card in a minute" in await browser.go("/sandbox/app/")

        hub.run(play())

    def test_an_account_that_is_being_opened_goes_on_under_its_message(self, hub: House, home: Path) -> None:
        async def play() -> None:
            async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
                async with phone(hub, home, session) as (_, browser):
                    await browser.go("/sandbox/app/open")
                    hub.world.faults.add(BANK, "OPEN_ACCOUNT", "book_then_no_answer")
                    assert "Not known yet" in await browser.submit()
                async with phone(hub, home, session) as (made, browser):
                    assert "Ask again" in await browser.go("/sandbox/app/open")
                    await hub.advance(3)
                    assert "HKD 1,000.00" in await browser.submit()
                    asked = [entry.message for entry in made.journal.entries() if entry.kind == "req"]
                    assert "KYC_VERIFICATION" not in asked

        hub.run(play())

    def test_a_card_that_the_hub_does_not_know_is_none(self, hub: House, home: Path) -> None:
        """The hub's data is the truth: it may have been put back, or be another one than the phone remembers."""

        async def play() -> None:
            async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
                async with phone(hub, home, session) as (made, browser):
                    await browser.go("/sandbox/app/open")
                    await browser.submit()
                    (holder,) = newcomers(made)
                swap(home, holder.token, NOBODY)
                async with phone(hub, home, session) as (made, browser):
                    assert [card.token for card in made.channel(HARBOUR_CHANNEL).cards(holder.user_id)] == [NOBODY]
                    assert "A card in a minute" in await browser.go("/sandbox/app/")
                    assert made.channel(HARBOUR_CHANNEL).cards(holder.user_id) == []
                async with phone(hub, home, session) as (made, browser):
                    assert "A card in a minute" in await browser.go("/sandbox/app/")
                    await browser.go("/sandbox/app/open")
                    assert "HKD 1,000.00" in await browser.submit()

        hub.run(play())


# --- addresses


class TestAddresses:
    def test_partners_stay_where_they_were(self, home: Path) -> None:
        """Orders at the hub name their shop's address."""
        found: list[dict[str, str]] = []

        async def test(desk: Desk) -> None:
            found.append({app_id: partner.identity.base_url for app_id, partner in desk.world.partners.items()})

        at_the_desk(home, test)
        at_the_desk(home, test)
        assert found[0] == found[1]
        shop = urlsplit(found[1][PARKING])
        with socket.create_server((str(shop.hostname), shop.port or 0)):
            at_the_desk(home, test)
        assert {app_id for app_id in found[2] if found[2][app_id] != found[1][app_id]} == {PARKING}
        at_the_desk(home, test)
        assert found[3] == found[2]
