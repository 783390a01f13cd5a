"""The walk-through: what a phone does are real messages, the diagram gets them all, and nothing secret is in it."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from html import unescape
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web

from support.browsing import Browser, Counter, answered, placed
from support.desk import Desk, at_the_desk
from support.house import House, house
from support.sandbox import run, world
from unionhub.domain.model.parties import Role
from unionhub.hosts.sandbox.catalog import platform
from unionhub.hosts.sandbox.control import Control
from unionhub.hosts.sandbox.industry import Visitor
from unionhub.hosts.sandbox.journal import HUB, Journal
from unionhub.hosts.sandbox.partner import HubAnswer, Visit
from unionhub.hosts.sandbox.seeds import BANK, CARDHOLDERS, HARBOUR, HARBOUR_CHANNEL, PARKING, PEAK_CHANNEL, TRAVEL
from unionhub.hosts.sandbox.server import GRACE_S
from unionhub.hosts.sandbox.services import SERVICES
from unionhub.hosts.sandbox.walkthrough import charts, shop
from unionhub.hosts.sandbox.walkthrough.charts import LIFELINES, SCIS, UCSP, step_of
from unionhub.hosts.sandbox.walkthrough.events import BATCH, Events
from unionhub.hosts.sandbox.walkthrough.masking import shown
from unionhub.hosts.sandbox.walkthrough.rendering import FILES, money, static
from unionhub.ports.partners import NoWord

JWE = "eyJhbGciOiJSU0EifQ.a-b_c.d.e.f"


class TestMasking:
    @pytest.mark.parametrize(
        ("body", "masked"),
        [
            ({"trxInfo": {"token": "6236091000000010"}}, {"trxInfo": {"token": "6236********0010"}}),
            (
                {"pan": "6291002000000012", "accountNo": "012800000001"},
                {"pan": "6291********0012", "accountNo": "0128****0001"},
            ),
            ({"note": "card 6236091000000010!"}, {"note": "card 6236********0010!"}),
            ({"msgID": "A9901034420261122024847000000"}, {"msgID": "A9901034420261122024847000000"}),
            ({"userID": "6236091000000010"}, {"userID": "6236091000000010"}),
            ({"ticket": "abc", "otpValue": "123456"}, {"ticket": "••••••••", "otpValue": "••••••••"}),
            ({"emvCpqrcPayload": ["8505"]}, {"emvCpqrcPayload": ["••••••••"]}),
            ({"encData": JWE}, {"encData": f"eyJhbGciOiJS… sealed (JWE, {len(JWE)} characters)"}),
            ({"insSignPublicKey": "{}"}, {"insSignPublicKey": "a public key, 2 characters"}),
            ({"cardfaceData": "x" * 500}, {"cardfaceData": "x" * 40 + "… (500 characters)"}),
            ({"trxAmt": "12.00", "n": 1, "ok": True, "none": None}, {"trxAmt": "12.00", "n": 1, "ok": True, "none": None}),
            (
                {"industryUrl": "http://127.0.0.1:9/start?ticket=se-cret"},
                {"industryUrl": "http://127.0.0.1:9/start?ticket=••••••••"},
            ),
            (
                {"cashierUrl": "http://127.0.0.1:9/cashier/abcdefghijklmnopqrstuvwxyz#x"},
                {"cashierUrl": "http://127.0.0.1:9/cashier/••••••••#••••••••"},
            ),
        ],
        ids=lambda value: next(iter(value)),
    )
    def test_what_a_page_may_show(self, body: dict[str, Any], masked: dict[str, Any]) -> None:
        assert shown(body) == masked
        assert shown(json.dumps(body).encode()) == masked

    def test_what_is_no_message(self) -> None:
        assert shown(None) is None
        assert shown(b"<html>") == "6 bytes that are no JSON"
        deep: dict[str, Any] = {}
        for _ in range(40):
            deep = {"a": deep}
        assert "…" in json.dumps(shown(deep), ensure_ascii=False)


class TestCharts:
    @pytest.mark.parametrize(
        ("role", "message", "from_hub", "side"),
        [
            (Role.APP_GATEWAY, "TRX_RESULT_NOTIFICATION", True, SCIS),
            (Role.ISSUER, "DEBIT_TRANSACTION", True, SCIS),
            (Role.CHANNEL, "CHANNEL_LOGIN_INFO", False, UCSP),
            (Role.INDUSTRY, "PAYMENT_RESULT_NOTICE", True, UCSP),
            (Role.ACQUIRER, "PAY", True, UCSP),
            (Role.ACQUIRER, "TRX_RESULT_INQUIRY", True, UCSP),
            (Role.ACQUIRER, "TRX_RESULT_INQUIRY", False, SCIS),
            (Role.ACQUIRER, "REVERSAL", False, SCIS),
            (Role.ACQUIRER, "PAYMENT_RESULT", False, UCSP),
            (Role.ACQUIRER, "TOKEN_PAYMENT", False, SCIS),
            (Role.ACQUIRER, "TRX_RESULT_NOTIFICATION", True, SCIS),
        ],
    )
    def test_which_of_its_platforms_the_hub_is(self, role: Role, message: str, from_hub: bool, side: str) -> None:
        assert platform(role, message, from_hub=from_hub) == side

    def test_words_fit_beside_their_arrow(self) -> None:
        for asker, asked, _ in charts._STEPS:
            assert {asker, asked} <= {*LIFELINES, "QR Platform"}
        assert [words for step in charts._STEPS.values() for words in (step.asks, step.says) if len(words) > 32] == []
        assert {step.chart for step in charts._STEPS.values()} <= {*charts.CHART_NAMES, ""}

    def test_an_answer_is_of_the_step_that_asked(self) -> None:
        with world() as (made, _):
            journal, events = made.journal, Events(made.journal, made.identities)
            journal.request(HARBOUR, HUB, "KYC_VERIFICATION", "A1").response("00")
            journal.request(HUB, BANK, "KYC_VERIFICATION", "U1").response("05")
            arrows = [events.arrow(entry) for entry in journal.entries()]
            assert [(each.left, each.right, each.kind, each.number) for each in arrows] == [
                ("App Gateway", SCIS, "req", "1"),
                (SCIS, "App Gateway", "resp", "4"),
                (SCIS, "Core Bank", "req", "2"),
                ("Core Bank", SCIS, "resp", "3"),
            ]
            step = step_of("App Gateway", SCIS, "KYC_VERIFICATION")
            assert step is not None
            assert [each.words for each in arrows[:2]] == [step.asks, step.says]
            assert arrows[3].words == "Cardholder verification fails"


# --- server-sent events


async def read_events(response: aiohttp.ClientResponse, count: int) -> list[dict[str, Any]]:
    """So many events of the stream, `hello` included; comments have the name `:`."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        lines = []
        while line := (await asyncio.wait_for(response.content.readline(), 5)).decode().rstrip("\n"):
            lines.append(line)
        fields = dict(line.split(": ", 1) for line in lines if not line.startswith(":"))
        if fields:
            found.append({**fields, "data": json.loads(fields["data"])})
        elif lines:
            found.append({"event": ":"})
    return found


class TestEvents:
    def test_all_from_a_number_on_and_then_as_they_pass(self, home: Path) -> None:
        async def test(desk: Desk) -> None:
            await desk.hub(BANK).pay(CARDHOLDERS[0])
            async with desk.session.get(f"{desk.sandbox.control_url}/sandbox/events?after=1") as stream:
                assert stream.content_type == "text/event-stream"
                hello, answer = await read_events(stream, 2)
                assert (hello["event"], hello["data"]["last"]) == ("hello", 2)
                assert (answer["data"]["seq"], answer["data"]["from"], answer["data"]["code"]) == (2, "Core Bank", "00")
                await desk.hub(BANK).pay(CARDHOLDERS[0])
                later = await read_events(stream, 2)
                assert [each["data"]["seq"] for each in later] == [3, 4]

        at_the_desk(home, test)

    def test_a_reader_that_comes_again_goes_on_where_it_was(self, home: Path) -> None:
        async def test(desk: Desk) -> None:
            url = f"{desk.sandbox.control_url}/sandbox/events"
            await desk.hub(BANK).pay(CARDHOLDERS[0])
            async with desk.session.get(url) as stream:
                first = (await read_events(stream, 3))[1]
            other = "00000000.1", [1, 2]  # of another journal it has seen nothing
            for after, (last, expected) in ((2, (first["id"], [2])), (2, other), (3, ("", [1, 2]))):
                async with desk.session.get(f"{url}?after={after}", headers={"Last-Event-ID": last}) as stream:
                    events = await read_events(stream, 1 + len(expected))
                    assert [each["data"]["seq"] for each in events[1:]] == expected

        at_the_desk(home, test)

    @pytest.mark.parametrize("after", ["x", "-1", "9" * 30, "٣"])
    def test_what_is_no_number(self, home: Path, after: str) -> None:
        at_the_desk(home, lambda desk: desk.get(f"/sandbox/events?after={after}", 400))

    def test_silence_is_told_and_more_than_a_batch_arrives(self) -> None:
        async def test() -> None:
            with world() as (made, _):
                events = Events(made.journal, made.identities, heartbeat_s=0.05)
                async with served(events) as url, aiohttp.ClientSession() as session, session.get(url) as stream:
                    assert [each["event"] for each in await read_events(stream, 3)] == ["hello", ":", ":"]
                    fill(made.journal, 2 * BATCH + 1)
                    told = [each["data"]["seq"] for each in await read_events(stream, 2 * BATCH + 1)]
                    assert told == list(range(1, 2 * BATCH + 2))

        run(test())

    def test_many_tabs_hold_nobody_up_and_end_with_the_sandbox(self, home: Path) -> None:
        streams: list[aiohttp.ClientResponse] = []
        ended: list[float] = []

        async def test(desk: Desk) -> None:
            url = f"{desk.sandbox.control_url}/sandbox/events"
            streams.extend([await desk.session.get(url) for _ in range(60)])
            await desk.hub(BANK).pay(CARDHOLDERS[0])
            assert len(await desk.get("/sandbox/journal")) == 2
            for stream in streams:
                assert [each["data"].get("seq") for each in await read_events(stream, 3)] == [None, 1, 2]
            ended.append(time.monotonic())

        async def play(desk: Desk) -> None:
            connector = aiohttp.TCPConnector(limit=0)
            await desk.session.close()
            async with aiohttp.ClientSession(connector=connector) as desk.session:
                await test(desk)

        at_the_desk(home, play)
        assert time.monotonic() - ended[0] < GRACE_S

    def test_one_message_in_full_and_masked(self, home: Path) -> None:
        async def test(desk: Desk) -> None:
            await desk.hub(BANK).pay(CARDHOLDERS[0])
            request, answer = await desk.get("/sandbox/journal/1"), await desk.get("/sandbox/journal/2")
            assert request["arrow"]["message"] == "DEBIT_TRANSACTION"
            assert request["body"]["trxInfo"]["debitAccountInfo"].endswith("characters)")
            assert answer["body"]["msgResponse"]["responseCode"] == "00"
            for nothing in ("3", "0", "x", "9" * 40):
                await desk.get(f"/sandbox/journal/{nothing}", 404)

        at_the_desk(home, test)


@asynccontextmanager
async def served(events: Events) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/events", events.stream)
    app.on_shutdown.append(events.stop)
    runner = web.AppRunner(app, shutdown_timeout=GRACE_S)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/events"
    finally:
        await runner.cleanup()


def fill(journal: Journal, count: int) -> None:
    for number in range(count):
        journal.request(HARBOUR, HUB, "CVM_INQUIRY", str(number))


class TestJournal:
    def test_bodies_are_kept_beside_a_bounded_number_of_entries(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("unionhub.hosts.sandbox.journal.MAX_BODIES", 2)
        with world() as (made, _):
            journal = made.journal
            for number in range(3):
                journal.request(HARBOUR, HUB, "CVM_INQUIRY", str(number), {"n": number})
            assert [journal.body(seq) for seq in (1, 2, 3, 4)] == [None, {"n": 1}, {"n": 2}, None]
            first = journal.entry(1)
            assert first is not None
            assert first.msg_id == "0"
            assert journal.entry(4) is journal.entry(0) is None
            assert [entry.seq for entry in journal.entries(1)] == [2, 3]


# --- the page


class TestPage:
    def test_it_is_one_page_of_our_own(self, home: Path) -> None:
        async def test(desk: Desk) -> None:
            async with desk.session.get(f"{desk.sandbox.control_url}/sandbox") as page:
                assert (page.url.path, page.status, page.content_type) == ("/sandbox/", 200, "text/html")
                policy, text = page.headers["content-security-policy"], await page.text()
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            for app_id in (PARKING, TRAVEL):
                assert desk.world.identities[app_id].base_url in policy
            assert not re.search(r"<script(?![^>]*(src|application/json))|<style|style=|\son\w+=", text)
            found = set(re.findall(r"/sandbox/static/([\w.]+)\?", text))
            assert found <= set(FILES)
            for name in FILES:
                async with desk.session.get(f"{desk.sandbox.control_url}/sandbox/static/{name}") as file:
                    assert (file.status, await file.text()) == (200, static(name))
            await desk.get("/sandbox/static/shop.css", 404)
            await desk.get("/sandbox/static/..%2Fpage.py", 404)
            about = json.loads(unescape(re.findall(r'id="about">(.*?)</script>', text, re.DOTALL)[0]))
            for order in (order for each in about["whatIfs"] for order in each["orders"]):
                await desk.post("/sandbox/faults", order)

        at_the_desk(home, test)


# --- the phone, with a hub


@pytest.fixture(scope="module")
def home_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house("sqlite", tmp_path_factory.mktemp("walkthrough"), partner_timeout_s=10.0) as made:
        yield made


@pytest.fixture
def walk(home_of_all: House) -> Callable[[Callable[..., Awaitable[None]]], None]:
    """Run a test with browsers of its own at the walk-through of a whole house."""

    def play(test: Callable[..., Awaitable[None]], browsers: int = 1) -> None:
        async def playing() -> None:
            runner = web.AppRunner(Control(home_of_all.world, home_of_all.clock).app(), access_log=None)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            sessions = [aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) for _ in range(browsers)]
            try:
                await test(home_of_all, *(Browser(session, url) for session in sessions))
            finally:
                for session in sessions:
                    await session.close()
                await runner.cleanup()

        home_of_all.run(playing())

    return play


def messages_since(world: Any, after: int) -> list[str]:
    return [entry.message for entry in world.journal.entries(after) if entry.kind == "req"]


class TestPhone:
    def test_from_nothing_to_a_service_that_lets_in(self, walk: Any) -> None:
        async def test(home: House, browser: Browser) -> None:
            before = home.world.journal.last_seq
            assert "A card in a minute" in await browser.go("/sandbox/app/")
            await browser.go("/sandbox/app/open")
            assert "HKD 1,000.00" in await browser.submit()
            assert browser.url.path == "/sandbox/app/"
            pan = re.search(r'class="pan">([^<]+)<', browser.text)
            assert pan
            assert re.fullmatch(r"6291 •••• •••• \d{4}", pan[1])
            assert "Kerbside Parking" in await browser.go("/sandbox/app/services")
            code = home.world.industry(PARKING).identity.industry_code
            consent = await browser.go(f"/sandbox/app/services/{code}")
            assert [word in consent for word in ("Mobile number", "Email address", "Identity document")] == [True, True, False]
            shop_page = await browser.submit()
            assert (browser.status, "Park at the kerb" in shop_page, "••• 4567" in shop_page) == (200, True, True)
            visitor = next(reversed(home.world.industry(PARKING).visits.values()))
            assert visitor.personal == {"mobile": "+85291234567"}  # the address was not ticked
            assert browser.url.port == int(home.world.industry(PARKING).identity.base_url.rpartition(":")[2])
            crossed = messages_since(home.world, before)
            assert [each for each in crossed if "CARDFACE" not in each] == [
                "KYC_VERIFICATION",
                "KYC_VERIFICATION",
                "OPEN_ACCOUNT",
                "OPEN_ACCOUNT",
                "CARD_BALANCE_INQUIRY",
                "BALANCE_INQUIRY",
                "GET_INDUSTRY_LIST",
                "CHANNEL_LOGIN_INFO",
                "INDUSTRY_LOGIN_INFO",
            ]
            progress = json.loads(await browser.go("/sandbox/app/progress"))
            assert progress == {"done": ["open", "login"], "unread": 0, "latest": None}

        walk(test)

    def test_what_is_ticked_is_told_and_no_more(self, walk: Any) -> None:
        async def test(home: House, browser: Browser) -> None:
            await browser.go("/sandbox/app/")
            code = home.world.industry(TRAVEL).identity.industry_code
            await browser.go(f"/sandbox/app/services/{code}")
            await browser.submit(**{"tell-idNo": "on", "tell-mobile": "on"})
            visitor = next(reversed(home.world.industry(TRAVEL).visits.values()))
            assert visitor.personal == {"idType": "6", "idNo": "A1234563"}

        walk(test)

    def test_two_browsers_are_two_people(self, walk: Any) -> None:
        async def test(home: House, first: Browser, second: Browser) -> None:
            for browser in (first, second):
                await browser.go("/sandbox/app/open")
                await browser.submit()
            cards = [re.findall(r'class="pan">([^<]+)<', browser.text) for browser in (first, second)]
            assert cards[0] != cards[1]
            assert "20,000.00" not in await first.go("/sandbox/app/")

        walk(lambda home, *browsers: test(home, *browsers), browsers=2)

    def test_a_double_click_opens_one_account(self, walk: Any) -> None:
        async def test(home: House, browser: Browser) -> None:
            await browser.go("/sandbox/app/open")
            before, page = home.world.journal.last_seq, browser.text
            twin = Browser(browser.session, browser.base_url)
            twin.text, twin.url = page, browser.url
            await asyncio.gather(browser.submit(), twin.submit())
            assert messages_since(home.world, before).count("OPEN_ACCOUNT") == 2  # to SCIS, and to the bank

        walk(test)

    def test_a_bank_that_says_no_and_one_that_says_nothing(self, walk: Any) -> None:
        async def test(home: House, browser: Browser) -> None:
            await browser.go("/sandbox/app/open")
            home.world.faults.add(BANK, "KYC_VERIFICATION", "code:05")
            assert "The hub said 05" in await browser.submit(first_name="<b>Ann</b>")
            assert "&lt;b&gt;Ann&lt;/b&gt;" in browser.text
            assert "<b>Ann" not in browser.text
            home.world.faults.add(BANK, "OPEN_ACCOUNT", "book_then_no_answer")
            assert "Not known yet" in await browser.submit()
            assert "Ask again" in browser.text
            assert "Ask again" in await browser.submit()
            await home.advance(3)
            await browser.submit()
            assert "HKD 1,000.00" in browser.text

        walk(test)

    def test_a_form_of_somebody_else_does_nothing(self, walk: Any) -> None:
        async def test(home: House, browser: Browser) -> None:
            await browser.go("/sandbox/app/open")
            before = home.world.journal.last_seq
            for changes in ({"form": "x"}, {"form": None}, {"form": "é"}):
                await browser.go("/sandbox/app/open")
                await browser.submit(**changes)
                assert "A card in a minute" in browser.text
            browser.session.cookie_jar.clear()
            await browser.go("/sandbox/app/open")
            page = browser.text
            browser.session.cookie_jar.clear()
            browser.text = page
            await browser.submit()
            assert messages_since(home.world, before) == []

        walk(test)

    def test_somebody_who_has_a_card(self, walk: Any) -> None:
        async def test(home: House, browser: Browser) -> None:
            await browser.go("/sandbox/app/who")
            await browser.submit(user=CARDHOLDERS[1].user_id)
            assert "Peak Life" in browser.text
            assert "HKD 15,000.00" in browser.text
            assert home.world.partners[PEAK_CHANNEL].identity.name == "Peak Life"
            await browser.go("/sandbox/app/who")
            await browser.submit(user="new")
            assert "A card in a minute" in browser.text

        walk(test)

    def test_pages_are_not_kept_not_framed_elsewhere_and_run_nothing_foreign(self, walk: Any) -> None:
        async def test(home: House, browser: Browser) -> None:
            for path in ("", "open", "who", "services", "notices"):
                async with browser.session.get(f"{browser.base_url}/sandbox/app/{path}") as page:
                    policy = page.headers["content-security-policy"]
                    assert (page.status, page.headers["cache-control"]) == (200, "no-store")
                    assert "frame-ancestors 'self'" in policy
                    assert "unsafe" not in policy
                    for cookie in page.headers.getall("set-cookie", []):
                        assert "HttpOnly" in cookie
                        assert "SameSite=Lax" in cookie
            assert "There is no such service" in await browser.go("/sandbox/app/services/00000000")
            assert (browser.status, 'href="/sandbox/app/services"' in browser.text) == (404, True)
            assert (await browser.go("/sandbox/app/faces/nothing"), browser.status)[1] == 404

        walk(test)


# --- the services' shops


def in_the_shop(test: Callable[[Counter], Awaitable[None]]) -> None:
    async def play() -> None:
        with world() as (made, _):
            await test(Counter(made.industry(PARKING)))

    run(play())


class TestShop:
    def test_an_order_goes_to_the_hub_and_its_user_to_the_cashier(self) -> None:
        async def test(counter: Counter) -> None:
            counter.said = [placed()]
            assert await counter.order() == (303, "http://hub.sandbox/cashier/1")
            body = counter.sent[0].body
            assert counter.sent[0].path == "/ucsp/v1/submitpaymentorder"
            assert {name: body[name] for name in ("userId", "channelCode", "trxAmt", "trxCurrency", "subject")} == {
                "userId": "user-1",
                "channelCode": "HARBOUR01",
                "trxAmt": "36.00",
                "trxCurrency": "344",
                "subject": "Park for 2 hours, LK 8848",
            }
            assert body["returnUrl"] == f"https://99410344.sandbox/return?orderId={body['orderId']}"

        in_the_shop(test)

    @pytest.mark.parametrize(
        ("fields", "status"),
        [({"form": "x"}, 403), ({"good": "no"}, 400), ({"detail": "<script>"}, 400), ({"detail": ""}, 400)],
        ids=str,
    )
    def test_what_is_no_order(self, fields: dict[str, str], status: int) -> None:
        async def test(counter: Counter) -> None:
            assert (await counter.order(**fields))[0] == status
            assert (await counter.ask("POST", "/order", cookies={}))[0] == 403
            assert (await counter.ask("POST", "/order", form=b"\xff"))[0] == 403
            assert (await counter.ask("GET", "/shop", cookies={"visit-99410344": "x"}))[0] == 403
            assert counter.sent == []

        in_the_shop(test)

    def test_a_wrong_plate_costs_no_choice(self) -> None:
        async def test(counter: Counter) -> None:
            status, page = await counter.order(good="day", detail="<no plate>")
            assert (status, "That is no number plate." in page) == (400, True)
            assert re.findall(r'value="(\w+)" checked', page) == ["day"]
            assert 'name="detail" value="&lt;no plate&gt;"' in page
            status, page = await counter.order(good="no such")
            assert (re.findall(r'value="(\w+)" checked', page), 'value="lk 8848"' in page) == (["2h"], True)

        in_the_shop(test)

    @pytest.mark.parametrize(
        "said",
        [
            NoWord("timeout"),
            HubAnswer(status=200, code="98", text="", body={}),
            HubAnswer(status=200, code="00", text="", body={}),
        ],
    )
    def test_a_hub_that_does_not_take_it(self, said: HubAnswer | Exception) -> None:
        async def test(counter: Counter) -> None:
            counter.said = [said]
            assert (await counter.order())[0] == 502
            assert not counter.industry.orders

        in_the_shop(test)

    @pytest.mark.parametrize(
        ("status", "more", "words"),
        [
            (
                "APPROVED",
                {"trxAmt": "31.00", "originalAmount": "36.00", "trxCurrency": "344"},
                "HKD 31.00 instead of HKD 36.00",
            ),
            ("DECLINED", {"reason": "<51>"}, "The bank said no: &lt;51&gt;"),
            ("CLOSED", {}, "Nobody paid it in time"),
            ("REFUNDED", {"refundAmt": "36.00", "trxCurrency": "344"}, "HKD 36.00 went back"),
        ],
    )
    def test_it_is_paid_when_the_notice_says_so_and_not_before(self, status: str, more: dict[str, str], words: str) -> None:
        async def test(counter: Counter) -> None:
            counter.said = [placed()]
            await counter.order()
            code, page = await counter.back()
            assert (code, "We wait for the word of the bank" in page, 'http-equiv="refresh"' in page) == (200, True, True)
            code, page = await counter.ask(
                "GET", "/return", query=f"orderId={counter.order_id}&result=PAID&paymentStatus=APPROVED"
            )
            assert "<h1>Accepted</h1>" in page  # what the address says is not believed
            assert await counter.notice(status, **more) == "00"
            code, page = await counter.back()
            assert (code, words in page, 'http-equiv="refresh"' in page) == (200, True, False)
            assert len(counter.sent) == 1

        in_the_shop(test)

    def test_without_a_notice_it_asks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def test(counter: Counter) -> None:
            counter.said = [placed(), NoWord("timeout"), result("PENDING"), result("APPROVED")]
            await counter.order()
            for after_s, words, asked in ((9.0, "Accepted", 0), (0.0, "Accepted", 1), (0.0, "Accepted", 2), (0.0, "Paid", 3)):
                monkeypatch.setattr(shop, "INQUIRE_AFTER_S", after_s)
                assert f"<h1>{words}</h1>" in (await counter.back())[1]
                assert len(counter.sent) == 1 + asked
            assert [request.message for request in counter.sent[1:]] == ["PAYMENT_RESULT_INQUIRY"] * 3
            order = counter.industry.orders[counter.order_id]
            assert (order.told_by, order.status) == ("PAYMENT_RESULT_INQUIRY", "APPROVED")
            await counter.back()
            assert len(counter.sent) == 4

        def result(status: str) -> HubAnswer:
            return answered("00", {"paymentStatus": status})

        in_the_shop(test)

    def test_an_order_is_shown_to_whoever_placed_it(self) -> None:
        async def test(counter: Counter) -> None:
            counter.said = [placed()]
            await counter.order()
            own, counter.cookies = counter.cookies, {}
            assert (await counter.back())[0] == 403
            counter.cookies = own
            assert (await counter.back("unknown"))[0] == 403
            assert await counter.notice("APPROVED", industryCode="60020001") == "A0"
            assert await counter.notice("APPROVED", orderId=7) == "30"

        in_the_shop(test)

    def test_pages_are_framed_by_the_walk_through_alone_and_lead_to_the_cashier(self) -> None:
        with world() as (made, _):
            reply = made.industry().let_in(Visitor(channel_code="C", user_id="u", expires_at=made.clock.now()))
            policy = reply.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "form-action 'self' http://hub.sandbox" in policy
            assert "frame-ancestors 'self' http://hub.sandbox;" in policy
            assert reply.headers["referrer-policy"] == "no-referrer"
            assert made.channel(HARBOUR_CHANNEL).identity.channel_code == "HARBOUR01"

    def test_a_burnt_ticket_shows_its_own_visitor_the_shop_again(self) -> None:
        async def test() -> None:
            with world() as (made, _):
                industry = made.industry()
                industry.visitors["t"] = Visitor(channel_code="C", user_id="u", expires_at=made.clock.now().replace(year=2999))
                start = Visit(method="GET", path="/start", query="ticket=t")
                first = await industry.browse(start)
                assert first is not None
                cookies = dict([first.headers["set-cookie"].split(";")[0].split("=", 1)])
                again = await industry.browse(msgspec.structs.replace(start, cookies=cookies))
                other = await industry.browse(start)
                assert again is not None
                assert other is not None
                assert [first.status, again.status, other.status] == [200, 303, 403]

        run(test())

    def test_every_seeded_service_has_a_shelf_and_asks_for_what_it_shows(self) -> None:
        assert {seed.app_id for seed in SERVICES} == set(shop.SHELVES)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [("1280.00", "344", "HKD 1,280.00"), ("5", "392", "JPY 5"), ("x<", "344", "x<"), ("1", "999x", "1")],
)
def test_amounts_are_written_for_people(amount: str, currency: str, text: str) -> None:
    assert money(amount, currency) == text
