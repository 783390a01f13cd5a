"""What can go wrong, told apart by what it leaves behind (RULES sections 2 and 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .transactions import Payment


class DomainError(Exception):
    """Base of everything the core raises on purpose."""


class Refusal(DomainError):  # noqa: N818 - a refusal is an answer, not a failure of ours
    """An answer that leaves no trace but the message's UPI-UUID: format (`30`), `A0`, `78`.

    `code` is a row of `responses.RESPONSE_TEXTS`; `detail` is a field path for `30`, never a value.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code = code
        self.detail = detail


class Decline(DomainError):  # noqa: N818 - a business answer
    """A business refusal. In a money flow the runner records it as a DECLINED payment with its claim; in an act, as it is.

    `payment` is as much of it as was known by then, where somebody must be told about the decline (an acquirer's payment).
    """

    def __init__(self, code: str, detail: str = "", *, payment: Payment | None = None) -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code = code
        self.detail = detail
        self.payment = payment


class Replayed(DomainError):  # noqa: N818 - the gate's word for it
    """The sender's UPI-UUID was accepted before: the message is refused at the gate (401/E0)."""


class IllegalMove(DomainError):  # noqa: N818
    """A state table has no such event in this state. Terminal states have none at all."""
