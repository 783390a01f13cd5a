"""Each access to a card is on the audit trail, the cashier's too (RULES section 6): the user said yes, its acquirer gets it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flows.sales import HARBOUR_CHANNEL, new_sale, settle

from support.house import WAYS, House, house
from unionhub.domain.flows.card_info import PAYLOAD_ACCESS, user_subject
from unionhub.domain.model.audit import AuditEntry
from unionhub.hosts.sandbox.seeds import ACQUIRER


@pytest.fixture(scope="module", params=WAYS)
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(request.param, tmp_path_factory.mktemp(f"accesses-{request.param}")) as made:
        yield made


async def accesses(home: House, user_id: str) -> list[AuditEntry]:
    async with home.hub.store.begin() as uow:
        found = await uow.audit(subject=user_subject("HARBOUR01", user_id))
    return [each for each in found if each.action == PAYLOAD_ACCESS]


def test_a_card_that_pays_at_the_cashier_is_on_record(home: House) -> None:
    async def scenario() -> None:
        sale = await new_sale(home)
        assert await accesses(home, sale.holder.user_id) == []
        assert (await sale.pay()).code in ("00", "04")
        (entry,) = await accesses(home, sale.holder.user_id)
        assert (entry.actor, entry.outcome) == (ACQUIRER, "granted")
        order, (payment,) = await sale.order(), await sale.payments("PAY")
        assert entry.detail == f"token of {payment.masked_pan}, to pay order {order.order_id}"
        assert sale.holder.token.reveal() not in entry.detail
        await settle(home)

    home.run(scenario())


def test_a_card_that_the_channel_does_not_give_is_on_record(home: House) -> None:
    async def scenario() -> None:
        sale = await new_sale(home)
        said = await sale.form()
        home.world.faults.add(HARBOUR_CHANNEL, "GET_CARD_PAYLOAD", "code:91")
        assert (await home.hub.cashier.pay(*said)).code == "91"
        (entry,) = await accesses(home, sale.holder.user_id)
        assert (entry.actor, entry.outcome) == (ACQUIRER, "refused")
        assert entry.detail == f"91, to pay order {(await sale.order()).order_id}"

    home.run(scenario())
