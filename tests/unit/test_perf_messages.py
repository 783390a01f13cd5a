"""What the load generator sends is really signed, and what it takes for a right answer is one."""

from __future__ import annotations

import json
import time
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

import scenarios
from loadgen.messages import Cardholder, Merchant, Reply, Sandbox, Step
from scenarios import MixError
from scenarios.merchant_qr import ASK, PAY
from support.keys import hub_keys
from support.sandbox import give_keys, light_identities
from unionhub.adapters.jose.facade import HubJose
from unionhub.domain.model.parties import Party, PartyState, Role
from unionhub.hosts.sandbox.control import describe_merchant
from unionhub.hosts.sandbox.keyring import public_keys
from unionhub.hosts.sandbox.seeds import HARBOUR, MERCHANTS, PEAK

MIX = Path(scenarios.__file__).parents[1] / "mix.toml"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Sandbox:
    home = tmp_path_factory.mktemp("home")
    give_keys(home)
    holders = [
        Cardholder(user_id="u", device_id="d", gateway=gateway, token="6236", currency="344", balance=balance)
        for gateway, balance in ((HARBOUR, "5000.00"), (PEAK, "5000.00"), (PEAK, "1.00"))
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


def drawn(sandbox: Sandbox, mix: Path = MIX, count: int = 200) -> list[list[Step]]:
    chosen, dice = scenarios.load(mix, sandbox), Random(7)
    return [[step for step in chosen.draw(dice) if isinstance(step, Step)] for _ in range(count)]


def answer(step: Step, *, signer: str | None = None, status: int = 200, **changes: Any) -> Reply:
    """The hub's answer to `step`, changed and then signed."""
    asked = json.loads(step.body)
    trx = {"trxAmt": asked["trxInfo"].get("trxAmt"), "trxCurrency": "344"} | changes.pop("trx", {})
    content = {"msgInfo": asked["msgInfo"], "trxInfo": trx, "msgResponse": {"responseCode": "00"}} | changes
    body = json.dumps(content).encode()
    signature = HubJose(hub_keys(), time.time).sign_response(body, party(signer or step.signer.app_id))
    return Reply(status=status, headers={"upi-jws": signature}, body=body)


class TestMerchantQr:
    def test_the_hub_takes_it_for_the_gateways_own(self, sandbox: Sandbox) -> None:
        hub = HubJose(hub_keys(), time.time)
        seen = set()
        for payment, *_ in drawn(sandbox, count=20):
            verified = hub.verify_request(payment.headers["UPI-JWS"], payment.path, payment.body, party, {Role.APP_GATEWAY})
            seen.add((verified.party.app_id, verified.uuid, payment.msg_id))
        assert len(seen) == 20
        assert len({uuid for _, uuid, _ in seen}) == 20
        assert len({msg_id for *_, msg_id in seen}) == 20
        assert {app_id for app_id, *_ in seen} == {HARBOUR, PEAK}

    def test_a_small_share_asks_afterwards(self, sandbox: Sandbox) -> None:
        names = [[step.name for step in journey] for journey in drawn(sandbox)]
        assert all(steps[0] == PAY for steps in names)
        assert 1 <= sum(len(steps) == 2 for steps in names) <= 30
        assert {steps[1] for steps in names if len(steps) == 2} == {ASK}

    def test_the_inquiry_is_about_the_payment(self, sandbox: Sandbox) -> None:
        payment, inquiry = next(journey for journey in drawn(sandbox) if len(journey) == 2)
        assert json.loads(inquiry.body)["trxInfo"]["origMsgID"] == payment.msg_id
        amount = {"trxAmt": json.loads(payment.body)["trxInfo"]["trxAmt"]}
        assert inquiry.failure_of(answer(inquiry, trx=amount | {"paymentStatus": "APPROVED"}))[0] == ""
        assert inquiry.failure_of(answer(inquiry, trx=amount | {"paymentStatus": "PENDING"}))[0] == "status_PENDING"
        assert inquiry.failure_of(answer(inquiry, trx={"trxAmt": "0.01", "paymentStatus": "APPROVED"}))[0] == "amount_differs"

    def test_who_has_too_little_does_not_take_part(self, sandbox: Sandbox, tmp_path: Path) -> None:
        file = tmp_path / "mix.toml"
        file.write_text("[merchant_qr]\nleast_balance_minor = 1000000\n")
        with pytest.raises(MixError, match="enough money"):
            scenarios.load(file, sandbox)


class TestAnswers:
    @pytest.fixture
    def payment(self, sandbox: Sandbox) -> Step:
        return drawn(sandbox, count=1)[0][0]

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
    def test_wrong_ones_by_name(self, sandbox: Sandbox, changes: dict[str, Any], failure: str) -> None:
        payment = next(steps[0] for steps in drawn(sandbox) if steps[0].signer.app_id == PEAK)
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
            ("[merchant_qr]\ninquiry_share = 2\n", "inquiry_share"),
            ("no toml", "mix.toml"),
        ],
    )
    def test_a_mistake_names_its_place(self, sandbox: Sandbox, tmp_path: Path, text: str, match: str) -> None:
        file = tmp_path / "mix.toml"
        file.write_text(text)
        with pytest.raises(MixError, match=match):
            scenarios.load(file, sandbox)
