"""Acts: messages that move no money but leave something behind, each done once for its msgID (RULES section 2)."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """The record of one such message: what was answered, and what it was about. The answer is rebuilt from `subject_id`."""

    act_id: int
    kind: str  # KYC_VERIFICATION, QRC_GENERATION, ...
    sender: str
    msg_id: str
    opened_at: datetime
    due_at: datetime | None = None  # an open act that is older was given up by its host
    code: str = ""  # the final answer's response code; empty while it is under way
    subject_id: int | None = None  # the enrolment, the card, the payment or the first code that it made or changed
    detail: str = ""  # a small part of the answer that cannot be rebuilt; never a number or a secret

    @property
    def answer_code(self) -> str:
        """What the sender is told now."""
        return self.code or "04"
