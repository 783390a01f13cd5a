"""Enrolments: how a person comes to a card (RULES section 5; charts S1 and S2)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from .errors import IllegalMove


class EnrolmentState(StrEnum):
    VERIFYING = "VERIFYING"  # the bank is asked who this is
    VERIFIED = "VERIFIED"  # KYC approved: OPEN_ACCOUNT may follow
    OPENING = "OPENING"  # OPEN_ACCOUNT is with the bank: rolls forward
    STEP_UP = "STEP_UP"  # CARD_ENROLLMENT waits for a one-time password
    ISSUED = "ISSUED"
    REFUSED = "REFUSED"


class EnrolmentEvent(StrEnum):
    VERIFY = "verify"
    OPEN = "open"
    RELEASE = "release"  # nothing was sent to the bank: OPEN_ACCOUNT may be tried again
    STEP_UP = "step_up"
    ISSUE = "issue"
    REFUSE = "refuse"


_S, _E = EnrolmentState, EnrolmentEvent

ENROLMENT_MOVES: Final[dict[EnrolmentState, dict[EnrolmentEvent, EnrolmentState]]] = {
    _S.VERIFYING: {
        _E.VERIFY: _S.VERIFIED,
        _E.STEP_UP: _S.STEP_UP,
        _E.ISSUE: _S.ISSUED,
        _E.REFUSE: _S.REFUSED,
    },
    _S.VERIFIED: {_E.OPEN: _S.OPENING},
    _S.OPENING: {_E.RELEASE: _S.VERIFIED, _E.ISSUE: _S.ISSUED, _E.REFUSE: _S.REFUSED},
    _S.STEP_UP: {_E.ISSUE: _S.ISSUED, _E.REFUSE: _S.REFUSED},
    _S.ISSUED: {},
    _S.REFUSED: {},
}
"""State -> event -> next state. OPEN_ACCOUNT out of order is `93`."""


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """One person's way to one card. Identity and documents pass through and are never kept; the account is a ciphertext."""

    enrolment_id: int
    kind: str  # OPEN_ACCOUNT (begun by KYC_VERIFICATION) or CARD_ENROLLMENT
    state: EnrolmentState
    gateway: str
    user_id: str
    device_id: str
    issuer: str
    product_id: str
    msg_id: str  # of the KYC_VERIFICATION or CARD_ENROLLMENT: what later messages call origMsgID
    opened_at: datetime
    due_at: datetime | None = None  # OPENING: when the worker looks at it
    verified_at: datetime | None = None
    refer_no: str = ""  # the bank's reference of the KYC, given to the gateway as referNo
    act_id: int | None = None  # the act that this enrolment will answer: OPEN_ACCOUNT or CARD_ENROLLMENT
    bank_msg_id: str = ""  # of OPEN_ACCOUNT at the bank: every repeat carries it
    with_documents: bool = False  # the bank was sent documents, which only the gateway's own repeat can bring again
    asks: int = 0
    account_sealed: bytes = b""
    account_index: bytes = b""
    otp_digest: bytes = b""  # keyed
    otp_expires_at: datetime | None = None
    otp_tries: int = 0
    otp_sent: int = 0
    card_id: int | None = None
    version: int = 0  # counts every change: compare-and-set is on it

    def moved(self, event: EnrolmentEvent, **changes: object) -> Enrolment:
        """The enrolment after `event`; raises IllegalMove where the state table has none."""
        try:
            state = ENROLMENT_MOVES[self.state][event]
        except KeyError:
            raise IllegalMove(f"enrolment {self.enrolment_id}: {event} in {self.state}") from None
        return self.changed(state=state, **changes)

    def changed(self, **changes: object) -> Enrolment:
        """The enrolment with these changes, one version on."""
        return msgspec.structs.replace(self, version=self.version + 1, **changes)
