"""The house keeps its shape: what is packaged, locked, imported and banned (DESIGN sections 1 and 2)."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from support import checkout

ROOT = checkout.ROOT
LAYERS = ("domain", "ports", "adapters", "hosts")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")

CODE = [path for path in checkout.files() if path.parts[0] in LAYERS and path.suffix == ".py"]


def ruff_says(rule: str, file: str, code: str) -> list[str]:
    """Lines in which ruff, configured as for `file`, finds `rule` broken by `code`."""
    options = ["--no-cache", "--output-format", "concise", "--stdin-filename", file, "-"]
    command = [sys.executable, "-m", "ruff", "check", *options]
    done = subprocess.run(command, cwd=ROOT, input=code, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return [line for line in done.stdout.splitlines() if f" {rule} " in line]


def imported_by(path: Path) -> set[str]:
    """Top-level names that a file imports. Relative imports stay in the house and are left out."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / path).read_bytes(), filename=str(path))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def undeclared_imports(paths: list[Path], requirements: list[str]) -> list[str]:
    """`file imports name` for each name that is neither the house's, nor Python's, nor of a package in `requirements`."""
    declared = {canonicalize_name(Requirement(line).name) for line in requirements}
    owners = packages_distributions()
    ours = {"unionhub"} | {Path(part).stem for path in paths if path not in CODE for part in path.parts[:2]}
    return [
        f"{path} imports {name}"
        for path in paths
        for name in sorted(imported_by(path) - sys.stdlib_module_names - ours)
        if not declared & {canonicalize_name(owner) for owner in owners.get(name, ())}
    ]


class TestPackages:
    def test_the_list_is_the_folders_that_hold_code(self) -> None:
        folders = {folder for path in CODE for folder in (path.parent, *path.parent.parents) if folder != Path()}
        listed = PYPROJECT["tool"]["setuptools"]["packages"]
        assert sorted(listed) == sorted(".".join(("unionhub", *folder.parts)) for folder in folders)

    def test_every_package_has_an_init(self) -> None:
        lacking = {path.parent for path in CODE if path.parent / "__init__.py" not in CODE}
        assert lacking == set()

    def test_type_checkers_find_unionhub_through_the_link(self) -> None:
        assert os.readlink(ROOT / ".typing" / "unionhub") == ".."

    def test_product_code_imports_only_what_is_declared(self) -> None:
        """Not what the dev extra brings, not what came along with another package."""
        assert undeclared_imports(CODE, PYPROJECT["project"]["dependencies"]) == []

    def test_the_rest_imports_only_what_is_declared(self) -> None:
        project = PYPROJECT["project"]
        rest = [path for path in checkout.files() if path.suffix == ".py" and path not in CODE]
        assert undeclared_imports(rest, project["dependencies"] + project["optional-dependencies"]["dev"]) == []

    def test_the_model_is_pure(self) -> None:
        allowed = sys.stdlib_module_names | {"unionhub", "msgspec", "iso4217"}
        model = [path for path in CODE if path.parts[:2] == ("domain", "model")]
        assert model
        assert {path.as_posix(): imported_by(path) - allowed for path in model if imported_by(path) - allowed} == {}


class TestBannedImports:
    @pytest.mark.parametrize("name", LAYERS)
    @pytest.mark.parametrize("file", ["domain/flows/x.py", "adapters/sql/x.py", "tests/unit/x.py"])
    def test_the_bare_name_of_a_layer(self, name: str, file: str) -> None:
        assert len(ruff_says("TID251", file, f"import {name}\nfrom {name}.model import x\n")) == 2

    @pytest.mark.parametrize(
        "code",
        [
            "from datetime import datetime, UTC\ndatetime.now(UTC)",
            "import datetime as dt\ndt.datetime.utcnow()",
            "import datetime\ndatetime.date.today()",
            "import time\ntime.time()",
            "from time import monotonic",
            "import uuid\nuuid.uuid4()",
            "from uuid import uuid4",
            "import random",
            "import secrets",
            "import os\nos.urandom(8)",
        ],
    )
    def test_the_core_has_no_clock_and_no_dice(self, code: str) -> None:
        assert ruff_says("TID251", "domain/model/x.py", code)
        assert ruff_says("TID251", "domain/flows/x.py", code)
        assert not ruff_says("TID251", "adapters/x.py", code)
        assert not ruff_says("TID251", "hosts/x.py", code)

    @pytest.mark.parametrize("code", ["from .money import Money", "from unionhub.domain.model.money import Money"])
    def test_the_ways_to_import_that_are_right(self, code: str) -> None:
        assert not ruff_says("TID251", "domain/model/x.py", code)
        assert not ruff_says("TID252", "domain/model/x.py", code)

    def test_the_core_bans_what_everybody_bans(self) -> None:
        """Ruff replaces a parent's table by the nested one; it does not add to it."""
        everywhere = PYPROJECT["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"]
        core = tomllib.loads((ROOT / "domain" / "ruff.toml").read_text(encoding="utf-8"))
        assert sorted(everywhere) == sorted(LAYERS)
        assert core["lint"]["flake8-tidy-imports"]["banned-api"].items() >= everywhere.items()


class TestLock:
    #: A requirement and its hashes: lines that are continued, up to the first that is not.
    ENTRIES = re.findall(r"^(?:.*\\\n)*.+$", LOCK, flags=re.MULTILINE)

    def test_it_names_no_host_no_index_and_no_folder(self) -> None:
        assert not re.search(r"[/@]|^\s*-(?!-hash=)", LOCK, flags=re.MULTILINE)

    def test_every_requirement_is_pinned_and_hashed(self) -> None:
        entry = re.compile(r"[a-z0-9-]+==[\w.+!]+( ; [^\\]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+")
        assert self.ENTRIES
        assert [text for text in self.ENTRIES if not entry.fullmatch(text)] == []

    def test_it_covers_what_pyproject_asks_for(self) -> None:
        pins = {}
        for text in self.ENTRIES:
            requirement = Requirement(text.partition("\\")[0])
            (exact,) = requirement.specifier
            pins[canonicalize_name(requirement.name)] = Version(exact.version)
        project = PYPROJECT["project"]
        asked = PYPROJECT["build-system"]["requires"] + project["dependencies"] + project["optional-dependencies"]["dev"]
        for requirement in map(Requirement, asked):
            pin = pins.get(canonicalize_name(requirement.name))
            assert pin is not None, f"{requirement} is not in requirements.lock: make lock"
            assert pin in requirement.specifier, f"{requirement}, but requirements.lock has {pin}: make lock"


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    folders = re.compile(rb"/(?:wor[k]|far[m]|roo[t])/")
    found = []
    for path in checkout.files():
        file = ROOT / path
        content = os.readlink(file).encode() if file.is_symlink() else file.read_bytes()
        found += [f"{path}:{number}" for number, line in enumerate(content.splitlines(), 1) if folders.search(line)]
    assert found == []
