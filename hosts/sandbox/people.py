"""Whom a simulated core bank knows: people it identified, who an account belongs to, tokens and text messages it gave out.

Like the books, everything here runs inside a transaction that `ledger.Ledger` opened; nothing here commits.
"""

from __future__ import annotations

import secrets
import sqlite3
from datetime import datetime
from typing import Any, Final

import msgspec

from unionhub.domain.model.identifiers import mask_number

MAX_TEXT_MESSAGES: Final = 1_000
CASH_OUT_DIGITS: Final = 18

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS counter (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS person (   -- identified by a KYC_VERIFICATION
    refer_no TEXT PRIMARY KEY,
    ins_id TEXT NOT NULL,
    identity TEXT NOT NULL,           -- JSON
    opened_by TEXT NOT NULL DEFAULT '', -- msgID of the OPEN_ACCOUNT that used it up
    account_no TEXT NOT NULL DEFAULT '' -- and the account that it opened
);
CREATE UNIQUE INDEX IF NOT EXISTS person_opened ON person (ins_id, opened_by) WHERE opened_by != '';
CREATE TABLE IF NOT EXISTS holder (   -- whose account it is, as far as the bank knows
    account_no TEXT PRIMARY KEY,
    identity TEXT NOT NULL            -- JSON
);
CREATE TABLE IF NOT EXISTS cash_out_token (
    token TEXT PRIMARY KEY,
    ins_id TEXT NOT NULL,
    msg_id TEXT NOT NULL,
    UNIQUE (ins_id, msg_id)
);
CREATE TABLE IF NOT EXISTS text_message (
    text_id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,            -- masked
    otp TEXT NOT NULL,
    at TEXT NOT NULL
);
"""


class Person(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Who somebody is, member by member of cvmInfo (PROTOCOL 2.0). `account_no` is what they say is theirs."""

    account_no: str = ""
    first_name: str = ""
    mid_name: str = ""
    last_name: str = ""
    full_name: str = ""
    id_type: str = ""
    id_no: str = ""
    id_country: str = ""
    mobile_no: str = ""


class TextMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time password as it reached somebody's phone. `account` is masked, `at` the bank's business time."""

    account: str
    otp: str
    at: datetime


class People:
    """Statements on one connection, each a step of somebody's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection

    def next_refer_no(self) -> str:
        """A reference of something that books nothing: 12 digits, never those of a booking, which begin with 0."""
        return f"1{self._next('reference'):011d}"

    def next_account_no(self) -> str:
        """An account number for whoever opens one by message: 12 digits; seeded ones begin with 0128."""
        return f"0129{self._next('account'):08d}"

    def identify(self, ins_id: str, person: Person) -> str:
        """Keep somebody who was identified; returns the referNo."""
        refer_no = self.next_refer_no()
        self._sql.execute(
            "INSERT INTO person (refer_no, ins_id, identity) VALUES (?, ?, ?)", (refer_no, ins_id, _written(person))
        )
        return refer_no

    def identified(self, ins_id: str, refer_no: str) -> Person | None:
        """Who was identified under that referNo; None if nobody was, or if an account was opened with it."""
        row = self._one("SELECT identity FROM person WHERE refer_no = ? AND ins_id = ? AND opened_by = ''", refer_no, ins_id)
        return _read(row[0]) if row else None

    def opened(self, refer_no: str, msg_id: str, account_no: str) -> None:
        """Use that identification up: the OPEN_ACCOUNT `msg_id` opened `account_no` with it, for that person."""
        self._sql.execute("UPDATE person SET opened_by = ?, account_no = ? WHERE refer_no = ?", (msg_id, account_no, refer_no))
        self._sql.execute(
            "INSERT INTO holder (account_no, identity) SELECT account_no, identity FROM person WHERE refer_no = ?", (refer_no,)
        )

    def account_opened_by(self, ins_id: str, msg_id: str) -> str:
        """The account that this OPEN_ACCOUNT opened."""
        row = self._one("SELECT account_no FROM person WHERE ins_id = ? AND opened_by = ?", ins_id, msg_id)
        return str(row[0]) if row else ""

    def holder(self, account_no: str) -> Person | None:
        """What the bank knows of an account's holder."""
        row = self._one("SELECT identity FROM holder WHERE account_no = ?", account_no)
        return _read(row[0]) if row else None

    def register_holder(self, account_no: str, person: Person, *, anew: bool = True) -> None:
        """Note whose account it is; with `anew` false only where the bank does not know anything."""
        how = "REPLACE" if anew else "IGNORE"
        self._sql.execute(
            f"INSERT OR {how} INTO holder (account_no, identity) VALUES (?, ?)",  # noqa: S608 - one of two words above
            (account_no, _written(person)),
        )

    def new_cash_out_token(self, ins_id: str, msg_id: str) -> str:
        """A token that nobody can guess and that was never given out before."""
        token = ""
        while not token or self._one("SELECT 1 FROM cash_out_token WHERE token = ?", token) is not None:
            token = f"{secrets.randbelow(10**CASH_OUT_DIGITS):0{CASH_OUT_DIGITS}d}"
        self._sql.execute("INSERT INTO cash_out_token (token, ins_id, msg_id) VALUES (?, ?, ?)", (token, ins_id, msg_id))
        return token

    def cash_out_token(self, ins_id: str, msg_id: str) -> str:
        """The token that was given out for this message."""
        row = self._one("SELECT token FROM cash_out_token WHERE ins_id = ? AND msg_id = ?", ins_id, msg_id)
        return str(row[0]) if row else ""

    def text(self, account_no: str, otp: str, at: datetime) -> None:
        """Send a text message to the account's holder; the newest `MAX_TEXT_MESSAGES` are kept."""
        sent = self._sql.execute(
            "INSERT INTO text_message (account, otp, at) VALUES (?, ?, ?)", (mask_number(account_no), otp, at.isoformat())
        )
        self._sql.execute("DELETE FROM text_message WHERE text_id <= ?", ((sent.lastrowid or 0) - MAX_TEXT_MESSAGES,))

    def texts(self) -> list[TextMessage]:
        """Text messages, oldest first."""
        rows = self._sql.execute("SELECT account, otp, at FROM text_message ORDER BY text_id").fetchall()
        return [TextMessage(account=account, otp=otp, at=datetime.fromisoformat(at)) for account, otp, at in rows]

    def _next(self, name: str) -> int:
        self._sql.execute("INSERT OR IGNORE INTO counter (name, value) VALUES (?, 0)", (name,))
        self._sql.execute("UPDATE counter SET value = value + 1 WHERE name = ?", (name,))
        return int(self._sql.execute("SELECT value FROM counter WHERE name = ?", (name,)).fetchone()[0])

    def _one(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        found: tuple[Any, ...] | None = self._sql.execute(statement, values).fetchone()
        return found


def _written(person: Person) -> str:
    return msgspec.json.encode(person).decode()


def _read(text: str) -> Person:
    return msgspec.json.decode(text, type=Person)
