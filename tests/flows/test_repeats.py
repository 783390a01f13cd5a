"""RULES section 2 for every message that leaves something behind: again, changed, while it is under way, fifty at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest
from flows.acts import ACTS, STEPPED_UP, Prepared, content_of

from support.house import House
from unionhub.hosts.sandbox.partner import HubRequest
from unionhub.hosts.sandbox.seeds import BANK, HARBOUR


@contextmanager
def wanting(home: House, message: str) -> Iterator[None]:
    """With a product that wants a one-time password, where the message is about one."""
    home.run(home.change_product(step_up=message in STEPPED_UP))
    yield
    home.run(home.change_product(step_up=False))
    home.run(home.work())


def bank_calls(home: House, prepared: Prepared) -> int:
    return len(home.world.partners[BANK].inbox.items(prepared.bank)) if prepared.bank else 0


def changed(request: HubRequest) -> HubRequest:
    """Other content under the same msgID, and nothing wrong with its form."""
    member = "deviceID" if "deviceID" in request.body["trxInfo"] else "trxAmt"
    if request.message == "CREDIT_TRANSACTION":
        member = "trxAmt"
    other = {"deviceID": "another-device", "trxAmt": "9.99"}[member]
    return msgspec.structs.replace(request, body={**request.body, "trxInfo": {**request.body["trxInfo"], member: other}})


@pytest.mark.parametrize("message", ACTS)
def test_again_it_gets_the_same_answer_and_other_content_78(patient: House, message: str) -> None:
    async def scenario() -> None:
        prepared = await ACTS[message](patient)
        request = await prepared.build(None)
        first = await prepared.sender.send(request)
        assert first.code == "00"
        told, calls = await content_of(patient, first), bank_calls(patient, prepared)
        patient.clock.advance(2)
        sealed_anew = await prepared.build(request.msg_id)
        for repeat in (request, sealed_anew):
            again = await prepared.sender.send(repeat)
            assert (again.code, await content_of(patient, again)) == ("00", told)
        assert (await prepared.sender.send(changed(request))).code == "78"
        if prepared.sender.app_id == HARBOUR:
            stranger = patient.world.gateway(HARBOUR).card_status_management(
                patient.world.cardholders[0], "RESUME", msg_id=request.msg_id
            )
            assert (await prepared.sender.send(stranger)).code == "78", "another message under the same msgID"
        assert (await prepared.sender.send(request)).code == "00", "the first is left alone"
        assert bank_calls(patient, prepared) == calls

    with wanting(patient, message):
        patient.run(scenario())


UNDER_WAY = [
    "KYC_VERIFICATION", "OPEN_ACCOUNT", "OTP_REQUEST", "GET_CASH_OUT_TOKEN", "BILL_PAYMENT", "CREDIT_TRANSACTION",
    "P2P_TRANSFER", "CPQRC_PAYMENT", "REFUND",
]  # fmt: skip


@pytest.mark.parametrize("message", UNDER_WAY)
def test_while_it_is_under_way_it_is_04_and_asked_once(patient: House, message: str) -> None:
    async def scenario() -> None:
        prepared = await ACTS[message](patient)
        calls = bank_calls(patient, prepared)
        patient.world.faults.add(BANK, prepared.bank, "answer_late", seconds=0.4)
        request = await prepared.build(None)
        sending = asyncio.create_task(prepared.sender.send(request))
        await patient.until(lambda: bank_calls(patient, prepared) > calls)
        meanwhile = await prepared.sender.send(request)
        first = await sending
        assert (meanwhile.code, first.code) == ("04", "00")
        again = await prepared.sender.send(request)
        assert (again.code, await content_of(patient, again)) == ("00", await content_of(patient, first))
        assert bank_calls(patient, prepared) == calls + 1

    with wanting(patient, message):
        patient.run(scenario())


@pytest.mark.parametrize("message", ["OPEN_ACCOUNT", "CPQRC_PAYMENT", "P2P_TRANSFER", "REFUND", "QRC_GENERATION"])
def test_fifty_at_once_are_one(patient: House, message: str) -> None:
    async def scenario() -> None:
        prepared = await ACTS[message](patient)
        calls = bank_calls(patient, prepared)
        request = await prepared.build(None)
        answers = await asyncio.gather(*(prepared.sender.send(request, timeout_s=60) for _ in range(50)))
        codes = Counter((answer.status, answer.code) for answer in answers)
        assert set(codes) <= {(200, "00"), (200, "04")}, codes
        final = await prepared.sender.send(request)
        assert final.code == "00"
        told = await content_of(patient, final)
        approved = [await content_of(patient, answer) for answer in answers if answer.code == "00"]
        assert approved
        assert all(content == told for content in approved), "one card, one set of codes, one reference"
        assert bank_calls(patient, prepared) == calls + bool(prepared.bank)

    with wanting(patient, message):
        patient.run(scenario())
