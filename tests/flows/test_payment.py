"""The merchant-QR payment on all three stores: what RULES sections 1 to 4 promise, beyond the features' scenarios."""

from __future__ import annotations

from support.house import House


def test_a_payment_is_debited_answered_and_told(house: House) -> None:
    async def scenario() -> None:
        holder = await house.cardholder(balance="100.00")
        shop = house.world.merchants[0]
        gateway, acquirer = house.world.gateway(holder.gateway), house.world.acquirer()
        request = gateway.mpqrc_payment_emv(holder, shop, "30.00")
        answer = await gateway.send(request)
        assert (answer.status, answer.code, answer.text) == (200, "00", "Approved")
        assert answer.trx["trxAmt"] == "30.00"
        assert len(answer.trx["qrcVoucherNo"]) == 20
        assert await house.balance(holder) == "70.00"
        await house.work()
        notices = acquirer.inbox.items("TRX_RESULT_NOTIFICATION")
        assert notices[-1].body["trxInfo"]["origMsgID"] == request.msg_id
        assert notices[-1].body["trxInfo"]["qrcVoucherNo"] == answer.trx["qrcVoucherNo"]

    house.run(scenario())
