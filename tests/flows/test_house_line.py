"""How a house's hub waits for its partners (support.house.Line): for what they do, never for how busy the machine is."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from support.house import Way, house
from unionhub.adapters.http.transport import HttpReply
from unionhub.hosts.sandbox.seeds import BANK

DEBIT = "DEBIT_TRANSACTION"
SLOW_S = 0.2


@pytest.mark.parametrize("way", ["memory", "sqlite"])
@pytest.mark.parametrize(
    ("bank", "options", "code"),
    [
        ("slow", {"bank_timeout_s": SLOW_S / 4}, "00"),
        ("slow", {"bank_timeout_s": SLOW_S / 4, "as_in_life": True}, "04"),
        ("no_answer", {"bank_timeout_s": 10_000, "drain_timeout_s": 10_001, "lease_s": 20_000}, "04"),
        ("book_then_no_answer", {"bank_timeout_s": 10_000, "drain_timeout_s": 10_001, "lease_s": 20_000}, "04"),
        ("answer_late", {"bank_timeout_s": SLOW_S / 4}, "04"),
    ],
    ids=["slow", "slow as in life", "no answer", "booked and no answer", "late"],
)
def test_what_the_bank_does_decides(
    way: Way, bank: str, options: dict[str, Any], code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house(way, tmp_path, **options) as home:

        async def paid() -> str:
            holder = await home.cardholder()
            partner = home.world.partners[BANK]
            if bank == "slow":
                usual = partner._answer

                async def slow(*asked: Any) -> HttpReply:
                    await asyncio.sleep(SLOW_S)
                    return await usual(*asked)

                monkeypatch.setattr(partner, "_answer", slow)
            else:
                home.world.faults.add(BANK, DEBIT, bank, seconds=SLOW_S)
            gateway = home.world.gateway(holder.gateway)
            return (await gateway.send(gateway.mpqrc_payment_emv(holder, home.world.merchants[0], "1.00"), timeout_s=60)).code

        assert home.run(paid()) == code
