"""The simulated app gateway and acquirer: every request they can make, and the cardholder who answers by himself."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from support.keys import hub_keys
from support.sandbox import HubStub, code, identities, msg_id, run, until, world
from unionhub.adapters.http.transport import HttpReply
from unionhub.adapters.jose.facade import HubJose
from unionhub.domain.model.identifiers import AccountNumber, Pan, Token
from unionhub.domain.model.parties import Party, PartyState, Role
from unionhub.hosts.sandbox import keyring
from unionhub.hosts.sandbox.acquirer import Acquirer
from unionhub.hosts.sandbox.gateway import Gateway
from unionhub.hosts.sandbox.members import AppUser
from unionhub.hosts.sandbox.partner import HubRequest, Partner
from unionhub.hosts.sandbox.seeds import CARDHOLDERS, HARBOUR, MERCHANTS, PEAK, PRESET_MERCHANTS, URL_CODES
from unionhub.hosts.sandbox.world import LOOPBACK_HUB_URL, World

Json = dict[str, Any]

HOLDER, PAYEE, SHOP, POWER = CARDHOLDERS[0], CARDHOLDERS[1], MERCHANTS[0], PRESET_MERCHANTS[0]
TOKEN = HOLDER.token.reveal()
DEVICE = {"deviceID": HOLDER.device_id, "userID": HOLDER.user_id}
CARD = {**DEVICE, "token": TOKEN}
AMOUNT = {"trxAmt": "5.00", "trxCurrency": "344"}
PERSON = {"lastName": "Lam", "idNo": "A1234563"}
PRESET = {"merchantName": POWER.name, "mid": POWER.mid}
SALE = {
    **AMOUNT,
    "merchantInfo": {
        "acquirerIIN": SHOP.acquirer_iin,
        "fwdIIN": SHOP.forwarding_iin,
        "mid": SHOP.mid,
        "merchantName": SHOP.name,
        "mcc": SHOP.mcc,
    },
}
KEY = {"acquirerIIN": "1", "forwardingIIN": "2", "systemTraceAuditNumber": "3", "transmissionDateTime": "4"}


class FakeHub:
    """The hub's end: verifies, keeps what came, answers `00` with the members of `says`."""

    def __init__(self, partner: Partner) -> None:
        identity = partner.identity
        self.received: list[Json] = []
        self.says: Json = {}
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
        answer = json.dumps({"trxInfo": self.says, "msgResponse": {"responseCode": "00", "responseMsg": "Approved"}}).encode()
        return HttpReply(status=200, headers={"upi-jws": self.jose.sign_response(answer, self.party)}, body=answer)

    def opened(self, jwe: str) -> Json:
        content: Json = json.loads(self.jose.open_from(self.party, jwe))
        return content


class Scene(msgspec.Struct, frozen=True):
    world: World
    gateway: Gateway
    acquirer: Acquirer
    hub: FakeHub  # what the gateway, or the acquirer, sends to
    voice: HubStub  # what speaks to the gateway


def at_the_hub(test: Callable[[Scene], Awaitable[None]], role: Role = Role.APP_GATEWAY) -> None:
    """Run `test` with a hub that the partner of that role sends to."""

    async def play() -> None:
        await made.open()
        gateway, acquirer = made.gateway(HARBOUR), made.acquirer()
        hub = FakeHub(gateway if role is Role.APP_GATEWAY else acquirer)
        transport.connect_hub(LOOPBACK_HUB_URL, hub.handle)
        await test(Scene(made, gateway, acquirer, hub, HubStub(transport, gateway)))

    with world() as (made, transport):
        run(play())


GATEWAY_REQUESTS: tuple[tuple[str, str, Callable[[Gateway], HubRequest], Json], ...] = (
    ("CVM_INQUIRY", "cvminquiry", lambda g: g.cvm_inquiry(), {}),
    (
        "OPEN_ACCOUNT",
        "openaccount",
        lambda g: g.open_account(HOLDER.user_id, HOLDER.device_id, "A1", "119771", [{"dataType": "selfPhoto"}]),
        {**DEVICE, "origMsgID": "A1", "origReferNo": "119771", "cvmAddtlDocums": [{"dataType": "selfPhoto"}]},
    ),
    (
        "OTP_REQUEST",
        "otprequest",
        lambda g: g.otp_request(HOLDER.user_id, HOLDER.device_id, "A1"),
        {**DEVICE, "origMsgID": "A1"},
    ),
    (
        "OTP_VERIFICATION",
        "otpverification",
        lambda g: g.otp_verification(HOLDER.user_id, HOLDER.device_id, "A1", "123456"),
        {**DEVICE, "origMsgID": "A1", "otpValue": "123456"},
    ),
    (
        "CARD_STATUS_MANAGEMENT",
        "cardstatusmgt",
        lambda g: g.card_status_management(HOLDER, "SUSPEND"),
        {**CARD, "tokenAction": "SUSPEND"},
    ),
    ("CARD_STATUS_INQUIRY", "cardstatusinquiry", lambda g: g.card_status_inquiry(HOLDER), CARD),
    ("CARD_BALANCE_INQUIRY", "cardbalanceinquiry", lambda g: g.card_balance_inquiry(HOLDER), CARD),
    ("CARDFACE_DOWNLOADING", "cardfacedownloading", lambda g: g.cardface_downloading("100101"), {"cardfaceID": "100101"}),
    (
        "EXCHANGE_RATE_INQUIRY",
        "exchangerateinquiry",
        lambda g: g.exchange_rate_inquiry("10.00", "156", "344"),
        {"origCurrency": "156", "origAmt": "10.00", "exchangeCurrency": "344"},
    ),
    (
        "QRC_INFO_INQUIRY",
        "qrcinfoinquiry",
        lambda g: g.qrc_info_inquiry(HOLDER, URL_CODES[0]),
        {**DEVICE, "mpqrcPayload": URL_CODES[0].url},
    ),
    (
        "MPQRC_PAYMENT_URL",
        "qrurlpayment",
        lambda g: g.mpqrc_payment_url(HOLDER, URL_CODES[1], "A1"),
        {
            **CARD,
            "origTrxMsgID": "A1",
            "trxAmt": "36.00",
            "trxCurrency": "156",
            "mpqrcPayload": URL_CODES[1].url,
            "merchantInfo": {"merchantName": URL_CODES[1].name, "mcc": URL_CODES[1].mcc},
        },
    ),
    (
        "MPQRC_PAYMENT_URL",
        "qrurlpayment",
        lambda g: g.mpqrc_payment_url(HOLDER, "https://x", "A1", "7.00"),
        {**CARD, "origTrxMsgID": "A1", "trxAmt": "7.00", "trxCurrency": "156", "mpqrcPayload": "https://x"},
    ),
    ("QRC_GENERATION", "qrcgeneration", lambda g: g.qrc_generation(HOLDER), {**CARD, "cpqrcNo": "01"}),
    (
        "QRC_GENERATION",
        "qrcgeneration",
        lambda g: g.qrc_generation(HOLDER, 3, "900.00", "500.00"),
        {**CARD, "cpqrcNo": "03", "trxLimit": "900.00", "cvmLimit": "500.00", "limitCurrency": "344"},
    ),
    (
        "ADDITIONAL_PROCESSING_RESULT",
        "additionalprocessingresult",
        lambda g: g.additional_processing_result(HOLDER, "U1", "REJECTED", barcode="62"),
        {
            **CARD,
            "origMsgID": "U1",
            "barcodeCpqrcPayload": ["62"],
            "paymentStatus": "REJECTED",
            "rejectionReason": "Rejected by the cardholder",
        },
    ),
    (
        "BILL_PAYMENT",
        "billpayment",
        lambda g: g.bill_payment(HOLDER, POWER, "5.00"),
        {**CARD, **AMOUNT, "merchantInfo": PRESET},
    ),
    (
        "CREDIT_TRANSACTION",
        "credittransaction",
        lambda g: g.credit_transaction(HOLDER, POWER, "5.00"),
        {"token": TOKEN, **AMOUNT, "merchantInfo": PRESET},
    ),
    (
        "GET_CASH_OUT_TOKEN",
        "cashouttoken",
        lambda g: g.get_cash_out_token(HOLDER, "5.00"),
        {**CARD, **AMOUNT, "trxTokenType": "WITHDRAW"},
    ),
)


@pytest.mark.parametrize(("message", "path", "build", "trx"), GATEWAY_REQUESTS, ids=[row[0] for row in GATEWAY_REQUESTS])
def test_a_gateways_request(message: str, path: str, build: Callable[[Gateway], HubRequest], trx: Json) -> None:
    async def play(scene: Scene) -> None:
        request = build(scene.gateway)
        assert (request.message, request.path) == (message, f"/scis/switch/{path}")
        assert (await scene.gateway.send(request)).code == "00"
        (body,) = scene.hub.received
        assert (body["msgInfo"]["msgType"], body["msgInfo"]["insID"]) == (message, HARBOUR)
        assert body.get("trxInfo", {}) == trx

    at_the_hub(play)


def test_what_a_gateway_seals_is_for_the_hub_alone() -> None:
    async def play(scene: Scene) -> None:
        gateway, user = scene.gateway, (HOLDER.user_id, HOLDER.device_id)
        built = (
            (await gateway.kyc_verification(*user, PERSON, insPrd="P1"), "cvmInfo", PERSON),
            (await gateway.card_enrollment(*user, {**PERSON, "accountNo": "1"}), "cvmInfo", {**PERSON, "accountNo": "1"}),
            (await gateway.p2p_transfer(HOLDER, PAYEE, "5.00"), "creditAccountInfo", {"token": PAYEE.token.reveal()}),
            (await gateway.p2p_transfer(HOLDER, PAYEE.token, "5.00"), "creditAccountInfo", {"token": PAYEE.token.reveal()}),
            (await gateway.p2p_transfer(HOLDER, AccountNumber("12"), "5.00"), "creditAccountInfo", {"accountNo": "12"}),
            (await gateway.p2p_transfer(HOLDER, {"pan": "6"}, "5.00"), "creditAccountInfo", {"pan": "6"}),
        )
        for request, name, content in built:
            trx = request.body["trxInfo"]
            assert trx.items() >= DEVICE.items()
            assert scene.hub.opened(trx[name]) == content
        assert built[0][0].body["trxInfo"]["insPrd"] == "P1"

    at_the_hub(play)


def test_new_keys_are_offered_without_their_private_halves() -> None:
    async def play(scene: Scene) -> None:
        keys = scene.gateway.identity
        request = scene.gateway.key_exchange(keys)
        trx = request.body["trxInfo"]
        assert request.path == "/uags/api/v1/exchange"
        assert (trx["insSignCertID"], trx["insEncCertID"]) == (keys.signing["kid"], keys.encryption["kid"])
        for name, private in (("insSignPublicKey", keys.signing), ("insEncPublickey", keys.encryption)):
            jwk = json.loads(trx[name])
            assert jwk.items() <= private.items()
            assert "d" not in jwk

    at_the_hub(play)


@pytest.mark.parametrize("plaintext", [TOKEN, json.dumps({"pan": TOKEN})])
def test_a_card_that_is_issued_is_known_and_its_number_opens(plaintext: str) -> None:
    async def play(scene: Scene) -> None:
        gateway = scene.gateway
        scene.hub.says = {"token": PAYEE.token.reveal(), "pan": scene.hub.jose.seal_for(scene.hub.party, plaintext.encode())}
        assert PAYEE.token.reveal() not in gateway.users
        answer = await gateway.send(gateway.open_account("u1", "d1", "A1", "1"))
        assert await gateway.opened_pan(answer) == Pan.parse(TOKEN)
        user = gateway.users[PAYEE.token.reveal()]
        assert user == AppUser(user_id="u1", device_id="d1", token=Token.parse(PAYEE.token.reveal()))
        assert gateway.card_status_inquiry(user).body["trxInfo"] == {
            "deviceID": "d1",
            "userID": "u1",
            "token": user.token.reveal(),
        }

    at_the_hub(play)


ASKED: Json = {
    "deviceID": HOLDER.device_id,
    "token": TOKEN,
    **AMOUNT,
    "emvCpqrcPayload": ["hQVD"],
    "merchantName": SHOP.name,
}


class TestTheCardholder:
    def test_says_yes_by_himself_and_once(self) -> None:
        async def play(scene: Scene) -> None:
            scene.gateway.cardholder_after_s = 0.05
            number = msg_id(HARBOUR)
            for _ in range(2):
                assert code(await scene.voice.ask("ADDITIONAL_PROCESSING", ASKED, number=number)) == "00"
            assert scene.hub.received == []  # not before the time
            await asyncio.sleep(0.15)
            (said,) = scene.hub.received
            assert said["msgInfo"]["msgType"] == "ADDITIONAL_PROCESSING_RESULT"
            wanted = {**CARD, "origMsgID": number, "emvCpqrcPayload": ["hQVD"], "paymentStatus": "CONTINUING"}
            assert said["trxInfo"] == wanted
            assert not scene.gateway._under_way

        at_the_hub(play)

    @pytest.mark.parametrize(("says", "told"), [("REJECTED", ["REJECTED"]), ("", [])])
    def test_says_no_or_nothing(self, says: str, told: list[str]) -> None:
        async def play(scene: Scene) -> None:
            scene.gateway.cardholder_after_s = 0.01
            scene.gateway.cardholder_says = says
            await scene.voice.ask("ADDITIONAL_PROCESSING", ASKED)
            scene.gateway.cardholder_says = "CONTINUING"  # too late
            await asyncio.sleep(0.1)
            assert [body["trxInfo"]["paymentStatus"] for body in scene.hub.received] == told

        at_the_hub(play)

    def test_of_a_new_card_or_an_unknown_one(self) -> None:
        async def play(scene: Scene) -> None:
            scene.gateway.cardholder_after_s = 0.0
            fresh = await scene.world.new_cardholder(HARBOUR)
            await scene.voice.ask("ADDITIONAL_PROCESSING", {**ASKED, "token": fresh.token.reveal()})
            await scene.voice.ask("ADDITIONAL_PROCESSING", {**ASKED, "token": "6236000000000000"})
            assert code(await scene.voice.ask("ADDITIONAL_PROCESSING", {"deviceID": "d"})) == "30"

            async def both() -> bool:
                return len(scene.hub.received) == 2

            await until(both)
            assert [body["trxInfo"].get("userID") for body in scene.hub.received] == [fresh.user_id, None]

        at_the_hub(play)

    def test_is_not_waited_for_at_the_end(self) -> None:
        async def play(scene: Scene) -> None:
            await scene.voice.ask("ADDITIONAL_PROCESSING", ASKED)
            (task,) = scene.gateway._under_way
            scene.gateway.close()
            await asyncio.gather(task, return_exceptions=True)
            assert task.cancelled()

        at_the_hub(play)

    def test_a_hub_that_is_gone_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        async def play(scene: Scene) -> None:
            scene.gateway.cardholder_after_s = 0.0
            scene.world.hub.base_url = "http://gone.sandbox"
            await scene.voice.ask("ADDITIONAL_PROCESSING", ASKED)
            await asyncio.sleep(0.05)
            assert f"partner {HARBOUR} could not finish" in caplog.text

        at_the_hub(play)


ACQUIRER_REQUESTS: tuple[tuple[str, Callable[[Acquirer], HubRequest], Json], ...] = (
    ("CPQRC_PAYMENT", lambda a: a.cpqrc_payment(SHOP, "5.00", emv="hQVD"), {**SALE, "emvCpqrcPayload": ["hQVD"]}),
    ("CPQRC_PAYMENT", lambda a: a.cpqrc_payment(SHOP, "5.00", barcode=["62"]), {**SALE, "barcodeCpqrcPayload": ["62"]}),
    ("REFUND", lambda a: a.refund("A1", "5.00"), {"origMsgID": "A1", **AMOUNT}),
    ("CANCELLATION", lambda a: a.cancellation(KEY, "5.00"), {"origSettlementKey": KEY, **AMOUNT}),
    ("REVERSAL", lambda a: a.reversal(KEY, "5.00"), {"origSettlementKey": KEY, **AMOUNT}),
    ("WITHDRAW", lambda a: a.withdraw(SHOP, "5.00", "123456789012345678"), {**SALE, "trxToken": "123456789012345678"}),
    ("TRX_RESULT_INQUIRY", lambda a: a.trx_result_inquiry("A1", "CPQRC_PAYMENT"), {}),
)


@pytest.mark.parametrize(("message", "build", "trx"), ACQUIRER_REQUESTS, ids=[row[0] for row in ACQUIRER_REQUESTS])
def test_an_acquirers_request(message: str, build: Callable[[Acquirer], HubRequest], trx: Json) -> None:
    async def play(scene: Scene) -> None:
        request = build(scene.acquirer)
        assert request.path == f"/scis/acquirer/{message.lower().replace('_', '')}"
        assert (await scene.acquirer.send(request)).code == "00"
        sent = scene.hub.received[0]["trxInfo"]
        key = sent.pop("settlementKey", None)
        if message == "TRX_RESULT_INQUIRY":
            assert sent == {"origMsgID": "A1", "origMsgType": "CPQRC_PAYMENT"}
            return
        assert sent == trx
        assert (key["acquirerIIN"], key["forwardingIIN"]) == (scene.acquirer.app_id, scene.acquirer.app_id)
        assert re.fullmatch(r"[0-9]{6}", key["systemTraceAuditNumber"])
        assert key["transmissionDateTime"] == f"{scene.world.clock.now():%m%d%H%M%S}"

    at_the_hub(play, Role.ACQUIRER)


def test_a_token_is_paid_with_sealed_and_settlement_keys_differ() -> None:
    async def play(scene: Scene) -> None:
        request = await scene.acquirer.token_payment(SHOP, "5.00", HOLDER.token, "801230235959", discountDetails=[])
        sent = request.body["trxInfo"]
        assert scene.hub.opened(sent["cardInfo"]) == {"token": TOKEN, "expiry": "801230235959"}
        assert sent["discountDetails"] == []
        keys = {scene.acquirer.settlement_key()["systemTraceAuditNumber"] for _ in range(100)}
        assert len(keys) == 100

    at_the_hub(play, Role.ACQUIRER)


def test_other_profiles_seal_and_offer_keys_too() -> None:
    async def play() -> None:
        for app_id in (HARBOUR, PEAK):
            request = await made.gateway(app_id).kyc_verification("u", "d", PERSON)
            assert FakeHub(made.gateway(app_id)).opened(request.body["trxInfo"]["cvmInfo"]) == PERSON
            made.gateway(app_id).key_exchange(made.gateway(app_id).identity)

    with world(partners=identities) as (made, _):
        run(play())
