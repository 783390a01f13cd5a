"""FIELD=VALUE of `unionhub send`: read, and put into a body."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from .failures import CommandError

Json = dict[str, Any]

NOTHING: Final = object()
"""A field that is to be left out."""

_FIELD: Final = re.compile(r"(?P<path>[A-Za-z][\w.]*)(?P<raw>:?)=(?P<value>.*)", re.DOTALL)
_MERGED: Final = frozenset({"merchantInfo", "cvmInfo", "cardInfo", "settlementKey"})
_LISTS: Final = frozenset({"emvCpqrcPayload", "barcodeCpqrcPayload"})


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator chose. Numbers count from 1; None takes the first that fits. `newest`: the card issued last."""

    message: str
    fields: tuple[tuple[tuple[str, ...], Any], ...]
    sender: str | None = None
    cardholder: int | None = None
    merchant: int | None = None
    newest: bool = False

    @property
    def given(self) -> frozenset[str]:
        """Members of trxInfo that need no default. A field within some groups changes the default, within others replaces."""
        return frozenset(path[0] for path, _ in self.fields if len(path) == 1 or path[0] not in _MERGED)

    def field(self, name: str) -> Any:
        """What was given for a member; None if nothing was."""
        return next((value for path, value in self.fields if path == (name,)), None)


def parse_fields(texts: Iterable[str]) -> tuple[tuple[tuple[str, ...], Any], ...]:
    """`trxAmt=12.50` is text, `trxAmt:=12.5` is JSON, `merchantInfo.mid=...` goes deeper, `merchantInfo=null` leaves it out."""
    return tuple(_field(text) for text in texts)


def _field(text: str) -> tuple[tuple[str, ...], Any]:
    match = _FIELD.fullmatch(text)
    if match is None or not all(match["path"].split(".")):
        raise CommandError(f"{text[:60]!r} is no field: name=value, name:=JSON, group.name=value or name=null")
    path = tuple(match["path"].split("."))
    if not match["raw"]:
        plain: Any = [match["value"]] if path[-1] in _LISTS else match["value"]  # a wallet's code stands in a list
        return path, NOTHING if match["value"] == "null" else plain
    try:
        return path, msgspec.json.decode(match["value"])
    except msgspec.DecodeError:
        raise CommandError(f"{match['path']}: what stands after := must be JSON") from None


def put(body: Json, path: tuple[str, ...], value: Any) -> None:
    """Set, or leave out, what lies at `path`. Raises CommandError where there is no object to go into."""
    *groups, name = path
    place = body
    for group in groups:
        place = place.setdefault(group, {})
        if not isinstance(place, dict):
            raise CommandError(f"{'.'.join(path)}: {group} is no group of fields")
    if value is NOTHING:
        place.pop(name, None)
    else:
        place[name] = value
