"""The platform behind URL-mode codes: what a URL asks for, who paid it (RULES sections 4 and 15)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from support.sandbox import HubStub, code, msg_id, run, world
from unionhub.hosts.sandbox.clock import ManualClock
from unionhub.hosts.sandbox.qr_platform import QrPlatform
from unionhub.hosts.sandbox.seeds import QR_PLATFORM, URL_CODES

STATIC, FIXED, ONCE = URL_CODES

Json = dict[str, Any]


class Booth:
    """The platform, and the hub's voice at it."""

    def __init__(self, platform: QrPlatform, hub: HubStub, clock: ManualClock) -> None:
        self.platform = platform
        self.hub = hub
        self.clock = clock

    async def resolve(self, url: object) -> Json:
        return await self.hub.ask("RESOLVE", {"mpqrcPayload": url})

    async def notify(self, url: object, status: str = "APPROVED", number: str | None = None) -> str:
        trx = {"mpqrcPayload": url, "paymentStatus": status, "trxAmt": "5.00", "trxCurrency": "156"}
        return code(await self.hub.ask("TRX_RESULT_NOTIFICATION", trx, number=number))


def at_the_booth(test: Callable[[Booth], Awaitable[None]]) -> Callable[[], None]:
    """Run `test` against a platform of its own."""

    def wrapped() -> None:
        with world() as (made, transport):
            assert isinstance(made.clock, ManualClock)
            run(test(Booth(made.qr_platform(), HubStub(transport, made.partners[QR_PLATFORM]), made.clock)))

    wrapped.__name__, wrapped.__doc__ = test.__name__, test.__doc__  # type: ignore[attr-defined]
    return wrapped


def test_seeded_codes_are_well_formed_and_one_is_static() -> None:
    assert all(re.fullmatch(r"https://qr\.95516\.com/[0-9]{8}/[0-9]{26,32}", known.url) for known in URL_CODES)
    assert len({known.url for known in URL_CODES}) == len({known.name for known in URL_CODES}) == len(URL_CODES)
    assert (STATIC.amount, STATIC.one_time) == (None, False)
    assert all(len(known.name) <= 25 for known in URL_CODES)


@pytest.mark.parametrize("known", URL_CODES, ids=lambda known: known.name)
def test_what_a_code_asks_for(known: Any) -> None:
    @at_the_booth
    async def play(booth: Booth) -> None:
        answer = await booth.resolve(known.url)
        trx = answer["trxInfo"]
        until = f"{booth.clock.now() + timedelta(days=1):%Y%m%d%H%M%S}"
        assert (code(answer), trx.pop("validUntil"), trx.pop("trxAmt", None)) == ("00", until, known.amount)
        assert trx == {
            "trxCurrency": "156",
            "merchantName": known.name,
            "mcc": known.mcc,
            "merchantCountry": "156",
            "merchantCity": known.city,
            "qrcUseCase": "10",
        }

    play()


@at_the_booth
async def test_unknown_and_malformed_codes(booth: Booth) -> None:
    assert code(await booth.resolve(STATIC.url + "0")) == "12"
    assert code(await booth.resolve("https://evil.example/00010000/1")) == "12"
    assert code(await booth.resolve(None)) == "30"
    assert code(await booth.resolve([STATIC.url])) == "30"


@at_the_booth
async def test_a_one_time_code_is_paid_by_one(booth: Booth) -> None:
    made, mine = booth.platform.new_code("88.00"), msg_id()
    assert re.fullmatch(r"https://qr\.95516\.com/[0-9]{8}/[0-9]{26,32}", made.url)
    assert (await booth.resolve(made.url))["trxInfo"]["trxAmt"] == "88.00"
    assert await booth.notify(made.url, "DECLINED") == "00"
    assert [await booth.notify(made.url, number=mine) for _ in range(2)] == ["00", "00"]
    assert [await booth.notify(made.url, number="U2") for _ in range(2)] == ["02", "02"]
    assert code(await booth.resolve(made.url)) == "02"
    assert booth.platform.new_code().url != made.url


@at_the_booth
async def test_a_static_code_is_paid_by_many(booth: Booth) -> None:
    for url in (STATIC.url, FIXED.url, booth.platform.new_code("1.00", one_time=False).url):
        assert [await booth.notify(url) for _ in range(2)] == ["00", "00"]
        assert code(await booth.resolve(url)) == "00"


@at_the_booth
async def test_a_code_that_is_paid_elsewhere_is_refused_but_not_what_was_confirmed(booth: Booth) -> None:
    confirmed, mine = booth.platform.new_code(one_time=False).url, msg_id()
    assert await booth.notify(confirmed, number=mine) == "00"
    for url in (confirmed, ONCE.url):
        booth.platform.paid_elsewhere(url)
        assert code(await booth.resolve(url)) == "02"
        assert await booth.notify(url) == "02"
        assert await booth.notify(url, "DECLINED") == "00"
    assert await booth.notify(confirmed, number=mine) == "00"
    with pytest.raises(KeyError):
        booth.platform.paid_elsewhere("https://qr.95516.com/0/0")


@at_the_booth
async def test_a_new_code_has_an_end(booth: Booth) -> None:
    made = booth.platform.new_code("1.00", life=timedelta(minutes=2))
    assert (await booth.resolve(made.url))["trxInfo"][
        "validUntil"
    ] == f"{booth.clock.now() + timedelta(minutes=2):%Y%m%d%H%M%S}"
    booth.clock.advance(120)
    assert code(await booth.resolve(made.url)) == "02"


@at_the_booth
async def test_notices_about_other_things(booth: Booth) -> None:
    assert await booth.notify(None) == "00"
    assert await booth.notify("https://qr.95516.com/0/0") == "12"
