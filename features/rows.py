"""The table of messages: what the partners recorded, in the words of the charts, and its comparison with a scenario's.

Synchronous messages are compared in their overall order, notices as an ordered list for each pair of parties: nobody
promises when a notice goes out beside other things. Inquiries that repeat the one before them are one row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from unionhub.domain.model.parties import Role
from unionhub.hosts.sandbox.journal import HUB, Entry
from unionhub.hosts.sandbox.partner import Partner

HEADER: Final = ("from", "to", "message")

NAMES: Final = {
    Role.APP_GATEWAY: "App Gateway",
    Role.ISSUER: "Core Banking System",
    Role.ACQUIRER: "Acquirer",
    Role.QR_PLATFORM: "QR Platform",
    Role.CHANNEL: "Channel APP",
    Role.INDUSTRY: "Industry Service",
}
"""The parties as the seed's charts call them."""

_UCSP_ROLES: Final = frozenset({Role.CHANNEL, Role.INDUSTRY})
_UCSP_MESSAGES: Final = frozenset({"PLACE_ORDER", "PAY", "PAYMENT_RESULT"})
_UCSP_ASKS: Final = frozenset({"TRX_RESULT_INQUIRY", "REVERSAL", "REFUND"})
"""About a PAY, where the hub sends them to an acquirer; an acquirer sends messages of these names to SCIS."""

_ASYNCHRONOUS: Final = frozenset({"TRX_RESULT_NOTIFICATION", "PAYMENT_RESULT_NOTICE", "PAYMENT_RESULT"})
_INQUIRIES: Final = frozenset({"TRX_RESULT_INQUIRY", "PAYMENT_RESULT_INQUIRY"})

SPOILED: Final = {
    "garbage": "unreadable",
    "bad_signature": "wrongly signed",
    "answer_of_another": "for another message",
}
"""Fault of an answer -> what stands behind the message in place of a code."""


class Row(NamedTuple):
    """One line of the table. `message` ends with the answer's code, if it is an answer."""

    sender: str
    receiver: str
    message: str

    @property
    def name(self) -> str:
        return self.message.partition(" ")[0]

    @property
    def is_request(self) -> bool:
        return self.name == self.message

    @property
    def pair(self) -> tuple[str, str]:
        first, second = sorted((self.sender, self.receiver))
        return first, second


class MessagesDiffer(AssertionError):  # noqa: N818 - what a scenario fails with
    """The table in the scenario is not what happened. The text shows both."""


def party_names(partners: Iterable[Partner], gateway: str) -> Callable[[str], str]:
    """app_id -> name in a chart. Where the payer's `gateway` is the App Gateway, another one goes by its own name."""
    names = {partner.app_id: NAMES[partner.role] for partner in partners}
    for partner in partners:
        if partner.role is Role.APP_GATEWAY and partner.app_id != gateway:
            names[partner.app_id] = partner.identity.name
    return names.__getitem__


def hub_name(role: Role, message: str, *, asks: bool) -> str:
    """The platform that speaks: the hub is both. `asks`: the hub sent the request."""
    of_orders = message in _UCSP_MESSAGES or (asks and role is Role.ACQUIRER and message in _UCSP_ASKS)
    return "UCSP" if role in _UCSP_ROLES or of_orders else "SCIS"


def row_of(entry: Entry, name: Callable[[str], str], role: Callable[[str], Role]) -> Row:
    """A recorded message as a line of the table."""
    partner = entry.receiver if entry.sender == HUB else entry.sender
    asks = (entry.sender == HUB) is (entry.kind == "req")
    hub = hub_name(role(partner), entry.message, asks=asks)
    sender, receiver = (hub if party == HUB else name(party) for party in (entry.sender, entry.receiver))
    message = entry.message
    if entry.kind == "resp":
        message += f" {entry.code or SPOILED[entry.fault]}"
    return Row(sender, receiver, message)


def compare(expected: Sequence[Row], recorded: Sequence[Row]) -> None:
    """Raises MessagesDiffer."""
    recorded = collapsed(recorded)
    if synchronous(expected) == synchronous(recorded) and notices(expected) == notices(recorded):
        return
    raise MessagesDiffer(f"the scenario says\n{table(expected)}\n\nbut the partners recorded\n{table(recorded)}")


def synchronous(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if row.name not in _ASYNCHRONOUS]


def notices(rows: Iterable[Row]) -> dict[tuple[str, str], list[Row]]:
    """Pair of parties -> their notices in order."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.name in _ASYNCHRONOUS:
            found.setdefault(row.pair, []).append(row)
    return found


def collapsed(rows: Iterable[Row]) -> list[Row]:
    """Without the inquiries that repeat, question and answer, the one before them."""
    kept: list[Row] = []
    for row in rows:
        kept.append(row)
        for length in (1, 2, 4):  # 4: an acquirer that is asked about an order asks SCIS in its turn
            tail = kept[-length:]
            if tail == kept[-2 * length : -length] and tail[0].is_request and {each.name for each in tail} <= _INQUIRIES:
                del kept[-length:]
    return kept


def read_table(cells: Sequence[Sequence[object]]) -> list[Row]:
    """A scenario's table. Raises ValueError for another header."""
    header, *lines = cells
    if tuple(header) != HEADER:
        raise ValueError(f"a table of messages has the columns {', '.join(HEADER)}")
    return [Row(*(str(cell) for cell in line)) for line in lines]


def table(rows: Iterable[Row]) -> str:
    """As it may be copied into a scenario."""
    lines = [HEADER, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADER))]
    padded = ([f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)] for line in lines)
    return "\n".join(f"  | {' | '.join(cells)} |" for cells in padded)
