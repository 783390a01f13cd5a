"""The walk-through in a real browser, against a whole house as `make run` starts it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Locator, Page, expect

START_S = 90.0
PATIENCE_MS = 20_000
SIZES = {"desk": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}
NUMBER = re.compile(r"(?<![0-9])62[0-9]{14}(?![0-9])")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the walk-through is: the first address that `unionhub run` prints."""
    home = tmp_path_factory.mktemp("walkthrough")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UNIONHUB_")}
    with open(home / "err", "wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "unionhub.hosts.cli", "run"],
            env={**kept, "UNIONHUB_HOME": str(home / "home"), "UNIONHUB_PORT": "0", "UNIONHUB_OPERATOR_PORT": "0"},
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
        )
    try:
        yield first_address(process, home / "err")
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()


def first_address(process: subprocess.Popen[str], err: Path) -> str:
    lines: Queue[str] = Queue()

    def read() -> None:
        assert process.stdout is not None
        with contextlib.suppress(ValueError):  # closed at the end
            for line in process.stdout:
                lines.put(line)
        lines.put("")

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=START_S)
        except Empty:
            line = ""
        assert line, err.read_text()
        if found := re.search(r"https?://\S+", line):
            return found[0]


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport=SIZES["desk"])
    made.set_default_timeout(PATIENCE_MS)
    yield made
    made.close()


def begun(context: BrowserContext, address: str) -> tuple[Page, FrameLocator, list[str]]:
    """The page, its phone, and what the browser complained of."""
    page, complaints = context.new_page(), []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.goto(address)
    return page, page.frame_locator("#phone"), complaints


def opened(phone: FrameLocator) -> None:
    phone.get_by_role("link", name="Open an account").click()
    phone.get_by_role("button", name="Open the account").click()
    expect(phone.get_by_text("HKD 1,000.00")).to_be_visible(timeout=PATIENCE_MS)


def at_the_service(phone: FrameLocator, name: str = "Kerbside Parking") -> None:
    phone.get_by_role("link", name="Services").click()
    phone.get_by_role("link", name=name).click()
    phone.get_by_role("button", name="Agree and open").click()
    expect(phone.get_by_role("button", name="Go to the cashier")).to_be_visible(timeout=PATIENCE_MS)


def paid(page: Page, phone: FrameLocator) -> None:
    """From the service's page, through the cashier, to the word that it is paid."""
    phone.get_by_role("button", name="Go to the cashier").click()
    phone.get_by_role("button", name=re.compile("^Pay ")).click()
    expect(phone.get_by_role("heading", name="Paid")).to_be_visible(timeout=PATIENCE_MS)


def below(page: Page, lower: Locator, upper: Locator) -> bool:
    """Once things have come to rest: nothing of `lower` is covered by `upper`."""
    page.wait_for_timeout(500)
    found, cover = lower.bounding_box(), upper.bounding_box()
    assert found is not None
    return cover is None or found["y"] >= cover["y"] + cover["height"]


def done(page: Page) -> list[str]:
    steps: list[str] = page.locator("#guide .done").evaluate_all("steps => steps.map((step) => step.dataset.key)")
    return steps


def test_it_is_the_first_address(address: str) -> None:
    assert address.endswith("/sandbox/")


@pytest.mark.parametrize("size", SIZES)
def test_an_account_and_a_login_with_their_messages(browser: Browser, address: str, size: str) -> None:
    context = browser.new_context(viewport=SIZES[size])  # type: ignore[arg-type]
    context.set_default_timeout(PATIENCE_MS)
    page, phone, complaints = begun(context, address)
    opened(phone)
    at_the_service(phone)
    if size == "phone":
        page.get_by_role("tab", name="Messages").click()
    expect(page.locator(".arrow", has_text="OPEN_ACCOUNT")).to_have_count(4)
    expect(page.locator(".head-row", has_text="chart U1")).to_be_visible()
    expect(page.locator("#guide .done")).to_have_count(2)
    assert done(page) == ["open", "login"]
    wide: bool = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide
    assert complaints == []
    context.close()


def test_a_message_in_full_has_nothing_secret(context: BrowserContext, address: str) -> None:
    page, phone, _ = begun(context, address)
    opened(phone)
    arrows = page.locator(".arrow")
    expect(arrows.filter(has_text="CARD_BALANCE_INQUIRY")).to_have_count(2)
    for place in range(arrows.count()):
        arrows.nth(place).click()
        body = page.locator("#sheet-body")
        expect(body).to_contain_text("msg")
        assert not NUMBER.search(body.inner_text().replace(page_user(body.inner_text()), ""))
        page.keyboard.press("Escape")
        expect(page.locator("#sheet")).not_to_be_visible()


def page_user(text: str) -> str:
    """Who the message is about: a number too, but no card's."""
    found = re.search(r'"user[Ii][dD]": "(\d+)"', text)
    return found[1] if found else "-"


def test_two_browsers_are_two_people_and_see_all_messages(browser: Browser, context: BrowserContext, address: str) -> None:
    other = browser.new_context(viewport=SIZES["desk"])  # type: ignore[arg-type]
    first, phone, _ = begun(context, address)
    second, _, _ = begun(other, address)
    opened(phone)
    expect(second.locator(".arrow", has_text="OPEN_ACCOUNT")).to_have_count(4)
    expect(first.locator("#guide .done")).to_have_count(1)
    assert done(second) == []
    other.close()


@pytest.mark.parametrize("width", [390, 900, 1024, 1280])
def test_every_arrow_has_its_words_and_none_of_them_leaves_its_place(browser: Browser, address: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    context.set_default_timeout(PATIENCE_MS)
    page, phone, _ = begun(context, address)
    hint = page.locator("#hint")
    expect(hint).to_be_visible(visible=width <= 960)  # where the messages are, when they are not in sight
    opened(phone)
    if width <= 960:
        page.get_by_role("tab", name="Messages").click()
        expect(hint).not_to_be_visible()
    words = page.locator(".arrow.ask .say span")
    expect(words.first).to_be_visible()
    for place in range(words.count()):
        said, row = words.nth(place).bounding_box(), page.locator(".arrow.ask").nth(place).bounding_box()
        assert said is not None
        assert row is not None
        assert (said["width"] > 20, said["y"] >= row["y"] - 1) == (True, True)
        assert said["y"] + said["height"] <= row["y"] + row["height"] + 1
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    context.close()


def test_the_codes_qr_is_in_sight_when_it_is_asked_for(context: BrowserContext, address: str) -> None:
    _, phone, _ = begun(context, address)
    opened(phone)
    at_the_service(phone)
    phone.get_by_role("button", name="Go to the cashier").click()
    phone.locator("#other > summary").click()
    expect(phone.locator("#copy")).to_be_in_viewport(ratio=1)
    expect(phone.locator("#other .qr")).to_be_in_viewport(ratio=1)
    covered = phone.locator("#other .qr").evaluate(
        """(qr) => { const box = qr.getBoundingClientRect();
        return !qr.contains(document.elementFromPoint(box.left + box.width / 2, box.bottom - 4)); }"""
    )
    assert not covered


LEAVE = """() => {
  Object.defineProperty(document, 'hidden', { value: true });
  document.dispatchEvent(new Event('visibilitychange'));
}"""
"""What a browser does to a tab when another one is in front: without a window there is no front."""


def test_many_tabs_of_one_browser(context: BrowserContext, address: str) -> None:
    """Six streams are all that a browser opens to one address: tabs that nobody sees let theirs go."""
    pages = [begun(context, address)[0] for _ in range(5)]
    for page in pages[:-1]:
        page.evaluate(LEAVE)
    page, phone, _ = begun(context, address)
    opened(phone)
    expect(page.locator(".arrow", has_text="OPEN_ACCOUNT")).to_have_count(4)


def test_without_javascript_the_phone_works(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}app/")
    page.get_by_role("link", name="Open an account").click()
    page.get_by_role("button", name="Open the account").click()
    assert "HKD 1,000.00" in page.content()
    context.close()


FAULTS = (("99100344", "DEBIT_TRANSACTION"), ("99410344", "PAYMENT_RESULT_NOTICE"), ("99420344", "PAYMENT_RESULT_NOTICE"))


@pytest.fixture
def usual(context: BrowserContext, address: str) -> Iterator[None]:
    """No fault of this test is left for the next one."""
    yield
    for party, message in FAULTS:
        order: dict[str, Any] = {"party": party, "message": message, "fault": "no_answer", "times": 0}
        context.request.post(f"{address}faults", data=order)


def test_the_whole_way(context: BrowserContext, address: str, usual: None) -> None:
    page, phone, complaints = begun(context, address)
    opened(phone)
    at_the_service(phone)
    paid(page, phone)
    expect(page.locator("#push")).to_be_visible(timeout=PATIENCE_MS)
    assert below(page, phone.get_by_role("heading", name="Paid"), page.locator("#push"))
    for message, count in (("PLACE_ORDER", 2), ("TOKEN_PAYMENT", 2), ("DEBIT_TRANSACTION", 2), ("PAYMENT_RESULT_NOTICE", 4)):
        expect(page.locator(".arrow", has_text=message)).to_have_count(count, timeout=PATIENCE_MS)
    expect(page.locator("#guide .done")).to_have_count(5)
    phone.get_by_role("link", name="Back to the app").click()
    expect(phone.get_by_text("HKD 965.80")).to_be_visible()
    phone.get_by_role("link", name="Notices").click()
    expect(phone.get_by_text("Paid: HKD 34.20")).to_be_visible()
    assert complaints == []


def test_a_lost_answer_is_asked_for_and_a_missed_notice_comes_again(context: BrowserContext, address: str, usual: None) -> None:
    page, phone, _ = begun(context, address)
    opened(phone)
    at_the_service(phone)
    page.get_by_role("button", name="The bank’s answer is lost").click()
    page.get_by_role("button", name="The service is silent").click()
    phone.get_by_role("button", name="Go to the cashier").click()
    phone.get_by_role("button", name=re.compile("^Pay ")).click()
    expect(page.locator("#guide [data-key=silence]")).to_have_class(re.compile("done"), timeout=3 * PATIENCE_MS)
    expect(phone.get_by_role("heading", name="Paid")).to_be_visible(timeout=3 * PATIENCE_MS)
    expect(page.locator(".arrow.silent", has_text="PAYMENT_RESULT_NOTICE")).to_have_count(1, timeout=3 * PATIENCE_MS)
    page.get_by_role("button", name="A minute passes").click()
    expect(page.locator("#guide [data-key=forward]")).to_have_class(re.compile("done"), timeout=3 * PATIENCE_MS)
    expect(page.locator(".later", has_text="minute later")).to_have_count(1)
    left = page.locator("#guide [data-key]:not(.done)")
    expect(left).to_have_count(0, timeout=3 * PATIENCE_MS)  # the notice has come: that was the last step
    for _ in range(2):  # what was seen stays seen, however often the page is loaded
        page.reload()
        expect(left).to_have_count(0, timeout=PATIENCE_MS)


def test_what_was_tried_counts_after_a_reload(context: BrowserContext, address: str, usual: None) -> None:
    page, phone, _ = begun(context, address)
    opened(phone)
    page.get_by_role("button", name="The bank’s answer is lost").click()
    expect(page.locator("#said")).not_to_be_empty()
    page.reload()
    at_the_service(phone)
    phone.get_by_role("button", name="Go to the cashier").click()
    phone.get_by_role("button", name=re.compile("^Pay ")).click()
    expect(page.locator("#guide [data-key=silence]")).to_have_class(re.compile("done"), timeout=3 * PATIENCE_MS)
    page.get_by_role("button", name="The service is silent").click()
    expect(page.locator("#said")).not_to_be_empty()
    page.reload()  # the newer try does not take the older one's place
    expect(page.locator("#guide [data-key=silence]")).to_have_class(re.compile("done"), timeout=PATIENCE_MS)
