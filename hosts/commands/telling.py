"""What a command needs to tell partners something, as running hosts do: their register, and numbers of the hub's sequences."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from unionhub.adapters.memory.directory import SnapshotDirectory
from unionhub.adapters.sql.sequences import BlockSequences
from unionhub.domain.flows.notify import NoticeBook
from unionhub.domain.flows.numbers import Numbers

from .opening import Desk


async def directory_of(desk: Desk) -> SnapshotDirectory:
    """Parties and what belongs to them, as the store has them now."""
    directory = SnapshotDirectory(desk.store)
    await directory.refresh()
    return directory


@asynccontextmanager
async def notice_book(desk: Desk) -> AsyncIterator[NoticeBook]:
    """Writes notices; the worker sends them."""
    sequences = BlockSequences(desk.store, block=2)
    try:
        yield NoticeBook(desk.store, await directory_of(desk), Numbers(sequences), desk.clock)
    finally:
        await sequences.close()
