"""MERCHANT_VERIFICATION beyond the feature's scenarios: our own bound on calls to the acquirer is no network's fault."""

from __future__ import annotations

import asyncio
from pathlib import Path

from support.house import house

VERIFICATION = "MERCHANT_VERIFICATION"


def test_beyond_the_bound_of_calls_to_the_acquirer_the_answer_is_96(tmp_path: Path) -> None:
    with house("memory", tmp_path, as_in_life=True, partner_in_flight_max=1) as made:

        async def scenario() -> list[str]:
            holder, shop = await made.cardholder(), made.world.merchants[0]
            await made.change_party(shop.acquirer, verifies_merchants=True)
            made.world.faults.add(shop.acquirer, VERIFICATION, "no_answer")
            gateway, acquirer = made.world.gateway(holder.gateway), made.world.acquirer()
            asks = asyncio.create_task(gateway.send(gateway.mpqrc_payment_emv(holder, shop, "1.00")))
            await made.until(lambda: bool(acquirer.inbox.items(VERIFICATION)))
            beyond = await gateway.send(gateway.mpqrc_payment_emv(holder, shop, "2.00"))
            return [(await asks).code, beyond.code]

        assert made.run(scenario()) == ["98", "96"]
