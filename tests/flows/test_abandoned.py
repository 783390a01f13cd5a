"""Acts whose host died and whose sender never came back are ended by the worker: everything that waits has an owner."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest

from support.house import House
from unionhub.domain.flows.acts import ActRunner, Pending
from unionhub.domain.flows.invariants import ActsEndInTime, check
from unionhub.domain.flows.numbers import Numbers
from unionhub.domain.model.acts import Act
from unionhub.domain.model.enrolment import Enrolment, EnrolmentEvent, EnrolmentState
from unionhub.domain.model.policy import OutcomePolicy
from unionhub.hosts.sandbox.seeds import BANK, HARBOUR, PRODUCT
from unionhub.ports.store import UnitOfWork


async def left_open(house: House, kind: str, state: EnrolmentState | None) -> tuple[int, int]:
    """An act that is open and past its deadline, with its enrolment if it has one: what a killed host leaves."""
    now = house.clock.now()
    number = await house.hub.sequences.next("message")
    act_id, enrolment_id = number * 10**6, number * 10**6 + 1
    subject = enrolment_id if state else None
    act = Act(
        act_id=act_id,
        kind=kind,
        sender=HARBOUR,
        msg_id=f"A{HARBOUR}{act_id:020d}",
        opened_at=now,
        due_at=now + timedelta(seconds=20),
        subject_id=subject,
    )
    async with house.hub.store.begin() as uow:
        await uow.record_act(act)
        if state is not None:
            await uow.add_enrolment(
                Enrolment(
                    enrolment_id=enrolment_id,
                    kind="CARD_ENROLLMENT" if kind == "CARD_ENROLLMENT" else "OPEN_ACCOUNT",
                    state=state,
                    gateway=HARBOUR,
                    user_id="u",
                    device_id="d",
                    issuer=BANK,
                    product_id=PRODUCT.product_id,
                    msg_id=act.msg_id,
                    opened_at=now,
                    act_id=act_id,
                )
            )
        await uow.commit()
    return act_id, enrolment_id


@pytest.mark.parametrize(
    ("kind", "state", "code"),
    [
        ("KYC_VERIFICATION", EnrolmentState.VERIFYING, "98"),
        ("CARD_ENROLLMENT", EnrolmentState.VERIFYING, "98"),
        ("CARD_ENROLLMENT", EnrolmentState.STEP_UP, "95"),
        ("GET_CASH_OUT_TOKEN", None, "98"),
        ("OTP_REQUEST", None, "98"),
    ],
)
def test_it_is_ended_once_its_time_is_up(house: House, kind: str, state: EnrolmentState | None, code: str) -> None:
    async def scenario() -> None:
        act_id, enrolment_id = await left_open(house, kind, state)
        late = ActsEndInTime(house.hub.store, house.clock, timedelta(seconds=30))
        await house.hub.worker.keep_house()
        async with house.hub.store.begin() as uow:
            act = await uow.act(act_id)
        assert act is not None
        assert act.code == "", "its host may only be slow"
        house.clock.advance(100)
        assert [each.invariant for each in await check((late,))] == ["acts_end_in_time"]
        await house.hub.worker.keep_house()
        async with house.hub.store.begin() as uow:
            act, enrolment = await uow.act(act_id), await uow.enrolment(enrolment_id)
        assert act is not None
        assert act.code == code
        assert enrolment is None or enrolment.state is EnrolmentState.REFUSED
        assert await check((late,)) == []

    house.run(scenario())


class AsksForAPassword:
    """The second transaction of an enrolment whose host stood still while the bank was asked."""

    message = "CARD_ENROLLMENT"

    async def close(self, uow: UnitOfWork, act: Act, work: Enrolment, result: None) -> Pending:
        assert await uow.move_enrolment(work.moved(EnrolmentEvent.STEP_UP))
        return Pending(subject_id=work.enrolment_id)

    async def recall(self, uow: UnitOfWork, act: Act) -> None: ...


@pytest.mark.parametrize(
    ("told", "code", "state"), [("98", "98", EnrolmentState.VERIFYING), ("", "04", EnrolmentState.STEP_UP)]
)
def test_a_host_that_stood_still_goes_on_only_while_nobody_was_told_otherwise(
    house: House, told: str, code: str, state: EnrolmentState
) -> None:
    """Who heard `98` must not be sent a password, and then get a card."""

    async def scenario() -> None:
        hub = house.hub
        runner = ActRunner(hub.store, house.clock, Numbers(hub.sequences), OutcomePolicy(), hub.telemetry)
        act_id, enrolment_id = await left_open(house, "CARD_ENROLLMENT", EnrolmentState.VERIFYING)
        async with hub.store.begin() as uow:
            act, enrolment = await uow.act(act_id), await uow.enrolment(enrolment_id)
            assert act is not None
            if told:
                assert await uow.close_act(msgspec.structs.replace(act, code=told))
            await uow.commit()
        answered = await runner.finish(AsksForAPassword(), act, enrolment, None)
        async with hub.store.begin() as uow:
            act, enrolment = await uow.act(act_id), await uow.enrolment(enrolment_id)
        assert (answered.code, act and act.code, enrolment and enrolment.state) == (code, told, state)

    house.run(scenario())


def test_the_worker_tells_of_what_is_forgotten(house: House) -> None:
    """An act that somehow nobody ends for hours is an operator's matter, and the worker says so by itself."""

    class Broken:
        name = "acts_end_in_time"
        message = "an act was abandoned, and nobody ended it"

        async def findings(self) -> AsyncIterator[str]:
            yield "KYC_VERIFICATION 7 is open since yesterday"

    async def scenario() -> None:
        told: list[tuple[str, dict[str, object]]] = []
        worker, telemetry = house.hub.worker, house.hub.telemetry
        usual = worker._watch
        alarm = telemetry.alarm
        telemetry.alarm = lambda name, /, **facts: told.append((name, facts))  # type: ignore[method-assign]
        try:
            worker._watch = (*usual, Broken())
            await worker.keep_house()
        finally:
            worker._watch, telemetry.alarm = usual, alarm  # type: ignore[method-assign]
        expected = {"invariant": "acts_end_in_time", "evidence": "KYC_VERIFICATION 7 is open since yesterday"}
        assert ("invariant_broken", expected) in told

    house.run(scenario())
