"""What a simulated acquirer knows of UCSP's orders and of what was paid for them, as durable as a bank's books.

Everything in `TillBook` runs inside a transaction that `Till` opened; nothing in it commits. No card is ever here: the token of
a PAY lives in memory until its TOKEN_PAYMENT is sent.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import msgspec

from unionhub.domain.model.money import Money
from unionhub.hosts.sandbox.ledger import Durable

_UNFINISHED: Final = "('ACCEPTED', 'SENT', 'GIVING_UP', 'REVERSING')"

SCHEMA: Final = f"""
CREATE TABLE IF NOT EXISTS placed_order (
    ucsp_order_id TEXT PRIMARY KEY,
    downstream_id TEXT NOT NULL UNIQUE,
    order_id TEXT NOT NULL,          -- the industry's
    amount_minor INTEGER NOT NULL,   -- before discounts
    currency TEXT NOT NULL,
    merchant TEXT NOT NULL,          -- merchantInfo as it came, JSON
    expires_at TEXT NOT NULL         -- business time; empty: never
);
CREATE TABLE IF NOT EXISTS pay (
    number INTEGER PRIMARY KEY,
    msg_id TEXT NOT NULL UNIQUE,     -- of the PAY; of the notification where the order was paid by its code
    ucsp_order_id TEXT NOT NULL,
    net_minor INTEGER NOT NULL,      -- what the cardholder pays
    gross_minor INTEGER NOT NULL,
    currency TEXT NOT NULL,
    discounts TEXT NOT NULL,         -- discountDetails, JSON
    state TEXT NOT NULL,
    token_payment TEXT NOT NULL,     -- its msgID, written before it is sent; empty: there will be none
    settlement_key TEXT NOT NULL,
    retrieval_ref TEXT NOT NULL,
    refer_no TEXT NOT NULL,
    reason TEXT NOT NULL             -- the code of a decline
);
CREATE INDEX IF NOT EXISTS pay_of_order ON pay (ucsp_order_id);
CREATE INDEX IF NOT EXISTS pay_settled ON pay (settlement_key);
CREATE INDEX IF NOT EXISTS pay_unfinished ON pay (number) WHERE state IN {_UNFINISHED};
CREATE TABLE IF NOT EXISTS undo ( -- what is taken or given back at SCIS
    asked_id TEXT PRIMARY KEY,       -- msgID of UCSP's REFUND, of our own, or of the PAY that is reversed
    message TEXT NOT NULL,           -- REFUND, REVERSAL
    pay_id TEXT NOT NULL,
    msg_id TEXT NOT NULL,            -- ours to SCIS: the same each time
    trx TEXT NOT NULL,               -- its trxInfo, JSON
    by_shop INTEGER NOT NULL,        -- 1: UCSP is told
    code TEXT NOT NULL               -- SCIS' last word; empty: none yet
);
CREATE TABLE IF NOT EXISTS result ( -- PAYMENT_RESULT
    msg_id TEXT PRIMARY KEY,
    pay_id TEXT NOT NULL,
    members TEXT NOT NULL,           -- JSON
    code TEXT NOT NULL               -- what the hub answered; empty: to be sent
);
"""

_NOTHING: Final = Money(0, "")
_PAY: Final = (
    "msg_id, ucsp_order_id, net_minor, gross_minor, currency, discounts, state, token_payment, settlement_key, "
    "retrieval_ref, refer_no, reason"
)
_KEY_MEMBERS: Final = ("acquirerIIN", "forwardingIIN", "systemTraceAuditNumber", "transmissionDateTime")


class PayState(StrEnum):
    """Where a PAY stands. APPROVED can still be taken back; DECLINED, BARRED and REVERSED never change."""

    ACCEPTED = "ACCEPTED"
    SENT = "SENT"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    BARRED = "BARRED"  # reversed before it came
    GIVING_UP = "GIVING_UP"  # SCIS knows nothing of the TOKEN_PAYMENT: it is reversed there, then the PAY is DECLINED
    REVERSING = "REVERSING"  # UCSP wants it back
    REVERSED = "REVERSED"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A PLACE_ORDER that was taken. `amount` is before discounts, `merchant` merchantInfo as it came."""

    ucsp_order_id: str
    downstream_id: str
    amount: Money
    merchant: dict[str, Any]
    order_id: str = ""
    expires_at: datetime | None = None


class Pay(msgspec.Struct, frozen=True, kw_only=True):
    """One try to pay an order: a PAY, or (without a TOKEN_PAYMENT) what a wallet paid by the order's code.

    `net` is what the cardholder pays, `gross` the order's amount; `reason` the code of a decline. A PAY that is BARRED has
    neither order nor amounts.
    """

    msg_id: str
    state: PayState
    ucsp_order_id: str = ""
    net: Money = _NOTHING
    gross: Money = _NOTHING
    discounts: list[dict[str, str]] = []
    token_payment: str = ""
    settlement_key: dict[str, str] = {}
    retrieval_ref: str = ""
    refer_no: str = ""
    reason: str = ""


class Undo(msgspec.Struct, frozen=True, kw_only=True):
    """A REFUND or REVERSAL at SCIS. `asked_id` is the msgID of who wants it: UCSP's REFUND, our own, the PAY's."""

    asked_id: str
    message: str
    pay_id: str
    msg_id: str
    trx: dict[str, Any]
    by_shop: bool = False
    code: str = ""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A PAYMENT_RESULT that was not confirmed yet."""

    msg_id: str
    pay_id: str
    members: dict[str, Any]


class TillBook:
    """Orders, PAYs, what is undone, and results to tell."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection

    # --- orders

    def place(self, order: Order) -> Order:
        """The order as it stands: the one that was placed first under its ucspOrderId."""
        self._sql.execute(
            "INSERT OR IGNORE INTO placed_order VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                order.ucsp_order_id,
                order.downstream_id,
                order.order_id,
                order.amount.minor,
                order.amount.currency,
                _json(order.merchant),
                order.expires_at.isoformat() if order.expires_at else "",
            ),
        )
        placed = self.order(order.ucsp_order_id)
        assert placed is not None
        return placed

    def order(self, ucsp_order_id: str) -> Order | None:
        row = self._one("SELECT * FROM placed_order WHERE ucsp_order_id = ?", ucsp_order_id)
        return _order(row) if row else None

    def order_of(self, downstream_id: str) -> Order | None:
        """By our own number."""
        row = self._one("SELECT * FROM placed_order WHERE downstream_id = ?", downstream_id)
        return _order(row) if row else None

    # --- PAYs

    def add(self, pay: Pay) -> Pay:
        """Write a PAY that is not there yet. Raises sqlite3.IntegrityError for one that is."""
        self._sql.execute(
            f"INSERT INTO pay ({_PAY}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - names of ours
            (
                pay.msg_id,
                pay.ucsp_order_id,
                pay.net.minor,
                pay.gross.minor,
                pay.net.currency,
                _json(pay.discounts),
                pay.state,
                pay.token_payment,
                key_text(pay.settlement_key),
                pay.retrieval_ref,
                pay.refer_no,
                pay.reason,
            ),
        )
        return pay

    def pay(self, msg_id: str) -> Pay | None:
        return self._pay("msg_id = ?", msg_id)

    def settled(self, settlement_key: Mapping[str, str]) -> Pay | None:
        """What was paid under that key."""
        return self._pay("settlement_key = ?", key_text(settlement_key))

    def paid(self, ucsp_order_id: str) -> Pay | None:
        """The first approval of an order that UCSP did not send back."""
        return self._pay(
            "ucsp_order_id = ? AND state = 'APPROVED' AND NOT EXISTS (SELECT * FROM undo WHERE pay_id = pay.msg_id "
            "AND message = 'REFUND' AND NOT by_shop AND code IN ('', '00'))",
            ucsp_order_id,
        )

    def pays_of(self, ucsp_order_id: str) -> list[Pay]:
        """Every try to pay an order, oldest first."""
        query = f"SELECT {_PAY} FROM pay WHERE ucsp_order_id = ? ORDER BY number"  # noqa: S608
        return [_paid(row) for row in self._sql.execute(query, (ucsp_order_id,))]

    def unfinished(self) -> list[Pay]:
        """PAYs on which something is still to be done, oldest first."""
        query = f"SELECT {_PAY} FROM pay WHERE state IN {_UNFINISHED} ORDER BY number"  # noqa: S608
        return [_paid(row) for row in self._sql.execute(query)]

    def move(
        self, msg_id: str, to: PayState, *, since: Iterable[PayState], reason: str | None = None, refer_no: str | None = None
    ) -> bool:
        """Compare-and-set of the state; False when it is none of `since` any more."""
        known = tuple(since)
        marks = ", ".join("?" * len(known))
        changed = self._sql.execute(
            f"UPDATE pay SET state = ?, reason = coalesce(?, reason), refer_no = coalesce(?, refer_no) "  # noqa: S608
            f"WHERE msg_id = ? AND state IN ({marks})",
            (to, reason, refer_no, msg_id, *known),
        )
        return changed.rowcount == 1

    # --- taking and giving back

    def undo(self, asked_id: str) -> Undo | None:
        row = self._one("SELECT * FROM undo WHERE asked_id = ?", asked_id)
        return _undo(row) if row else None

    def begin_undo(self, undo: Undo) -> Undo:
        """The undoing that was begun first under that `asked_id`."""
        self._sql.execute(
            "INSERT OR IGNORE INTO undo VALUES (?, ?, ?, ?, ?, ?, '')",
            (undo.asked_id, undo.message, undo.pay_id, undo.msg_id, _json(undo.trx), undo.by_shop),
        )
        begun = self.undo(undo.asked_id)
        assert begun is not None
        return begun

    def renew_undo(self, undo: Undo, msg_id: str, trx: Mapping[str, Any]) -> bool:
        """From now on it is asked under another msgID; False when `undo` is not what stands any more."""
        changed = self._sql.execute(
            "UPDATE undo SET msg_id = ?, trx = ? WHERE asked_id = ? AND msg_id = ? AND code = ''",
            (msg_id, _json(trx), undo.asked_id, undo.msg_id),
        )
        return changed.rowcount == 1

    def end_undo(self, asked_id: str, code: str) -> bool:
        """Keep SCIS' last word; False when it is known already."""
        changed = self._sql.execute("UPDATE undo SET code = ? WHERE asked_id = ? AND code = ''", (code, asked_id))
        return changed.rowcount == 1

    def refunds_under_way(self) -> list[Undo]:
        return [_undo(row) for row in self._sql.execute("SELECT * FROM undo WHERE message = 'REFUND' AND code = ''")]

    # --- results to tell

    def to_tell(self, result: Result) -> Result:
        self._sql.execute("INSERT INTO result VALUES (?, ?, ?, '')", (result.msg_id, result.pay_id, _json(result.members)))
        return result

    def untold(self) -> list[Result]:
        rows = self._sql.execute("SELECT msg_id, pay_id, members FROM result WHERE code = '' ORDER BY rowid")
        return [Result(msg_id=row[0], pay_id=row[1], members=msgspec.json.decode(row[2])) for row in rows]

    def is_untold(self, msg_id: str) -> bool:
        return self._one("SELECT 1 FROM result WHERE msg_id = ? AND code = ''", msg_id) is not None

    def told(self, msg_id: str, code: str) -> None:
        """The hub answered: it is not told again."""
        self._sql.execute("UPDATE result SET code = ? WHERE msg_id = ?", (code, msg_id))

    def keep_silent(self, pay_id: str) -> None:
        """What was not confirmed yet of this PAY is not told any more."""
        self._sql.execute("DELETE FROM result WHERE pay_id = ? AND code = ''", (pay_id,))

    def _pay(self, condition: str, value: str) -> Pay | None:
        row = self._one(f"SELECT {_PAY} FROM pay WHERE {condition} ORDER BY number", value)  # noqa: S608
        return _paid(row) if row else None

    def _one(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        found: tuple[Any, ...] | None = self._sql.execute(statement, values).fetchone()
        return found


class Till(Durable[TillBook]):
    """Runs work on the book, one transaction at a time; see `Durable`."""

    def __init__(self, path: Path | str = ":memory:", *, group_commit: bool = False) -> None:
        super().__init__(path, SCHEMA, TillBook, group_commit=group_commit)


def key_text(settlement_key: Mapping[str, str]) -> str:
    """A settlementKey as one text; empty for none."""
    return ":".join(settlement_key[name] for name in _KEY_MEMBERS) if settlement_key else ""


def read_key(value: object) -> dict[str, str] | None:
    """A settlementKey of a message; None for what is none."""
    if not isinstance(value, dict):
        return None
    found = {name: each for name in _KEY_MEMBERS if isinstance(each := value.get(name), str) and each.isdecimal()}
    return found if len(found) == len(_KEY_MEMBERS) else None


def _key(text: str) -> dict[str, str]:
    return dict(zip(_KEY_MEMBERS, text.split(":"), strict=True)) if text else {}


def _order(row: tuple[Any, ...]) -> Order:
    ucsp_order_id, downstream_id, order_id, minor, currency, merchant, expires_at = row
    return Order(
        ucsp_order_id=ucsp_order_id,
        downstream_id=downstream_id,
        order_id=order_id,
        amount=Money(minor, currency),
        merchant=msgspec.json.decode(merchant),
        expires_at=datetime.fromisoformat(expires_at) if expires_at else None,
    )


def _paid(row: tuple[Any, ...]) -> Pay:
    msg_id, order, net, gross, currency, discounts, state, token_payment, key, retrieval_ref, refer_no, reason = row
    return Pay(
        msg_id=msg_id,
        ucsp_order_id=order,
        net=Money(net, currency),
        gross=Money(gross, currency),
        discounts=msgspec.json.decode(discounts),
        state=PayState(state),
        token_payment=token_payment,
        settlement_key=_key(key),
        retrieval_ref=retrieval_ref,
        refer_no=refer_no,
        reason=reason,
    )


def _undo(row: tuple[Any, ...]) -> Undo:
    asked_id, message, pay_id, msg_id, trx, by_shop, code = row
    return Undo(
        asked_id=asked_id,
        message=message,
        pay_id=pay_id,
        msg_id=msg_id,
        trx=msgspec.json.decode(trx),
        by_shop=bool(by_shop),
        code=code,
    )


def _json(content: object) -> str:
    return msgspec.json.encode(content).decode()
