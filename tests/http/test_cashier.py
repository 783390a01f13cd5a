"""The cashier page over HTTP, without a browser: who gets in, what is sent back, and what tampering yields."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from support.cashier import CARDS, HOME_URL, QR, RETURN_URL, Played, ScriptedCashier, offer, offers_of
from support.http import Answer, FakeEndpoint, app_of, ask, listening, request, run
from unionhub.domain.model.cashier import Stage
from unionhub.domain.model.channel_cards import ListedCard
from unionhub.domain.model.marketing import OfferKind
from unionhub.domain.model.money import Money
from unionhub.domain.model.orders import OrderState
from unionhub.domain.model.responses import RESPONSE_TEXTS
from unionhub.domain.model.transactions import Merchant, PaymentState
from unionhub.hosts.cashier import pages, routes, words
from unionhub.hosts.cashier.forms import Choice, Form
from unionhub.hosts.cashier.routes import BODY_LIMIT_BYTES, CashierPages
from unionhub.hosts.sandbox.clock import ManualClock
from unionhub.ports.store import StoreUnavailable

PUBLIC = "https://hub.example"
FORM = "Content-Type: application/x-www-form-urlencoded"


class Html(HTMLParser):
    """What a page has in it: tags with attributes, and its text."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.pieces: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("b", "span"):
            self.pieces.append(" ")

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.pieces).replace("\u2060", "").split())

    def inputs(self, name: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag == "input" and attrs.get("name") == name]

    def values(self, name: str) -> list[str | None]:
        return [attrs["value"] for attrs in self.inputs(name)]


class Visitor:
    """Somebody with a cookie jar."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.jar: dict[str, str] = {}
        self.set: list[str] = []

    async def ask(self, method: str, path: str, body: bytes = b"", *headers: str) -> Answer:
        cookie = [f"Cookie: {'; '.join(f'{name}={value}' for name, value in self.jar.items())}"] if self.jar else []
        answer = await ask(self.port, request(body, *cookie, *headers, path=path, method=method))
        for name, value in answer.headers:
            if name == "set-cookie":
                self.set.append(value)
                name, _, content = value.partition(";")[0].partition("=")
                self.jar[name] = content
        return answer

    async def get(self, path: str, *headers: str) -> Answer:
        return await self.ask("GET", path, b"", *headers)

    async def post(self, path: str, fields: Any, *headers: str) -> Answer:
        return await self.ask("POST", path, urlencode(fields, doseq=True).encode(), FORM, *headers)

    async def page(self, path: str) -> Html:
        answer = await self.get(path)
        assert answer.status == 200
        return Html(answer.body)


class Scene(msgspec.Struct, kw_only=True):
    desk: ScriptedCashier
    clock: ManualClock
    port: int

    def visitor(self) -> Visitor:
        return Visitor(self.port)

    async def inside(self, played: Played) -> tuple[Visitor, str, Html]:
        """A visitor who came in by the order's address, that address without its key, and the page."""
        visitor, path = self.visitor(), self.desk.path(played)
        return visitor, path.partition("?")[0], await visitor.page(path)


def fields_of(page: Html, **changes: Any) -> dict[str, Any]:
    """The form as a browser without scripts would send it, nothing touched."""
    wanted = {
        name: [attrs["value"] for attrs in page.inputs(name) if "checked" in attrs]
        for name in {attrs["name"] or "" for tag, attrs in page.tags if tag == "input" and "name" in attrs}
        if name.startswith("want.")
    }
    own = {
        "form_token": page.values("form_token"),
        "wants": page.values("wants"),
        "offer": page.values("offer"),
        "codes": page.values("codes"),
        "code": "",
        "card": [attrs["value"] for attrs in page.inputs("card") if "checked" in attrs],
    }
    return {**wanted, **own, **changes}


@asynccontextmanager
async def opened(public_url: str = PUBLIC) -> AsyncIterator[Scene]:
    clock = ManualClock()
    desk = ScriptedCashier(clock)
    app = app_of(FakeEndpoint(), cashier=CashierPages(desk, clock, public_url))
    async with listening(app, stop=asyncio.Event()) as (port, _):
        yield Scene(desk=desk, clock=clock, port=port)


def at_the_cashier(scenario: Callable[[Scene], Awaitable[None]], **options: Any) -> None:
    async def play() -> None:
        async with opened(**options) as scene:
            await scenario(scene)

    run(play())


# --- who gets in


def test_the_address_lets_in_and_the_cookie_keeps_in() -> None:
    async def scenario(scene: Scene) -> None:
        visitor, home, page = await scene.inside(scene.desk.order(amount=123450))
        assert "Lantern Parking Park for 2 hours, LK 8848 HKD 1,234.50" in page.text
        (cookie,) = visitor.set
        assert re.fullmatch(rf"cashier=\S+; Path={home}; HttpOnly; SameSite=Lax; Secure", cookie)
        assert (await visitor.page(home)).text.startswith("Pay HKD 1,234.50")
        assert visitor.set == [cookie], "the session goes on"
        assert (await visitor.get(f"{home}?key=wrong")).status == 200

    at_the_cashier(scenario)


def test_over_plain_http_the_cookie_is_not_for_https_alone() -> None:
    async def scenario(scene: Scene) -> None:
        visitor, _, _ = await scene.inside(scene.desk.order())
        assert "Secure" not in visitor.set[0]

    at_the_cashier(scenario, public_url="http://127.0.0.1:8080")


def test_nobody_else_learns_whether_there_is_such_an_order() -> None:
    async def scenario(scene: Scene) -> None:
        mine, other = scene.desk.order(), scene.desk.order()
        path, home = scene.desk.path(mine), scene.desk.path(mine).partition("?")[0]
        other_home, other_key = scene.desk.path(other).split("?")
        nobody = await scene.visitor().get("/cashier/20260302999999999999?key=x")
        assert nobody.status == 404
        assert "This page cannot be opened" in Html(nobody.body).text
        inside, _, _ = await scene.inside(mine)
        stolen = scene.visitor()
        stolen.jar = {"cashier": inside.jar["cashier"]}
        cut = scene.visitor()
        cut.jar = {"cashier": inside.jar["cashier"][:-1]}
        answers = {
            "no key": await scene.visitor().get(home),
            "empty key": await scene.visitor().get(f"{home}?key="),
            "wrong key": await scene.visitor().get(path[:-1] + ("A" if path[-1] != "A" else "B")),
            "another order's key": await scene.visitor().get(f"{home}?{other_key}"),
            "key twice": await scene.visitor().get(f"{path}&{path.partition('?')[2]}"),
            "many members": await scene.visitor().get(path + "&a=1" * 20),
            "not ASCII": await scene.visitor().get(f"{home}?key=%ff%00"),
            "another order's session": await stolen.get(other_home),
            "a session that was cut": await cut.get(home),
            "a form without a session": await scene.visitor().post(f"{home}/pay", {"card": "card-a"}),
            "no order's number": await scene.visitor().get("/cashier/1?key=x"),
            "letters": await scene.visitor().get("/cashier/2026030200000000000x"),
            "a slash too much": await inside.get(f"{home}/"),
            "a path of nobody": await inside.get(f"{home}/refund"),
            "the folder": await inside.get("/cashier/"),
        }
        for name, answer in answers.items():
            assert (answer.status, answer.body) == (404, nobody.body), name
            assert answer.header("set-cookie") is None, name

    at_the_cashier(scenario)


def test_each_order_has_a_session_of_its_own() -> None:
    async def scenario(scene: Scene) -> None:
        one, two = scene.desk.order(), scene.desk.order()
        visitor, _, _ = await scene.inside(one)
        first = visitor.jar["cashier"]
        await visitor.page(scene.desk.path(two))  # a jar that forgets paths sends the wrong one: a new session
        assert visitor.jar["cashier"] != first
        doubled = f"Cookie: cashier={first}; cashier={visitor.jar['cashier']}"
        assert (await scene.visitor().get(scene.desk.path(one).partition("?")[0], doubled)).status == 200
        assert (await scene.visitor().get(scene.desk.path(two).partition("?")[0], doubled)).status == 200

    at_the_cashier(scenario)


# --- what a page is


def test_headers() -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.desk.order(return_url="https://shop.example:8443/return?a=1")
        answer = await scene.visitor().get(scene.desk.path(played))
        assert answer.header("content-security-policy") == (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
            "form-action 'self' https://shop.example:8443; frame-ancestors 'self'; base-uri 'none'"
        )
        others = (await scene.visitor().get("/cashier/1")), (await scene.visitor().post("/cashier/1/pay", {}))
        for each in (answer, *others):
            assert each.header("content-type") == "text/html; charset=utf-8"
            assert each.header("x-content-type-options") == "nosniff"
            assert each.header("referrer-policy") == "no-referrer"
            assert each.header("cache-control") == "no-store"
            assert "camera=()" in (each.header("permissions-policy") or "")
            assert "frame-ancestors 'self'" in (each.header("content-security-policy") or "")

    at_the_cashier(scenario)


@pytest.mark.parametrize("stage", Stage)
def test_a_page_has_no_inline_code_and_nothing_from_elsewhere(stage: Stage) -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.desk.order(stage=stage, offers=offers_of(scene.clock))
        _, _, page = await scene.inside(played)
        for tag, attrs in page.tags:
            assert tag not in ("style", "base", "iframe", "object"), tag
            assert not any(name == "style" or name.startswith("on") for name in attrs), attrs
            if tag == "script":
                assert (attrs["src"] or "").startswith("/cashier/static/")
            if tag == "link":
                assert (attrs["href"] or "").startswith(("/cashier/static/", "data:,"))
            if tag in ("a", "form"):
                target = attrs.get("href") or attrs.get("action") or ""
                assert target.startswith(("/cashier/2", HOME_URL, RETURN_URL)), target
        assert next(attrs for tag, attrs in page.tags if tag == "html")["lang"] == "en"

    at_the_cashier(scenario)


def test_no_card_number_anywhere() -> None:
    numbers = {
        "6212341234561234": "1234",  # a channel that says too much shows no more for it
        "621234******5678": "5678",
        "************99": "99",
        "****************": "",
    }
    cards = tuple(
        ListedCard(card_id=f"card-{place}", masked_pan=number, card_type="SEMI_CREDIT", issuer_name="Kestrel Bank")
        for place, number in enumerate(numbers)
    )

    async def scenario(scene: Scene) -> None:
        visitor, home, _ = await scene.inside(scene.desk.order(cards=cards))
        answer = await visitor.get(home)
        page = Html(answer.body)
        for number, last in numbers.items():
            assert number not in answer.body.decode()
            assert "621234" not in answer.body.decode()
            assert not last or f"ending in {last}" in page.text
        assert "Semi credit" in page.text
        assert page.values("card") == [card.card_id for card in cards]

    at_the_cashier(scenario)


def test_everything_is_text() -> None:
    evil = "<script>alert(1)</script>\"'&"

    async def scenario(scene: Scene) -> None:
        card = ListedCard(card_id=evil, masked_pan=f"{evil}1234", card_type=evil, issuer_name=evil)
        tricky = offer("X-1", OfferKind.INSTANT, evil, scene.clock)
        played = scene.desk.order(cards=(card,), offers=(tricky,), qr=QR)
        played.order = msgspec.structs.replace(
            played.order, subject=evil, reference=evil, user_id=evil, merchant=Merchant(name=evil)
        )
        visitor, home, page = await scene.inside(played)
        await visitor.post(f"{home}/choose", {"wants": "1", "code": evil})
        chosen = await visitor.page(home)
        for shown in (page, chosen):
            assert [attrs for tag, attrs in shown.tags if tag == "script"] == [
                {"src": next(attrs["src"] for tag, attrs in page.tags if tag == "script")}
            ]
        assert page.values("card") == [evil]
        assert "<SCRIPT>ALERT(1)</SCRIPT>" in chosen.text
        played.stage = Stage.PAID
        assert f"For {evil}" in (await visitor.page(home)).text

    at_the_cashier(scenario)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://shop.example/a?b", "https://shop.example"),
        ("http://127.0.0.1:9001/a", "http://127.0.0.1:9001"),
        ("https://[::1]:9/", "https://[::1]:9"),
        ("https://shop.example;script-src *", ""),
        ("https://a b/", ""),
        ("https://shop.example:99999999/", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_only_an_origin_gets_into_the_policy(url: str, origin: str) -> None:
    assert pages.origin(url) == origin


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "", "//elsewhere.example/", "ftp://a/"])
def test_a_link_leads_to_the_web(url: str) -> None:
    assert pages.safe_url(url) == ""


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Money(123450, "344"), "1,234.50"),
        (Money(5, "344"), "0.05"),
        (Money(1234567, "392"), "1,234,567"),
        (Money(1234567, "048"), "1,234.567"),
        (Money(0, "344"), "0.00"),
    ],
)
def test_amounts(amount: Money, text: str) -> None:
    assert words.amount(amount) == text


@pytest.mark.parametrize(
    ("left_s", "text"),
    [
        (0, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 minute"),
        (899, "14 minutes"),
        (7200, "2 hours"),
        (90_000, "1 day"),
    ],
)
def test_the_time_left(left_s: int, text: str) -> None:
    assert words.span(left_s) == text


def test_every_code_has_words() -> None:
    for code in RESPONSE_TEXTS:
        assert len(words.decline(code)) > 20
        assert words.no_cards(code, app="Bay Life", service="Lantern Parking")
    assert words.decline("51") != words.decline("94") != words.decline("12")


def test_the_static_files_are_kept_by_their_content() -> None:
    async def scenario(scene: Scene) -> None:
        visitor, _, page = await scene.inside(scene.desk.order())
        style = next(attrs["href"] or "" for tag, attrs in page.tags if tag == "link" and attrs["rel"] == "stylesheet")
        script = next(attrs["src"] or "" for tag, attrs in page.tags if tag == "script")
        for path, media_type in ((style, "text/css"), (script, "text/javascript")):
            answer = await visitor.get(path)
            assert (answer.status, answer.header("content-type")) == (200, f"{media_type}; charset=utf-8")
            assert answer.header("cache-control") == "public, max-age=31536000, immutable"
            other = await visitor.get(path.partition("=")[0] + "=of-another-version")
            assert (other.status, other.header("cache-control")) == (200, "no-cache")
        for name in (
            "nothing.css",
            "..%2fpages.py",
            "../pages.py",
            "__init__.py",
            "cashier",
            ".css",
            "%2e%2e/templates/base.html",
        ):
            assert (await visitor.get(f"/cashier/static/{name}")).status == 404, name

    at_the_cashier(scenario)


# --- paying


def test_paying_leads_to_the_return_url() -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.desk.order()
        visitor, home, page = await scene.inside(played)
        answer = await visitor.post(f"{home}/pay", fields_of(page, card="card-b"), f"Origin: {PUBLIC}")
        reference = played.order.reference
        assert answer.status == 303
        assert answer.header("location") == (
            f"{RETURN_URL}&orderId={reference}&ucspOrderId={played.order.ucsp_order_id}&acceptance=ACCEPTED"
        )
        assert answer.header("cache-control") == "no-store"
        (said,) = played.paid
        assert (said.card_id, said.offer_ids, said.codes) == ("card-b", (), frozenset())

    at_the_cashier(scenario)


def test_what_is_seen_is_what_is_paid() -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.desk.order(offers=offers_of(scene.clock))
        visitor, home, page = await scene.inside(played)
        # Proposed: 5 % of 360.00 and 10.00 of incentive money.
        assert page.values("offer") == ["BAY-10", "PARK-5"]
        assert "Pay HKD 332.00" in page.text
        # He chose other ones and did not see their total yet: nothing is paid.
        answer = await visitor.post(f"{home}/pay", fields_of(page, **{"want.INCENTIVE": "BAY-4"}))
        assert (answer.status, answer.header("location"), played.paid) == (303, home, [])
        page = await visitor.page(home)
        assert "Pay HKD 338.00" in page.text
        assert words.decline(words.CHECK_TOTAL) in page.text
        assert words.decline(words.CHECK_TOTAL) not in (await visitor.page(home)).text, "told once"
        # A code in its field is a change, too, and the coupon is then proposed.
        answer = await visitor.post(f"{home}/pay", fields_of(page, code=" park 20"))
        page = await visitor.page(home)
        assert (played.paid, page.values("codes")) == ([], ["PARK20"])
        assert "Pay HKD 312.00" in page.text
        answer = await visitor.post(f"{home}/pay", fields_of(page))
        (said,) = played.paid
        assert (answer.header("location") or "").startswith(RETURN_URL)
        assert (sorted(said.offer_ids), said.codes) == (["BAY-10", "FIRST", "PARK-5"], {"PARK20"})
        assert scene.desk.net(played, said) == 31_200

    at_the_cashier(scenario)


def test_choosing_is_kept_and_answered_by_a_redirect() -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.desk.order(offers=offers_of(scene.clock))
        visitor, home, page = await scene.inside(played)
        answer = await visitor.post(
            f"{home}/choose", fields_of(page, card="card-b", **{"want.INSTANT": [], "want.INCENTIVE": ""})
        )
        assert (answer.status, answer.header("location")) == (303, home)
        for _ in range(2):
            page = await visitor.page(home)
            assert (page.values("offer"), "Pay HKD 360.00" in page.text) == ([], True)
            assert [attrs["value"] for attrs in page.inputs("card") if "checked" in attrs] == ["card-b"]
        await visitor.post(f"{home}/choose", fields_of(page, code="NOPE"))
        page = await visitor.page(home)
        assert "The code NOPE does not help here: there is no such coupon." in page.text
        assert page.values("codes") == []
        await visitor.post(f"{home}/choose", {"wants": "1", "want": ["BAY-10", "BAY-4", "<b>"]})
        assert "That choice is not possible: not to be had" in (await visitor.page(home)).text

    at_the_cashier(scenario)


@pytest.mark.parametrize("code", ["51", "12", "94", "91", "ZZ"])
def test_a_refusal_is_told_in_words(code: str) -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.desk.order(answers=[code], offers=offers_of(scene.clock))
        visitor, home, page = await scene.inside(played)
        answer = await visitor.post(f"{home}/pay", fields_of(page, card="card-b"))
        assert (answer.status, answer.header("location")) == (303, home)
        page = await visitor.page(home)
        assert f"{words.decline(code)} Code {code}" in page.text
        assert [attrs["value"] for attrs in page.inputs("card") if "checked" in attrs] == ["card-b"]
        assert "Pay HKD 332.00" in page.text

    at_the_cashier(scenario)


def test_a_form_that_is_sent_twice_pays_once() -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.desk.order(answers=["04", "51"], pay_s=0.05)
        visitor, home, page = await scene.inside(played)
        first, second = await asyncio.gather(*(visitor.post(f"{home}/pay", fields_of(page)) for _ in range(2)))
        assert first.header("location") == second.header("location")
        assert len(played.paid) == 1

    at_the_cashier(scenario)


@pytest.mark.parametrize(
    "headers",
    [
        ("Origin: https://evil.example",),
        ("Origin: https://hub.example.evil.example",),
        ("Origin: http://hub.example",),
        ("Sec-Fetch-Site: cross-site",),
        ("Sec-Fetch-Site: same-site", "Origin: null"),
        ("Sec-Fetch-Site: cross-site", f"Origin: {PUBLIC}"),
    ],
)
@pytest.mark.parametrize("action", ["pay", "choose"])
def test_forms_of_other_sites(action: str, headers: tuple[str, ...]) -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.desk.order()
        visitor, home, page = await scene.inside(played)
        answer = await visitor.post(f"{home}/{action}", fields_of(page), *headers)
        assert (answer.status, answer.header("set-cookie"), played.paid) == (403, None, [])
        assert "Nothing was paid" in Html(answer.body).text

    at_the_cashier(scenario)


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (f"Origin: {PUBLIC}",),
        ("Origin: http://hub",),  # the Host header's: somebody behind a name of his own
        ("Origin: null", "Sec-Fetch-Site: same-origin"),
        ("Sec-Fetch-Site: none",),
    ],
)
def test_forms_of_ours(headers: tuple[str, ...]) -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.desk.order()
        visitor, home, page = await scene.inside(played)
        assert (await visitor.post(f"{home}/pay", fields_of(page), *headers)).status == 303
        assert len(played.paid) == 1

    at_the_cashier(scenario)


def test_a_forms_token_is_of_its_session_and_order() -> None:
    async def scenario(scene: Scene) -> None:
        played, other = scene.desk.order(), scene.desk.order()
        visitor, home, page = await scene.inside(played)
        _, _, strangers = await scene.inside(played)
        _, _, others = await scene.inside(other)
        tokens = {
            "none": "",
            "made up": "nonce1.c2lnbmVk",
            "cut": str(page.values("form_token")[0])[:-1],
            "of another session": strangers.values("form_token")[0],
            "of another order": others.values("form_token")[0],
            "no text": "\x00\udcff".encode("utf-8", "replace").decode(),
        }
        for name, token in tokens.items():
            answer = await visitor.post(f"{home}/pay", fields_of(page, form_token=token))
            assert (answer.status, answer.header("location"), played.paid) == (303, home, []), name
            assert "Code 12" in (await visitor.page(home)).text, name

    at_the_cashier(scenario)


def test_without_a_card() -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.desk.order()
        visitor, home, page = await scene.inside(played)
        await visitor.post(f"{home}/pay", fields_of(page, card=[]))
        assert (played.paid, words.decline(words.NO_CARD) in (await visitor.page(home)).text) == ([], True)

    at_the_cashier(scenario)


def test_bodies_that_are_no_form_of_ours() -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.desk.order()
        visitor, home, page = await scene.inside(played)
        good = urlencode(fields_of(page), doseq=True).encode()
        cases = [
            (good, ("Content-Type: text/plain",), 415),
            (good, (), 415),
            (b"{}", ("Content-Type: application/json",), 415),
            (b"&".join([b"a=1"] * 200), (FORM,), 400),
            (b"card=%ff%fe&form_token=%00", (FORM,), 303),
            (b"a" * (BODY_LIMIT_BYTES + 1), (FORM,), 413),
        ]
        for body, headers, status in cases:
            assert (await visitor.ask("POST", f"{home}/pay", body, *headers)).status == status, (body[:20], headers)
        assert played.paid == []

    at_the_cashier(scenario)


@pytest.mark.parametrize(
    "cookie",
    ["", "!", "e30", "bnVsbA", "eyJvZmZlcnMiOjF9", "4pyT", "eyJzYWlkIjoiPGI-In0", "A" * 4000, "\xff\xfe"],
)
def test_a_choice_that_is_none(cookie: str) -> None:
    assert Choice.read(cookie) in (Choice(), Choice(said=""))


def test_bounds_of_forms_and_choices() -> None:
    form = Form.read(
        urlencode(
            [("offer", f"O-{n}") for n in range(30)] + [("codes", f" c {n}") for n in range(30)] + [("code", "x" * 99)]
        ).encode()
    )
    assert (len(form.offers), form.codes, len(form.new_code)) == (10, ("C0", "C1", "C2", "C3", "C4"), 30)
    choice = form.choice
    assert Choice.read(choice.text) == choice
    assert len(choice.text) < 3000
    assert Choice(offers=("a" * 65, "b", "b", ""), said="<b>").cut() == Choice(offers=("b",))


# --- stages


def test_the_stage_for_pages_that_wait() -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.desk.order()
        visitor, home, _ = await scene.inside(played)
        for stage in Stage:
            played.stage = stage
            answer = await visitor.get(f"{home}/stage")
            assert (answer.status, answer.json, answer.header("cache-control")) == (200, {"stage": stage}, "no-store")
        answer = await scene.visitor().get(f"{home}/stage")
        assert (answer.status, answer.json) == (404, {"error": "not found"})

    at_the_cashier(scenario)


@pytest.mark.parametrize(
    ("stage", "says", "links"),
    [
        (Stage.PAYING, "You may close this page: the payment goes on, and Lantern Parking hears how it ended.", RETURN_URL),
        (Stage.PAID, "Paid, thank you", RETURN_URL),
        (Stage.CLOSED, "This order has expired", HOME_URL),
    ],
)
def test_what_the_other_pages_say(stage: Stage, says: str, links: str) -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.desk.order(stage=stage)
        visitor, home, page = await scene.inside(played)
        assert says in page.text
        assert any((attrs["href"] or "").startswith(links) for tag, attrs in page.tags if tag == "a")
        assert not any(tag == "form" for tag, _ in page.tags)
        refreshes = [attrs["content"] for tag, attrs in page.tags if tag == "meta" and attrs.get("http-equiv") == "refresh"]
        assert refreshes == ([f"3; url={home}"] if stage is Stage.PAYING else [])
        # Whoever sends a form now is told how things are.
        answer = await visitor.get(f"{home}/pay")
        assert (answer.status, answer.header("location")) == (303, home)

    at_the_cashier(scenario)


def test_paid_with_offers_shows_what_was_paid() -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.desk.order(stage=Stage.PAID)
        played.payment = scene.desk.payment(played, PaymentState.APPROVED, "00", amount=33_200)
        _, _, page = await scene.inside(played)
        assert "Paid HKD 332.00" in page.text

    at_the_cashier(scenario)


def test_an_order_runs_out_and_an_order_is_closed() -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.desk.order(life_s=90)
        visitor, home, page = await scene.inside(played)
        assert "1 minute left" in page.text
        scene.clock.advance(90)
        assert "This order has expired" in (await visitor.page(home)).text
        played.order = msgspec.structs.replace(played.order, state=OrderState.CLOSED)
        assert "This order is closed" in (await visitor.page(home)).text

    at_the_cashier(scenario)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("57", "open Lantern Parking from Bay Life again. Or pay with another UnionPay app, right here. Code 57"),
        ("40", "Bay Life and Lantern Parking have no agreement"),
        ("91", "Bay Life cannot show your cards right now"),
        ("92", "Bay Life cannot show your cards right now"),
        ("96", "Bay Life cannot show your cards right now"),
        ("98", "Bay Life does not answer right now"),
        ("", "There are no cards in Bay Life yet"),
    ],
)
def test_without_cards_there_is_a_reason_and_the_qr(code: str, says: str) -> None:
    async def scenario(scene: Scene) -> None:
        _, home, page = await scene.inside(scene.desk.order(cards=(), no_cards=code))
        assert says in page.text
        assert [attrs["data-qr"] for tag, attrs in page.tags if tag == "figure"] == [QR]
        assert [attrs for tag, attrs in page.tags if tag == "details" and "open" in attrs]
        assert not any(tag == "form" for tag, _ in page.tags)
        again = [
            attrs for tag, attrs in page.tags if tag == "a" and attrs["href"] == home and "quiet" in (attrs.get("class") or "")
        ]
        assert bool(again) is (code not in ("57", "40"))

    at_the_cashier(scenario)


def test_the_qr_is_for_the_full_amount() -> None:
    async def scenario(scene: Scene) -> None:
        _, _, page = await scene.inside(scene.desk.order(offers=offers_of(scene.clock)))
        assert "It pays HKD 360.00: the full price, as offers are for the cards listed here." in page.text
        _, _, without = await scene.inside(scene.desk.order(qr=""))
        assert "Another UnionPay app" not in without.text
        assert without.values("card") == [card.card_id for card in CARDS]

    at_the_cashier(scenario)


# --- when things break


@pytest.mark.parametrize(
    ("method", "action", "allow"),
    [("PUT", "", "GET, POST"), ("DELETE", "/pay", "GET, POST"), ("POST", "", "GET"), ("POST", "/stage", "GET")],
)
def test_methods(method: str, action: str, allow: str) -> None:
    async def scenario(scene: Scene) -> None:
        visitor, home, _ = await scene.inside(scene.desk.order())
        answer = await visitor.ask(method, home + action)
        assert (answer.status, answer.json, answer.header("allow")) == (405, {"error": "method not allowed"}, allow)
        assert (await visitor.get("/cashierfoo")).json == {"error": "not found"}

    at_the_cashier(scenario)


def test_without_a_store() -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.desk.order()
        visitor, home, page = await scene.inside(played)
        played.error = StoreUnavailable("postgresql://user:secret@host is gone")
        for answer in (await visitor.get(home), await visitor.post(f"{home}/pay", fields_of(page))):
            assert (answer.status, answer.header("retry-after"), answer.header("cache-control")) == (503, "2", "no-store")
            shown = Html(answer.body)
            assert "We cannot answer right now." in shown.text
            assert "secret" not in answer.body.decode()
            assert [attrs["href"] for tag, attrs in shown.tags if tag == "a"] == [home]

    at_the_cashier(scenario)


def test_nothing_is_told_of_a_crash(caplog: pytest.LogCaptureFixture) -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.desk.order()
        path = scene.desk.path(played)
        visitor, _, _ = await scene.inside(played)
        played.error = RuntimeError("a secret")
        answer = await visitor.get(path)
        assert (answer.status, answer.header("content-type")) == (500, "text/html; charset=utf-8")
        assert "a secret" not in answer.body.decode()
        assert "Traceback" not in answer.body.decode()
        assert path.partition("=")[2] not in caplog.text
        assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == ["the cashier crashed"]
        caplog.clear()

    at_the_cashier(scenario)


def test_so_many_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "IN_FLIGHT_MAX", 1)

    async def scenario(scene: Scene) -> None:
        played = scene.desk.order(pay_s=0.2)
        visitor, home, page = await scene.inside(played)
        slow = asyncio.create_task(visitor.post(f"{home}/pay", fields_of(page)))
        while not played.paid:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        assert (await scene.visitor().get(home)).status == 503
        assert (await slow).status == 303
        assert (await visitor.get(home)).status == 200

    at_the_cashier(scenario)
