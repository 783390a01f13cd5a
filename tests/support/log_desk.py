"""Log set-ups of one test, all undone at its end."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from unionhub.adapters.telemetry.hub import HubTelemetry
from unionhub.adapters.telemetry.logs import LogFormat, LogLevel, Logs, set_up_logs


class Desk:
    """A stream, and whatever was set up to log into it."""

    def __init__(self) -> None:
        self.opened: list[Logs] = []
        self.stream = io.StringIO()

    def logs(self, form: LogFormat = "json", level: LogLevel = "info", file: Path | None = None) -> Logs:
        self.opened.append(set_up_logs(form=form, level=level, file=file, stream=self.stream))
        return self.opened[-1]

    def hub(self, level: LogLevel = "info") -> HubTelemetry:
        return HubTelemetry(self.logs(level=level).logger)

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def close(self) -> None:
        for logs in reversed(self.opened):
            logs.close()
