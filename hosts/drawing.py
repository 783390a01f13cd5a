"""Messages in the terminal as they pass: who, to whom, what, code, how long."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from unionhub.adapters.wire.ucsp import UCSP
from unionhub.hosts.sandbox.catalog import FLAT_ROLES, RECEIVED_BY

HUB: Final = "hub"  # as the journal names it
_OF_UCSP: Final = frozenset(row.name for row in UCSP).union(*(RECEIVED_BY[role] for role in FLAT_ROLES))
"""Messages of the other platform that the hub is."""

_WHO, _WHAT = 20, 28


class Drawing:
    """Draws journal entries, one line each. Requests point right, responses left, so that a call reads as a bracket."""

    def __init__(self, names: Mapping[str, str], *, color: bool) -> None:
        self._names = dict(names)
        self._color = color

    def message(self, entry: Mapping[str, Any]) -> str:
        """One journal entry (hosts/sandbox/journal.py) as a line."""
        at = datetime.fromisoformat(entry["at"])
        asked = entry["kind"] == "req"
        caller, called = (entry["from"], entry["to"]) if asked else (entry["to"], entry["from"])
        arrow = "──▶" if asked else "◀──"
        left, right = (self._who(each, entry["message"]) for each in (caller, called))
        line = f"  {at:%H:%M:%S}.{at.microsecond // 1000:03d}  {left} {arrow} {right}  "
        line += f"{entry['message']:<{_WHAT}}"
        if asked:
            return self._tint(line.rstrip(), "0")
        tail = f" {entry['code'] or '--'}  {entry['ms']:>7.1f} ms"
        if entry.get("fault"):
            tail += f"  ({entry['fault']})"
        return self._tint(line + tail, "32" if entry["code"] == "00" else "33")

    def scene(self, text: str) -> str:
        """A line of the story before its messages."""
        return self._tint(f"\n  {text}", "1")

    def _who(self, app_id: str, message: str) -> str:
        hub = "UCSP" if message in _OF_UCSP else "SCIS"
        name = hub if app_id == HUB else self._names.get(app_id, app_id)
        return f"{name[:_WHO]:<{_WHO}}"

    def _tint(self, line: str, code: str) -> str:
        return f"\x1b[{code}m{line}\x1b[0m" if self._color and code != "0" else line
