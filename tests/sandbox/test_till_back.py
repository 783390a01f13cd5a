"""The simulated acquirer: PAYs reversed, approvals refunded, orders paid by their code."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from support.orders import DEAD, ORDER, SHOP, Json, Scene, at_the_desk
from support.sandbox import code, msg_id
from support.waiting import until
from unionhub.hosts.sandbox.seeds import ACQUIRER
from unionhub.hosts.sandbox.till import PayState
from unionhub.ports.partners import NoWord


class TestReversal:
    def test_of_a_pay_that_never_came(self) -> None:
        async def test(scene: Scene) -> None:
            number = msg_id(ACQUIRER)
            assert [await scene.reverse(number) for _ in range(2)] == ["00", "00"]
            assert await scene.status(number) == "REVERSED"
            assert await scene.pay(number) == "94"
            await scene.at_rest()
            assert scene.hub.received == []

        at_the_desk(test)

    def test_of_an_approved_one(self) -> None:
        async def test(scene: Scene) -> None:
            number = msg_id(ACQUIRER)
            pay = await scene.paid(number)
            assert [await scene.reverse(number) for _ in range(2)] == ["00", "00"]
            assert scene.hub.trx("REVERSAL") == [{"origMsgID": pay.token_payment, "trxAmt": "100.00", "trxCurrency": "344"}]
            assert (await scene.status(number), await scene.pay(number)) == ("REVERSED", "94")
            assert scene.hub.results() == [("APPROVED", "")]  # told before

        at_the_desk(test)

    def test_of_a_declined_one(self) -> None:
        async def test(scene: Scene) -> None:
            scene.hub.script["TOKEN_PAYMENT"] = ["51"]
            number = msg_id(ACQUIRER)
            await scene.paid(number)
            assert (await scene.reverse(number), await scene.status(number)) == ("00", "DECLINED")
            assert scene.hub.got("REVERSAL") == []

        at_the_desk(test)

    @pytest.mark.parametrize("late", ["00", "94", "04", DEAD, "51"])
    def test_while_it_is_being_paid(self, late: str) -> None:
        """Whatever the TOKEN_PAYMENT comes to afterwards, nobody is told that it is paid, or that it is not."""

        async def test(scene: Scene) -> None:
            held = asyncio.Event()
            scene.hub.script["TOKEN_PAYMENT"] = [held, late]
            number = msg_id(ACQUIRER)
            assert await scene.pay(number) == "04"
            await until(lambda: bool(scene.hub.got("TOKEN_PAYMENT")))
            assert await scene.reverse(number) == "00"
            held.set()
            await scene.at_rest()
            assert (await scene.standing(number)).state is PayState.REVERSED
            assert scene.hub.results() == []

        at_the_desk(test)

    def test_before_anything_was_sent(self) -> None:
        async def test(scene: Scene) -> None:
            sealing, go_on = scene.acquirer.seal, asyncio.Event()

            async def slow(plaintext: bytes) -> str:
                await go_on.wait()
                return await sealing(plaintext)

            scene.acquirer.seal = slow  # type: ignore[method-assign]
            number = msg_id(ACQUIRER)
            assert await scene.pay(number) == "04"
            assert await scene.reverse(number) == "00"
            go_on.set()
            await scene.at_rest()
            assert scene.hub.received == []
            assert await scene.status(number) == "REVERSED"

        at_the_desk(test)

    def test_an_approval_that_was_not_heard_yet_is_kept_back(self) -> None:
        async def test(scene: Scene) -> None:
            scene.hub.script["PAYMENT_RESULT"] = [DEAD] * 1_000
            number = msg_id(ACQUIRER)
            assert await scene.pay(number) == "04"
            await until(lambda: len(scene.hub.got("PAYMENT_RESULT")) > 2)
            assert await scene.reverse(number) == "00"
            await scene.at_rest()
            before = len(scene.hub.got("PAYMENT_RESULT"))
            scene.hub.script["PAYMENT_RESULT"] = []
            await scene.work.resume()
            await scene.at_rest()
            assert len(scene.hub.got("PAYMENT_RESULT")) == before

        at_the_desk(test)

    def test_scis_cannot_at_the_moment(self) -> None:
        """96 to UCSP, which asks again; the acquirer asks again by itself too, under the same number."""

        async def test(scene: Scene) -> None:
            number = msg_id(ACQUIRER)
            await scene.paid(number)
            scene.work.rhythm.repeat_s = scene.work.rhythm.longest_s = 0.2
            scene.hub.script["REVERSAL"] = [DEAD, "04"]
            assert await scene.reverse(number) == "96"
            assert (await scene.status(number), await scene.pay(number)) == ("PENDING", "04")
            await scene.at_rest()
            assert await scene.reverse(number) == "00"
            assert len({(each["msgID"], json.dumps(each["body"]["trxInfo"])) for each in scene.hub.got("REVERSAL")}) == 1
            assert len(scene.hub.got("REVERSAL")) == 3
            assert await scene.status(number) == "REVERSED"

        at_the_desk(test)

    @pytest.mark.parametrize("last_word", ["91", "92", "96"])
    def test_an_answer_that_scis_keeps_is_not_heard_for_ever(self, last_word: str) -> None:
        """Answers are kept by msgID: who asks again under the same one hears the same. A reversal may be asked for twice."""

        async def test(scene: Scene) -> None:
            number = msg_id(ACQUIRER)
            await scene.paid(number)
            scene.hub.keeps = True
            scene.hub.script["REVERSAL"] = [last_word, DEAD, last_word]
            assert await scene.reverse(number) == "96"
            await scene.at_rest()
            assert await scene.status(number) == "REVERSED"
            numbers = [each["msgID"] for each in scene.hub.got("REVERSAL")]
            assert [numbers.index(each) for each in numbers] == [0, 1, 1, 3]  # silence is asked again as it was

        at_the_desk(test)

    def test_while_the_acquirer_gives_up_by_itself(self) -> None:
        async def test(scene: Scene) -> None:
            held = asyncio.Event()
            scene.hub.script = {"TOKEN_PAYMENT": [DEAD], "TRX_RESULT_INQUIRY": ["25"] * 3, "REVERSAL": [held]}
            number = msg_id(ACQUIRER)
            assert await scene.pay(number) == "04"
            await scene.becomes(number, PayState.GIVING_UP)
            assert await scene.reverse(number) == "00"
            held.set()
            await scene.at_rest()
            assert await scene.status(number) == "REVERSED"
            assert scene.hub.results() == []

        at_the_desk(test)


class TestRefund:
    @pytest.mark.parametrize(
        ("says", "answers", "sent"),
        [
            (["00"], ["00", "00"], 1),
            (["13"], ["13", "13"], 1),
            ([DEAD, "00"], ["04", "00"], 2),
            (["04", "04", "00"], ["04", "00"], 3),
            (["96", "25"], ["04", "25"], 2),
        ],
    )
    def test_of_an_approval_that_nobody_wanted(self, says: list[str], answers: list[str], sent: int) -> None:
        async def test(scene: Scene) -> None:
            pay = await scene.paid(msg_id(ACQUIRER))
            scene.hub.script["REFUND"] = list(says)
            number = msg_id(ACQUIRER)
            got = [await scene.refund(pay.settlement_key, number)]
            await scene.at_rest()
            got.append(await scene.refund(pay.settlement_key, number))
            assert got == answers
            asked = scene.hub.got("REFUND")
            assert len(asked) == sent
            assert len({(each["msgID"], json.dumps(each["body"]["trxInfo"])) for each in asked}) == 1
            trx = asked[0]["body"]["trxInfo"]
            assert (trx["origSettlementKey"], trx["trxAmt"]) == (pay.settlement_key, "100.00")
            assert trx["settlementKey"] != pay.settlement_key
            assert scene.hub.results() == [("APPROVED", "")]  # UCSP knows: it asked for it

        at_the_desk(test)

    @pytest.mark.parametrize(
        ("says", "stands", "numbers"),
        [
            (["91"], [], 2),
            (["92"], [], 2),
            (["96"], [("00", {"paymentStatus": "DECLINED"})], 2),
            # Not known to be kept: it may have been booked, and two refunds are one too many.
            (["96"], ["25"], 1),
            (["96"], [("00", {"paymentStatus": "PENDING"})], 1),
            (["96"], [DEAD], 1),
        ],
    )
    def test_a_kept_answer_is_asked_again_under_another_number(self, says: list[str], stands: list[Any], numbers: int) -> None:
        async def test(scene: Scene) -> None:
            pay = await scene.paid(msg_id(ACQUIRER))
            scene.hub.keeps = numbers > 1
            scene.hub.script = {"REFUND": list(says), "TRX_RESULT_INQUIRY": list(stands)}
            number = msg_id(ACQUIRER)
            assert await scene.refund(pay.settlement_key, number) == "04"
            await scene.at_rest()
            assert await scene.refund(pay.settlement_key, number) == "00"
            asked = scene.hub.got("REFUND")
            assert len(asked) == 2
            assert len({each["msgID"] for each in asked}) == numbers
            # Of a message its own settlementKey is a name too, and pays once.
            assert len({json.dumps(each["body"]["trxInfo"]["settlementKey"]) for each in asked}) == numbers
            assert len({json.dumps(each["body"]["trxInfo"]["origSettlementKey"]) for each in asked}) == 1

        at_the_desk(test)

    def test_what_cannot_be_refunded(self) -> None:
        async def test(scene: Scene) -> None:
            number = msg_id(ACQUIRER)
            pay = await scene.paid(number)
            unknown = {**pay.settlement_key, "systemTraceAuditNumber": "000000"}
            assert await scene.refund(unknown, msg_id(ACQUIRER)) == "25"
            assert await scene.refund(pay.settlement_key, msg_id(ACQUIRER), order="another") == "25"
            assert await scene.refund({}, msg_id(ACQUIRER)) == "30"
            assert await scene.refund(pay.settlement_key, msg_id(ACQUIRER), amount="0") == "13"
            once = msg_id(ACQUIRER)
            assert await scene.refund(pay.settlement_key, once, "10.00") == "00"
            assert await scene.refund(pay.settlement_key, once, "11.00") == "78"
            await scene.reverse(number)
            assert await scene.refund(pay.settlement_key, msg_id(ACQUIRER)) == "12"

        at_the_desk(test)

    def test_the_shop_gives_a_part_back(self) -> None:
        async def test(scene: Scene) -> None:
            number = msg_id(ACQUIRER)
            pay = await scene.paid(number)
            answer = await scene.acquirer.refund_order(ORDER, "40.00")
            assert answer.code == "00"
            await scene.at_rest()
            (trx,) = scene.hub.trx("REFUND")
            assert (trx["origSettlementKey"], trx["trxAmt"]) == (pay.settlement_key, "40.00")
            told = scene.hub.got("PAYMENT_RESULT")[-1]["body"]
            assert (told["paymentStatus"], told["refundAmt"], told["origMsgID"]) == ("REFUNDED", "40.00", number)
            scene.hub.script["REFUND"] = ["13"]
            assert (await scene.acquirer.refund_order(ORDER, "70.00")).code == "13"
            await scene.at_rest()
            assert scene.hub.results() == [("APPROVED", ""), ("REFUNDED", "")]

        at_the_desk(test)

    def test_the_shops_refund_goes_on_by_itself(self) -> None:
        async def test(scene: Scene) -> None:
            await scene.paid(msg_id(ACQUIRER))
            scene.hub.script["REFUND"] = [DEAD, "04", "00"]
            with pytest.raises(NoWord):
                await scene.acquirer.refund_order(ORDER, "40.00")
            await scene.at_rest()
            assert len({each["msgID"] for each in scene.hub.got("REFUND")}) == 1
            assert scene.hub.results() == [("APPROVED", ""), ("REFUNDED", "")]

        at_the_desk(test)

    def test_the_shop_refunds_what_was_kept(self) -> None:
        """Of two approvals, UCSP sent the first one back."""

        async def test(scene: Scene) -> None:
            with pytest.raises(LookupError, match="not paid"):
                await scene.acquirer.refund_order(ORDER, "1.00")
            first, second = [await scene.paid(msg_id(ACQUIRER)) for _ in range(2)]
            await scene.refund(first.settlement_key, msg_id(ACQUIRER))
            await scene.acquirer.refund_order(ORDER, "1.00")
            assert scene.hub.trx("REFUND")[-1]["origSettlementKey"] == second.settlement_key

        at_the_desk(test)


KEY = {
    "acquirerIIN": ACQUIRER,
    "forwardingIIN": ACQUIRER,
    "systemTraceAuditNumber": "123456",
    "transmissionDateTime": "0302040000",
}
SCANNED: Json = {
    "trxMsgType": "MPQRC_PAYMENT_EMV",
    "trxAmt": "100.00",
    "trxCurrency": "344",
    "paymentStatus": "APPROVED",
    "settlementKey": KEY,
    "retrivlRefNum": "000000000042",
    "mpqrcPayload": SHOP.code(amount="100.00", reference=ORDER),
}


class TestPaidByItsCode:
    def test_ucsp_hears_of_it_once(self) -> None:
        async def test(scene: Scene) -> None:
            number = msg_id(ACQUIRER)
            for _ in range(3):
                answer = await scene.voice.ask("TRX_RESULT_NOTIFICATION", SCANNED, number=number)
                assert (code(answer), "trxInfo" in answer) == ("00", False)
            await scene.at_rest()
            (told,) = scene.hub.got("PAYMENT_RESULT")
            assert told["body"] == {
                "msgID": told["msgID"],
                "downstreamOrderId": scene.downstream,
                "ucspOrderId": ORDER,
                "paymentStatus": "APPROVED",
                "settlementKey": KEY,
                "retrivlRefNum": "000000000042",
                "trxAmt": "100.00",
                "trxCurrency": "344",
            }

        at_the_desk(test)

    @pytest.mark.parametrize(
        "changes",
        [
            {"mpqrcPayload": ""},
            {"mpqrcPayload": 7},
            {"mpqrcPayload": "rubbish"},
            {"mpqrcPayload": SHOP.qr},
            {"mpqrcPayload": SHOP.code(amount="100.00", reference="another order")},
            {"paymentStatus": "DECLINED"},
            {"settlementKey": None},
            {"trxAmt": "free"},
        ],
    )
    def test_every_other_result_is_noted(self, changes: Json) -> None:
        async def test(scene: Scene) -> None:
            assert code(await scene.voice.ask("TRX_RESULT_NOTIFICATION", {**SCANNED, **changes})) == "00"
            await scene.at_rest()
            assert scene.hub.received == []

        at_the_desk(test)

    def test_refunded_by_ucsp_and_by_the_shop(self) -> None:
        async def test(scene: Scene) -> None:
            number = msg_id(ACQUIRER)
            await scene.voice.ask("TRX_RESULT_NOTIFICATION", SCANNED, number=number)
            await scene.acquirer.refund_order(ORDER, "10.00")
            assert await scene.reverse(number) == "12"  # it is no PAY
            assert await scene.refund(KEY, msg_id(ACQUIRER), "90.00") == "00"
            await scene.at_rest()
            assert [trx["origSettlementKey"] for trx in scene.hub.trx("REFUND")] == [KEY, KEY]
            assert scene.hub.results() == [("APPROVED", ""), ("REFUNDED", "")]

        at_the_desk(test)

    def test_taken_back_before_ucsp_heard(self) -> None:
        async def test(scene: Scene) -> None:
            scene.hub.script["PAYMENT_RESULT"] = [DEAD] * 1_000
            await scene.voice.ask("TRX_RESULT_NOTIFICATION", SCANNED)
            await until(lambda: bool(scene.hub.got("PAYMENT_RESULT")))
            await scene.voice.ask("TRX_RESULT_NOTIFICATION", {**SCANNED, "paymentStatus": "DECLINED"})
            await scene.at_rest()  # silent, though nobody answered
            with pytest.raises(LookupError):
                await scene.acquirer.refund_order(ORDER, "1.00")

        at_the_desk(test)
