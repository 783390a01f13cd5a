"""The books of a simulated core bank: accounts, bookings, and what became of each message (RULES section 3, the contract).

Everything here runs inside a transaction that `ledger.Ledger` opened; nothing here commits.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import msgspec

from unionhub.domain.model.money import Money
from unionhub.hosts.sandbox.people import People

DEBIT: Final = -1
CREDIT: Final = +1
MAX_LISTED_BOOKINGS: Final = 100_000

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS account (
    account_no TEXT PRIMARY KEY,
    currency TEXT NOT NULL,
    opening_minor INTEGER NOT NULL,
    balance_minor INTEGER NOT NULL,
    listed INTEGER NOT NULL          -- 0: not a customer's: suspense, which may be negative, or a preset merchant's
);
CREATE TABLE IF NOT EXISTS merchant ( -- who bills are paid to: known by mid, never named by account
    mid TEXT PRIMARY KEY,
    account_no TEXT NOT NULL REFERENCES account
);
CREATE TABLE IF NOT EXISTS message ( -- what was decided under (insID, msgID), for ever
    ins_id TEXT NOT NULL,
    msg_id TEXT NOT NULL,
    digest BLOB NOT NULL,            -- empty: barred before it came
    status TEXT NOT NULL,
    code TEXT NOT NULL,
    refer_no TEXT NOT NULL,
    PRIMARY KEY (ins_id, msg_id)
);
CREATE TABLE IF NOT EXISTS booking (
    booking_id INTEGER PRIMARY KEY,
    account_no TEXT NOT NULL REFERENCES account,
    ins_id TEXT NOT NULL,
    original TEXT NOT NULL,          -- msgID of the message that moved the money first
    ref TEXT NOT NULL,               -- msgID of the message that made this booking
    at TEXT NOT NULL,
    amount_minor INTEGER NOT NULL CHECK (amount_minor > 0),
    currency TEXT NOT NULL,
    sign INTEGER NOT NULL CHECK (sign IN (-1, 1)),
    UNIQUE (ins_id, original, account_no, sign)  -- a message books once, and is booked back once
);
CREATE INDEX IF NOT EXISTS booking_of_account ON booking (account_no, booking_id);
"""


class Status(StrEnum):
    """`paymentStatus` of TRX_RESULT_INQUIRY. This bank decides at once, so it never says PENDING of itself."""

    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    REVERSED = "REVERSED"


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a booking: a customer's account, or the preset merchant of `mid`.

    Neither of them is the bank's own suspense account in that currency.
    """

    account_no: str | None
    sign: int
    amount: Money
    mid: str = ""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A message that wants to move money. `refusal` is the code of what is wrong with it before the books are asked."""

    ins_id: str
    msg_id: str
    digest: bytes
    at: datetime
    legs: tuple[Leg, ...] = ()
    refusal: str = ""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided under a message, now or before."""

    status: Status
    code: str
    refer_no: str = ""


class Booking(msgspec.Struct, frozen=True, kw_only=True):
    """`ref` is the msgID that made it, `original` the msgID that moved the money first: they differ in a reversal."""

    at: datetime
    amount: Money
    sign: int
    ref: str
    original: str


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A customer's account with its bookings, oldest first."""

    account_no: str
    currency: str
    balance_minor: int
    bookings: tuple[Booking, ...]

    @property
    def balance_text(self) -> str:
        """The balance as decimal text; negative only after a reversal took back what was spent already."""
        text = Money(abs(self.balance_minor), self.currency).text
        return f"-{text}" if self.balance_minor < 0 else text


class Books:
    """Statements on one connection, each a step of somebody's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection
        self.people = People(connection)

    def open_account(self, account_no: str, balance: Money) -> bool:
        """Open a customer's account unless it is there already; False then, and its balance stays what it is."""
        return self._insert_account(account_no, balance.currency, balance.minor, listed=True)

    def open_merchant(self, mid: str, balance: Money) -> bool:
        """Open a preset merchant's account, not listed; False if it is there already."""
        account_no = f"MERCHANT-{mid}"
        opened = self._insert_account(account_no, balance.currency, balance.minor, listed=False)
        self._sql.execute("INSERT OR IGNORE INTO merchant (mid, account_no) VALUES (?, ?)", (mid, account_no))
        return opened

    def post(self, order: Order) -> Decision:
        """Decide the order, book all its legs or none, and keep the decision. The same order again: the same decision.

        `94` for another content under a known msgID; `12` for an original that a REVERSAL barred or took back, so that
        nobody reads an approval of money that has gone back.
        """
        return self.settled(order) or self._decide(order)

    def settled(self, order: Order) -> Decision | None:
        """What was decided under this msgID before, in the words of `post`; None if it is new."""
        known = self._message(order.ins_id, order.msg_id)
        if known is None:
            return None
        digest, decision = known
        if decision.status is Status.REVERSED and digest in (b"", order.digest):
            return Decision(status=Status.REVERSED, code="12")
        return decision if digest == order.digest else Decision(status=Status.DECLINED, code="94")

    def decline(self, order: Order, code: str) -> Decision:
        """Refuse a new order, for ever."""
        return self._keep(order.ins_id, order.msg_id, order.digest, Decision(status=Status.DECLINED, code=code))

    def approve(self, order: Order, refer_no: str) -> Decision:
        """Grant a new order, for ever, whatever was done for it."""
        approved = Decision(status=Status.APPROVED, code="00", refer_no=refer_no)
        return self._keep(order.ins_id, order.msg_id, order.digest, approved)

    def has_debit(self, ins_id: str, msg_id: str, account_no: str) -> bool:
        """Did that message debit that account, and is the money still gone?"""
        decision = self.decision(ins_id, msg_id)
        booked = self._one(
            "SELECT 1 FROM booking WHERE ins_id = ? AND original = ? AND ref = original AND account_no = ? AND sign = ?",
            ins_id,
            msg_id,
            account_no,
            DEBIT,
        )
        return decision is not None and decision.status is Status.APPROVED and booked is not None

    def reverse(self, ins_id: str, original: str, ref: str, at: datetime) -> Decision:
        """Book the original back in full, once; bar it for ever if it never came. There is no way to refuse this."""
        known = self._message(ins_id, original)
        if known is None:
            return self._keep(ins_id, original, b"", Decision(status=Status.REVERSED, code="12"))
        digest, decision = known
        if decision.status is not Status.APPROVED:
            return decision
        for leg in self._legs(ins_id, original):
            back = Leg(account_no=leg.account_no, sign=-leg.sign, amount=leg.amount)
            self._book(ins_id, original, ref, at, back)
        return self._keep(ins_id, original, digest, msgspec.structs.replace(decision, status=Status.REVERSED))

    def decision(self, ins_id: str, msg_id: str) -> Decision | None:
        """What became of that message; None if it never came and was never barred."""
        known = self._message(ins_id, msg_id)
        return known[1] if known else None

    def accounts(self, limit: int = MAX_LISTED_BOOKINGS) -> list[Account]:
        """Customers' accounts in the order of their opening, each with its newest `limit` bookings."""
        rows = self._sql.execute(
            "SELECT account_no, currency, balance_minor FROM account WHERE listed ORDER BY rowid"
        ).fetchall()
        return [
            Account(account_no=number, currency=currency, balance_minor=minor, bookings=self._bookings(number, limit))
            for number, currency, minor in rows
        ]

    def balance(self, account_no: str) -> Money | None:
        """A customer's balance, not below zero; None for an account that is not there."""
        row = self._one("SELECT balance_minor, currency FROM account WHERE account_no = ? AND listed", account_no)
        return Money(max(row[0], 0), row[1]) if row else None

    def merchant_balance(self, mid: str) -> Money | None:
        """A preset merchant's balance; None for one that is not preset."""
        row = self._one("SELECT balance_minor, currency FROM account JOIN merchant USING (account_no) WHERE mid = ?", mid)
        return Money(max(row[0], 0), row[1]) if row else None

    def audit(self) -> list[str]:
        """What is wrong with the books: each balance is its opening plus its bookings, and every currency sums to zero."""
        wrong = self._sql.execute(
            "SELECT account_no FROM account a WHERE balance_minor != opening_minor + "
            "(SELECT coalesce(sum(sign * amount_minor), 0) FROM booking b WHERE b.account_no = a.account_no)"
        ).fetchall()
        uneven = self._sql.execute(
            "SELECT ins_id || ' ' || ref FROM booking GROUP BY ins_id, ref, currency HAVING sum(sign * amount_minor) != 0"
        ).fetchall()
        return [f"account {row[0]} is not the sum of its bookings" for row in wrong] + [
            f"message {row[0]} did not book both legs" for row in uneven
        ]

    def _decide(self, order: Order) -> Decision:
        code = order.refusal or self._refusal(order.legs)
        if code:
            return self.decline(order, code)
        for leg in order.legs:
            self._book(order.ins_id, order.msg_id, order.msg_id, order.at, leg)
        (number,) = self._sql.execute("SELECT max(booking_id) FROM booking").fetchone()
        return self.approve(order, f"{number:012d}")

    def _refusal(self, legs: tuple[Leg, ...]) -> str:
        """Who is not there comes before what is not there."""
        found = [(leg, self._standing(leg)) for leg in legs if leg.account_no is not None or leg.mid]
        for leg, row in found:
            if row is None:
                return "03" if leg.mid else "14"
        for leg, row in found:
            if row is not None and row[1] != leg.amount.currency:
                return "12"
        for leg, row in found:
            if row is not None and leg.sign == DEBIT and row[0] < leg.amount.minor:
                return "51"
        return ""

    def _standing(self, leg: Leg) -> tuple[Any, ...] | None:
        """Balance and currency of the account behind a leg."""
        if leg.mid:
            return self._one(
                "SELECT balance_minor, currency FROM account JOIN merchant USING (account_no) WHERE mid = ?", leg.mid
            )
        return self._one("SELECT balance_minor, currency FROM account WHERE account_no = ? AND listed", leg.account_no)

    def _book(self, ins_id: str, original: str, ref: str, at: datetime, leg: Leg) -> None:
        account_no = leg.account_no or self._own_account(leg)
        self._sql.execute(
            "INSERT INTO booking (account_no, ins_id, original, ref, at, amount_minor, currency, sign) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (account_no, ins_id, original, ref, at.isoformat(), leg.amount.minor, leg.amount.currency, leg.sign),
        )
        self._sql.execute(
            "UPDATE account SET balance_minor = balance_minor + ? WHERE account_no = ?",
            (leg.sign * leg.amount.minor, account_no),
        )

    def _legs(self, ins_id: str, original: str) -> list[Leg]:
        rows = self._sql.execute(
            "SELECT account_no, sign, amount_minor, currency FROM booking WHERE ins_id = ? AND original = ? AND ref = original",
            (ins_id, original),
        ).fetchall()
        return [Leg(account_no=row[0], sign=row[1], amount=Money(row[2], row[3])) for row in rows]

    def _bookings(self, account_no: str, limit: int) -> tuple[Booking, ...]:
        rows = self._sql.execute(
            "SELECT at, amount_minor, currency, sign, ref, original FROM booking WHERE account_no = ? "
            "ORDER BY booking_id DESC LIMIT ?",
            (account_no, limit),
        ).fetchall()
        return tuple(
            Booking(at=datetime.fromisoformat(at), amount=Money(minor, currency), sign=sign, ref=ref, original=original)
            for at, minor, currency, sign, ref, original in reversed(rows)
        )

    def _own_account(self, leg: Leg) -> str:
        """The account of a leg that names none: the merchant's, or suspense."""
        if not leg.mid:
            return self._suspense(leg.amount.currency)
        row = self._one("SELECT account_no FROM merchant WHERE mid = ?", leg.mid)
        assert row is not None  # _refusal looked
        return str(row[0])

    def _suspense(self, currency: str) -> str:
        account_no = f"SUSPENSE-{currency}"
        self._insert_account(account_no, currency, 0, listed=False)
        return account_no

    def _insert_account(self, account_no: str, currency: str, minor: int, *, listed: bool) -> bool:
        done = self._sql.execute(
            "INSERT OR IGNORE INTO account (account_no, currency, opening_minor, balance_minor, listed) VALUES (?,?,?,?,?)",
            (account_no, currency, minor, minor, listed),
        )
        return done.rowcount == 1

    def _message(self, ins_id: str, msg_id: str) -> tuple[bytes, Decision] | None:
        row = self._one("SELECT digest, status, code, refer_no FROM message WHERE ins_id = ? AND msg_id = ?", ins_id, msg_id)
        return (row[0], Decision(status=Status(row[1]), code=row[2], refer_no=row[3])) if row else None

    def _keep(self, ins_id: str, msg_id: str, digest: bytes, decision: Decision) -> Decision:
        self._sql.execute(
            "INSERT OR REPLACE INTO message (ins_id, msg_id, digest, status, code, refer_no) VALUES (?,?,?,?,?,?)",
            (ins_id, msg_id, digest, decision.status, decision.code, decision.refer_no),
        )
        return decision

    def _one(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        found: tuple[Any, ...] | None = self._sql.execute(statement, values).fetchone()
        return found
