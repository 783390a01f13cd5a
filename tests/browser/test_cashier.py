"""The cashier page in a real browser on a phone's width: what users do, also what they should not."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import msgspec
import pytest
from litestar import Litestar, Request, get
from litestar.enums import MediaType
from litestar.response import Redirect
from playwright.async_api import Browser, Page, expect

from support.browser import DESKTOP, browsing, visiting, watch
from support.cashier import CARDS, QR, Played, ScriptedCashier, offers_of
from support.http import FakeEndpoint, app_of, listening, until
from unionhub.domain.model.cashier import Stage
from unionhub.domain.model.transactions import PaymentState
from unionhub.hosts.cashier.routes import CashierPages
from unionhub.hosts.sandbox.clock import ManualClock
from unionhub.hosts.service.serve import new_event_loop

ICON = '<link rel="icon" href="data:,">'  # or browsers ask for one
PAYABLE = re.compile(r"/cashier/\d{20}$")


class Scene(msgspec.Struct, kw_only=True):
    """The cashier at `base`, the industry's pages at `shop`, and a browser."""

    desk: ScriptedCashier
    clock: ManualClock
    browser: Browser
    base: str
    shop: str

    def order(self, **changes: Any) -> Played:
        return self.desk.order(**{"return_url": f"{self.shop}/return?order=1"} | changes)

    @asynccontextmanager
    async def at(self, played: Played, **options: Any) -> AsyncIterator[Page]:
        """A user's page with this order; his browser had nothing to complain of at the end."""
        async with visiting(self.browser, **options) as (page, complaints):
            await page.goto(self.base + self.desk.path(played))
            yield page
            assert complaints == []

    def home(self, played: Played) -> str:
        return f"{self.base}/cashier/{played.order.ucsp_order_id}"


def industry() -> Litestar:
    """An industry's site: where users come back to, one that sends them on to another site, and one that frames us."""

    @get("/return", media_type=MediaType.HTML, sync_to_thread=False)
    def back(request: Request[Any, Any, Any]) -> str:
        return f"{ICON}<title>Parking</title><h1>Back at the service</h1><p>{'&'.join(sorted(request.query_params))}</p>"

    @get("/bounce", sync_to_thread=False)
    def bounce(request: Request[Any, Any, Any]) -> Redirect:
        return Redirect(f"http://localhost:{request.url.port}/return")

    @get("/frame", media_type=MediaType.HTML, sync_to_thread=False)
    def frame(request: Request[Any, Any, Any]) -> str:
        return f'{ICON}<title>Frame</title><iframe src="{request.query_params["src"]}" width="400" height="600"></iframe>'

    return Litestar(route_handlers=[back, bounce, frame], openapi_config=None, logging_config=None)


Stageplay = Callable[[Callable[[Scene], Awaitable[None]]], None]


@pytest.fixture(scope="module")
def play(chromium: str) -> Iterator[Stageplay]:
    """Runs a scenario; servers and browser are the module's. Business time goes with real time."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        stack = AsyncExitStack()

        async def open_scene() -> Scene:
            clock = ManualClock(tick=time.monotonic)
            desk = ScriptedCashier(clock)
            app = app_of(FakeEndpoint(), cashier=CashierPages(desk, clock, "http://127.0.0.1"))
            port, _ = await stack.enter_async_context(listening(app, stop=asyncio.Event()))
            shop, _ = await stack.enter_async_context(listening(industry(), stop=asyncio.Event()))
            browser = await stack.enter_async_context(browsing(chromium))
            base, shop_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{shop}"
            return Scene(desk=desk, clock=clock, browser=browser, base=base, shop=shop_url)

        scene = runner.run(open_scene())

        async def bounded(scenario: Callable[[Scene], Awaitable[None]]) -> None:
            async with asyncio.timeout(60):
                await scenario(scene)

        try:
            yield lambda scenario: runner.run(bounded(scenario))
        finally:
            runner.run(stack.aclose())


async def is_back(page: Page) -> None:
    await expect(page.locator("h1")).to_have_text("Back at the service")
    await expect(page.locator("p")).to_have_text("acceptance&order&orderId&ucspOrderId")


# --- paying


def test_choose_a_card_and_pay(play: Stageplay) -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.order(amount=123450)
        asked: list[str] = []
        async with scene.at(played) as page:
            page.on("request", lambda request: asked.append(f"{request.url} {request.post_data}"))
            await expect(page.locator(".amount")).to_have_text("HKD 1,234.50")
            await page.get_by_label("Harbour Savings").check()
            shown = await page.content()
            await page.get_by_role("button", name="Pay HKD 1,234.50").tap()
            await is_back(page)
        (said,) = played.paid
        assert said.card_id == "card-b"
        assert asked
        for text in (shown, *asked):
            assert not any(card.masked_pan[:6] in text for card in CARDS)

    play(scenario)


def test_a_double_click_pays_once(play: Stageplay) -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.order(pay_s=0.3)
        sent: list[str] = []
        async with scene.at(played) as page:
            page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
            await page.locator("#pay").dblclick(no_wait_after=True)
            await is_back(page)
        assert (len(sent), len(played.paid)) == (1, 1)

    play(scenario)


def test_the_button_says_that_it_was_pressed(play: Stageplay) -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.order(pay_s=1.0)
        async with scene.at(played) as page:
            said = await page.evaluate(
                """() => new Promise((resolve) => { const pay = document.getElementById("pay"); pay.click(); pay.click();
                    const said = () => [pay.disabled, pay.textContent, document.getElementById("told").textContent];
                    setTimeout(() => resolve(said()), 50); })"""
            )
            assert said == [True, "Paying …", "Paying …"]
            await is_back(page)
        assert len(played.paid) == 1

    play(scenario)


def test_back_after_paying_shows_how_it_is_now_and_lets_go(play: Stageplay) -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.order(offers=offers_of(scene.clock), stage_after=Stage.PAYING)
        async with scene.at(played) as page:
            await page.get_by_label("5 % off parking").uncheck()
            await expect(page.locator("#pay")).to_have_text("Pay HKD 350.00")
            await page.locator("#pay").tap()
            await is_back(page)
            await page.go_back()
            await expect(page.locator("h1")).to_have_text("Your payment is being processed")
            await page.go_forward()
            await is_back(page)
            played.stage = Stage.PAID
            await page.go_back()
            await expect(page.locator("h1")).to_have_text("Paid, thank you")
            await asyncio.sleep(2.5)
            assert page.url == scene.home(played), "nobody is caught who wanted to go back"
            await page.get_by_role("link", name="Back to Lantern Parking").tap()
            await is_back(page)
        assert len(played.paid) == 1

    play(scenario)


def test_refresh_while_paying(play: Stageplay) -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.order(pay_s=1.5)
        async with scene.at(played) as page:
            await page.locator("#pay").click(no_wait_after=True)
            await until(lambda: bool(played.paid))
            await page.goto(scene.home(played))
            await expect(page.locator("h1")).to_have_text("Your payment is being processed")
            await page.reload()
            await expect(page.locator("h1")).to_have_text("Your payment is being processed")
            await expect(page.locator("h1")).to_have_text("Paid, thank you")
            await is_back(page)
        assert len(played.paid) == 1

    play(scenario)


def test_paid_in_another_tab(play: Stageplay) -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.order()
        async with scene.at(played) as page:
            other = await page.context.new_page()
            complaints: list[str] = []
            watch(other, complaints)
            await other.goto(scene.base + scene.desk.path(played))
            await other.locator("#pay").tap()
            await is_back(other)
            await page.bring_to_front()
            await expect(page.locator("h1")).to_have_text("Paid, thank you")
            await expect(page.locator("#told")).to_contain_text("Taking you back")
            await is_back(page)
            assert complaints == []
        assert len(played.paid) == 1

    play(scenario)


def test_a_stale_form_is_answered_by_how_it_is(play: Stageplay) -> None:
    """Paid elsewhere a moment ago, and this page has not noticed."""

    async def scenario(scene: Scene) -> None:
        played = scene.order(answers=["94"])
        async with visiting(scene.browser) as (page, _):
            await page.route("**/stage", lambda route: route.abort())
            await page.goto(scene.base + scene.desk.path(played))
            played.stage = Stage.PAID
            await page.locator("#pay").tap()
            await expect(page.locator("h1")).to_have_text("Paid, thank you")

    play(scenario)


def test_declined_then_another_card(play: Stageplay) -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.order(answers=["51", "00"])
        async with scene.at(played) as page:
            await page.locator("#pay").tap()
            await expect(page.get_by_role("alert")).to_have_text(
                "There is not enough money on this card. Please choose another one. Code 51"
            )
            await expect(page.locator("#pay")).to_be_enabled()
            await page.get_by_label("Harbour Savings").check()
            await page.locator("#pay").tap()
            await is_back(page)
        assert [said.card_id for said in played.paid] == ["card-a", "card-b"]

    play(scenario)


# --- offers


def test_the_total_follows_the_offers(play: Stageplay) -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.order(offers=offers_of(scene.clock))
        async with scene.at(played) as page:
            pay = page.locator("#pay")
            await expect(pay).to_have_text("Pay HKD 332.00")
            await page.get_by_label("Harbour Savings").check()
            await page.get_by_label("4 dollars from Bay Life").check()
            await expect(pay).to_have_text("Pay HKD 338.00")
            await page.get_by_label("No bonus").check()
            await expect(pay).to_have_text("Pay HKD 342.00")
            await expect(page.get_by_role("status")).to_have_text("Pay HKD 342.00.")
            await page.get_by_label("Coupon code").fill("nope")
            await page.get_by_label("Coupon code").press("Enter")
            await expect(page.get_by_role("alert")).to_contain_text("The code NOPE does not help here")
            await page.get_by_label("Coupon code").fill("park20")
            await page.get_by_role("button", name="Apply").tap()
            await expect(page.get_by_label("20 off your first parking")).to_be_checked()
            await expect(pay).to_have_text("Pay HKD 312.00")
            assert page.url == scene.home(played)
            await page.reload()
            await expect(pay).to_have_text("Pay HKD 312.00")
            await expect(page.get_by_label("Harbour Savings")).to_be_checked()
            await pay.tap()
            await is_back(page)
        (said,) = played.paid
        assert (scene.desk.net(played, said), said.card_id) == (31_200, "card-b")

    play(scenario)


def test_changing_offers_quickly_ends_with_the_last_choice(play: Stageplay) -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.order(offers=offers_of(scene.clock))
        async with scene.at(played) as page:
            await page.evaluate(
                """() => { for (const [id, on] of [["PARK-5", false], ["PARK-5", true], ["PARK-5", false]]) {
                    const box = document.getElementById(`want-${id}`); box.checked = on;
                    box.dispatchEvent(new Event("change", { bubbles: true })); } }"""
            )
            await expect(page.locator("#pay")).to_have_text("Pay HKD 350.00")
            await expect(page.get_by_label("5 % off parking")).not_to_be_checked()
            await page.locator("#pay").tap()
            await is_back(page)
        (said,) = played.paid
        assert said.offer_ids == ("BAY-10",)

    play(scenario)


# --- another app


def test_paid_by_its_qr(play: Stageplay) -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.order()
        async with scene.at(played) as page:
            await page.get_by_text("Another UnionPay app").tap()
            code = page.get_by_role("img", name="QR code of this order")
            await expect(code).to_be_visible()
            box = await code.bounding_box()
            assert box is not None
            assert box["width"] >= 240
            assert await page.locator("figure").get_attribute("data-qr") == QR
            played.stage = Stage.PAYING
            await expect(page.locator("h1")).to_have_text("Your payment is being processed")
            played.stage = Stage.PAID
            played.payment = scene.desk.payment(played, PaymentState.APPROVED, "00")
            await expect(page.locator("h1")).to_have_text("Paid, thank you")
            await is_back(page)

    play(scenario)


def test_without_cards_the_qr_is_open(play: Stageplay) -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.order(cards=(), no_cards="98")
        async with scene.at(played) as page:
            await expect(page.get_by_text("Bay Life does not answer right now.")).to_be_visible()
            await expect(page.get_by_role("img", name="QR code of this order")).to_be_visible()
            assert await page.locator("#pay").count() == 0
            played.cards = CARDS
            await page.get_by_role("link", name="Try again").tap()
            await expect(page.locator("#pay")).to_be_visible()

    play(scenario)


# --- time and addresses


def test_it_expires_before_your_eyes(play: Stageplay) -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.order(life_s=2.5)
        async with scene.at(played) as page:
            await expect(page.get_by_role("timer")).to_have_text(re.compile(r"0:0[12] left"))
            await expect(page.locator("h1")).to_have_text("This order has expired")
            link = page.get_by_role("link", name="Back to Lantern Parking")
            assert await link.get_attribute("href") == "https://parking.example/app"

    play(scenario)


def test_the_key_leaves_the_address_bar(play: Stageplay) -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.order()
        async with scene.at(played) as page:
            await page.wait_for_url(PAYABLE)
            assert page.url == scene.home(played)
            await page.reload()
            await expect(page.locator("#pay")).to_be_visible()
            await page.goto(f"{scene.shop}/return")
            await page.go_back()
            await expect(page.locator("#pay")).to_be_visible()

    play(scenario)


def test_a_browser_without_cookies_keeps_the_address_and_is_told(play: Stageplay) -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.order()
        async with visiting(scene.browser) as (page, _):
            await page.route("**/stage", lambda route: route.fulfill(status=404, json={"error": "not found"}))
            await page.goto(scene.base + scene.desk.path(played))
            await expect(page.locator("#no-cookies")).to_be_visible()
            assert "key=" in page.url

    play(scenario)


# --- without scripts


def test_everything_without_scripts(play: Stageplay) -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.order(offers=offers_of(scene.clock), answers=["04"])
        async with scene.at(played, java_script_enabled=False) as page:
            pay = page.locator("#pay")
            await expect(pay).to_have_text("Pay HKD 332.00")
            await page.get_by_label("4 dollars from Bay Life").check()
            await page.get_by_role("button", name="Update the total").tap()
            await expect(pay).to_have_text("Pay HKD 338.00")
            # Another offer, and at once "Pay": the total on the button was another one.
            await page.get_by_label("10 dollars from Bay Life").check()
            await pay.tap()
            await expect(page.get_by_role("alert")).to_contain_text("The total has changed")
            assert played.paid == []
            await expect(pay).to_have_text("Pay HKD 332.00")
            await page.get_by_label("Coupon code").fill("PARK20")
            await page.get_by_label("Coupon code").press("Enter")
            await expect(pay).to_have_text("Pay HKD 312.00")
            await page.get_by_text("Another UnionPay app").tap()
            await expect(page.get_by_role("img", name="QR code of this order")).to_be_visible()
            await pay.tap()
            await is_back(page)
            await page.go_back()
            await expect(page.locator("h1")).to_have_text("Your payment is being processed")
            played.stage = Stage.PAID
            await expect(page.locator("h1")).to_have_text("Paid, thank you")
        (said,) = played.paid
        assert scene.desk.net(played, said) == 31_200

    play(scenario)


# --- what the policy forbids


def test_nothing_foreign_runs_in_the_page(play: Stageplay) -> None:
    async def scenario(scene: Scene) -> None:
        async with visiting(scene.browser) as (page, complaints):
            await page.goto(scene.base + scene.desk.path(scene.order()))
            await page.evaluate(
                """() => {
                    const add = (tag, members) => document.body.append(Object.assign(document.createElement(tag), members));
                    add("script", { textContent: "window.taken = 1" });
                    add("img", { src: "http://localhost:9/x.png" });
                    document.querySelector("h1").setAttribute("style", "color: red");
                }"""
            )
            await asyncio.sleep(0.2)
            assert await page.evaluate("window.taken") is None
            assert len([said for said in complaints if "Content Security Policy" in said]) == 3

    play(scenario)


def test_other_sites_cannot_frame_it(play: Stageplay) -> None:
    async def scenario(scene: Scene) -> None:
        async with visiting(scene.browser) as (page, complaints):
            await page.goto(f"{scene.shop}/frame?src={scene.base}{scene.desk.path(scene.order())}")
            await asyncio.sleep(0.3)
            assert page.frames[1].url.startswith("chrome-error:")
            assert any("frame-ancestors" in said for said in complaints)

    play(scenario)


def test_a_return_url_that_leads_on_to_another_site_leaves_nobody_stranded(play: Stageplay) -> None:
    """Browsers hold the whole chain of redirects after a form against form-action, which knows returnUrl's origin alone."""

    async def scenario(scene: Scene) -> None:
        played = scene.order(return_url=f"{scene.shop}/bounce")
        async with visiting(scene.browser) as (page, complaints):
            await page.clock.install()
            await page.goto(scene.base + scene.desk.path(played))
            await page.locator("#pay").tap()
            await asyncio.sleep(0.5)
            if not page.url.startswith("http://localhost"):
                assert any("form-action" in said for said in complaints)
                await page.clock.fast_forward(11_000)
                await expect(page.locator("h1")).to_have_text("Paid, thank you")
                await page.get_by_role("link", name="Back to Lantern Parking").tap()
            await expect(page.locator("h1")).to_have_text("Back at the service")

    play(scenario)


# --- looks

CONTRASTS = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => { const f = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
  const behind = (element) => { for (let e = element; e; e = e.parentElement) {
    const color = rgba(getComputedStyle(e).backgroundColor); if (color[3] > 200) return color; } return [255, 255, 255]; };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !e.checkVisibility() || e.closest(".unseen, noscript")) continue;
    const [a, b] = [light(rgba(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    found.push([walker.currentNode.data.trim(), (a + 0.05) / (b + 0.05)]);
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("stage", Stage)
def test_everything_can_be_read(play: Stageplay, scheme: str, stage: Stage) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1."""

    async def scenario(scene: Scene) -> None:
        played = scene.order(stage=stage, offers=offers_of(scene.clock))
        played.declined = scene.desk.payment(played, PaymentState.DECLINED, "51")
        async with scene.at(played, color_scheme=scheme) as page:
            found = await page.evaluate(CONTRASTS)
            assert len(found) > 5
            assert [(text, ratio) for text, ratio in found if ratio < 4.5] == []

    play(scenario)


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_it_fits(play: Stageplay, width: int) -> None:
    async def scenario(scene: Scene) -> None:
        long = "An offer with a name that is as long as the longest of names may be, W" * 1
        offers = tuple(msgspec.structs.replace(each, name=long[:50]) for each in offers_of(scene.clock))
        played = scene.order(offers=offers, amount=9_999_999_999)
        played.order = msgspec.structs.replace(played.order, subject="X" * 120)
        async with scene.at(played, viewport={"width": width, "height": 700}) as page:
            await page.get_by_text("Another UnionPay app").tap()
            wide, seen = await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
            assert wide <= max(seen, width)
            box = await page.locator("#pay").bounding_box()
            assert box is not None
            assert box["y"] + box["height"] <= 700, "what pays is always in sight"
            for touched in await page.locator(".row, summary, #pay, #apply, #code").all():
                size = await touched.bounding_box()
                assert size is not None
                assert size["height"] >= 40

    play(scenario)


def test_by_keyboard(play: Stageplay) -> None:
    async def scenario(scene: Scene) -> None:
        played = scene.order(offers=offers_of(scene.clock)[:1])
        async with scene.at(played, **DESKTOP, is_mobile=False, has_touch=False) as page:
            keys = page.keyboard
            for name in ("want.INSTANT", "code", "", "card"):
                await keys.press("Tab")
                assert await page.evaluate("document.activeElement.name ?? ''") == name
            ring = "getComputedStyle(document.activeElement.closest('.row')).outlineStyle"
            assert await page.evaluate(ring) == "solid"
            await keys.press("ArrowDown")
            await expect(page.get_by_label("Harbour Savings")).to_be_checked()
            await keys.press("Shift+Tab")
            await keys.press("Shift+Tab")
            await keys.press("Shift+Tab")
            await keys.press("Space")
            await expect(page.locator("#pay")).to_have_text("Pay HKD 360.00")
            assert await page.evaluate("document.activeElement.name") == "want.INSTANT", "the focus stays where it was"
            await page.locator("#pay").focus()
            await keys.press("Enter")
            await is_back(page)
        (said,) = played.paid
        assert (said.card_id, said.offer_ids) == ("card-b", ())

    play(scenario)
