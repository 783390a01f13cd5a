"""What operators see: counts and log lines, told in the words of the house."""

from __future__ import annotations

from typing import Protocol

from unionhub.domain.model.notices import Notice
from unionhub.domain.model.transactions import Payment


class Telemetry(Protocol):
    """Contract: each method counts, and logs where a person should read it. None raises, waits or calls anybody, so it may
    stand anywhere in a flow, but after the commit whose news it tells. Secrets are passed as `Secret`, never revealed.
    Implementations bound their labels: callers may pass on what a partner sent."""

    def gate_refused(self, cause: str, app_id: str = "") -> None:
        """A message got 401. `app_id` is what it claims, verified by nothing."""
        ...

    def message_answered(self, message: str, sender: str, code: str, seconds: float) -> None:
        """A genuine message got its answer, `seconds` after it came in."""
        ...

    def partner_called(self, party: str, message: str, outcome: str, seconds: float, *, cause: str = "") -> None:
        """A call to a partner ended. `outcome`: the answer's code, or the name of the PartnerError with its `cause`."""
        ...

    def payment_moved(self, payment: Payment) -> None:
        """A payment came to its present state: opened, or moved."""
        ...

    def reversal_attempted(self, payment: Payment, outcome: str) -> None:
        """A REVERSAL was sent. `outcome` as for partner_called."""
        ...

    def notice_attempted(self, notice: Notice, outcome: str) -> None:
        """A notice was sent; `notice` is as it stands after the attempt. `outcome` as for partner_called."""
        ...

    def unfinished(self, count: int, oldest_s: float) -> None:
        """How many payments are not final now, and how long ago the oldest was opened."""
        ...

    def store_failed(self, where: str, error: BaseException) -> None:
        """The store could not serve `where`, a fixed name of the place."""
        ...

    def crashed(self, where: str, error: BaseException) -> None:
        """A last barrier caught what nobody expected. `where` as for store_failed; the log has the traceback."""
        ...

    def alarm(self, name: str, /, **facts: object) -> None:
        """An operator should look now. `name` is a fixed word; `facts` are for the log alone."""
        ...
