"""`unionhub parties accesses`: the trail of who asked for whose card."""

from __future__ import annotations

from typing import Any

from contracts.store_samples import NOW, SECOND
from support.operator import Operator
from unionhub.domain.flows.card_info import GRANTED, PAYLOAD_ACCESS, REFUSED, user_subject
from unionhub.domain.model.audit import AuditEntry
from unionhub.hosts.sandbox.seeds import PARKING, TRAVEL


def test_who_asked_for_the_card_of_a_user(unionhub: Operator) -> None:
    async def write(uow: Any) -> None:
        for seconds, (user, actor, outcome, detail) in enumerate(
            (
                ("mei", PARKING, GRANTED, "token of 6291********0012"),
                ("mei", TRAVEL, REFUSED, "57"),
                ("another", TRAVEL, REFUSED, "14"),
            )
        ):
            await uow.add_audit(
                AuditEntry(
                    at=NOW + seconds * SECOND,
                    actor=actor,
                    action=PAYLOAD_ACCESS,
                    subject=user_subject("HARBOUR01", user),
                    outcome=outcome,
                    detail=detail,
                )
            )

    unionhub.work(write)
    found = unionhub.json("parties", "accesses", "HARBOUR01", "mei")
    assert [(each["actor"], each["action"], each["outcome"], each["detail"]) for each in found] == [
        (TRAVEL, "card.payload", "refused", "57"),
        (PARKING, "card.payload", "granted", "token of 6291********0012"),
    ]
    assert len(unionhub.json("parties", "accesses", "HARBOUR01", "mei", "--limit", 1)) == 1
    shown = unionhub.does("parties", "accesses", "HARBOUR01", "mei").out
    assert [line.split()[2:4] for line in shown.splitlines()[1:]] == [[TRAVEL, "refused"], [PARKING, "granted"]]
    assert "nobody asked" in unionhub.does("parties", "accesses", "PEAKLIFE02", "mei").out
