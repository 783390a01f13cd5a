"""Log lines: one pipeline for our own and for the libraries' (structlog; PCI DSS 3.5.1, 10.3).

A line is written by the process that has the news, so it must be cheap and must never fail a payment. Secrets mask
themselves by type. Tracebacks come without the frames' locals, and card numbers in exception texts, which are other
people's words, are masked.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import sys
import threading
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any, Final, Literal, TextIO, cast

import msgspec
import structlog
from structlog.typing import FilteringBoundLogger, Processor

from unionhub.domain.model.identifiers import luhn_valid, mask_number

LogFormat = Literal["json", "console"]
LogLevel = Literal["debug", "info", "warning", "error"]

_CARD_NUMBER: Final = re.compile(r"(?<!\d)\d{13,19}(?!\d)", re.ASCII)

_MAX_CAUSES: Final = 3
_MAX_CAUSE_CHARS: Final = 200

_CHATTY: Final = ("uvicorn.error",)
"""Libraries whose information is worth a line; of the others only warnings are."""


class LineWriter:
    """Whole lines to a stream, from any thread. A full disk or a closed pipe loses lines, not payments: `lost` counts them."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self.lost = 0

    def write(self, line: str) -> None:
        """Write the line; never raises."""
        try:
            with self._lock:
                self._stream.write(line + "\n")
                self._stream.flush()
        except (OSError, ValueError):
            self.lost += 1

    debug = info = warning = error = critical = write


class _Foreign(logging.Handler):
    """The libraries' records, by the same pipeline into the same stream."""

    def __init__(self, writer: LineWriter, formatter: logging.Formatter) -> None:
        super().__init__()
        self._writer = writer
        self.setFormatter(formatter)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._writer.write(self.format(record))
        except Exception:  # a library's bad format string is not worth an exception in its caller
            self._writer.lost += 1


class Logs:
    """What `set_up_logs` made. `close` undoes it."""

    def __init__(self, logger: FilteringBoundLogger, writer: LineWriter, undo: Callable[[], None]) -> None:
        self.logger = logger
        self.writer = writer
        self.close = undo


def set_up_logs(
    *, level: LogLevel = "info", form: LogFormat = "json", file: Path | None = None, stream: TextIO | None = None
) -> Logs:
    """Log to `file` (appended to, so copytruncate rotates it), else to `stream`, else to stderr."""
    opened = _open(file) if file is not None else None
    target = opened or stream or sys.stderr
    writer = LineWriter(target)
    threshold = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    # format_exc_info for the console too: left to itself, it has rich print every frame's locals where rich is installed.
    last: list[Processor] = [structlog.processors.format_exc_info, _mask_exception, _renderer(form, colors=target.isatty())]
    wrapper = structlog.make_filtering_bound_logger(threshold)
    structlog.configure(
        processors=[*shared, *last], wrapper_class=wrapper, logger_factory=lambda *_: writer, cache_logger_on_first_use=False
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
    handler = _Foreign(writer, formatter)
    undo = contextlib.ExitStack()
    if opened is not None:
        undo.callback(opened.close)
    undo.callback(structlog.reset_defaults)
    _install(handler, threshold, undo)
    return Logs(structlog.get_logger().bind(), writer, undo.close)


def _install(handler: logging.Handler, threshold: int, undo: contextlib.ExitStack) -> None:
    root = logging.getLogger()
    root.addHandler(handler)
    undo.callback(root.removeHandler, handler)
    foreign = threshold if threshold == logging.DEBUG else max(threshold, logging.WARNING)
    for name, level in {"": foreign, **dict.fromkeys(_CHATTY, threshold)}.items():
        library = logging.getLogger(name)
        undo.callback(library.setLevel, library.level)
        library.setLevel(level)


def _open(file: Path) -> TextIO:
    """Closed to other users (PCI DSS 10.3.1)."""
    file.parent.mkdir(parents=True, exist_ok=True)
    return open(file, "a", encoding="utf-8", errors="backslashreplace", opener=lambda path, flags: os.open(path, flags, 0o640))


def _renderer(form: LogFormat, *, colors: bool) -> Processor:
    if form == "json":
        return structlog.processors.JSONRenderer(serializer=_to_json)
    # The reprs keep a stranger's control characters out of the terminal.
    return structlog.dev.ConsoleRenderer(colors=colors, repr_native_str=True, timestamp_key="at")


def _to_json(event: object, **_: object) -> str:
    try:
        return msgspec.json.encode(event, enc_hook=repr).decode()
    except (TypeError, ValueError, OverflowError, RecursionError):
        # What JSON cannot say as it is: huge integers, keys that are no text, lone surrogates.
        members = cast(dict[str, object], event).items()
        return json.dumps({key: value if isinstance(value, str) else repr(value) for key, value in members})


def _mask_exception(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if isinstance(text := event.get("exception"), str):
        event["exception"] = mask_card_numbers(text)
    return event


def in_one_line(error: BaseException) -> str:
    """What went wrong and why, without a traceback: the first line of each text, as database errors go on with values."""
    told: list[str] = []
    link: BaseException | None = error
    while link is not None and len(told) < _MAX_CAUSES:
        first = str(link).partition("\n")[0][:_MAX_CAUSE_CHARS]
        told.append(f"{type(link).__name__}: {mask_card_numbers(first)}")
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return " <- ".join(told)


def mask_card_numbers(text: str) -> str:
    """Mask what looks like a card number: 13 to 19 digits that pass Luhn's check."""
    return _CARD_NUMBER.sub(lambda found: mask_number(found[0]) if luhn_valid(found[0]) else found[0], text)
