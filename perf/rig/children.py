"""Processes that we start, and end by their ids: in order, also after Ctrl-C, and never anybody else's."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

POLL_S: Final = 0.05
_TAIL_LINES: Final = 15
_PR_SET_PDEATHSIG: Final = 1


class RigError(Exception):
    """Something of the rig does not start or has ended by itself: one message for the tester."""


class Child:
    """One process in a session of its own, so that Ctrl-C reaches us alone and we can stop the others in their order."""

    def __init__(self, name: str, command: Sequence[str], env: Mapping[str, str], log: Path) -> None:
        self.name = name
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with open(log, "wb") as output:
            self._process = subprocess.Popen(
                command,
                env={**os.environ, **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def check(self) -> None:
        """Raise RigError if it has ended."""
        if self.exit_code is not None:
            raise RigError(f"{self.name} ended by itself (exit code {self.exit_code}); the end of {self._log}:\n{self._tail()}")

    def wait_for_line(self, part: str, timeout_s: float = 60.0) -> str:
        """The first line of its output that contains `part`. Raises RigError if it ends before or takes too long."""
        until_s = time.monotonic() + timeout_s
        while time.monotonic() < until_s:
            for line in self._log.read_text(errors="replace").splitlines():
                if part in line:
                    return line
            self.check()
            time.sleep(POLL_S)
        raise RigError(f"{self.name} did not say {part!r} within {timeout_s:.0f} s; the end of {self._log}:\n{self._tail()}")

    def stop(self, timeout_s: float = 20.0) -> None:
        """SIGTERM, and SIGKILL for who does not listen."""
        if self._process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            print(f"{self.name} (pid {self.pid}) does not end: killed")
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        """SIGKILL: no drain, no goodbye."""
        self._process.kill()
        self._process.wait()

    def _tail(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])


def _end_with_parent() -> None:
    """If we are killed, nobody else would end this process."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
