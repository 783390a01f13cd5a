"""`unionhub products`: limits by command, and what else an issuer's product allows."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from support.operator import Operator
from unionhub.hosts.commands.operators import login
from unionhub.hosts.sandbox.seeds import BANK, HARBOUR, PEAK, PRODUCT

ID = PRODUCT.product_id

UNTOUCHED: dict[str, Any] = {
    "cvmLimit": "100000",
    "crossCurrency": True,
    "tokenRange": None,
    "panRange": None,
    "cardYears": 5,
    "cardType": "Virtual Card",
    "cardFaceID": "",
    "cvmFields": ["firstName", "lastName", "idType", "idNo", "idCountry", "mobileNo"],
    "verifyOwner": True,
    "stepUp": False,
    "kycWindowS": 1800,
    "otpLifeS": 300,
    "otpTries": 3,
    "merchants": [],
}
"""What `products add` leaves to `products set`; the amount is of a currency without minor units."""


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
    made = added(unionhub, "YEN", currency="392", trx="5000", day="20000", gateway=HARBOUR, message="BILL_PAYMENT")
    assert {name: made[name] for name in made if name not in UNTOUCHED} == {
        "productId": "YEN",
        "issuer": BANK,
        "name": "Test Card",
        "currency": "392",
        "trxLimit": "5000",
        "dayLimit": "20000",
        "gateways": [HARBOUR],
        "messages": ["BILL_PAYMENT"],
        "blockedMccs": [],
        "blockedCountries": [],
        "settleCurrency": "840",
        "utcOffsetMinutes": 480,
        "cutOff": False,
    }
    assert {name: made[name] for name in UNTOUCHED} == UNTOUCHED
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


# --- rules and ranges


RULES: list[tuple[list[str], dict[str, Any]]] = [
    (["--cvm-limit", "250.5"], {"cvmLimit": "250.50"}),
    (["--cvm-limit", "0"], {"cvmLimit": "0.00"}),
    (["--token-range", "623602000000000-623602000000009"], {"tokenRange": "623602000000000-623602000000009"}),
    (["--pan-range", "62910200000000000-62910200000000009"], {"panRange": "62910200000000000-62910200000000009"}),
    (["--card-years", "3", "--card-type", "Gold Card"], {"cardYears": 3, "cardType": "Gold Card"}),
    (["--cvm-field", "fullName", "--cvm-field", "idNo"], {"cvmFields": ["fullName", "idNo"]}),
    (["--no-verify-owner", "--step-up"], {"verifyOwner": False, "stepUp": True}),
    (["--kyc-window-s", "600", "--otp-life-s", "120", "--otp-tries", "5"], {"kycWindowS": 600, "otpLifeS": 120, "otpTries": 5}),
    (["--no-cross-currency"], {"crossCurrency": False}),
]


def test_rules_are_set_by_name_and_the_others_stay(unionhub: Operator) -> None:
    expected = added(unionhub, "RULES")
    for options, changes in RULES:
        expected |= changes
        assert unionhub.json("products", "set", "RULES", *options) == expected
    assert unionhub.json("products", "show", "RULES") == expected
    said = unionhub.does("products", "show", "RULES").out
    for words in ("623602000000000-623602000000009", "no: they get 40", "a one-time password is asked for", "120 s, 5 tries"):
        assert words in said


def test_every_change_stands_in_the_audit_trail(unionhub: Operator) -> None:
    added(unionhub, "TRAIL")
    unionhub.does("products", "limits", "TRAIL", "--trx", "50")
    unionhub.does("products", "allow", "TRAIL", "--gateway", HARBOUR)
    unionhub.does("products", "block-mcc", "TRAIL", "7995")
    unionhub.does("products", "block-country", "TRAIL", "JP")
    unionhub.does("products", "cut-off", "TRAIL", "on")
    unionhub.does("products", "set", "TRAIL", "--token-range", "623603000000000-623603000000009")
    unionhub.does("products", "merchant", "TRAIL", "add", "HKPOWER", "--name", "Power")
    unionhub.does("products", "merchant", "TRAIL", "remove", "HKPOWER")

    async def trail(uow: Any) -> list[tuple[str, str]]:
        entries = await uow.audit(subject="product TRAIL")
        assert {entry.actor for entry in entries} == {login()}
        return [(entry.action, entry.detail) for entry in entries[::-1]]

    merchant = '[{"merchant_id":"HKPOWER","name":"Power","mcc":"","gateways":[]}]'
    assert unionhub.work(trail) == [
        ("product.add", f"of {BANK}"),
        ("product.limits", "trx_limit_minor: 10000 to 5000"),
        ("product.allow", f'gateways: [] to ["{HARBOUR}"]'),
        ("product.block-mcc", 'blocked_mccs: [] to ["7995"]'),
        ("product.block-country", 'blocked_countries: [] to ["392"]'),
        ("product.cut-off", "cut_off: false to true"),
        ("product.set", 'token_range: null to {"first":"623603000000000","last":"623603000000009"}'),
        ("product.merchant-add", f"preset_merchants: [] to {merchant}"),
        ("product.merchant-remove", f"preset_merchants: {merchant} to []"),
    ]


@pytest.fixture(scope="module")
def ranged(unionhub: Operator) -> str:
    """A product with a token range and a PAN range."""
    added(unionhub, "RANGED")
    ranges = ["--token-range", "623604000000100-623604000000199", "--pan-range", "629104000000100-629104000000199"]
    unionhub.does("products", "set", "RANGED", *ranges)
    added(unionhub, "BESIDE")
    return "RANGED"


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ([], "nothing to set was named"),
        (["--token-range", "623604000000199"], "'623604000000199' is no range"),
        (["--token-range", "62360400000010-62360400000019"], "'62360400000010-62360400000019' is no range"),
        (["--token-range", "6236040000001000000-6236040000001000009"], "'6236040000001000000-6236040000001000009' is no range"),
        (["--token-range", "623604000000100-6236040000001999"], "'623604000000100-6236040000001999' is no range"),
        (["--token-range", "623604000000300-623604000000299"], "the range ends before it begins"),
        (["--token-range", "613604000000300-623604000000399"], "token ranges begin with 62"),
        (["--token-range", "623604000000300-633604000000399"], "token ranges begin with 62"),
        (["--token-range", "623604000000199-623604000000299"], "the token range overlaps with the token range of RANGED"),
        (["--token-range", "623604000000000-623604000000100"], "the token range overlaps with the token range of RANGED"),
        (["--token-range", "623604000000000-623604999999999"], "the token range overlaps with the token range of RANGED"),
        (["--pan-range", "623604000000150-623604000000150"], "the PAN range overlaps with the token range of RANGED"),
        (["--pan-range", "629104000000000-629104000000150"], "the PAN range overlaps with the PAN range of RANGED"),
        (
            ["--token-range", "623604000000300-623604000000399", "--pan-range", "623604000000399-623604000000400"],
            "its token range and its PAN range overlap",
        ),
        (["--cvm-limit", "-1"], "'-1' is no limit: an amount such as 5000.00"),
        (["--card-years", "0"], "Invalid value for '--card-years'"),
        (["--card-type", " "], "the card type must be printable characters"),
        (["--card-face", "100999"], f"{BANK} has no card face '100999'"),
        (["--cvm-field", "shoeSize"], "Invalid value for '--cvm-field'"),
        (["--kyc-window-s", "59"], "Invalid value for '--kyc-window-s'"),
        (["--otp-life-s", "3601"], "Invalid value for '--otp-life-s'"),
        (["--otp-tries", "0"], "Invalid value for '--otp-tries'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_rules_that_cannot_be(unionhub: Operator, ranged: str, options: list[str], line: str) -> None:
    before = unionhub.json("products", "show", "BESIDE")
    assert line in unionhub.refuses("products", "set", "BESIDE", *options)
    assert unionhub.json("products", "show", "BESIDE") == before


def test_ranges_may_lie_beside_each_other_and_be_changed(unionhub: Operator, ranged: str) -> None:
    beside = ["--token-range", "623604000000200-623604000000299", "--pan-range", "6291040000001000-6291040000001999"]
    unionhub.does("products", "set", "BESIDE", *beside)
    unionhub.does("products", "set", ranged, "--token-range", "623604000000100-623604000000199")


def test_countries_are_blocked_and_unblocked(unionhub: Operator) -> None:
    added(unionhub, "LANDS")
    assert unionhub.json("products", "block-country", "LANDS", "JP", "840")["blockedCountries"] == ["392", "840"]
    assert unionhub.json("products", "block-country", "LANDS", "392", "--unblock")["blockedCountries"] == ["840"]
    assert "'XX' is no country" in unionhub.refuses("products", "block-country", "LANDS", "XX")


# --- preset merchants


def test_preset_merchants_come_change_and_go(unionhub: Operator) -> None:
    added(unionhub, "BILLS", gateway=HARBOUR)
    merchant = ["products", "merchant", "BILLS"]
    unionhub.does(*merchant, "add", "HKWATER", "--name", "Water")
    made = unionhub.json(*merchant, "add", "HKPOWER", "--name", "Power", "--mcc", "4900", "--gateway", HARBOUR)
    assert made["merchants"] == [
        {"merchantId": "HKWATER", "name": "Water", "mcc": "", "gateways": []},
        {"merchantId": "HKPOWER", "name": "Power", "mcc": "4900", "gateways": [HARBOUR]},
    ]
    said = unionhub.does(*merchant, "add", "HKPOWER", "--name", "Power & Light").out
    assert "Power & Light, for all its gateways" in said
    assert [each["merchantId"] for each in unionhub.json(*merchant, "remove", "HKWATER")["merchants"]] == ["HKPOWER"]
    assert unionhub.refuses(*merchant, "remove", "HKWATER") == "BILLS has no preset merchant 'HKWATER'"


@pytest.mark.parametrize(
    ("number", "options", "line"),
    [
        ("HK-POWER", ["--name", "Power"], "'HK-POWER' is no merchant number"),
        ("1" * 16, ["--name", "Power"], "is no merchant number"),
        ("HKPOWER", [], "the merchant's name must be 1 to 60 printable characters"),
        ("HKPOWER", ["--name", "x" * 61], "the merchant's name must be 1 to 60 printable characters"),
        ("HKPOWER", ["--name", "Power", "--mcc", "490"], "'490' is no merchant category"),
        ("HKPOWER", ["--name", "Power", "--gateway", BANK], f"'{BANK}' is no app_gateway here"),
        ("HKPOWER", ["--name", "Power", "--gateway", PEAK], f"{PEAK} may not use SHOPS"),
    ],
)
def test_preset_merchants_that_cannot_be(unionhub: Operator, shops: str, number: str, options: list[str], line: str) -> None:
    assert line in unionhub.refuses("products", "merchant", shops, "add", number, *options)


@pytest.fixture(scope="module")
def shops(unionhub: Operator) -> str:
    added(unionhub, "SHOPS", gateway=HARBOUR)
    return "SHOPS"


# --- card faces


def png(wide: int = 320, high: int = 200, padding: int = 0) -> bytes:
    """As much of a picture as is looked at: signature, header, and something behind it."""
    header = b"IHDR" + wide.to_bytes(4, "big") + high.to_bytes(4, "big") + b"\x08\x06\x00\x00\x00"
    return b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4, "big") + header + zlib.crc32(header).to_bytes(4, "big") + b"x" * padding


def facing(file: Path, face_id: str = "100101", **options: str) -> list[str]:
    given = {"file": str(file), "issuer": BANK, "pan-x": "20", "pan-y": "120", "font-size": "24", **options}
    return ["products", "face", "add", face_id, *(f"--{name.replace('_', '-')}={value}" for name, value in given.items())]


def test_a_card_face_is_added_listed_and_used(unionhub: Operator, tmp_path: Path) -> None:
    file = tmp_path / "card.png"
    file.write_bytes(png())
    expected = {
        "cardfaceID": "100101",
        "issuer": BANK,
        "kind": "PNG",
        "panPosX": 20,
        "panPosY": 120,
        "panFontSize": 24,
        "color": "FFCC00",
        "bytes": len(png()),
    }
    assert unionhub.json(*facing(file, color="ffcc00")) == expected
    assert [each for each in unionhub.json("products", "faces") if each["cardfaceID"] == "100101"] == [expected]
    assert "100101" in unionhub.does("products", "faces").out

    async def stored(uow: Any) -> tuple[bytes, list[str]]:
        face = await uow.card_face("100101")
        return face.data, [entry.action for entry in await uow.audit(subject="face 100101")]

    assert unionhub.work(stored) == (png(), ["face.add"])
    added(unionhub, "FACED")
    assert unionhub.json("products", "set", "FACED", "--card-face", "100101")["cardFaceID"] == "100101"
    assert unionhub.json("products", "set", "FACED", "--card-face", "")["cardFaceID"] == ""


@pytest.mark.parametrize(
    ("data", "options", "line"),
    [
        (None, {}, "cannot be read: No such file"),
        (b"", {}, "that is no PNG picture"),
        (b"GIF89a" + b"x" * 40, {}, "that is no PNG picture"),
        (png()[:20], {}, "that is no PNG picture"),
        (png(padding=256 * 1024), {}, "the picture is too large: at most 262144 bytes"),
        (png(), {"pan_x": "320"}, "the PAN would stand outside the picture, which is 320 x 200 pixels"),
        (png(), {"pan_y": "-1"}, "the PAN would stand outside the picture"),
        (png(), {"font_size": "0"}, "the font size is 1 to 200 pixels"),
        (png(), {"font_size": "201"}, "the font size is 1 to 200 pixels"),
        (png(), {"color": "red"}, "'RED' is no color"),
        (png(), {"issuer": HARBOUR}, f"'{HARBOUR}' is no issuer here"),
        (png(), {"face_id": "gold"}, "'gold' is no card face"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_card_faces_that_cannot_be(
    unionhub: Operator, tmp_path: Path, data: bytes | None, options: dict[str, str], line: str
) -> None:
    file = tmp_path / "card.png"
    if data is not None:
        file.write_bytes(data)
    assert line in unionhub.refuses(*facing(file, **{"face_id": "100199", **options}))
    assert "100199" not in unionhub.does("products", "faces").out


def test_a_picture_of_exactly_the_largest_size_is_taken(unionhub: Operator, tmp_path: Path) -> None:
    file = tmp_path / "card.png"
    file.write_bytes(png(padding=256 * 1024 - len(png())))
    assert unionhub.json(*facing(file, "100102"))["bytes"] == 256 * 1024


def test_a_card_face_is_its_issuers(unionhub: Operator, tmp_path: Path) -> None:
    async def another(uow: Any) -> None:
        bank = next(party for party in await uow.parties() if party.app_id == BANK)
        await uow.put_party(msgspec.structs.replace(bank, app_id="98100702"))

    unionhub.work(another)
    file = tmp_path / "card.png"
    file.write_bytes(png())
    unionhub.does(*facing(file, "100103", issuer="98100702"))
    assert unionhub.refuses(*facing(file, "100103")) == "card face 100103 is 98100702's"
    assert "has no card face '100103'" in unionhub.refuses("products", "set", ID, "--card-face", "100103")
