"""`python -m report var/report`: the page of what was recorded there."""

from __future__ import annotations

import sys
from pathlib import Path

from . import page, record


def main(folder: Path) -> int:
    try:
        runs = record.read(folder)
    except FileNotFoundError:
        print(f"nothing was recorded in {folder}", file=sys.stderr)
        return 1
    target = page.write(folder, runs)
    failed = [run for run in runs if run.outcome not in ("passed", "skipped")]
    print(f"{len(runs)} runs of scenarios, {len(failed)} red: {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
