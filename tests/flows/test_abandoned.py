"""Acts whose host died and whose sender never came back are ended by the worker: everything that waits has an owner."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from support.house import House
from unionhub.domain.flows.invariants import ActsEndInTime, check
from unionhub.domain.model.acts import Act
from unionhub.domain.model.enrolment import Enrolment, EnrolmentState
from unionhub.hosts.sandbox.seeds import BANK, HARBOUR, PRODUCT


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
