"""A partner's ear and voice: as strict as the hub, signed both ways, everything recorded at the partner."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from support.keys import hub_keys
from support.sandbox import CARRIERS, Carrier, HubStub, code, identities, light_identities, msg_id, other_hub_keys, run, world
from unionhub.adapters.http.transport import HttpReply
from unionhub.adapters.jose.causes import Cause
from unionhub.adapters.jose.facade import HubJose
from unionhub.adapters.jose.gate import UNAUTHORIZED_BODY
from unionhub.domain.model.parties import Party, PartyState, Role
from unionhub.hosts.sandbox import keyring, partner
from unionhub.hosts.sandbox.catalog import RECEIVED_BY, hub_path, partner_path
from unionhub.hosts.sandbox.journal import HUB
from unionhub.hosts.sandbox.partner import HubAnswer, HubRequest, NotGenuine, Partner
from unionhub.hosts.sandbox.seeds import (
    ACQUIRER,
    BANK,
    CARDHOLDERS,
    HARBOUR,
    HARBOUR_CHANNEL,
    MERCHANTS,
    PARKING,
    PEAK,
    QR_PLATFORM,
)
from unionhub.hosts.sandbox.world import LOOPBACK_HUB_URL
from unionhub.ports.partners import NotSent

NOTICE = {"trxMsgType": "MPQRC_PAYMENT_EMV", "trxAmt": "10.00", "trxCurrency": "344", "paymentStatus": "APPROVED"}


class FakeHub:
    """The hub's end for what partners send: verifies, keeps, answers signed."""

    def __init__(self, sender: Partner, answer: dict[str, Any] | None = None, status: int = 200) -> None:
        identity = sender.identity
        self.received: list[dict[str, Any]] = []
        self.answer = answer or {"msgResponse": {"responseCode": "00", "responseMsg": "Approved"}}
        self.status = status
        self.jose = HubJose(hub_keys(), time.time)
        self.party = Party(
            app_id=identity.app_id,
            role=identity.role,
            name="",
            profile=identity.profile,
            state=PartyState.LIVE,
            keys=keyring.public_keys(identity),
        )

    async def handle(self, path: str, signature: str | None, body: bytes) -> HttpReply:
        self.jose.verify_request(signature, path, body, lambda _app_id: self.party, frozenset(Role))
        self.received.append(json.loads(body))
        answer = json.dumps(self.answer).encode()
        return HttpReply(status=self.status, headers={"upi-jws": self.jose.sign_response(answer, self.party)}, body=answer)


@pytest.mark.parametrize("carrier", CARRIERS)
def test_every_message_of_every_partner_is_reached_and_answered_signed(carrier: Carrier, tmp_path: Path) -> None:
    async def play() -> None:
        async with carrier(tmp_path) as (made, transport):
            for sandboxed in made.partners.values():
                hub = HubStub(transport, sandboxed)
                for message in RECEIVED_BY[sandboxed.role]:
                    await ask(hub, message)
                assert [item.message for item in sandboxed.inbox.items()] == list(RECEIVED_BY[sandboxed.role])

    async def ask(hub: HubStub, message: str) -> None:
        if hub.party.role not in (Role.CHANNEL, Role.INDUSTRY):
            assert code(await hub.ask(message, {})) in ("00", "30", "40")
            return
        body = {"msgID": msg_id(), "industryCode": "60010001"}
        answer = json.loads((await hub.post(partner_path(message), json.dumps(body).encode())).body)
        assert (answer["msgID"], answer["industryCode"]) == (body["msgID"], "60010001")
        assert code(answer) in ("00", "30", "40", "A0")

    run(play())


@pytest.mark.parametrize("app_id", [HARBOUR, PEAK, BANK, PARKING])
def test_the_seeded_profiles_speak_with_the_hubs_keys(app_id: str) -> None:
    """One of each JOSE profile, with the keys that the first start would make."""

    async def play() -> None:
        hub = HubStub(transport, made.partners[app_id])
        reply = await hub.post("/nothing", json.dumps(hub.body("NOTHING", {})).encode())
        assert reply.status == 200
        hub._jose.verify_response(reply.headers["upi-jws"], reply.body, hub.party)
        assert await made.partners[app_id].open_(hub.seal({"accountNo": "1"})) == b'{"accountNo": "1"}'

    with world(partners=identities) as (made, transport):
        run(play())


class TestWhatComesIn:
    def test_notices_are_confirmed_and_kept(self) -> None:
        async def play() -> None:
            for app_id in (HARBOUR, ACQUIRER, QR_PLATFORM):
                hub = HubStub(transport, made.partners[app_id])
                number = msg_id(app_id)
                assert code(await hub.ask("TRX_RESULT_NOTIFICATION", NOTICE, number=number)) == "00"
                (item,) = made.partners[app_id].inbox.items("TRX_RESULT_NOTIFICATION")
                assert (item.msg_id, item.at) == (number, made.clock.now())
                assert item.body["trxInfo"] == NOTICE

        with world() as (made, transport):
            run(play())

    def test_the_acquirer_vouches_for_its_merchants_but_not_for_bad_ones(self) -> None:
        async def play() -> None:
            acquirer = made.acquirer()
            hub = HubStub(transport, acquirer)
            question = {"merchantInfo": {"mid": MERCHANTS[0].mid}, "mpqrcPayload": MERCHANTS[0].qr}
            assert code(await hub.ask("MERCHANT_VERIFICATION", question)) == "00"
            acquirer.bad_mids.add(MERCHANTS[0].mid)
            assert code(await hub.ask("MERCHANT_VERIFICATION", question)) == "03"
            assert code(await hub.ask("MERCHANT_VERIFICATION", {})) == "30"

        with world() as (made, transport):
            run(play())

    def test_an_unknown_message_is_40_and_an_undecodable_one_30(self) -> None:
        async def play() -> None:
            hub = HubStub(transport, made.gateway(HARBOUR))
            assert code(await hub.ask("NO_SUCH_THING", {})) == "40"
            broken = [b"", b"{", b"[]", b'"x"', b"{}", b'{"msgInfo":{}}', b"\xff\xfe", b"[" * 100_000]
            wrong_type = json.dumps(hub.body("ADDITIONAL_PROCESSING", {})).encode()
            for body in (*broken, wrong_type):
                reply = await hub.post("/trxresultnotification", body)
                answer = json.loads(reply.body)
                hub._jose.verify_response(reply.headers["upi-jws"], reply.body, hub.party)
                assert code(answer) == "30"
                assert set(answer) == {"msgResponse"}

        with world() as (made, transport):
            run(play())

    def test_what_is_not_the_hubs_gets_401_and_leaves_no_trace(self) -> None:
        async def play() -> None:
            gateway = made.gateway(HARBOUR)
            hub = HubStub(transport, gateway)
            body = json.dumps(hub.body("TRX_RESULT_NOTIFICATION", NOTICE)).encode()
            good = hub._jose.sign_request(body, hub.party, "/trxresultnotification")
            other = hub._jose.sign_request(body, hub.party, "/additionalprocessing")
            old = HubJose(hub_keys(), lambda: time.time() - 400).sign_request(body, hub.party, "/trxresultnotification")
            for headers, sent in (
                ({}, body),
                ({"UPI-JWS": ""}, body),
                ({"UPI-JWS": good}, body + b" "),
                ({"UPI-JWS": other}, body),
                ({"UPI-JWS": old}, body),
            ):
                reply = await gateway.receive("/trxresultnotification", headers, sent)
                assert (reply.status, reply.body) == (401, UNAUTHORIZED_BODY)
                assert "upi-jws" not in reply.headers
            assert gateway.inbox.items() == []
            assert made.journal.entries() == []
            reply = await gateway.receive("/trxresultnotification", {"upi-jws": good}, body)
            assert reply.status == 200

        with world() as (made, transport):
            run(play())

    def test_new_keys_of_the_hub_are_asked_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        async def play() -> None:
            gateway = made.gateway(HARBOUR)
            hub = HubStub(transport, gateway)
            await hub.ask("TRX_RESULT_NOTIFICATION", NOTICE)
            keys = other_hub_keys()

            async def renewed() -> dict[str, Any]:
                return keys.public_jwks()

            made.hub.jwks = renewed
            hub._jose = HubJose(keys, time.time)
            body = json.dumps(hub.body("TRX_RESULT_NOTIFICATION", NOTICE)).encode()
            assert (await hub.post("/trxresultnotification", body)).status == 401  # asked a moment ago: not again
            monkeypatch.setattr(partner, "_REFETCH_S", 0.0)
            assert (await hub.post("/trxresultnotification", body)).status == 200

        with world() as (made, transport):
            run(play())


class TestWhatGoesOut:
    def send(self, request: HubRequest, made: Any, transport: Any, hub: FakeHub, sender: Partner) -> HubAnswer:
        transport.connect_hub(LOOPBACK_HUB_URL, hub.handle)
        return run(sender.send(request))

    def test_a_payment_as_the_app_would_ask_for_it(self) -> None:
        with world() as (made, transport):
            gateway, holder, shop = made.gateway(HARBOUR), CARDHOLDERS[0], MERCHANTS[0]
            request = gateway.mpqrc_payment_emv(holder, shop, "10.00", trxNote="lunch")
            hub = FakeHub(gateway, {"trxInfo": {"qrcVoucherNo": "1"}, "msgResponse": {"responseCode": "00"}})
            answer = self.send(request, made, transport, hub, gateway)
            (body,) = hub.received
            assert (request.path, request.message) == ("/scis/switch/qremvpayment", "MPQRC_PAYMENT_EMV")
            info = body["msgInfo"]
            assert info["msgID"] == request.msg_id
            assert (info["insID"], info["msgType"], info["timeStamp"]) == (HARBOUR, "MPQRC_PAYMENT_EMV", "20260302040000")
            assert body["trxInfo"] == {
                "deviceID": holder.device_id,
                "userID": holder.user_id,
                "token": holder.token.reveal(),
                "trxAmt": "10.00",
                "trxCurrency": "344",
                "mpqrcPayload": shop.qr,
                "merchantInfo": {
                    "acquirerIIN": ACQUIRER,
                    "fwdIIN": ACQUIRER,
                    "mid": shop.mid,
                    "merchantName": shop.name,
                    "mcc": shop.mcc,
                },
                "trxNote": "lunch",
            }
            assert (answer.status, answer.code, answer.trx) == (200, "00", {"qrcVoucherNo": "1"})

    def test_every_field_can_be_changed_or_left_out(self) -> None:
        with world() as (made, _):
            gateway = made.gateway(HARBOUR)
            request = gateway.mpqrc_payment_emv(
                CARDHOLDERS[0], MERCHANTS[3].qr, "1", currency="392", token=None, deviceID="x", msg_id="M"
            )
            assert request.body["msgInfo"]["msgID"] == request.msg_id == "M"
            assert set(request.body["trxInfo"]) == {"deviceID", "userID", "trxAmt", "trxCurrency", "mpqrcPayload"}
            assert request.body["trxInfo"]["deviceID"] == "x"
            asked = gateway.request("CVM_INQUIRY", info={"insID": "0", "timeStamp": None}, path="/elsewhere")
            assert asked.path == "/elsewhere"
            assert set(asked.body["msgInfo"]) == {"versionNo", "msgID", "msgType", "insID"}
            assert asked.body["msgInfo"]["insID"] == "0"
            assert "trxInfo" not in asked.body
            inquiry = gateway.trx_result_inquiry(CARDHOLDERS[0], "M", userID=None)
            assert inquiry.body["trxInfo"]["origMsgType"] == "MPQRC_PAYMENT_EMV"
            assert "userID" not in inquiry.body["trxInfo"]
            of_acquirer = made.acquirer().trx_result_inquiry("M", "CPQRC_PAYMENT")
            assert of_acquirer.path == "/scis/acquirer/trxresultinquiry"

    def test_channels_and_industries_speak_the_flat_form(self) -> None:
        with world() as (made, _):
            request = made.partners[PARKING].request("SUBMIT_PAYMENT_ORDER", {"orderId": "1"})
            assert request.path == "/ucsp/v1/submitpaymentorder"
            assert request.body == {"msgID": request.msg_id, "industryCode": "60010001", "orderId": "1"}
            assert request.msg_id.startswith("A60010001")
            channel = made.partners[HARBOUR_CHANNEL].request("CHANNEL_LOGIN_INFO")
            assert channel.body["channelCode"] == "HARBOUR01"

    def test_both_directions_are_in_the_journal(self) -> None:
        with world() as (made, transport):
            heard = []
            stop = made.journal.listen(heard.append)
            gateway = made.gateway(HARBOUR)
            sent = self.send(
                gateway.mpqrc_payment_emv(CARDHOLDERS[0], MERCHANTS[0], "1.00"), made, transport, FakeHub(gateway), gateway
            )
            made.faults.add(HARBOUR, "TRX_RESULT_NOTIFICATION", "code:96")
            run(HubStub(transport, gateway).ask("TRX_RESULT_NOTIFICATION", NOTICE))
            rows = [(e.sender, e.receiver, e.message, e.kind, e.code) for e in made.journal.entries()]
            assert rows == [
                (HARBOUR, HUB, "MPQRC_PAYMENT_EMV", "req", ""),
                (HUB, HARBOUR, "MPQRC_PAYMENT_EMV", "resp", sent.code),
                (HUB, HARBOUR, "TRX_RESULT_NOTIFICATION", "req", ""),
                (HARBOUR, HUB, "TRX_RESULT_NOTIFICATION", "resp", "96"),
            ]
            assert heard == made.journal.entries()
            assert made.journal.entries(after=3) == heard[3:]
            assert [entry.ms > 0 for entry in heard] == [False, True, False, True]
            assert heard[3].fault == "code:96"
            assert set(msgspec.to_builtins(heard[0])) >= {"at", "from", "to", "message", "kind", "msgID", "code", "ms"}
            stop()
            run(HubStub(transport, gateway).ask("TRX_RESULT_NOTIFICATION", NOTICE))
            assert len(heard) == 4

    def test_silence_leaves_a_request_without_a_response(self) -> None:
        with world() as (made, transport):
            made.faults.add(HARBOUR, "TRX_RESULT_NOTIFICATION", "book_then_no_answer")
            with pytest.raises(Exception, match="no answer"):
                run(HubStub(transport, made.gateway(HARBOUR)).ask("TRX_RESULT_NOTIFICATION", NOTICE, timeout_s=0.05))
            assert [entry.kind for entry in made.journal.entries()] == ["req"]
            assert len(made.gateway(HARBOUR).inbox.items()) == 1  # received, though never answered

    def test_an_answer_that_is_not_the_hubs(self) -> None:
        with world() as (made, transport):
            gateway = made.gateway(HARBOUR)
            hub = FakeHub(gateway)
            hub.jose = HubJose(other_hub_keys(), time.time)
            hub.jose.verify_request = lambda *_: None  # type: ignore[assignment, method-assign, return-value]
            with pytest.raises(NotGenuine) as wrong:
                self.send(gateway.request("CVM_INQUIRY"), made, transport, hub, gateway)
            assert wrong.value.cause is Cause.KID_UNKNOWN

    def test_a_refusal_at_the_hubs_gate_comes_unsigned(self) -> None:
        with world() as (made, transport):
            gateway = made.gateway(HARBOUR)
            refusal = {"MsgResponse": {"responseCode": "E0", "responseMsg": "Unauthorized access"}}
            answer = self.send(gateway.request("CVM_INQUIRY"), made, transport, FakeHub(gateway, refusal, 401), gateway)
            assert (answer.status, answer.code, answer.text) == (401, "E0", "Unauthorized access")

    def test_a_hub_that_is_not_there(self) -> None:
        with world() as (made, _), pytest.raises(NotSent):
            run(made.gateway(HARBOUR).ask("CVM_INQUIRY"))


def test_an_identity_never_prints_its_keys() -> None:
    identity = light_identities()[BANK]
    assert identity.signing["d"] not in repr(identity)
    assert identity.encryption["d"] not in f"{identity}"


def test_paths_of_the_hub() -> None:
    assert hub_path(Role.APP_GATEWAY, "KYC_VERIFICATION") == "/scis/switch/kycverify"
    assert hub_path(Role.APP_GATEWAY, "KEY_EXCHANGE") == "/uags/api/v1/exchange"
    assert hub_path(Role.ACQUIRER, "CPQRC_PAYMENT") == "/scis/acquirer/cpqrcpayment"
    assert hub_path(Role.ACQUIRER, "PAYMENT_RESULT") == "/ucsp/v1/paymentresult"
    assert hub_path(Role.CHANNEL, "CHANNEL_LOGIN_INFO") == "/ucsp/v1/channellogininfo"
    assert partner_path("DEBIT_TRANSACTION") == "/debittransaction"
