"""No message of the hot paths takes more than two database transactions, a read one (DESIGN section 2.4)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import pytest
from flows.sales import new_sale

from support.house import House
from unionhub.hosts.sandbox.partner import HubRequest, Partner
from unionhub.hosts.sandbox.seeds import HARBOUR, PEAK, Cardholder

Make = Callable[[House, Cardholder], Awaitable[tuple[Partner, HubRequest]]]


async def emv(house: House, holder: Cardholder) -> tuple[Partner, HubRequest]:
    gateway = house.world.gateway(HARBOUR)
    return gateway, gateway.mpqrc_payment_emv(holder, house.world.merchants[0], "1.00")


async def declined(house: House, holder: Cardholder) -> tuple[Partner, HubRequest]:
    gateway = house.world.gateway(HARBOUR)
    return gateway, gateway.mpqrc_payment_emv(holder, house.world.merchants[0], "1.00", deviceID="another")


async def url(house: House, holder: Cardholder) -> tuple[Partner, HubRequest]:
    gateway, code = house.world.gateway(HARBOUR), house.world.qr_platform().new_code("1.00")
    inquiry = gateway.qrc_info_inquiry(holder, code)
    assert (await gateway.send(inquiry)).code == "00"
    return gateway, gateway.mpqrc_payment_url(holder, code, inquiry.msg_id)


async def scan(house: House, holder: Cardholder) -> tuple[Partner, HubRequest]:
    gateway, acquirer = house.world.gateway(HARBOUR), house.world.acquirer()
    made = await gateway.send(gateway.qrc_generation(holder))
    return acquirer, acquirer.cpqrc_payment(house.world.merchants[0], "1.00", emv=made.trx["emvCpqrcPayload"][0])


async def token_payment(house: House, holder: Cardholder) -> tuple[Partner, HubRequest]:
    acquirer = house.world.acquirer()
    return acquirer, await acquirer.token_payment(house.world.merchants[0], "1.00", holder.token, "")


async def refund(house: House, holder: Cardholder) -> tuple[Partner, HubRequest]:
    acquirer, paid = await scan(house, holder)
    assert (await acquirer.send(paid)).code == "00"
    return acquirer, house.world.acquirer().refund(paid.msg_id, "1.00")


async def transfer(house: House, holder: Cardholder) -> tuple[Partner, HubRequest]:
    gateway, payee = house.world.gateway(HARBOUR), await house.cardholder(PEAK)
    return gateway, await gateway.p2p_transfer(holder, payee, "1.00")


async def bill(house: House, holder: Cardholder) -> tuple[Partner, HubRequest]:
    gateway = house.world.gateway(HARBOUR)
    return gateway, gateway.bill_payment(holder, house.world.preset_merchants[0], "1.00")


async def generation(house: House, holder: Cardholder) -> tuple[Partner, HubRequest]:
    gateway = house.world.gateway(HARBOUR)
    return gateway, gateway.qrc_generation(holder, 5)


async def qr_info(house: House, holder: Cardholder) -> tuple[Partner, HubRequest]:
    gateway = house.world.gateway(HARBOUR)
    return gateway, gateway.qrc_info_inquiry(holder, house.world.qr_platform().new_code("1.00"))


async def result(house: House, holder: Cardholder) -> tuple[Partner, HubRequest]:
    gateway, paid = await emv(house, holder)
    assert (await gateway.send(paid)).code == "00"
    return gateway, house.world.gateway(HARBOUR).trx_result_inquiry(holder, paid.msg_id)


def read(make: Callable[[House, Cardholder], HubRequest]) -> Make:
    async def made(house: House, holder: Cardholder) -> tuple[Partner, HubRequest]:
        return house.world.gateway(HARBOUR), make(house, holder)

    return made


COUNTED: Final[list[tuple[str, Make, str, int]]] = [
    ("MPQRC_PAYMENT_EMV", emv, "00", 2),
    ("MPQRC_PAYMENT_EMV declined", declined, "55", 1),
    ("MPQRC_PAYMENT_URL", url, "00", 2),
    ("CPQRC_PAYMENT", scan, "00", 2),
    ("TOKEN_PAYMENT", token_payment, "00", 2),
    ("P2P_TRANSFER", transfer, "00", 2),
    ("BILL_PAYMENT", bill, "00", 2),
    ("REFUND", refund, "00", 2),
    ("QRC_GENERATION", generation, "00", 1),
    ("QRC_INFO_INQUIRY", qr_info, "00", 1),
    ("TRX_RESULT_INQUIRY", result, "00", 1),
    ("CARD_STATUS_INQUIRY", read(lambda house, holder: house.world.gateway(HARBOUR).card_status_inquiry(holder)), "00", 1),
    ("CARD_BALANCE_INQUIRY", read(lambda house, holder: house.world.gateway(HARBOUR).card_balance_inquiry(holder)), "00", 1),
    ("CVM_INQUIRY", read(lambda house, _: house.world.gateway(HARBOUR).cvm_inquiry()), "00", 1),
    ("CARDFACE_DOWNLOADING", read(lambda house, _: house.world.gateway(HARBOUR).cardface_downloading("100101")), "00", 1),
    (
        "EXCHANGE_RATE_INQUIRY",
        read(lambda house, _: house.world.gateway(HARBOUR).exchange_rate_inquiry("1.00", "344", "156")),
        "00",
        1,
    ),
]


def begun(house: House) -> int:
    counted: int = house.hub.store.transactions_begun  # type: ignore[attr-defined]
    return counted


@pytest.mark.parametrize(("make", "code", "count"), [row[1:] for row in COUNTED], ids=[row[0] for row in COUNTED])
def test_so_many_and_no_more(patient: House, make: Make, code: str, count: int) -> None:
    async def scenario() -> None:
        holder = await patient.cardholder(HARBOUR, balance="100.00")
        sender, request = await make(patient, holder)
        before = begun(patient)
        assert (await sender.send(request)).code == code
        assert begun(patient) - before == count

    patient.run(scenario())
    patient.run(patient.work())


@pytest.mark.parametrize(("word", "count"), [("04", 3), ("51", 4), ("00", 4)])
def test_a_confirmation_at_the_cashier(patient: House, word: str, count: int) -> None:
    """The session's order, the claim, and the audit of the payload that the channel gave; with a final word the close.
    PAYMENT_RESULT is one."""

    async def scenario() -> None:
        sale = await new_sale(patient)
        form = await sale.form()
        async with sale.scripted(word):
            before = begun(patient)
            assert (await patient.hub.cashier.pay(*form)).code == word
            assert begun(patient) - before == count
        if word == "04":
            told = await sale.result_request("DECLINED", origMsgID=sale.taken[0]["msgID"], reason="51")
            before = begun(patient)
            assert (await patient.world.acquirer().send(told)).code == "00"
            assert begun(patient) - before == 1

    patient.run(scenario())
    patient.run(patient.work())


def test_an_order_and_its_inquiry(patient: House) -> None:
    async def scenario() -> None:
        await new_sale(patient)  # numbers are reserved in blocks
        industry = patient.world.industry()
        request = industry.submit_payment_order("HARBOUR01", "user-1", f"counted-{patient.way}", "1.00")
        inquiry = industry.payment_result_inquiry(f"counted-{patient.way}")
        for each, count in ((request, 2), (request, 1), (inquiry, 1)):
            before = begun(patient)
            assert (await industry.send(each)).code == "00"
            assert begun(patient) - before == count

    patient.run(scenario())
