"""What a simulated partner received (`GET /sandbox/inbox/{appId}`)."""

from __future__ import annotations

from collections import deque
from datetime import datetime
from typing import Any, Final

import msgspec

MAX_ITEMS: Final = 5_000


class Item(msgspec.Struct, frozen=True, kw_only=True, rename={"msg_id": "msgID"}):
    """One genuine message, answered or not. `body` is its JSON, or text where it was none; sealed fields stay sealed."""

    at: datetime  # business time
    message: str
    msg_id: str
    body: Any


class Inbox:
    """The newest messages, at most `MAX_ITEMS`, oldest first."""

    def __init__(self) -> None:
        self._items: deque[Item] = deque(maxlen=MAX_ITEMS)

    def add(self, item: Item) -> None:
        self._items.append(item)

    def items(self, message: str | None = None) -> list[Item]:
        """All, or those of one name."""
        return [item for item in self._items if message is None or item.message == message]
