"""Who did what to which record: operators' and partners' acts that somebody may have to account for (PCI DSS 10.2)."""

from __future__ import annotations

from datetime import datetime

import msgspec


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit trail; never a number or a secret. `subject` is what it was done to: `party 99010344`."""

    at: datetime
    actor: str  # an operator's login, or a partner's app_id
    action: str  # party.launch, card.reissue, ...
    subject: str
    outcome: str = "done"
    detail: str = ""
