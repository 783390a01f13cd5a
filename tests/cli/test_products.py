"""`unionhub products`: limits by command, and what else an issuer's product allows."""

from __future__ import annotations

from typing import Any

import pytest

from support.operator import Operator
from unionhub.hosts.sandbox.seeds import BANK, HARBOUR, PEAK, PRODUCT

ID = PRODUCT.product_id


def added(unionhub: Operator, name: str, **options: str) -> Any:
    given = {"issuer": BANK, "name": "Test Card", "currency": "HKD", "trx": "100.00", "day": "300", **options}
    return unionhub.json("products", "add", name, *(part for key, value in given.items() for part in (f"--{key}", value)))


def test_limits_are_set_by_command_and_stored_in_minor_units(unionhub: Operator) -> None:
    assert unionhub.json("products", "limits", ID, "--trx", "5000.00", "--day", "20000")["trxLimit"] == "5000.00"

    async def stored(uow: Any) -> tuple[int, int]:
        product = next(each for each in await uow.products() if each.product_id == ID)
        return product.trx_limit_minor, product.day_limit_minor

    assert unionhub.work(stored) == (5000_00, 20000_00)
    assert unionhub.json("products", "limits", ID, "--trx", "4999.99")["dayLimit"] == "20000.00"
    assert "4999.99 HKD" in unionhub.does("products", "list").out


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ([], "name a limit"),
        (["--trx", "0"], "'0' is no limit: an amount above zero such as 5000.00"),
        (["--trx", "-1"], "'-1' is no limit"),
        (["--trx", "1e3"], "'1e3' is no limit"),
        (["--trx", "1.001"], "'1.001' is no limit"),
        (["--trx", "20000.01", "--day", "20000"], "the limit per payment is above the limit per day"),
        (["--day", "0.01"], "the limit per payment is above the limit per day"),
    ],
)
def test_limits_that_cannot_be(unionhub: Operator, options: list[str], line: str) -> None:
    assert unionhub.refuses("products", "limits", ID, *options).startswith(line)


def test_gateways_and_messages_are_authorised_and_revoked(unionhub: Operator) -> None:
    added(unionhub, "GATES")
    allowed = unionhub.json("products", "allow", "GATES", "--gateway", HARBOUR, "--gateway", PEAK)
    assert allowed["gateways"] == sorted([HARBOUR, PEAK])
    revoked = unionhub.json("products", "allow", "GATES", "--revoke", "--gateway", PEAK, "--message", "P2P_TRANSFER")
    assert revoked["gateways"] == [HARBOUR]
    assert "P2P_TRANSFER" not in revoked["messages"]
    assert "P2P_TRANSFER" in unionhub.json("products", "allow", "GATES", "--message", "P2P_TRANSFER")["messages"]
    assert "is no app_gateway here" in unionhub.refuses("products", "allow", "GATES", "--gateway", BANK)
    assert "name what to allow" in unionhub.refuses("products", "allow", "GATES")


def test_merchant_categories_are_blocked_and_unblocked(unionhub: Operator) -> None:
    added(unionhub, "MCCS")
    assert unionhub.json("products", "block-mcc", "MCCS", "7995", "5812")["blockedMccs"] == ["5812", "7995"]
    assert unionhub.json("products", "block-mcc", "MCCS", "5812", "--unblock")["blockedMccs"] == ["7995"]
    assert "'799' is no merchant category" in unionhub.refuses("products", "block-mcc", "MCCS", "799")


def test_a_cut_off_window_is_declared_and_ended(unionhub: Operator) -> None:
    added(unionhub, "CUT")
    assert unionhub.json("products", "cut-off", "CUT", "on")["cutOff"] is True
    assert "ON: payments get 90" in unionhub.does("products", "show", "CUT").out
    assert unionhub.json("products", "cut-off", "CUT", "off")["cutOff"] is False


def test_a_product_is_registered(unionhub: Operator) -> None:
    assert added(unionhub, "YEN", currency="392", trx="5000", day="20000", gateway=HARBOUR, message="BILL_PAYMENT") == {
        "productId": "YEN",
        "issuer": BANK,
        "name": "Test Card",
        "currency": "392",
        "trxLimit": "5000",
        "dayLimit": "20000",
        "gateways": [HARBOUR],
        "messages": ["BILL_PAYMENT"],
        "blockedMccs": [],
        "settleCurrency": "840",
        "utcOffsetMinutes": 480,
        "cutOff": False,
    }
    assert "5000 JPY" in unionhub.does("products", "show", "YEN").out


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"issuer": HARBOUR}, f"'{HARBOUR}' is no issuer here"),
        ({"currency": "XYZ"}, "'XYZ' is no currency"),
        ({"currency": "999999"}, "'999999' is no currency"),
        ({"currency": "JPY", "trx": "1.5"}, "'1.5' is no limit: an amount above zero such as 5000"),
        ({"gateway": "00000000"}, "'00000000' is no app_gateway here"),
    ],
)
def test_products_that_cannot_be(unionhub: Operator, options: dict[str, str], line: str) -> None:
    given = {"issuer": BANK, "name": "x", "currency": "HKD", "trx": "1", "day": "1", **options}
    arguments = [part for key, value in given.items() for part in (f"--{key}", value)]
    assert unionhub.refuses("products", "add", "NEVER", *arguments).startswith(line)


def test_a_product_is_registered_once_and_strangers_are_told(unionhub: Operator) -> None:
    arguments = ["--issuer", BANK, "--name", "x", "--currency", "HKD", "--trx", "1", "--day", "1"]
    assert unionhub.refuses("products", "add", ID, *arguments).startswith(f"product {ID} is there already")
    assert unionhub.refuses("products", "show", "NONE").startswith("no product 'NONE'; there are: ")
