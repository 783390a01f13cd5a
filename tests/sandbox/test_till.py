"""The simulated acquirer and UCSP's orders (charts U3 and X3): taken, paid at SCIS, told.

The hub is scripted: what SCIS and UCSP would say. TOKEN_PAYMENT meets a real one in the last class.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from pathlib import Path
from typing import Any

import pytest

from support.house import house
from support.orders import DEAD, FAST, ORDER, SHOP, TOKEN, Json, Scene, at_the_desk
from support.sandbox import HubStub, code, msg_id
from support.waiting import until
from unionhub.adapters.jose.facade import HubJose
from unionhub.hosts.sandbox.faults import FaultKind
from unionhub.hosts.sandbox.members import merchant_members
from unionhub.hosts.sandbox.order_work import Rhythm
from unionhub.hosts.sandbox.seeds import ACQUIRER
from unionhub.hosts.sandbox.till import PayState
from unionhub.hosts.sandbox.world import LOOPBACK_HUB_URL
from unionhub.ports.partners import NoWord


class TestPlaceOrder:
    def test_the_same_order_has_one_number(self) -> None:
        async def test(scene: Scene) -> None:
            first = scene.downstream
            assert len(first) == 20
            again = await scene.place()
            assert again["trxInfo"] == {"downstreamOrderId": first, "trxAmt": "100.00", "trxCurrency": "344"}
            await scene.place("2")
            assert scene.downstream != first

        at_the_desk(test)

    @pytest.mark.parametrize(
        ("changes", "wanted"),
        [
            ({"amount": "101.00"}, "94"),
            ({"merchantInfo": {"mid": "1"}}, "94"),
            ({"order": ""}, "30"),
            ({"merchantInfo": None}, "30"),
            ({"merchantInfo": {}}, "30"),
            ({"amount": "0.00"}, "13"),
            ({"amount": "1.001"}, "13"),
            ({"amount": "-1"}, "30"),
            ({"trxCurrency": "000"}, "12"),
            ({"order": "2", "expiresAt": "soon"}, "30"),
        ],
    )
    def test_what_cannot_be_placed(self, changes: Json, wanted: str) -> None:
        async def test(scene: Scene) -> None:
            assert code(await scene.place(**changes)) == wanted

        at_the_desk(test)

    def test_a_merchant_that_it_does_not_vouch_for(self) -> None:
        async def test(scene: Scene) -> None:
            scene.acquirer.bad_mids.add(SHOP.mid)
            assert code(await scene.place("2")) == "03"

        at_the_desk(test)


COMES_TO: tuple[tuple[str, dict[str, list[Any]], PayState, str, list[str]], ...] = (
    ("approved", {}, PayState.APPROVED, "", []),
    ("declined", {"TOKEN_PAYMENT": ["51"]}, PayState.DECLINED, "51", []),
    (
        "pending, then approved",
        {
            "TOKEN_PAYMENT": ["04"],
            "TRX_RESULT_INQUIRY": [("00", {"paymentStatus": "PENDING"}), DEAD, ("00", {"paymentStatus": "APPROVED"})],
        },
        PayState.APPROVED,
        "",
        ["TRX_RESULT_INQUIRY"] * 3,
    ),
    (
        "pending, then declined",
        {
            "TOKEN_PAYMENT": ["04"],
            "TRX_RESULT_INQUIRY": [("00", {"paymentStatus": "DECLINED", "rejectionReason": "05 Cardholder"})],
        },
        PayState.DECLINED,
        "05",
        ["TRX_RESULT_INQUIRY"],
    ),
    (
        "silent, found",
        {"TOKEN_PAYMENT": [DEAD], "TRX_RESULT_INQUIRY": ["25", "25", "96", ("00", {"paymentStatus": "APPROVED"})]},
        PayState.APPROVED,
        "",
        ["TRX_RESULT_INQUIRY"] * 4,
    ),
    (
        "reversed by SCIS itself",
        {"TOKEN_PAYMENT": [DEAD], "TRX_RESULT_INQUIRY": [("00", {"paymentStatus": "REVERSED"})]},
        PayState.DECLINED,
        "98",
        ["TRX_RESULT_INQUIRY"],
    ),
    (
        "never arrived: declined only when SCIS has barred it",
        {"TOKEN_PAYMENT": [DEAD], "TRX_RESULT_INQUIRY": ["25"] * 3, "REVERSAL": [DEAD, "04", "96", "00"]},
        PayState.DECLINED,
        "98",
        [*["TRX_RESULT_INQUIRY"] * 3, *["REVERSAL"] * 4],
    ),
)


class TestPay:
    @pytest.mark.parametrize(
        ("script", "state", "reason", "between"), [row[1:] for row in COMES_TO], ids=[row[0] for row in COMES_TO]
    )
    def test_what_comes_of_it(self, script: dict[str, list[Any]], state: PayState, reason: str, between: list[str]) -> None:
        async def test(scene: Scene) -> None:
            scene.hub.script = {message: list(said) for message, said in script.items()}
            number = msg_id(ACQUIRER)
            pay = await scene.paid(number)
            assert (pay.state, pay.reason) == (state, reason)
            assert [each["message"] for each in scene.hub.received] == ["TOKEN_PAYMENT", *between, "PAYMENT_RESULT"]
            assert {each["msgID"] for each in scene.hub.got("TOKEN_PAYMENT")} == {pay.token_payment}
            for asked in scene.hub.trx("TRX_RESULT_INQUIRY"):
                assert asked == {"origMsgID": pay.token_payment, "origMsgType": "TOKEN_PAYMENT"}
            assert len({json.dumps(trx) for trx in scene.hub.trx("REVERSAL")}) <= 1
            asked = [each["msgID"] for each in scene.hub.got("REVERSAL")]
            assert [asked.index(each) for each in asked] == [0, 0, 0, 3][: len(asked)]  # another one only after the 96
            assert scene.hub.results() == [(state.value, reason)]
            # What stands, however often it is asked.
            assert await scene.pay(number) == (reason or "00")
            assert await scene.status(number) == state.value
            assert len(scene.hub.got("TOKEN_PAYMENT")) == 1

        at_the_desk(test)

    def test_what_is_sent(self) -> None:
        async def test(scene: Scene) -> None:
            scene.hub.script["TOKEN_PAYMENT"] = [("00", {"referNo": "000000000007"})]
            number = msg_id(ACQUIRER)
            off = [{"discountAmt": "10.00", "discountNote": "coupon"}, {"discountAmt": "2.50", "discountNote": "today"}]
            await scene.paid(number, "87.50", originalAmount="100.00", discountDetails=off)
            pay = await scene.standing(number)
            (sent,) = scene.hub.trx("TOKEN_PAYMENT")
            opened_card = json.loads(scene.hub.jose.open_from(scene.hub.party, sent.pop("cardInfo")))
            assert opened_card == {"token": TOKEN, "expiry": "3112"}
            assert sent == {
                "trxAmt": "87.50",
                "trxCurrency": "344",
                "originalAmount": "100.00",
                "discountDetails": off,
                "merchantInfo": merchant_members(SHOP),
                "settlementKey": pay.settlement_key,
                "retrivlRefNum": pay.retrieval_ref,
            }
            assert len(pay.retrieval_ref) == 12
            (told,) = scene.hub.got("PAYMENT_RESULT")
            assert told["path"] == "/ucsp/v1/paymentresult"
            assert told["body"] == {
                "msgID": told["msgID"],
                "downstreamOrderId": scene.downstream,
                "ucspOrderId": ORDER,
                "paymentStatus": "APPROVED",
                "settlementKey": pay.settlement_key,
                "retrivlRefNum": pay.retrieval_ref,
                "origMsgID": number,
                "trxAmt": "87.50",
                "trxCurrency": "344",
            }
            found = (await scene.inquire(number))["trxInfo"]
            assert (found["referNo"], found["settlementKey"]) == ("000000000007", pay.settlement_key)

        at_the_desk(test)

    @pytest.mark.parametrize(
        ("changes", "wanted"),
        [
            ({"ucspOrderId": "no such order"}, "12"),
            ({"downstreamOrderId": "no such order"}, "25"),
            ({"amount": "99.99"}, "13"),
            ({"amount": "90.00", "originalAmount": "100.00"}, "13"),
            ({"amount": "90.00", "originalAmount": "100.00", "discountDetails": [{"discountAmt": "9.99"}]}, "13"),
            ({"amount": "110.00", "originalAmount": "120.00", "discountDetails": [{"discountAmt": "10.00"}]}, "13"),
            ({"trxCurrency": "156"}, "12"),
            ({"downstreamOrderId": None}, "30"),
            ({"cardInfo": None}, "30"),
            ({"cardInfo": "rubbish"}, "A0"),
            ({"discountDetails": ["ten"]}, "30"),
        ],
    )
    def test_what_is_refused_at_once(self, changes: Json, wanted: str) -> None:
        async def test(scene: Scene) -> None:
            number = msg_id(ACQUIRER)
            assert await scene.pay(number, **changes) == wanted
            assert await scene.pay(number, **changes) == wanted
            await scene.at_rest()
            assert scene.hub.received == []
            assert await scene.status(number) == ("25" if wanted in ("30", "A0") else "DECLINED")

        at_the_desk(test)

    def test_a_card_without_a_token(self) -> None:
        async def test(scene: Scene) -> None:
            assert await scene.pay(msg_id(ACQUIRER), cardInfo=scene.voice.seal({"pan": "6291002000000012"})) == "40"
            assert await scene.pay(msg_id(ACQUIRER), cardInfo=scene.voice.seal({"expiry": "3112"})) == "30"
            assert await scene.pay(msg_id(ACQUIRER), cardInfo=scene.voice.seal(["6291002000000012"])) == "30"

        at_the_desk(test)

    def test_an_order_that_has_expired_or_another_ones_number(self) -> None:
        async def test(scene: Scene) -> None:
            others = scene.downstream
            await scene.place("2", expiresAt=f"{scene.clock.now():%Y%m%d}041000")
            assert await scene.pay(msg_id(ACQUIRER), ucspOrderId="2", downstreamOrderId=others) == "12"
            scene.clock.advance(601)
            assert await scene.pay(msg_id(ACQUIRER), ucspOrderId="2") == "12"

        at_the_desk(test)

    def test_the_same_number_under_way_or_with_another_content(self) -> None:
        async def test(scene: Scene) -> None:
            held = asyncio.Event()
            scene.hub.script["TOKEN_PAYMENT"] = [held]
            number = msg_id(ACQUIRER)
            assert [await scene.pay(number) for _ in range(3)] == ["04"] * 3
            assert await scene.pay(number, "1.00") == "78"
            assert await scene.status(number) == "PENDING"
            held.set()
            await scene.at_rest()
            assert len(scene.hub.got("TOKEN_PAYMENT")) == 1

        at_the_desk(test)

    def test_many_at_once_under_one_number(self) -> None:
        async def test(scene: Scene) -> None:
            number, wish = msg_id(ACQUIRER), scene.wish()
            answers = await asyncio.gather(*(scene.voice.ask("PAY", wish, number=number) for _ in range(20)))
            assert {code(answer) for answer in answers} <= {"04", "00"}
            await scene.at_rest()
            assert len(scene.hub.got("TOKEN_PAYMENT")) == 1
            assert scene.hub.results() == [("APPROVED", "")]

        at_the_desk(test)

    def test_nothing_left_here(self) -> None:
        async def test(scene: Scene) -> None:
            scene.world.hub.base_url = "http://gone.sandbox"
            number = msg_id(ACQUIRER)
            assert await scene.pay(number) == "04"
            await scene.becomes(number, PayState.DECLINED)
            scene.world.hub.base_url = LOOPBACK_HUB_URL
            await scene.at_rest()
            assert scene.hub.results() == [("DECLINED", "92")]

        at_the_desk(test)

    def test_the_card_is_forgotten_when_it_is_sent(self) -> None:
        async def test(scene: Scene) -> None:
            scene.hub.script |= {"TOKEN_PAYMENT": ["04"], "TRX_RESULT_INQUIRY": [asyncio.Event()]}
            assert await scene.pay(msg_id(ACQUIRER)) == "04"
            await until(lambda: len(scene.hub.got("TRX_RESULT_INQUIRY")) == 1)
            held = [repr(task.get_coro().cr_frame.f_locals) for task in scene.acquirer._under_way]  # type: ignore[union-attr]
            assert len(held) == 1
            assert TOKEN not in held[0]

        at_the_desk(test)

    def test_faults_can_be_set_on_each_message(self) -> None:
        async def test(scene: Scene) -> None:
            for message in ("PLACE_ORDER", "PAY", "TRX_RESULT_INQUIRY", "REVERSAL", "REFUND"):
                scene.world.faults.add(ACQUIRER, message, "code:91")
                assert code(await scene.voice.ask(message, {})) == "91"
            scene.world.faults.add(ACQUIRER, "PAY", FaultKind.BOOK_THEN_NO_ANSWER)
            number = msg_id(ACQUIRER)
            with pytest.raises(NoWord):
                await scene.voice.ask("PAY", scene.wish(), number=number, timeout_s=0.05)
            await scene.becomes(number, PayState.APPROVED)

        at_the_desk(test)


class TestResults:
    @pytest.mark.parametrize(
        ("says", "times"),
        [(["00"], 1), ([DEAD, DEAD, "00"], 3), (["96", "04", "00"], 3), (["25"], 1), ([DEAD, "12"], 2)],
    )
    def test_told_until_it_is_answered(self, says: list[str], times: int) -> None:
        async def test(scene: Scene) -> None:
            scene.hub.script["PAYMENT_RESULT"] = list(says)
            await scene.paid(msg_id(ACQUIRER))
            told = scene.hub.got("PAYMENT_RESULT")
            assert len(told) == times
            assert len({json.dumps(each["body"]) for each in told}) == 1
            assert await scene.acquirer.till.run(lambda book: book.untold()) == []

        at_the_desk(test)

    def test_how_often(self) -> None:
        rhythm = Rhythm()
        assert list(itertools.islice(rhythm.repeats(), 9)) == [1, 2, 4, 8, 16, 32, 60, 60, 60]
        looks = list(itertools.islice(rhythm.looks(), 80))
        assert looks[0] == 0.5
        assert max(gap for gap, so_far in zip(looks, itertools.accumulate(looks), strict=True) if so_far < 200) == 3.0
        assert looks[-1] == 30.0

    def test_the_builder_speaks_the_flat_form(self) -> None:
        async def test(scene: Scene) -> None:
            request = scene.acquirer.payment_result("O1", "D1", "DECLINED", reason="51", trxAmt=None)
            assert request.path == "/ucsp/v1/paymentresult"
            body = dict(request.body)
            assert body.pop("settlementKey")["acquirerIIN"] == ACQUIRER
            assert len(body.pop("retrivlRefNum")) == 12
            assert body == {
                "msgID": request.msg_id,
                "downstreamOrderId": "D1",
                "ucspOrderId": "O1",
                "paymentStatus": "DECLINED",
                "reason": "51",
            }
            assert (await scene.acquirer.send(request)).code == "00"

        at_the_desk(test)


class TestAtSCIS:
    """The other end is a real hub with its bank."""

    @pytest.mark.parametrize(
        ("amount", "state", "reason", "left"),
        [("100.00", PayState.APPROVED, "", "900.00"), ("1000.01", PayState.DECLINED, "51", "1000.00")],
    )
    def test_a_card_of_the_hub_pays_and_is_reversed(
        self, tmp_path: Path, amount: str, state: PayState, reason: str, left: str
    ) -> None:
        with house("memory", tmp_path) as there:

            async def play() -> None:
                holder = await there.cardholder()
                acquirer = there.world.acquirer()
                acquirer.orders.work.rhythm = Rhythm(**FAST)
                assert there.world.hub.transport is not None
                voice = HubStub(there.world.hub.transport, acquirer)
                voice._jose = HubJose(there.hub.keys, time.time)
                gateway = there.world.gateway(holder.gateway)
                gateway.cardholder_after_s = 0.01
                sum_ = {"trxAmt": amount, "trxCurrency": "344"}
                placed = await voice.ask("PLACE_ORDER", {"ucspOrderId": ORDER, **sum_, "merchantInfo": merchant_members(SHOP)})
                number = msg_id(ACQUIRER)
                wish = {
                    "ucspOrderId": ORDER,
                    "downstreamOrderId": placed["trxInfo"]["downstreamOrderId"],
                    "cardInfo": voice.seal({"token": holder.token.reveal(), "expiry": ""}),
                    **sum_,
                }
                assert code(await voice.ask("PAY", wish, number=number)) == "04"

                async def settled() -> bool:
                    await there.work()
                    pay = await acquirer.till.run(lambda book: book.pay(number))
                    return pay is not None and (pay.state, pay.reason) == (state, reason)

                await there.until(settled)
                assert await there.balance(holder) == left
                pay = await acquirer.till.run(lambda book: book.pay(number))
                assert pay is not None
                stored = await there.payment(ACQUIRER, pay.token_payment)
                assert stored is not None
                assert stored.retrieval_ref == pay.retrieval_ref
                undone = await voice.ask("REVERSAL", {"origMsgID": number, "origMsgType": "PAY", **sum_})
                assert code(undone) == "00"
                assert await there.balance(holder) == "1000.00"

            there.run(play())

    def test_what_scis_never_saw_is_barred_there(self, tmp_path: Path) -> None:
        with house("memory", tmp_path) as there:

            async def play() -> None:
                holder = await there.cardholder()
                acquirer = there.world.acquirer()
                request = await acquirer.token_payment(SHOP, "5.00", holder.token, "")
                back = acquirer.reversal(request.msg_id, "5.00", settlementKey=None)
                assert [(await acquirer.send(back)).code for _ in range(2)] == ["00", "00"]
                assert (await acquirer.send(request)).code == "94"

            there.run(play())
