"""Where a run was made: figures without it cannot be compared."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import psutil

_PACKAGES: Final = ("uvicorn", "litestar", "msgspec", "jwcrypto", "cryptography", "sqlalchemy", "asyncpg", "uvloop", "locust")


def facts(checkout: Path) -> dict[str, str]:
    """Facts of this machine, this Python and this checkout, in the order to be shown."""
    return {
        "when": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
        "version": _commit(checkout),
        "machine": f"{_model()}, {os.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB",
        "load before": " ".join(f"{value:.1f}" for value in os.getloadavg()) + " (1, 5, 15 min)",
        "system": f"{platform.system()} {platform.release()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": ", ".join(f"{name} {version(name)}" for name in _PACKAGES),
    }


def _commit(checkout: Path) -> str:
    try:
        said = subprocess.run(
            ["git", "describe", "--always", "--dirty"], cwd=checkout, capture_output=True, text=True, check=True, timeout=10
        )
    except (OSError, subprocess.SubprocessError):
        return f"unionhub {version('unionhub')}"
    return f"unionhub {version('unionhub')}, {said.stdout.strip()}"


def _model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
