"""Build the wheel from a clean copy, hold its files against the folders, import all of it in an empty environment.

`make check` runs this. The editable install reads the folders themselves, so a template that nobody packaged, or a
package that nobody listed, is missed only by those who install the wheel.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

from support import checkout

LAYERS = ("domain", "ports", "adapters", "hosts")
STAYS_AT_HOME = {"README.md", "ruff.toml"}

# Runs in the empty environment. Alembic itself loads what lies in migrations; outside of it those scripts cannot run.
IMPORT_ALL = """
import importlib, importlib.metadata, pkgutil, sys
prefix, *packages = sys.argv[1:]
names = set(packages)
for package in packages:
    if not package.endswith((".migrations", ".versions")):
        path = importlib.import_module(package).__path__
        names |= {f"{package}.{module.name}" for module in pkgutil.iter_modules(path) if module.name != "__main__"}
for name in sorted(names):
    module = importlib.import_module(name)
    if not module.__file__.startswith(prefix):
        sys.exit(f"{name} came from {module.__file__}, not from the wheel")
for script in importlib.metadata.distribution("unionhub").entry_points:
    script.load()
print(len(names))
"""


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="unionhub-wheel-") as name:
        folder = Path(name).resolve()
        source = folder / "source"
        copy_checkout(source)
        wheel = build(source, folder / "dist")
        if problems := compare(source, wheel):
            print(*problems, sep="\n", file=sys.stderr)
            return 1
        packages = tomllib.loads((source / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
        count = import_all(wheel, folder / "empty", packages)
        with zipfile.ZipFile(wheel) as archive:
            print(f"{wheel.name}: {len(archive.namelist())} files, {count} modules imported in an empty environment")
    return 0


def copy_checkout(target: Path) -> None:
    """Committed or committable files only: a stale `build/` would leak yesterday's modules into the wheel."""
    for path in checkout.files():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(checkout.ROOT / path, target / path, follow_symlinks=False)


def build(source: Path, out: Path) -> Path:
    _run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source)], cwd=source)
    (wheel,) = out.glob("*.whl")
    return wheel


def compare(source: Path, wheel: Path) -> list[str]:
    """Lines that name what the wheel lacks or has too much of. Nothing when it is the folders, file by file."""
    with zipfile.ZipFile(wheel) as archive:
        packed = {PurePosixPath(name) for name in archive.namelist() if ".dist-info/" not in name}
    expected = {
        PurePosixPath("unionhub", path.relative_to(source).as_posix())
        for layer in LAYERS
        for path in (source / layer).rglob("*")
        if path.is_file() and path.name not in STAYS_AT_HOME
    }
    lacking = [
        f"not in the wheel: {path} (see tool.setuptools.{'packages' if path.suffix == '.py' else 'package-data'})"
        for path in sorted(expected - packed)
    ]
    return lacking + [f"in the wheel, but it should not be: {path}" for path in sorted(packed - expected)]


def import_all(wheel: Path, environment: Path, packages: list[str]) -> int:
    """Import every module of `packages` from the installed wheel. Return how many there are."""
    _run([sys.executable, "-m", "venv", "--without-pip", str(environment)])
    python = environment / "bin" / "python"
    offline = ["--no-deps", "--no-index", "--quiet", "--disable-pip-version-check"]
    _run([sys.executable, "-m", "pip", "--python", str(python), "install", *offline, str(wheel)])
    site = Path(_run([str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]).strip())
    # The dependencies, behind the wheel. A folder named in a .pth has its own .pth files ignored: no editable install.
    (site / "dependencies.pth").write_text(
        "".join(f"{sysconfig.get_path(kind)}\n" for kind in ("purelib", "platlib")), encoding="utf-8"
    )
    return int(_run([str(python), "-I", "-", str(site), *packages], cwd=environment, script=IMPORT_ALL).split()[-1])


def _run(command: list[str], cwd: Path | None = None, script: str = "") -> str:
    done = subprocess.run(
        command, cwd=cwd, input=script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{done.stdout.rstrip()}\nfailed with {done.returncode}: {' '.join(command[:5])} ...")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
