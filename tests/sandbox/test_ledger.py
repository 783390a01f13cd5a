"""The ledger: durable before it is answered, one commit for many, nothing lost when the process is killed."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from support.sandbox import run
from unionhub.domain.model.money import Money
from unionhub.hosts.sandbox.books import CREDIT, DEBIT, Books, Leg, Order, Status
from unionhub.hosts.sandbox.ledger import Ledger

ACCOUNT = "012800000001"
AT = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


def order(number: str, minor: int = 100) -> Order:
    amount = Money(minor, "344")
    legs = (Leg(account_no=ACCOUNT, sign=DEBIT, amount=amount), Leg(account_no=None, sign=CREDIT, amount=amount))
    return Order(ins_id="99100344", msg_id=number, digest=number.encode(), at=AT, legs=legs)


def opened(path: Path, minor: int = 1_000, *, group_commit: bool = False) -> Ledger:
    ledger = Ledger(path, group_commit=group_commit)
    run(ledger.run(lambda books: books.open_account(ACCOUNT, Money(minor, "344"))))
    return ledger


def balance(books: Books) -> int:
    found = books.balance(ACCOUNT)
    assert found is not None
    return found.minor


class TestGroupCommit:
    def test_many_at_once_are_each_decided_and_share_commits(self, tmp_path: Path) -> None:
        ledger = opened(tmp_path / "bank.sqlite3", group_commit=True)
        commits = []
        ledger._connection.set_trace_callback(lambda text: commits.append(text) if text == "COMMIT" else None)

        async def play() -> list[str]:
            release = threading.Event()
            held = asyncio.ensure_future(ledger.run(lambda _books: release.wait(5)))  # so that the others queue up
            await asyncio.sleep(0.05)
            orders = [asyncio.ensure_future(ledger.run(lambda books, n=n: books.post(order(f"M{n}")))) for n in range(50)]
            await asyncio.sleep(0.05)
            release.set()
            await held
            return [decision.code for decision in await asyncio.gather(*orders)]

        assert sorted(run(play())) == ["00"] * 10 + ["51"] * 40
        assert len(commits) == 2
        assert run(ledger.run(balance)) == 0
        ledger.close()

    def test_one_that_fails_takes_nobody_with_it(self, tmp_path: Path) -> None:
        ledger = opened(tmp_path / "bank.sqlite3", group_commit=True)

        def fail(books: Books) -> None:
            books.post(order("BAD"))
            raise LookupError("in the middle")

        async def play() -> list[object]:
            works = [ledger.run(lambda books: books.post(order("A"))), ledger.run(fail)]
            works.append(ledger.run(lambda books: books.post(order("B"))))
            return await asyncio.gather(*works, return_exceptions=True)

        first, failure, last = run(play())
        assert (getattr(first, "code", ""), type(failure), getattr(last, "code", "")) == ("00", LookupError, "00")
        assert run(ledger.run(balance)) == 800
        assert run(ledger.run(lambda books: books.decision("99100344", "BAD"))) is None
        ledger.close()

    def test_a_commit_that_fails_is_promised_to_nobody(self, tmp_path: Path) -> None:
        ledger = opened(tmp_path / "bank.sqlite3", group_commit=True)

        def undo(books: Books) -> None:
            books.post(order("LOST"))
            ledger._connection.execute("PRAGMA defer_foreign_keys = ON")
            ledger._connection.execute(
                "INSERT INTO booking (account_no, ins_id, original, ref, at, amount_minor, currency, sign) "
                "VALUES ('nobody', '', '', '', '', 1, '344', 1)"
            )

        with pytest.raises(sqlite3.IntegrityError):
            run(ledger.run(undo))
        assert run(ledger.run(lambda books: books.decision("99100344", "LOST"))) is None
        assert run(ledger.run(balance)) == 1_000
        ledger.close()

    def test_a_caller_who_gives_up_has_still_booked(self, tmp_path: Path) -> None:
        ledger = opened(tmp_path / "bank.sqlite3", group_commit=True)

        async def play() -> None:
            task = asyncio.ensure_future(ledger.run(lambda books: books.post(order("A"))))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await ledger.run(balance) == 900

        run(play())
        ledger.close()
        with pytest.raises(RuntimeError, match="closed"):
            run(ledger.run(balance))


def test_the_pragmas_that_make_it_durable(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "bank.sqlite3")
    pragmas = ("journal_mode", "synchronous", "foreign_keys")
    assert [ledger._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas] == ["wal", 2, 1]
    ledger.close()


def test_work_is_one_immediate_transaction(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "bank.sqlite3")
    statements: list[str] = []
    ledger._connection.set_trace_callback(statements.append)
    run(ledger.run(lambda books: books.open_account(ACCOUNT, Money(1, "344"))))
    assert (statements[0], statements[-1]) == ("BEGIN IMMEDIATE", "COMMIT")
    ledger.close()


def test_reopened_it_knows_everything_and_an_account_keeps_its_balance(tmp_path: Path) -> None:
    path = tmp_path / "bank.sqlite3"
    first = opened(path)
    run(first.run(lambda books: books.post(order("A"))))
    run(first.run(lambda books: books.reverse("99100344", "NEVER", "R1", AT)))
    first.close()
    again = opened(path, minor=77_777)  # seeded again: the account is there
    assert run(again.run(balance)) == 900
    assert run(again.run(lambda books: books.post(order("A")))).code == "00"
    assert run(again.run(lambda books: books.post(order("NEVER")))).code == "12"
    decision = run(again.run(lambda books: books.decision("99100344", "A")))
    assert decision is not None
    assert decision.status is Status.APPROVED
    assert run(again.run(lambda books: books.audit())) == []
    assert run(again.run(balance)) == 900
    again.close()


def test_the_audit_finds_a_balance_that_is_not_its_bookings(tmp_path: Path) -> None:
    ledger = opened(tmp_path / "bank.sqlite3")
    run(ledger.run(lambda books: books.post(order("A"))))
    ledger._connection.execute("UPDATE account SET balance_minor = balance_minor + 1 WHERE listed")
    ledger._connection.execute("DELETE FROM booking WHERE account_no LIKE 'SUSPENSE%'")
    found = run(ledger.run(lambda books: books.audit()))
    assert [line.split()[0] for line in found] == ["account", "account", "message"]
    ledger.close()


def test_fifty_debits_of_fifty_connections_when_there_is_money_for_ten(tmp_path: Path) -> None:
    path = tmp_path / "bank.sqlite3"
    opened(path).close()
    codes: list[str] = []

    def pay(number: int) -> None:
        ledger = Ledger(path)
        codes.append(ledger.run_now(lambda books: books.post(order(f"M{number}"))).code)
        ledger.close()

    threads = [threading.Thread(target=pay, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["00"] * 10 + ["51"] * 40


KILLED = """
import asyncio, sys
from datetime import UTC, datetime
from unionhub.domain.model.money import Money
from unionhub.hosts.sandbox.books import CREDIT, DEBIT, Leg, Order
from unionhub.hosts.sandbox.ledger import Ledger

async def main():
    ledger = Ledger(sys.argv[1], group_commit=True)
    await ledger.run(lambda books: books.open_account("012800000001", Money(10**9, "344")))

    async def pay(lane):
        for number in range(10**6):
            amount = Money(100, "344")
            legs = (Leg(account_no="012800000001", sign=DEBIT, amount=amount), Leg(account_no=None, sign=CREDIT, amount=amount))
            name = f"{lane}-{number}"
            order = Order(ins_id="I", msg_id=name, digest=b"d", at=datetime.now(UTC), legs=legs)
            decision = await ledger.run(lambda books: books.post(order))
            assert decision.code == "00"
            print(name, flush=True)

    await asyncio.gather(*(pay(lane) for lane in range(8)))

asyncio.run(main())
"""


def test_what_was_answered_before_a_kill_is_in_the_books_once(tmp_path: Path) -> None:
    path = tmp_path / "bank.sqlite3"
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    answered = [child.stdout.readline().strip() for _ in range(200)]
    child.kill()
    answered += child.stdout.read().split("\n")[:-1]  # a last line that was cut off in the pipe is no answer
    child.stdout.close()
    assert child.wait() == -9
    ledger = Ledger(path)
    (account,) = run(ledger.run(lambda books: books.accounts()))
    booked = [booking.ref for booking in account.bookings]
    assert len(answered) >= 200
    assert set(answered) <= set(booked)
    assert len(booked) == len(set(booked))
    assert account.balance_minor == 10**9 - 100 * len(booked)
    assert run(ledger.run(lambda books: books.audit())) == []
    ledger.close()
