"""Orders of UCSP by themselves: ids, contents, what may be returned to, and how the acquirer's words are read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from unionhub.domain.flows.cashier import accepted_url
from unionhub.domain.flows.downstream import declined_code, word_of
from unionhub.domain.model.bank import Weight
from unionhub.domain.model.money import Money
from unionhub.domain.model.orders import (
    Order,
    OrderState,
    OrderStatus,
    lies_under,
    once_key,
    order_id_of,
    paid,
    status_of,
)
from unionhub.domain.model.outgoing import Answer
from unionhub.domain.model.responses import RESPONSE_TEXTS
from unionhub.domain.model.transactions import Merchant, Payment, PaymentState

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
ORDER = Order(
    order_id=42,
    industry="99410344",
    channel="99310344",
    user_id="user-1",
    reference="O-1",
    ordered_at="20260302120000",
    amount=Money(10_000, "344"),
    subject="Parking",
    return_url="https://shop.example/app/return",
    acquirer="99200344",
    merchant=Merchant(name="Shop"),
    state=OrderState.OPEN,
    opened_at=NOW,
    expires_at=NOW + timedelta(seconds=900),
)

BASE = "https://shop.example/app/start"

UNDER: list[tuple[str, str, str, bool]] = [
    # what, url, base, is it below?
    ("the folder itself", "https://shop.example/app/", BASE, True),
    ("the page itself", BASE, BASE, True),
    ("a page beside it", "https://shop.example/app/return?orderId=1&x=%2F..", BASE, True),
    ("deeper", "https://shop.example/app/a/b/c", BASE, True),
    ("capitals in the host", "https://SHOP.Example/app/return", BASE, True),
    ("a base at the root", "https://shop.example/anything", "https://shop.example/start", True),
    ("a base without a path", "https://shop.example/anything", "https://shop.example", True),
    ("no path at all", "https://shop.example", "https://shop.example/start", True),
    ("http where the base is http", "http://127.0.0.1:8080/return", "http://127.0.0.1:8080/start", True),
    ("dots in a query", "https://shop.example/app/r?next=../..", BASE, True),
    ("dots in a name", "https://shop.example/app/a..b/.c/d.", BASE, True),
    # origins
    ("another host", "https://evil.example/app/return", BASE, False),
    ("a host that begins alike", "https://shop.example.evil.example/app/", BASE, False),
    ("a host that ends alike", "https://evilshop.example/app/", BASE, False),
    ("a host below", "https://a.shop.example/app/", BASE, False),
    ("a host with a dot behind", "https://shop.example./app/", BASE, False),
    ("another port", "https://shop.example:8443/app/return", BASE, False),
    ("the usual port, said", "https://shop.example:443/app/return", BASE, False),
    ("no port where the base has one", "http://127.0.0.1/return", "http://127.0.0.1:8080/start", False),
    ("a port that is none", "https://shop.example:port/app/", BASE, False),
    ("a port too high", "https://shop.example:99999/app/", BASE, False),
    ("http where the base is https", "http://shop.example/app/return", BASE, False),
    ("another scheme", "ftp://shop.example/app/return", BASE, False),
    ("a script", "javascript:alert(1)", BASE, False),
    ("a script that looks like a host", "javascript://shop.example/app/%0aalert(1)", BASE, False),
    ("data", "data:text/html,x", BASE, False),
    ("no scheme", "//shop.example/app/return", BASE, False),
    ("no scheme, another host", "//evil.example/app/", BASE, False),
    ("a path", "/app/return", BASE, False),
    ("nothing", "", BASE, False),
    ("a scheme alone", "https:", BASE, False),
    ("three slashes", "https:///shop.example/app/", BASE, False),
    ("one slash", "https:/shop.example/app/", BASE, False),
    ("four slashes", "https:////evil.example/app/", BASE, False),
    # what stands before the host
    ("a user", "https://shop.example@evil.example/app/", BASE, False),
    ("a user at the right host", "https://user@shop.example/app/", BASE, False),
    ("a user and a password", "https://shop.example:443@evil.example/app/", BASE, False),
    ("an empty user", "https://@shop.example/app/", BASE, False),
    ("backslashes", "https:\\\\evil.example/app/", BASE, False),
    ("a backslash before another host", "https://shop.example\\@evil.example/app/", BASE, False),
    ("a backslash in the host", "https://evil.example\\.shop.example/app/", BASE, False),
    ("a backslash in the path", "https://shop.example/app\\..\\admin", BASE, False),
    ("an encoded @", "https://shop.example%40evil.example/app/", BASE, False),
    # folders
    ("the parent", "https://shop.example/return", BASE, False),
    ("a folder that begins alike", "https://shop.example/app-evil/return", BASE, False),
    ("the folder's name without its slash", "https://shop.example/app", BASE, False),
    ("capitals in the folder", "https://shop.example/APP/return", BASE, False),
    ("dots", "https://shop.example/app/../admin", BASE, False),
    ("dots at the end", "https://shop.example/app/..", BASE, False),
    ("one dot", "https://shop.example/app/./x", BASE, False),
    ("encoded dots", "https://shop.example/app/%2e%2e/admin", BASE, False),
    ("encoded capital dots", "https://shop.example/app/%2E%2E/admin", BASE, False),
    ("half encoded dots", "https://shop.example/app/.%2e/admin", BASE, False),
    ("an encoded slash behind dots", "https://shop.example/app/..%2fadmin", BASE, False),
    ("encoded slashes and dots", "https://shop.example/app/%2e%2e%2Fadmin", BASE, False),
    ("an encoded backslash behind dots", "https://shop.example/app/..%5cadmin", BASE, False),
    ("an empty folder first", "https://shop.example//app/", BASE, False),
    # characters
    ("a fragment", "https://shop.example/app/return#there", BASE, False),
    ("an empty fragment", "https://shop.example/app/return#", BASE, False),
    ("a line feed", "https://shop.example/app/\nreturn", BASE, False),
    ("a tab in the scheme", "java\tscript:alert(1)", BASE, False),
    ("a space before", " https://shop.example/app/", BASE, False),
    ("a space behind", "https://shop.example/app/ ", BASE, False),
    ("a NUL", "https://shop.example/app/\0", BASE, False),
    ("no ASCII in the host", "https://shop.exampl\u0435/app/", BASE, False),
    ("a full-width slash", "https://shop.example\uff0fapp/", BASE, False),
    ("no ASCII in the path", "https://shop.example/app/\u8fd4", BASE, False),
    ("a bracket", "https://[shop.example/app/", BASE, False),
    ("brackets", "https://[::1]/app/", BASE, False),
]


@pytest.mark.parametrize(("what", "url", "base", "below"), UNDER, ids=[row[0] for row in UNDER])
def test_lies_under(what: str, url: str, base: str, below: bool) -> None:
    assert lies_under(url, base) is below


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("20260302000000000042", 42),
        ("20260302999999999999", 999_999_999_999),
        ("00000000000000000000", 0),
        ("", None),
        ("2026030200000000004", None),
        ("202603020000000000042", None),
        ("2026030200000000004x", None),
        ("-2026030200000000042", None),
        ("2026030200000000004 ", None),
        ("20260302 00000000042", None),
        ("2026030200000000004\n", None),
        ("2026030200000000004\u0662", None),  # a digit, and no ASCII
        ("2026030200000000004\u00b2", None),
    ],
)
def test_order_id_of(text: str, number: int | None) -> None:
    assert order_id_of(text) == number


@pytest.mark.parametrize("order_id", [0, 1, 42, 10**12 - 1])
def test_the_number_of_an_order_leads_back_to_it(order_id: int) -> None:
    order = msgspec.structs.replace(ORDER, order_id=order_id)
    assert (len(order.ucsp_order_id), order.ucsp_order_id[:8]) == (20, "20260302")
    assert order_id_of(order.ucsp_order_id) == order_id
    assert order.once.key == once_key(order_id)


SAID = {
    "industry": "99420344",
    "channel": "99320344",
    "user_id": "user-2",
    "reference": "O-2",
    "ordered_at": "20260302120001",
    "amount": Money(10_001, "344"),
    "subject": "Parking ",
    "return_url": "https://shop.example/app/other",
    "asked_expiry": "20260302130000",
}
OURS = {
    "order_id": 43,
    "acquirer": "99990344",
    "merchant": Merchant(name="Shop, renamed"),
    "state": OrderState.PAID,
    "opened_at": NOW + timedelta(seconds=1),
    "expires_at": NOW + timedelta(seconds=901),
    "login_id": 7,
    "downstream_id": "D-1",
    "paid_by": 44,
}


@pytest.mark.parametrize(("name", "value"), [*SAID.items(), ("amount", Money(10_000, "840"))], ids=str)
def test_what_the_industry_says_makes_another_order(name: str, value: Any) -> None:
    other = msgspec.structs.replace(ORDER, **{name: value})
    assert not ORDER.same_content(other)
    assert not other.same_content(ORDER)


@pytest.mark.parametrize(("name", "value"), OURS.items(), ids=str)
def test_what_is_ours_makes_no_other_order(name: str, value: Any) -> None:
    assert ORDER.same_content(msgspec.structs.replace(ORDER, **{name: value}))


def test_every_member_is_the_industrys_or_ours() -> None:
    """A new one must be put to either side."""
    assert {*SAID, *OURS} == {field.name for field in msgspec.structs.fields(Order)}


@pytest.mark.parametrize(
    ("state", "seconds", "can"),
    [
        (OrderState.OPEN, 0, True),
        (OrderState.OPEN, 899.999999, True),
        (OrderState.OPEN, 900, False),
        (OrderState.PLACING, 0, False),
        (OrderState.PAID, 0, False),
        (OrderState.CLOSED, 0, False),
    ],
)
def test_when_it_can_be_paid(state: OrderState, seconds: float, can: bool) -> None:
    assert msgspec.structs.replace(ORDER, state=state).can_be_paid(NOW + timedelta(seconds=seconds)) is can


@pytest.mark.parametrize(
    ("state", "refunded", "status"),
    [
        (OrderState.PLACING, False, OrderStatus.PENDING),
        (OrderState.OPEN, False, OrderStatus.PENDING),
        (OrderState.PAID, False, OrderStatus.APPROVED),
        (OrderState.PAID, True, OrderStatus.REFUNDED),
        (OrderState.CLOSED, False, OrderStatus.CLOSED),
    ],
)
def test_status_of(state: OrderState, refunded: bool, status: OrderStatus) -> None:
    assert status_of(msgspec.structs.replace(ORDER, state=state), refunded=refunded) is status


def test_paying_moves_an_open_order_to_its_payment() -> None:
    payment = Payment(
        payment_id=7, kind="PAY", sender="", msg_id="", state=PaymentState.PENDING, opened_at=NOW, due_at=NOW, order_id=42
    )
    before, after = paid(msgspec.structs.replace(ORDER, state=OrderState.CLOSED), payment)
    assert (before.state, after.state, after.paid_by) == (OrderState.OPEN, OrderState.PAID, 7)


@pytest.mark.parametrize(
    ("url", "begins"),
    [
        ("https://shop.example/r", "https://shop.example/r?orderId="),
        ("https://shop.example/r?a=1", "https://shop.example/r?a=1&orderId="),
        ("https://shop.example/r?", "https://shop.example/r?orderId="),
        ("https://shop.example/r?a=1&", "https://shop.example/r?a=1&orderId="),
        ("https://shop.example", "https://shop.example?orderId="),
        # what the hub says is said once, whatever the industry put there
        ("https://shop.example/r?orderId=1", "https://shop.example/r?orderId="),
        ("https://shop.example/r?orderId", "https://shop.example/r?orderId="),
        ("https://shop.example/r?a=1&acceptance=DECLINED&b=2&ucspOrderId=7", "https://shop.example/r?a=1&b=2&orderId="),
        ("https://shop.example/r?%6frderId=1&orderId=2&order%49d=3&a=%26", "https://shop.example/r?a=%26&orderId="),
        ("https://shop.example/r?orderid=1&x=orderId=1&+=1", "https://shop.example/r?orderid=1&x=orderId=1&+=1&orderId="),
    ],
)
def test_the_way_back_says_accepted_and_never_paid(url: str, begins: str) -> None:
    there = accepted_url(msgspec.structs.replace(ORDER, return_url=url, reference="a b&c=d#e"))
    assert there == f"{begins}a+b%26c%3Dd%23e&ucspOrderId=20260302000000000042&acceptance=ACCEPTED"


# --- the acquirer's words

_REVERSED = {"91": "91", "92": "91", "96": "91", "98": "91", "99": "91"}


@pytest.mark.parametrize("code", [*sorted(RESPONSE_TEXTS), "ZZ", "10", "", "0", "000", "a0"])
def test_word_of(code: str) -> None:
    """Every code of the table, and what is none: only a code of the table that says no is a proof of no."""
    word = word_of(Answer(code=code, refer_no="R1"))
    assert (word.bank_code, word.refer_no) == (code, "R1")
    if code == "00":
        assert (word.weight, word.code) == (Weight.APPROVED, "00")
    elif code in ("04", "94"):
        assert (word.weight, word.code) == (Weight.UNKNOWN, "04")
    elif code in _REVERSED:
        assert (word.weight, word.code) == (Weight.REVERSE, "91")
    elif code not in RESPONSE_TEXTS:
        assert (word.weight, word.code) == (Weight.REVERSE, "71")
    else:
        assert (word.weight, word.code) == (Weight.DECLINED, "72" if code == "A0" else code)


@pytest.mark.parametrize("code", sorted(RESPONSE_TEXTS))
def test_declined_code_of_each_code(code: str) -> None:
    for reason in (code, f"{code} in words", f"{code}words"):
        assert declined_code(reason) == ("71" if code in ("00", "04") else code)


@pytest.mark.parametrize("reason", ["", "5", "ZZ", " 51", "no funds", "\u06f5\u06f1"])
def test_declined_code_of_what_names_none(reason: str) -> None:
    assert declined_code(reason) == "71"
