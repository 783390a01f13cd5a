"""What the load generator sends is really signed, and what it takes for a right answer is one."""

from __future__ import annotations

import json
import time
import tomllib
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

import scenarios
from loadgen.messages import Answer, Cardholder, Journey, Merchant, Reply, Sandbox, Step
from scenarios import MixError, consumer_qr
from scenarios.merchant_qr import ASK, PAY
from scenarios.p2p_transfer import TRANSFER
from support.keys import hub_keys
from support.sandbox import give_keys, light_identities
from unionhub.adapters.jose.facade import HubJose
from unionhub.adapters.wire.inbound import INBOUND
from unionhub.domain.model.parties import Party, PartyState, Role
from unionhub.hosts.sandbox.control import describe_merchant
from unionhub.hosts.sandbox.keyring import public_keys
from unionhub.hosts.sandbox.seeds import ACQUIRER, HARBOUR, MERCHANTS, PEAK

MIX = Path(scenarios.__file__).parents[1] / "mix.toml"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    home = tmp_path_factory.mktemp("home")
    give_keys(home)
    holders = [
        Cardholder(user_id="u", device_id=f"d{number}", gateway=gateway, token=f"6236{number}", currency="344", balance=balance)
        for number, (gateway, balance) in enumerate(((HARBOUR, "50000.00"), (PEAK, "50000.00"), (PEAK, "1.00")))
    ]
    merchants = [msgspec.convert(describe_merchant(merchant), Merchant) for merchant in MERCHANTS]
    return Sandbox(home, hub_keys().public_jwks(), holders, merchants)


def party(app_id: str) -> Party:
    identity = light_identities()[app_id]
    return Party(
        app_id=app_id,
        role=identity.role,
        name=identity.name,
        profile=identity.profile,
        state=PartyState.LIVE,
        keys=public_keys(identity),
    )


def mix_of(tmp_path_factory: pytest.TempPathFactory, name: str, **settings: Any) -> Path:
    """One scenario of mix.toml, changed."""
    table = tomllib.loads(MIX.read_text())[name] | settings
    file = tmp_path_factory.mktemp("mix") / f"{name}.toml"
    file.write_text("\n".join([f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in table.items())]))
    return file


@pytest.fixture(scope="module")
def merchant(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mix_of(tmp_path_factory, "merchant_qr")


def drawn(sandbox: Sandbox, mix: Path, count: int = 200) -> list[list[Step]]:
    chosen, dice = scenarios.load(mix, sandbox), Random(7)
    return [[step for step in chosen.draw(dice) if isinstance(step, Step)] for _ in range(count)]


def said(**trx: Any) -> Answer:
    return Answer(code="00", msg_id="m", trx=trx)


def answer(step: Step, *, signer: str | None = None, status: int = 200, **changes: Any) -> Reply:
    """The hub's answer to `step`, changed and then signed."""
    asked = json.loads(step.body)
    trx = {"trxAmt": asked["trxInfo"].get("trxAmt"), "trxCurrency": "344"} | changes.pop("trx", {})
    content = {"msgInfo": asked["msgInfo"], "trxInfo": trx, "msgResponse": {"responseCode": "00"}} | changes
    body = json.dumps(content).encode()
    signature = HubJose(hub_keys(), time.time).sign_response(body, party(signer or step.signer.app_id))
    return Reply(status=status, headers={"upi-jws": signature}, body=body)


class TestMerchantQr:
    def test_the_hub_takes_it_for_the_gateways_own(self, sandbox: Sandbox, merchant: Path) -> None:
        hub = HubJose(hub_keys(), time.time)
        seen = set()
        for payment, *_ in drawn(sandbox, merchant, count=20):
            verified = hub.verify_request(payment.headers["UPI-JWS"], payment.path, payment.body, party, {Role.APP_GATEWAY})
            seen.add((verified.party.app_id, verified.uuid, payment.msg_id))
        assert len(seen) == 20
        assert len({uuid for _, uuid, _ in seen}) == 20
        assert len({msg_id for *_, msg_id in seen}) == 20
        assert {app_id for app_id, *_ in seen} == {HARBOUR, PEAK}

    def test_a_small_share_asks_afterwards(self, sandbox: Sandbox, merchant: Path) -> None:
        names = [[step.name for step in journey] for journey in drawn(sandbox, merchant)]
        assert all(steps[0] == PAY for steps in names)
        assert 1 <= sum(len(steps) == 2 for steps in names) <= 30
        assert {steps[1] for steps in names if len(steps) == 2} == {ASK}

    def test_the_inquiry_is_about_the_payment(self, sandbox: Sandbox, merchant: Path) -> None:
        payment, inquiry = next(journey for journey in drawn(sandbox, merchant) if len(journey) == 2)
        assert json.loads(inquiry.body)["trxInfo"]["origMsgID"] == payment.msg_id
        amount = {"trxAmt": json.loads(payment.body)["trxInfo"]["trxAmt"]}
        assert inquiry.failure_of(answer(inquiry, trx=amount | {"paymentStatus": "APPROVED"}))[0] == ""
        assert inquiry.failure_of(answer(inquiry, trx=amount | {"paymentStatus": "PENDING"}))[0] == "status_PENDING"
        assert inquiry.failure_of(answer(inquiry, trx={"trxAmt": "0.01", "paymentStatus": "APPROVED"}))[0] == "amount_differs"

    def test_who_has_too_little_does_not_take_part(self, sandbox: Sandbox, tmp_path: Path) -> None:
        file = tmp_path / "mix.toml"
        file.write_text("[merchant_qr]\nleast_balance_minor = 100000000\n")
        with pytest.raises(MixError, match="enough money"):
            scenarios.load(file, sandbox)


class TestConsumerQr:
    CODES = said(emvCpqrcPayload=["emv"], barcodeCpqrcPayload=["62"])

    def journey(self, sandbox: Sandbox, factory: pytest.TempPathFactory, **settings: Any) -> Journey:
        return scenarios.load(mix_of(factory, "consumer_qr", **settings), sandbox).draw(Random(3))

    def second(self, journey: Journey) -> Step:
        pay = journey[1]
        assert not isinstance(pay, Step)
        return pay(self.CODES)

    @pytest.mark.parametrize(("share", "member"), [(0.0, "emvCpqrcPayload"), (1.0, "barcodeCpqrcPayload")])
    def test_the_acquirer_pays_with_the_code_just_made(
        self, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory, share: float, member: str
    ) -> None:
        journey = self.journey(sandbox, tmp_path_factory, barcode_share=share, above_limit_share=0.0)
        generation, payment = journey[0], self.second(journey)
        assert isinstance(generation, Step)
        assert (generation.name, payment.name, len(journey)) == (consumer_qr.GENERATE, consumer_qr.PAY, 2)
        assert (generation.signer.app_id in (HARBOUR, PEAK), payment.signer.app_id) == (True, ACQUIRER)
        assert (generation.minor, payment.minor > 0) == (0, True)
        trx = json.loads(payment.body)["trxInfo"]
        assert trx[member] == self.CODES.trx[member]
        assert len({"emvCpqrcPayload", "barcodeCpqrcPayload"} & trx.keys()) == 1

    def test_no_two_payments_have_one_settlement_key(self, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> None:
        journey = self.journey(sandbox, tmp_path_factory, above_limit_share=0.0)
        keys = [json.loads(self.second(journey).body)["trxInfo"]["settlementKey"] for _ in range(50)]
        assert len({tuple(key.items()) for key in keys}) == 50

    def test_above_the_limit_the_acquirer_asks_what_came_of_it(
        self, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        journey = self.journey(sandbox, tmp_path_factory, above_limit_share=1.0, asked_after_s=2.5)
        payment, ask = self.second(journey), journey[2]
        assert (payment.name, payment.right_code, payment.minor, payment.pause_s) == (consumer_qr.PAY_ABOVE, "04", 0, 2.5)
        assert int(json.loads(payment.body)["trxInfo"]["trxAmt"].replace(".", "")) > 1_000_00
        assert not isinstance(ask, Step)
        inquiry = ask(said())
        assert (inquiry.name, inquiry.pays_for, inquiry.signer.app_id) == (consumer_qr.ASK, payment.msg_id, ACQUIRER)
        assert json.loads(inquiry.body)["trxInfo"] == {"origMsgID": payment.msg_id, "origMsgType": "CPQRC_PAYMENT"}
        assert inquiry.minor > 0
        assert inquiry.check(said(paymentStatus="PENDING")) == "status_PENDING"

    @pytest.mark.parametrize("codes", [None, [], [""], ["a", "b"]])
    def test_an_answer_without_its_one_code(
        self, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory, codes: list[str] | None
    ) -> None:
        generation = self.journey(sandbox, tmp_path_factory)[0]
        assert isinstance(generation, Step)
        assert generation.check(self.CODES) == ""
        assert generation.check(said(emvCpqrcPayload=codes, barcodeCpqrcPayload=["62"])) == "no_emvCpqrcPayload"


class TestP2pTransfer:
    def test_the_payee_is_sealed_and_somebody_else(self, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> None:
        hub = HubJose(hub_keys(), time.time)
        (row,) = (row for row in INBOUND if row.name == "P2P_TRANSFER")
        for (transfer,) in drawn(sandbox, mix_of(tmp_path_factory, "p2p_transfer"), count=10):
            sender = party(transfer.signer.app_id)
            hub.verify_request(transfer.headers["UPI-JWS"], row.path, transfer.body, party, row.roles)
            trx = json.loads(transfer.body)["trxInfo"]
            payee = json.loads(hub.open_from(sender, trx["creditAccountInfo"]))
            assert transfer.name == TRANSFER
            assert {payee["token"], trx["token"]} == {"62360", "62361"}  # the third one has too little

    def test_a_right_answer(self, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> None:
        ((transfer,),) = drawn(sandbox, mix_of(tmp_path_factory, "p2p_transfer"), count=1)
        device = json.loads(transfer.body)["trxInfo"]["deviceID"]
        assert transfer.check(said(deviceID=device, referNo="1")) == ""
        assert transfer.check(said(deviceID=device)) == "no_reference"
        assert transfer.check(said(deviceID="other", referNo="1")) == "device_differs"


class TestForms:
    def test_every_message_of_the_mix_can_be_counted(self, sandbox: Sandbox) -> None:
        forms = scenarios.load(MIX, sandbox).forms(Random(1))
        assert [len(journey) for journey in forms] == [2, 2, 3, 1, 1, 4, 4]


class TestAnswers:
    @pytest.fixture
    def payment(self, sandbox: Sandbox, merchant: Path) -> Step:
        return drawn(sandbox, merchant, count=1)[0][0]

    def test_a_right_one(self, payment: Step) -> None:
        assert payment.failure_of(answer(payment))[0] == ""

    @pytest.mark.parametrize(
        ("changes", "failure"),
        [
            ({"msgResponse": {"responseCode": "61"}}, "code_61"),
            ({"msgResponse": {"responseCode": "04"}}, "code_04"),
            ({"msgInfo": {"msgID": "A9901034420260101000000000000"}}, "answer_of_another"),
            ({"trx": {"trxAmt": "0.01"}}, "amount_differs"),
            ({"trx": {"trxCurrency": "392"}}, "amount_differs"),
            ({"status": 401}, "http_401"),
            ({"signer": HARBOUR}, "signature_appid_other"),
        ],
    )
    def test_wrong_ones_by_name(self, sandbox: Sandbox, merchant: Path, changes: dict[str, Any], failure: str) -> None:
        payment = next(steps[0] for steps in drawn(sandbox, merchant) if steps[0].signer.app_id == PEAK)
        assert payment.failure_of(answer(payment, **changes))[0] == failure

    def test_a_body_that_was_changed_on_the_way(self, payment: Step) -> None:
        reply = answer(payment)
        forged = msgspec.structs.replace(reply, body=reply.body + b" ")
        assert payment.failure_of(forged)[0].startswith("signature_")
        assert payment.failure_of(msgspec.structs.replace(reply, headers={}))[0].startswith("signature_")


class TestMix:
    @pytest.mark.parametrize(
        ("text", "match"),
        [
            ("[merchant_qr]\nweight = 0\n", "weight"),
            ("[merchant_qr]\nwieght = 1\n", "wieght"),
            ("[p2p]\nweight = 1\n", "merchant_qr"),
            ("[consumer_qr]\nasked_after_s = 0\n", "asked_after_s"),
            ("[p2p_transfer]\nleast_balance_minor = 100000000\n", "enough money"),
            ("[merchant_qr]\ninquiry_share = 2\n", "inquiry_share"),
            ("no toml", "mix.toml"),
        ],
    )
    def test_a_mistake_names_its_place(self, sandbox: Sandbox, tmp_path: Path, text: str, match: str) -> None:
        file = tmp_path / "mix.toml"
        file.write_text(text)
        with pytest.raises(MixError, match=match):
            scenarios.load(file, sandbox)
