"""Messages in the terminal as they pass: who, to whom, what, code, how long."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from unionhub.hosts.sandbox.catalog import SCIS, platform
from unionhub.hosts.sandbox.partner import Identity

HUB: Final = "hub"  # as the journal names it

_WHO, _WHAT = 20, 28


class Drawing:
    """Draws journal entries, one line each. Requests point right, responses left, so that a call reads as a bracket."""

    def __init__(self, partners: Mapping[str, Identity], *, color: bool) -> None:
        """`partners` by their app_ids."""
        self._partners = dict(partners)
        self._color = color

    def message(self, entry: Mapping[str, Any]) -> str:
        """One journal entry (hosts/sandbox/journal.py) as a line."""
        at = datetime.fromisoformat(entry["at"])
        asked = entry["kind"] == "req"
        caller, called = (entry["from"], entry["to"]) if asked else (entry["to"], entry["from"])
        arrow = "──▶" if asked else "◀──"
        hub = self._hub(caller, called, entry["message"])
        left, right = (self._who(each, hub) for each in (caller, called))
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

    def _hub(self, caller: str, called: str, message: str) -> str:
        """The platform that the hub is in this message."""
        partner = self._partners.get(called if caller == HUB else caller)
        return platform(partner.role, message, from_hub=caller == HUB) if partner is not None else SCIS

    def _who(self, app_id: str, hub: str) -> str:
        partner = self._partners.get(app_id)
        name = hub if app_id == HUB else partner.name if partner is not None else app_id
        return f"{name[:_WHO]:<{_WHO}}"

    def _tint(self, line: str, code: str) -> str:
        return f"\x1b[{code}m{line}\x1b[0m" if self._color and code != "0" else line
