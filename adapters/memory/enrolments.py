"""Acts, enrolments, codes that pay once, and QR inquiries, in memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import msgspec

from unionhub.domain.model.acts import Act
from unionhub.domain.model.codes import OneTimeCode
from unionhub.domain.model.enrolment import Enrolment, EnrolmentState
from unionhub.domain.model.qr_inquiry import QrInquiry

from .unit import UnitBase


class Acts(UnitBase):
    async def record_act(self, act: Act) -> None:
        message = (act.sender, act.msg_id)
        if act.act_id in self._tables.acts or message in self._tables.act_ids:
            raise ValueError(f"act {act.act_id} of message {act.msg_id} is there already")
        self._put(self._tables.acts, act.act_id, act)
        self._put(self._tables.act_ids, message, act.act_id)

    async def act(self, act_id: int) -> Act | None:
        return self._tables.acts.get(act_id)

    async def acts_due(self, now: datetime, *, limit: int = 100) -> list[Act]:
        due = [act for act in self._tables.acts.values() if not act.code and act.due_at is not None and act.due_at <= now]
        return sorted(due, key=lambda act: (act.due_at, act.act_id))[:limit]

    async def close_act(self, act: Act) -> bool:
        stored = self._tables.acts.get(act.act_id)
        if stored is None or stored.code:
            return False
        closed = msgspec.structs.replace(stored, code=act.code, subject_id=act.subject_id, detail=act.detail)
        self._put(self._tables.acts, act.act_id, closed)
        return True


class Enrolments(UnitBase):
    async def add_enrolment(self, enrolment: Enrolment) -> None:
        message = (enrolment.gateway, enrolment.msg_id)
        if enrolment.enrolment_id in self._tables.enrolments or message in self._tables.enrolment_ids:
            raise ValueError(f"enrolment {enrolment.enrolment_id} of message {enrolment.msg_id} is there already")
        self._put(self._tables.enrolment_ids, message, enrolment.enrolment_id)
        self._write_enrolment(enrolment)

    def _write_enrolment(self, enrolment: Enrolment) -> None:
        self._put(self._tables.enrolments, enrolment.enrolment_id, enrolment)
        self._mark(self._tables.opening, enrolment.enrolment_id, enrolment.state is EnrolmentState.OPENING)
        self._drop(self._tables.enrolment_leases, enrolment.enrolment_id)

    async def enrolment(self, enrolment_id: int) -> Enrolment | None:
        return self._tables.enrolments.get(enrolment_id)

    async def enrolment_of(self, gateway: str, msg_id: str) -> Enrolment | None:
        return self._tables.enrolments.get(self._tables.enrolment_ids.get((gateway, msg_id), -1))

    async def move_enrolment(self, after: Enrolment) -> bool:
        """What it is found by, `gateway` and `msg_id`, stays as it is."""
        stored = self._tables.enrolments.get(after.enrolment_id)
        if stored is None or stored.version != after.version - 1:
            return False
        self._write_enrolment(msgspec.structs.replace(after, gateway=stored.gateway, msg_id=stored.msg_id))
        return True

    async def lease_enrolments(
        self, owner: str, now: datetime, *, limit: int, lease: timedelta, passing_over: Collection[str] = ()
    ) -> list[Enrolment]:
        due = sorted(
            (found.due_at, found.enrolment_id)
            for found in map(self._tables.enrolments.__getitem__, self._tables.opening)
            if found.due_at is not None and found.due_at <= now and found.issuer not in passing_over
        )
        taken = self._lease(self._tables.enrolment_leases, (enrolment_id for _, enrolment_id in due), limit, lease)
        return [self._tables.enrolments[enrolment_id] for enrolment_id in taken]


class Codes(UnitBase):
    async def add_codes(self, codes: Sequence[OneTimeCode]) -> bool:
        names = [name for code in codes for name in code_names(code)]
        ids = [code.code_id for code in codes]
        taken = any(name in self._tables.code_ids for name in names) or any(number in self._tables.codes for number in ids)
        if taken or len(set(names)) < len(names) or len(set(ids)) < len(ids):
            return False
        for code in codes:
            self._put(self._tables.codes, code.code_id, code)
            for name in code_names(code):
                self._put(self._tables.code_ids, name, code.code_id)
        return True

    async def code_by_index(self, index: bytes) -> OneTimeCode | None:
        ids = self._tables.code_ids
        return self._tables.codes.get(ids.get(("index", index), ids.get(("barcode_index", index), -1)))

    async def codes_of(self, act_id: int) -> list[OneTimeCode]:
        found = (code for code in self._tables.codes.values() if code.act_id == act_id)
        return sorted(found, key=lambda code: code.position)

    async def put_qr_inquiry(self, inquiry: QrInquiry) -> None:
        self._put(self._tables.qr_inquiries, (inquiry.sender, inquiry.msg_id), inquiry)

    async def qr_inquiry(self, sender: str, msg_id: str) -> QrInquiry | None:
        return self._tables.qr_inquiries.get((sender, msg_id))


def code_names(code: OneTimeCode) -> list[tuple[str, bytes]]:
    """What a code is found by."""
    named = [("index", code.index), ("barcode_index", code.barcode_index)]
    return [(name, index) for name, index in named if index is not None]
