"""The files of this checkout: what is committed or could be, nothing that is generated."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_GENERATED = {"var", "build", "dist", "__pycache__"}
_HIDDEN_BUT_OURS = {".ci", ".typing"}


def files(root: Path = ROOT) -> list[Path]:
    """Paths relative to `root`, sorted. Without git, or in an unpacked archive, the folders are walked instead."""
    listed = _listed_by_git(root) if (root / ".git").exists() else None
    return sorted(listed if listed is not None else _walked(root))


def _listed_by_git(root: Path) -> list[Path] | None:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        output = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):  # no git, or a checkout that belongs to another user
        return None
    return [Path(name) for name in output.split("\0") if name and os.path.lexists(root / name)]


def _walked(root: Path) -> list[Path]:
    found = []
    for folder, subfolders, names in os.walk(root):
        here = Path(folder)
        links = [name for name in subfolders if (here / name).is_symlink()]
        found += [(here / name).relative_to(root) for name in names + links]
        subfolders[:] = [name for name in subfolders if _is_ours(name)]
    return found


def _is_ours(folder: str) -> bool:
    if folder.startswith("."):
        return folder in _HIDDEN_BUT_OURS
    return folder not in _GENERATED and not folder.endswith(".egg-info")
