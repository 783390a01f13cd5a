"""A sequence diagram of recorded messages as SVG: lifelines, an arrow for each message, what was spoiled, what never came.

Drawn for the width of a phone and scaled up for a desk. Its text is set in a monospaced face, so that widths are known
without measuring. Colours and strokes are the page's (style.css).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Final, Literal

import msgspec

from .record import Message

WIDTH: Final = 360
_EDGE: Final = 45  # from the border to the outer lifelines
_HEAD: Final = 42
_FOOT: Final = 10
_ROW: Final = 33
_BREAK: Final = 26
_CHAR: Final = 6.12  # a character of 10.2 px
_PAD: Final = 6
_STUB: Final = 46
_GUTTER: Final = 20  # on the left, for the numbers of steps

ORDER: Final = (
    "Channel APP",
    "App Gateway",
    "SCIS",
    "UCSP",
    "Core Banking System",
    "Acquirer",
    "QR Platform",
    "Industry Service",
)
"""Left to right. A party that is not in it, such as a second app's gateway, stands on the left."""

_ASYNCHRONOUS: Final = frozenset({"TRX_RESULT_NOTIFICATION", "PAYMENT_RESULT_NOTICE"})
_GOOD: Final = "00"

Mark = Literal["", "spoiled", "forced"]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One arrow. `ms` is by way: the same diagram tells the times of all ways in which it was the same."""

    sender: str
    receiver: str
    name: str
    is_request: bool
    code: str = ""
    mark: Mark = ""
    number: int = 0
    unanswered: bool = False
    at_s: float = 0.0  # business time since the first line
    ms: dict[str, float] = {}


def lines_of(messages: Sequence[Message], way: str) -> list[Line]:
    """The arrows of one run."""
    unanswered = _unanswered(messages)
    return [
        Line(
            sender=message.sender,
            receiver=message.receiver,
            name=message.name,
            is_request=message.is_request,
            code=message.code,
            mark=_mark(message),
            number=message.number,
            unanswered=place in unanswered,
            at_s=(message.at - messages[0].at).total_seconds(),
            ms={} if message.is_request else {way: message.ms},
        )
        for place, message in enumerate(messages)
    ]


def same(first: Sequence[Line], second: Sequence[Line]) -> bool:
    """Equal but for the time that answers took, and for where a notice stands among other messages."""
    return _timeless(first) == _timeless(second)


def joined(first: Sequence[Line], second: Sequence[Line]) -> list[Line]:
    """`first`, with the times of `second`, which is the same."""
    seconds = {key: iter(lines) for key, lines in _in_order(second).items()}
    return [msgspec.structs.replace(line, ms={**line.ms, **next(seconds[_order_of(line)]).ms}) for line in first]


def _order_of(line: Line) -> frozenset[str]:
    """Lines that have an order among themselves: notices between the same two parties, and all other messages."""
    return frozenset((line.sender, line.receiver)) if line.name in _ASYNCHRONOUS else frozenset()


def _in_order(lines: Sequence[Line]) -> dict[frozenset[str], list[Line]]:
    found: dict[frozenset[str], list[Line]] = {}
    for line in lines:
        found.setdefault(_order_of(line), []).append(line)
    return found


def _timeless(lines: Sequence[Line]) -> dict[frozenset[str], list[Line]]:
    return _in_order([msgspec.structs.replace(line, ms={}) for line in lines])


def draw(lines: Sequence[Line], title: str) -> str:
    """The SVG, to stand in a page."""
    parties = _parties(lines)
    places = _places(parties)
    body: list[str] = []
    y, at_s = float(_HEAD), 0.0
    for line in lines:
        if line.at_s > at_s:
            y += _BREAK
            body.append(_break(line.at_s - at_s, y))
        at_s = line.at_s
        y += _ROW
        body.append(_arrow(line, places, y))
        if line.unanswered:
            y += _ROW
            body.append(_silence(line, places, y))
    height = y + _FOOT + 6
    heads = "".join(_head(party, x, height) for party, x in places.items())
    return (
        f'<svg class="chart" viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{heads}{''.join(body)}</svg>"
    )


def _mark(message: Message) -> Mark:
    if not message.fault:
        return ""
    return "forced" if message.fault.startswith("code:") else "spoiled"


def _unanswered(messages: Sequence[Message]) -> set[int]:
    """Places of requests that no answer belongs to; an answer belongs to the latest request that still waits for one."""
    waiting: dict[tuple[str, str], list[int]] = {}
    for place, message in enumerate(messages):
        key = message.name, message.msg_id
        if message.is_request:
            waiting.setdefault(key, []).append(place)
        elif waiting.get(key):
            waiting[key].pop()
    return {place for places in waiting.values() for place in places}


def _parties(lines: Sequence[Line]) -> list[str]:
    there = dict.fromkeys(party for line in lines for party in (line.sender, line.receiver))
    return sorted(there, key=lambda party: ORDER.index(party) if party in ORDER else -1)


def _places(parties: Sequence[str]) -> dict[str, float]:
    edge = {1: WIDTH / 2, 2: 92.0, 3: 58.0}.get(len(parties), float(_EDGE))
    gap = (WIDTH - 2 * edge) / max(len(parties) - 1, 1)
    return {party: round(edge + gap * place, 1) for place, party in enumerate(parties)}


def _head(party: str, x: float, height: float) -> str:
    words = _two_lines(party)
    first = 18 if len(words) > 1 else 24
    is_hub = party in ("SCIS", "UCSP")
    css = "party on" if is_hub else "party"
    text = "".join(
        f'<text class="{css}" x="{x:g}" y="{first + 12 * place}">{escape(word)}</text>' for place, word in enumerate(words)
    )
    return (
        f'<line class="life" x1="{x:g}" x2="{x:g}" y1="{_HEAD - 4}" y2="{height - 4:g}"/>'
        f'<rect class="box{" hub" if is_hub else ""}" x="{x - 43:g}" y="3" width="86" height="35" rx="7"/>{text}'
    )


def _two_lines(party: str) -> list[str]:
    if len(party) <= 13 or " " not in party:
        return [party]
    head, _, tail = party.rpartition(" ")
    return [head, tail]


def _arrow(line: Line, places: Mapping[str, float], y: float) -> str:
    x1, x2 = places[line.sender], places[line.receiver]
    side = 1 if x2 > x1 else -1
    tip = x2 - side * 1.5
    kind = "notice" if line.name in _ASYNCHRONOUS else "call"
    classes = f"{kind} {'ask' if line.is_request else 'answer'} {_tone(line)}"
    head = f"M{tip - side * 7:g} {y - 4:g}L{tip:g} {y:g}L{tip - side * 7:g} {y + 4:g}"
    parts = [
        f'<line class="shaft" x1="{x1 + side * 1.5:g}" x2="{tip - side * 2:g}" y1="{y:g}" y2="{y:g}"/>',
        f'<path class="head" d="{head}{"Z" if kind == "call" else ""}"/>',
        _label(line, (x1 + x2) / 2, y - 6),
    ]
    if line.number:
        parts.append(_numbered(line.number, y))
    if line.mark:
        parts.append(_bolt(x1 - side * 8, y + 4))
    return f'<g class="{classes}">{"".join(parts)}</g>'


def _tone(line: Line) -> str:
    if line.is_request:
        return ""
    if line.mark == "spoiled":
        return "bad"
    return "good" if line.code == _GOOD else "warn"


def _label(line: Line, middle: float, y: float) -> str:
    """Message, code, time. Of several ways the page shows one's time."""
    times = {way: _time(ms) for way, ms in line.ms.items()}
    longest = max((len(text) for text in times.values()), default=-1) + 1
    spans = [escape(line.name)]
    if line.code:
        spans.append(f' <tspan class="code">{escape(line.code)}</tspan>')
    spans += [f'<tspan class="ms {way}"> {escape(text)}</tspan>' for way, text in times.items()]
    chars = len(line.name) + len(line.code) + bool(line.code) + longest
    return _text("".join(spans), chars, middle, y, left=_GUTTER if line.number else 0)


def _text(content: str, chars: int, middle: float, y: float, left: float = 0.0) -> str:
    """Over the middle of its arrow, but never beyond the border."""
    half = chars * _CHAR / 2 + _PAD
    x = min(max(middle, left + half), WIDTH - half)
    return f'<text class="label" x="{x:g}" y="{y:g}">{content}</text>'


def _time(ms: float) -> str:
    if ms >= 1000:
        return f"{ms / 1000:.1f} s"
    if ms >= 10:
        return f"{ms:.0f} ms"
    return f"{ms:.1f} ms" if ms >= 0.1 else "<0.1 ms"


def _silence(line: Line, places: Mapping[str, float], y: float) -> str:
    """What did not come back: a stub that breaks off."""
    x1, x2 = places[line.receiver], places[line.sender]
    side = 1 if x2 > x1 else -1
    end = x1 + side * _STUB
    cross = f"M{end - 4:g} {y - 4:g}l8 8m0 -8l-8 8"
    label = _text("no answer", len("no answer"), (x1 + x2) / 2, y - 6)
    return (
        f'<g class="call answer bad"><line class="shaft" x1="{x1 + side * 1.5:g}" x2="{end - side * 5:g}" y1="{y:g}" '
        f'y2="{y:g}"/><path class="cross" d="{cross}"/>{label}</g>'
    )


def _numbered(number: int, y: float) -> str:
    """The number of the step in the seed's chart, at the border."""
    x = _GUTTER / 2
    return (
        f'<circle class="step" cx="{x:g}" cy="{y - 4:g}" r="7.5"/><text class="step" x="{x:g}" y="{y - 0.8:g}">{number}</text>'
    )


def _bolt(x: float, y: float) -> str:
    """This answer is what the scenario made a partner say."""
    return f'<path class="bolt" d="M{x + 1:g} {y - 7:g}l-5 8h4l-2 6l6 -8h-4l2 -6z"/>'


def _break(later_s: float, y: float) -> str:
    text = f"{duration(later_s)} later"
    half = len(text) * _CHAR / 2 + 8
    middle = WIDTH / 2
    return (
        f'<g class="break"><line x1="8" x2="{middle - half:g}" y1="{y - 3:g}" y2="{y - 3:g}"/>'
        f'<line x1="{middle + half:g}" x2="{WIDTH - 8}" y1="{y - 3:g}" y2="{y - 3:g}"/>'
        f'<text x="{middle:g}" y="{y:g}">{text}</text></g>'
    )


def duration(seconds: float) -> str:
    """In the largest units that tell it: 2 s, 1 min 30 s, 1 day."""
    return " ".join(_units(round(seconds))) or "0 s"


def _units(seconds: int) -> Iterator[str]:
    for unit, size in (("days", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            yield f"{count} {'day' if (unit, count) == ('days', 1) else unit}"
