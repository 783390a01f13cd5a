"""The sandbox's own endpoints over HTTP: what there is, what was received, faults and the clock."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from support.desk import Desk, at_the_desk
from support.sandbox import code, msg_id
from unionhub.domain.model.identifiers import luhn_valid
from unionhub.domain.model.qr.merchant import parse, unionpay_account
from unionhub.hosts.sandbox import control
from unionhub.hosts.sandbox.clock import FileClock
from unionhub.hosts.sandbox.seeds import ACQUIRER, BANK, CARDHOLDERS, HARBOUR, PEAK, URL_CODES

IMPOSSIBLE_FAULTS: tuple[tuple[dict[str, Any], str], ...] = (
    ({"party": "12345678"}, "party"),
    ({"party": None}, "party"),
    ({"message": "HELLO"}, "message"),
    ({"message": None}, "message"),
    ({"fault": "explode"}, "fault"),
    ({"fault": "code:1"}, "fault"),
    ({"times": "2"}, "times"),
    ({"times": 1.5}, "times"),
    ({"times": -1}, "times"),
    ({"times": True}, "times"),
    ({"seconds": 0}, "seconds"),
    ({"seconds": "1"}, "seconds"),
    ({"tiems": 1}, "tiems"),
)


class TestWhatThereIs:
    def test_cardholders(self, home: Path) -> None:
        async def test(desk: Desk) -> None:
            holders = await desk.get("/sandbox/cardholders")
            assert [holder["insID"] for holder in holders[:2]] == [HARBOUR, PEAK]
            assert len({holder["token"] for holder in holders}) == len(holders) >= 2
            for holder in holders:
                assert list(holder) == ["userID", "deviceID", "insID", "issuer", "token", "currency", "balance"]
                assert re.fullmatch(r"62\d{14}", holder["token"])
                assert luhn_valid(holder["token"])
                assert (holder["issuer"], holder["currency"]) == (BANK, "344")
            assert holders[0]["balance"] == "20000.00"
            await desk.hub(BANK).pay(CARDHOLDERS[0], "0.05")
            assert (await desk.get("/sandbox/cardholders"))[0]["balance"] == "19999.95"

        at_the_desk(home, test)

    def test_merchants(self, home: Path) -> None:
        async def test(desk: Desk) -> None:
            merchants = await desk.get("/sandbox/merchants")
            assert len(merchants) >= 3
            for merchant in merchants:
                members = ["name", "mid", "acquirerIIN", "fwdIIN", "mcc", "currency", "country", "acquirer", "qr"]
                assert list(merchant) == members
                assert (len(merchant["mid"]), merchant["acquirer"]) == (15, ACQUIRER)
                assert len(merchant["name"]) <= 25
                code = parse(merchant["qr"])
                account = unionpay_account(code)
                assert account.merchant_id == merchant["mid"]
                assert (account.acquirer_iin, account.forwarding_iin) == (merchant["acquirerIIN"], merchant["fwdIIN"])
                assert (code.merchant_name, code.merchant_category_code) == (merchant["name"], merchant["mcc"])
                assert (code.currency, code.country) == (merchant["currency"], merchant["country"])
                assert (code.is_dynamic, code.amount) == (False, None)
            assert [(merchant["currency"], merchant["country"]) for merchant in merchants[:3]] == [("344", "HK")] * 3
            assert merchants[3]["currency"] == "392"

        at_the_desk(home, test)

    def test_accounts_and_their_bookings(self, home: Path) -> None:
        async def test(desk: Desk) -> None:
            hub, debit, reversal = desk.hub(BANK), msg_id(), msg_id()
            await hub.pay(CARDHOLDERS[0], "12.30", number=debit)
            await hub.ask("REVERSAL", {"origMsgID": debit}, number=reversal)
            accounts = await desk.get(f"/sandbox/bank/{BANK}/accounts")
            assert len(accounts) == len(CARDHOLDERS)
            assert all(list(account) == ["account", "currency", "balance", "bookings"] for account in accounts)
            assert CARDHOLDERS[0].account.reveal() not in json.dumps(accounts)
            assert accounts[0]["account"] == CARDHOLDERS[0].account.masked
            assert (accounts[0]["currency"], accounts[0]["balance"]) == ("344", "20000.00")
            first, back = accounts[0]["bookings"]
            assert abs((datetime.fromisoformat(first.pop("at")) - desk.world.clock.now()).total_seconds()) < 60
            assert first == {"amount": "12.30", "currency": "344", "sign": "-", "ref": debit}
            assert {**back, "at": ""} == {"at": "", "amount": "12.30", "currency": "344", "sign": "+", "ref": reversal}
            await desk.get(f"/sandbox/bank/{HARBOUR}/accounts", 404)
            await desk.get("/sandbox/bank/00000000/accounts", 404)

        at_the_desk(home, test)

    def test_text_messages(self, home: Path) -> None:
        async def test(desk: Desk) -> None:
            assert await desk.get(f"/sandbox/bank/{BANK}/otps") == []
            hub = desk.hub(BANK)
            for otp in ("123456", "654321"):
                trx = {
                    "accountInfo": hub.seal({"accountNo": CARDHOLDERS[0].account.reveal()}),
                    "otp": hub.seal({"otp": otp}),
                }
                assert code(await hub.ask("OTP_DELIVERY", trx)) == "00"
            texts = await desk.get(f"/sandbox/bank/{BANK}/otps")
            assert [list(text) for text in texts] == [["account", "otp", "at"]] * 2
            assert [text["otp"] for text in texts] == ["123456", "654321"]
            assert texts[0]["account"] == CARDHOLDERS[0].account.masked
            assert datetime.fromisoformat(texts[0]["at"]).tzinfo is not None
            await desk.get(f"/sandbox/bank/{HARBOUR}/otps", 404)

        at_the_desk(home, test)

    def test_qrcodes(self, home: Path) -> None:
        async def test(desk: Desk) -> None:
            made = desk.world.qr_platform().new_code("9.90")
            codes = await desk.get("/sandbox/qrcodes")
            assert all(list(known) == ["url", "merchantName", "trxAmt", "trxCurrency"] for known in codes)
            assert [known["url"] for known in codes] == [*(known.url for known in URL_CODES), made.url]
            assert codes[0]["trxAmt"] is None
            assert (codes[-1]["trxAmt"], codes[-1]["trxCurrency"]) == ("9.90", "156")

        at_the_desk(home, test)

    def test_inbox(self, home: Path) -> None:
        async def test(desk: Desk) -> None:
            assert await desk.get(f"/sandbox/inbox/{HARBOUR}") == []
            numbers = [msg_id(HARBOUR) for _ in range(3)]
            for number in numbers:
                await desk.hub(HARBOUR).ask("TRX_RESULT_NOTIFICATION", {"paymentStatus": "APPROVED"}, number=number)
            items = await desk.get(f"/sandbox/inbox/{HARBOUR}")
            assert all(list(item) == ["at", "message", "msgID", "body"] for item in items)
            assert [item["msgID"] for item in items] == numbers
            assert items[0]["message"] == "TRX_RESULT_NOTIFICATION"
            assert items[0]["body"]["trxInfo"] == {"paymentStatus": "APPROVED"}
            assert datetime.fromisoformat(items[0]["at"]).tzinfo is not None
            await desk.get("/sandbox/inbox/00000000", 404)

        at_the_desk(home, test)

    def test_journal(self, home: Path) -> None:
        async def test(desk: Desk) -> None:
            await desk.hub(BANK).pay(CARDHOLDERS[0])
            entries = await desk.get("/sandbox/journal")
            assert [(entry["from"], entry["to"], entry["kind"]) for entry in entries] == [
                ("hub", BANK, "req"),
                (BANK, "hub", "resp"),
            ]
            assert await desk.get("/sandbox/journal?after=1") == entries[1:]
            await desk.get("/sandbox/journal?after=x", 400)

        at_the_desk(home, test)

    def test_what_is_not_there(self, home: Path) -> None:
        async def test(desk: Desk) -> None:
            await desk.get("/sandbox/nothing", 404)
            await desk.get("/sandbox/faults", 405)
            await desk.post("/sandbox/cardholders", {}, 405)

        at_the_desk(home, test)


class TestFaultsAndClock:
    def test_a_fault_is_set(self, home: Path) -> None:
        async def test(desk: Desk) -> None:
            order = {"party": BANK, "message": "DEBIT_TRANSACTION", "fault": "code:51", "times": 2, "seconds": 1}
            assert await desk.post("/sandbox/faults", order) == order
            codes = [code(await desk.hub(BANK).pay(CARDHOLDERS[0])) for _ in range(3)]
            assert codes == ["51", "51", "00"]
            minimal = {"party": BANK, "message": "REVERSAL", "fault": "answer_late"}
            assert await desk.post("/sandbox/faults", minimal) == {**minimal, "times": 1, "seconds": 2.3}

        at_the_desk(home, test)

    def test_faults_that_cannot_be(self, home: Path) -> None:
        async def test(desk: Desk) -> None:
            for change, word in IMPOSSIBLE_FAULTS:
                order = {"party": BANK, "message": "DEBIT_TRANSACTION", "fault": "garbage", **change}
                answer = await desk.post("/sandbox/faults", order, 400)
                assert word in answer["error"], change
                assert desk.world.faults.pending() == [], change

        at_the_desk(home, test)

    def test_no_json_is_400_and_too_much_of_it_413(self, home: Path) -> None:
        async def test(desk: Desk) -> None:
            for body in (b"", b"{", b"[]", b"null", b"[" * 10_000):
                await desk.post("/sandbox/faults", body, 400)
                await desk.post("/sandbox/clock", body, 400)
            await desk.post("/sandbox/faults", b" " * (control.MAX_BODY_BYTES + 1), 413)

        at_the_desk(home, test)

    def test_the_clock_moves_for_everybody_who_shares_the_home(self, home: Path) -> None:
        async def test(desk: Desk) -> None:
            hub_clock = FileClock(home / "clock-offset")
            before = hub_clock.now()
            told = await desk.post("/sandbox/clock", {"advance_s": 3600})
            assert 3600 <= (hub_clock.now() - before).total_seconds() < 3660
            assert abs((datetime.fromisoformat(told["now"]) - hub_clock.now()).total_seconds()) < 5
            await desk.post("/sandbox/clock", {"advance_s": 0.5})
            assert float((home / "clock-offset").read_text()) == 3600.5
            await desk.hub(BANK).pay(CARDHOLDERS[0])
            (booking,) = (await desk.get(f"/sandbox/bank/{BANK}/accounts"))[0]["bookings"]
            assert datetime.fromisoformat(booking["at"]) > before.replace(microsecond=0) + (hub_clock.now() - before) / 2

        at_the_desk(home, test)

    def test_moves_that_cannot_be(self, home: Path) -> None:
        async def test(desk: Desk) -> None:
            for advance in (0, -1, "60", None, True, 1e12, [1]):
                await desk.post("/sandbox/clock", {"advance_s": advance}, 400)
            await desk.post("/sandbox/clock", {}, 400)
            await desk.post("/sandbox/clock", {"advance_s": 1, "back": True}, 400)

        at_the_desk(home, test)
        assert not (home / "clock-offset").exists()


def test_the_documented_shape_of_a_fault_order() -> None:
    assert msgspec.structs.fields(control.FaultOrder)
    assert {field.name for field in msgspec.structs.fields(control.FaultOrder)} == {
        "party",
        "message",
        "fault",
        "times",
        "seconds",
    }
