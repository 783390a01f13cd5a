"""RULES section 2 on all three stores: the same message twice, another one under its msgID, fifty at once."""

from __future__ import annotations

import asyncio
from collections import Counter

import msgspec

from support.house import House
from unionhub.domain.model.transactions import PaymentState


def test_a_payment_is_two_database_transactions_and_an_inquiry_one(house: House) -> None:
    async def scenario() -> None:
        holder = await house.cardholder()
        gateway = house.world.gateway(holder.gateway)
        await gateway.send(gateway.mpqrc_payment_emv(holder, house.world.merchants[0], "1.00"))  # number blocks are taken
        before = house.hub.store.transactions_begun
        request = gateway.mpqrc_payment_emv(holder, house.world.merchants[0], "1.00")
        assert (await gateway.send(request)).code == "00"
        assert house.hub.store.transactions_begun - before == 2
        before = house.hub.store.transactions_begun
        assert (await gateway.send(gateway.trx_result_inquiry(holder, request.msg_id))).code == "00"
        assert house.hub.store.transactions_begun - before == 1
        before = house.hub.store.transactions_begun
        declined = gateway.mpqrc_payment_emv(holder, house.world.merchants[0], "1.00", deviceID="another")
        assert (await gateway.send(declined)).code == "55"
        assert house.hub.store.transactions_begun - before == 1
        await house.work()

    house.run(scenario())


def test_the_same_message_again_gets_the_same_answer_and_moves_nothing(house: House) -> None:
    async def scenario() -> None:
        holder = await house.cardholder(balance="100.00")
        gateway = house.world.gateway(holder.gateway)
        request = gateway.mpqrc_payment_emv(holder, house.world.merchants[0], "30.00")
        first = await gateway.send(request)
        info = {**request.body["msgInfo"], "timeStamp": "20300101000000"}  # a repeat may carry another time
        again = await gateway.send(msgspec.structs.replace(request, body={**request.body, "msgInfo": info}))
        assert (again.code, again.trx) == (first.code, first.trx)
        assert await house.balance(holder) == "70.00"

    house.run(scenario())


def test_a_refusal_is_repeated_too(house: House) -> None:
    async def scenario() -> None:
        holder = await house.cardholder(balance="10.00")
        gateway = house.world.gateway(holder.gateway)
        request = gateway.mpqrc_payment_emv(holder, house.world.merchants[0], "30.00")
        assert (await gateway.send(request)).code == "51"
        money = house.world.bank(holder.issuer)
        assert await money.balance(holder.account) is not None
        assert (await gateway.send(request)).code == "51"
        inquiry = await gateway.send(gateway.trx_result_inquiry(holder, request.msg_id))
        assert (inquiry.code, inquiry.trx["paymentStatus"]) == ("00", "DECLINED")

    house.run(scenario())


def test_other_content_under_a_used_msgid_is_78_and_leaves_the_first_alone(house: House) -> None:
    async def scenario() -> None:
        holder = await house.cardholder(balance="100.00")
        gateway = house.world.gateway(holder.gateway)
        request = gateway.mpqrc_payment_emv(holder, house.world.merchants[0], "30.00")
        assert (await gateway.send(request)).code == "00"
        other = gateway.mpqrc_payment_emv(holder, house.world.merchants[0], "31.00", msg_id=request.msg_id)
        assert (await gateway.send(other)).code == "78"
        assert (await gateway.send(request)).code == "00"
        assert await house.balance(holder) == "70.00"

    house.run(scenario())


def test_two_gateways_may_use_the_same_msgid(house: House) -> None:
    async def scenario() -> None:
        gateways = [house.world.cardholders[0].gateway, house.world.cardholders[1].gateway]
        msg_id = "A" + "7" * 28
        for app_id in gateways:
            holder = await house.cardholder(app_id, balance="100.00")
            gateway = house.world.gateway(app_id)
            answer = await gateway.send(gateway.mpqrc_payment_emv(holder, house.world.merchants[0], "1.00", msg_id=msg_id))
            assert answer.code == "00"
            assert await house.balance(holder) == "99.00"

    house.run(scenario())


def test_fifty_equal_messages_at_once_are_one_payment(patient: House) -> None:
    async def scenario() -> None:
        holder = await patient.cardholder(balance="100.00")
        gateway = patient.world.gateway(holder.gateway)
        request = gateway.mpqrc_payment_emv(holder, patient.world.merchants[0], "30.00")
        answers = await asyncio.gather(*(gateway.send(request) for _ in range(50)))
        codes = Counter(answer.code for answer in answers)
        assert set(codes) <= {"00", "04"}
        assert codes["00"] >= 1
        assert await patient.balance(holder) == "70.00"
        assert (await gateway.send(request)).code == "00"
        payment = await patient.payment(gateway.identity.app_id, request.msg_id)
        assert payment is not None
        assert payment.state is PaymentState.APPROVED

    patient.run(scenario())


def test_fifty_payments_at_once_never_pass_the_daily_limit(house: House) -> None:
    async def scenario() -> None:
        await house.change_product(day_limit_minor=1000)
        try:
            holder = await house.cardholder(balance="100.00")
            gateway = house.world.gateway(holder.gateway)
            shop = house.world.merchants[0]
            answers = await asyncio.gather(
                *(gateway.send(gateway.mpqrc_payment_emv(holder, shop, "1.00"), timeout_s=30) for _ in range(50))
            )
            codes = Counter(answer.code for answer in answers)
            assert codes["00"] + codes["04"] == 10, codes
            assert codes["61"] == 40, codes
            await house.advance(60)
            assert await house.balance(holder) >= "90.00"
        finally:
            await house.change_product(day_limit_minor=house.world.product.day_limit_minor)

    house.run(scenario())


def test_a_replayed_message_is_refused_at_the_gate(house: House) -> None:
    async def scenario() -> None:
        holder = await house.cardholder(balance="100.00")
        gateway = house.world.gateway(holder.gateway)
        for request in (
            gateway.mpqrc_payment_emv(holder, house.world.merchants[0], "30.00"),
            gateway.trx_result_inquiry(holder, "A" + "1" * 28),
            gateway.mpqrc_payment_emv(holder, house.world.merchants[0], "x"),  # also where the message is refused with 30
        ):
            headers, body = await gateway.signed(request)
            transport = house.world.hub.transport
            assert transport is not None
            first = await transport.post(house.url + request.path, headers, body, timeout_s=10)
            again = await transport.post(house.url + request.path, headers, body, timeout_s=10)
            assert (first.status, again.status) == (200, 401)
            assert again.body == b'{"MsgResponse":{"responseCode":"E0","responseMsg":"Unauthorized access"}}'

    house.run(scenario())
