"""`unionhub` as an operator uses it, every command in this process, on a prepared home."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec
import pytest
from click.testing import CliRunner

from support.keys import hub_keys
from support.loop import run
from support.sandbox import give_keys, light_identities
from support.stores import sqlite_url
from unionhub.adapters.memory.clock import SystemClock
from unionhub.adapters.sql.sequences import BlockSequences
from unionhub.adapters.sql.store import SqlStore
from unionhub.adapters.vault.envelope import load as load_vault
from unionhub.adapters.vault.keys import load_hub_keys
from unionhub.adapters.vault.master import load_master_key
from unionhub.domain.model.money import Money
from unionhub.domain.model.transactions import Payment, PaymentState
from unionhub.hosts.cli import main
from unionhub.hosts.sandbox.register import Registrar
from unionhub.hosts.sandbox.seeds import ACQUIRER, BANK, HARBOUR
from unionhub.ports.store import Store, UnitOfWork

T = TypeVar("T")


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Operator:
    """Calls `unionhub` with a home of its own, and nothing of this machine's settings."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.env: dict[str, str] = {"UNIONHUB_HOME": str(home)}

    def __call__(self, *arguments: object, typed: str | bytes = "", **env: str) -> Done:
        """Run a command; `typed` comes from stdin, `env` adds settings."""
        foreign = dict.fromkeys((name for name in os.environ if name.startswith("UNIONHUB_")), None)
        settings: dict[str, str | None] = {**foreign, **self.env, **env}
        with CliRunner().isolation(input=typed, env=settings) as (out, err, _), pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        code = end.value.code
        return Done(code if isinstance(code, int) else -1, out.getvalue().decode(), err.getvalue().decode())

    def does(self, *arguments: object, **options: Any) -> Done:
        """A command that succeeds."""
        done = self(*arguments, **options)
        assert (done.code, done.err) == (0, ""), done
        return done

    def json(self, *arguments: object, **options: Any) -> Any:
        """What a command says to machines."""
        return self.does(*arguments, "--json", **options).json

    def refuses(self, *arguments: object, **options: Any) -> str:
        """A command that cannot be done: its one line, without the program's name."""
        done = self(*arguments, **options)
        assert (done.code, done.out) == (1, ""), done
        assert done.err.startswith("unionhub: ")
        assert done.err.count("\n") == 1
        return done.err.removeprefix("unionhub: ").rstrip("\n")

    def work(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        """One unit of work on this home's store, committed."""

        async def inside(store: Store) -> T:
            async with store.begin() as uow:
                done = await work(uow)
                await uow.commit()
            return done

        return self.store(inside)

    def store(self, work: Callable[[Store], Awaitable[T]]) -> T:
        return run(with_store(self.home, work))


async def with_store(home: Path, work: Callable[[Store], Awaitable[T]]) -> T:
    store = SqlStore(f"sqlite:///{home / 'unionhub.db'}")
    try:
        return await work(store)
    finally:
        await store.close()


def new_home(folder: Path) -> Path:
    """A migrated database with the hub's and the vault's keys, the sandbox's parties, product and cards."""
    folder.mkdir(parents=True, exist_ok=True)
    Path(sqlite_url(folder).removeprefix("sqlite:///")).rename(folder / "unionhub.db")
    give_keys(folder)

    async def fill(store: Store) -> None:
        clock = SystemClock()
        master = load_master_key(home=folder, file=None, production=False)
        await load_hub_keys(store, master, clock, lambda: hub_keys().to_json())
        vault = await load_vault(store, master, clock)
        sequences = BlockSequences(store)
        await Registrar(store, vault, sequences, clock).register(light_identities())
        await sequences.close()

    run(with_store(folder, fill))
    return folder


OPENED = datetime(2026, 3, 2, 4, 0, 0, 123456, tzinfo=UTC)


def payment(payment_id: int, **changes: Any) -> Payment:
    """A payment of the sandbox's first cardholder, waiting for its bank."""
    plain = Payment(
        payment_id=payment_id,
        kind="MPQRC_PAYMENT_EMV",
        sender=HARBOUR,
        msg_id=f"A{HARBOUR}20260302040000{payment_id:06d}",
        state=PaymentState.PENDING,
        opened_at=OPENED,
        due_at=OPENED + timedelta(seconds=45),
        gateway=HARBOUR,
        issuer=BANK,
        acquirer=ACQUIRER,
        card_id=1,
        user_id="6099010000000103",
        device_id="device",
        gross=Money(10_00, "344"),
        amount=Money(10_00, "344"),
        bill=Money(10_00, "344"),
        voucher_no=f"20260302{payment_id:012d}",
        retrieval_ref=f"{payment_id:012d}",
        trace_no=f"{payment_id:06d}",
        bank_msg_id=f"U{BANK}20260302040000{payment_id:06d}",
    )
    return msgspec.structs.replace(plain, **changes)
