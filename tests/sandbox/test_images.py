"""Pictures of consumer codes, read back, and the page around them: nothing from elsewhere, nothing unescaped."""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import segno
from barcode.charsets import code128

from support.desk import Desk, at_the_desk
from unionhub.hosts.sandbox.images import ShownCode, barcode_svg, cardholders_page, codes_page, qr_svg
from unionhub.hosts.sandbox.partner import HubAnswer, HubRequest
from unionhub.hosts.sandbox.seeds import CARDHOLDERS, HARBOUR

#: The specification's sample (PROTOCOL 3.2).
EMV = (
    "hQVDUFYwMWFYTwigAAADMwEBAVcTYpJhA1hEQzVkHSIQIBAAABiAH180AQBjM58mCFaLEtnaC9l/nycBgJ8QEQcAAQOgAAABCDM5OTk5OTk5nzYC"
    "AAGCAgAAnzcE6gZYyA=="
)
BARCODE = "6236098835899996543"
NOW = datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
NASTY = "</h2><script>alert(1)</script>\"' onload=x &amp; {{ 7 * 7 }}"


def shown(**changes: object) -> ShownCode:
    members = {"emv": EMV, "barcode": BARCODE, "expires_at": NOW + timedelta(seconds=60), "holder": "6099010000000103"}
    return ShownCode(**{**members, **changes})  # type: ignore[arg-type]


def qr_modules(svg: str) -> set[tuple[int, int]]:
    """Dark modules (column, row) of a QR drawn as one stroke: m moves, h draws."""
    path = ElementTree.fromstring(svg).findall("{*}path")[-1].attrib["d"]
    dark, column, row = set(), 0, 0.0
    for command, words in re.findall(r"([Mmh])([^Mmh]*)", path):
        values = [float(word) for word in re.findall(r"-?[0-9.]+", words)]
        if command == "M":
            column, row = int(values[0]), values[1]
        elif command == "m":
            column, row = column + int(values[0]), row + values[1]
        else:
            dark |= {(column + at, int(row)) for at in range(int(values[0]))}
            column += int(values[0])
    return dark


def read_code_128(svg: str) -> str:
    """Digits of a bar code, by its stripes: start, checksum and stop are checked, sets B and C understood."""
    drawing = ElementTree.fromstring(svg)
    width = int(drawing.attrib["viewBox"].split()[2])
    stripes = ["0"] * width
    for start, size in re.findall(r"M(\d+) 0h(\d+)", drawing.findall("path")[-1].attrib["d"]):
        stripes[int(start) : int(start) + int(size)] = "1" * int(size)
    modules = "".join(stripes)
    assert modules.startswith("0" * 10)
    assert modules.endswith(code128.STOP + "11" + "0" * 10)
    symbols = [modules[at : at + 11] for at in range(10, len(modules) - 23, 11)]
    values = [code128.CODES.index(symbol) for symbol in symbols]
    *message, check = values
    assert check == (message[0] + sum(place * value for place, value in enumerate(message))) % 103
    start, *rest = message
    assert start in (104, 105)
    text, in_c = "", start == 105
    for value in rest:
        if value in (99, 100) and in_c is (value == 100):
            in_c = not in_c
        else:
            text += f"{value:02d}" if in_c else chr(value + 32)
    return text


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.verbatim: dict[str, str] = {}
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        if self._inside in ("script", "style"):
            self.verbatim[self._inside] = self.verbatim.get(self._inside, "") + data
        else:
            self.words += data

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


class TestQr:
    @pytest.mark.parametrize("text", [EMV, "a", "62" * 100])
    def test_the_picture_is_the_symbol(self, text: str) -> None:
        symbol = segno.make_qr(text, error="m").matrix_iter(border=4)
        assert qr_modules(qr_svg(text)) == {(x, y) for y, row in enumerate(symbol) for x, dark in enumerate(row) if dark}

    def test_it_scales_and_stands_on_white(self) -> None:
        drawing = ElementTree.fromstring(qr_svg(EMV))
        assert not {"width", "height"} & drawing.attrib.keys()
        assert drawing.attrib["viewBox"] == "0 0 57 57"  # version 8 has 49 modules, and 4 on each side
        assert "#fff" in qr_svg(EMV)

    def test_it_is_never_a_micro_qr(self) -> None:
        assert ElementTree.fromstring(qr_svg("1")).attrib["viewBox"] == "0 0 29 29"

    def test_what_no_symbol_holds(self) -> None:
        with pytest.raises(ValueError, match="Data too large"):
            qr_svg("x" * 3000)


class TestBarcode:
    @pytest.mark.parametrize("digits", [BARCODE, "6200000000000000001", "6299999999999999999", "12", "123", "1" * 48])
    def test_it_reads_back(self, digits: str) -> None:
        assert read_code_128(barcode_svg(digits)) == digits

    def test_nineteen_digits_take_two_pixels_each_module_on_a_phone(self) -> None:
        assert ElementTree.fromstring(barcode_svg(BARCODE)).attrib["viewBox"] == "0 0 176 56"

    @pytest.mark.parametrize("text", ["", "62x", "６２", "1" * 49, "6236 0988", "62\n"])
    def test_only_digits(self, text: str) -> None:
        with pytest.raises(ValueError, match="digits"):
            barcode_svg(text)


class TestPage:
    def test_a_code_in_both_forms_with_its_digits_and_time(self) -> None:
        page = codes_page([shown()], now=NOW)
        assert qr_svg(EMV) in page
        assert barcode_svg(BARCODE) in page
        reader = _Reader(page)
        for words in ("6099010000000103", "6236 0988 3589 9996 543", "until 04:01:00 UTC", EMV):
            assert words in reader.words
        (card,) = reader.attributes("article")
        assert card == {"class": "code", "data-left": "60"}
        assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in reader.attributes("meta")

    def test_every_code_has_its_place(self) -> None:
        codes = [shown(barcode=f"62{number:017d}") for number in range(3)]
        page = codes_page(codes, now=NOW)
        assert [page.count(barcode_svg(code.barcode)) for code in codes] == [1, 1, 1]
        assert len(_Reader(page).attributes("article")) == 3

    def test_a_code_that_is_over_says_so_without_a_script(self) -> None:
        for expires_at in (NOW, NOW - timedelta(days=1)):
            (card,) = _Reader(codes_page([shown(expires_at=expires_at)], now=NOW)).attributes("article")
            assert card == {"class": "code over", "data-left": "0"}

    def test_time_is_told_in_utc(self) -> None:
        later = (NOW + timedelta(seconds=60)).astimezone(timezone(timedelta(hours=8)))
        assert codes_page([shown(expires_at=later)], now=NOW) == codes_page([shown()], now=NOW)

    def test_no_codes(self) -> None:
        assert "No codes." in codes_page([], now=NOW)

    @pytest.mark.parametrize("changes", [{"holder": NASTY}, {"emv": NASTY}])
    def test_nothing_is_taken_for_markup(self, changes: dict[str, str]) -> None:
        page = codes_page([shown(**changes)], now=NOW)
        plain, nasty = _Reader(codes_page([shown()], now=NOW)), _Reader(page)
        assert NASTY in nasty.words
        assert [tag for tag, _ in nasty.tags if tag != "path"] == [tag for tag, _ in plain.tags if tag != "path"]
        assert all(not name.startswith("on") for _, attrs in nasty.tags for name in attrs)

    @pytest.mark.parametrize("page", [codes_page([shown()], now=NOW), cardholders_page(CARDHOLDERS, {})])
    def test_it_needs_nothing_from_elsewhere_and_runs_only_its_own_script(self, page: str) -> None:
        assert not re.search(r"(?<!xmlns=\")(?<!xmlns:xlink=\")https?:|//[a-z]|url\(|@import", page)
        reader = _Reader(page)
        (policy,) = [meta["content"] for meta in reader.attributes("meta") if "http-equiv" in meta]
        assert policy is not None
        assert policy.startswith("default-src 'none'; ")
        for kind in ("style", "script"):
            digest = base64.b64encode(hashlib.sha256(reader.verbatim[kind].encode()).digest()).decode()
            assert f"; {kind}-src 'sha256-{digest}';" in policy
        assert not any("style" in attrs or "src" in attrs for _, attrs in reader.tags)


class TestCardholders:
    def test_each_is_a_link(self) -> None:
        reader = _Reader(cardholders_page(CARDHOLDERS, {HARBOUR: "Harbour <Wallet>"}))
        assert [link["href"] for link in reader.attributes("a")] == [f"?user={holder.user_id}" for holder in CARDHOLDERS]
        for holder in CARDHOLDERS:
            assert holder.user_id in reader.words
        assert "Harbour <Wallet>" in reader.words

    def test_nobody(self) -> None:
        assert "Nobody has a card." in cardholders_page((), {})


async def look(desk: Desk, query: str = "") -> str:
    async with desk.session.get(f"{desk.sandbox.control_url}/sandbox/codes{query}") as answer:
        assert (answer.status, answer.content_type, answer.charset) == (200, "text/html", "utf-8")
        assert answer.headers["Cache-Control"] == "no-store"
        return await answer.text()


def hub_says(desk: Desk, monkeypatch: pytest.MonkeyPatch, code: str, trx: dict[str, Any]) -> list[HubRequest]:
    """A hub that answers this to Harbour Wallet; the requests that it got."""
    sent: list[HubRequest] = []

    async def send(request: HubRequest, **_: Any) -> HubAnswer:
        sent.append(request)
        return HubAnswer(status=200, code=code, text="said", body={"trxInfo": trx})

    monkeypatch.setattr(desk.world.gateway(HARBOUR), "send", send)
    return sent


class TestRoute:
    USER = CARDHOLDERS[0].user_id

    def test_without_a_user_it_lists_them(self, home: Path) -> None:
        async def test(desk: Desk) -> None:
            page = await look(desk)
            assert f'href="?user={self.USER}"' in page
            assert "Harbour Wallet" in page

        at_the_desk(home, test)

    def test_the_cardholders_gateway_asks_the_hub_each_time(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        async def test(desk: Desk) -> None:
            trx = {"cpqrcNo": "01", "emvCpqrcPayload": [EMV], "barcodeCpqrcPayload": [BARCODE]}
            sent = hub_says(desk, monkeypatch, "00", trx)
            page = await look(desk, f"?user={self.USER}")
            await look(desk, f"?user={self.USER}")
            assert [request.message for request in sent] == ["QRC_GENERATION"] * 2
            assert sent[0].body["trxInfo"]["userID"] == self.USER
            assert sent[0].msg_id != sent[1].msg_id
            (card,) = _Reader(page).attributes("article")
            assert card["data-left"] in ("58", "59", "60")
            assert qr_svg(EMV) in page
            assert barcode_svg(BARCODE) in page

        at_the_desk(home, test)

    def test_what_goes_wrong_is_told(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        async def test(desk: Desk) -> None:
            await desk.get("/sandbox/codes?user=nobody", 404)
            desk.world.hub.transport = desk.transport
            nobody_there = await desk.get(f"/sandbox/codes?user={self.USER}", 502)
            assert nobody_there["error"].startswith("no code: ")
            hub_says(desk, monkeypatch, "54", {})
            refused = await desk.get(f"/sandbox/codes?user={self.USER}", 409)
            assert refused == {"error": "no code: the hub says 54 said"}
            hub_says(desk, monkeypatch, "00", {"emvCpqrcPayload": [EMV], "barcodeCpqrcPayload": ["x"]})
            await desk.get(f"/sandbox/codes?user={self.USER}", 502)

        at_the_desk(home, test)
