"""The command line itself: quick, and with one clear line where it cannot do what it was asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click import Command, Context, Group

from support.operator import Operator
from unionhub.hosts.cli import COMMANDS, cli
from unionhub.hosts.commands.failures import CommandError, known_errors, one_line
from unionhub.ports.store import StoreUnavailable


def commands(group: Group, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Command]]:
    found: list[tuple[tuple[str, ...], Command]] = []
    for name in group.list_commands(Context(group)):
        command = group.get_command(Context(group), name)
        assert command is not None
        found.append(((*path, name), command))
        if isinstance(command, Group):
            found += commands(command, (*path, name))
    return found


ALL = commands(cli)


def test_the_register_names_every_command_of_the_design() -> None:
    hosts = {"run", "serve", "worker", "sandbox", "migrate"}
    assert hosts | {"parties", "keys", "cards", "transactions", "notices", "send", "explain"} <= set(COMMANDS)


@pytest.mark.parametrize(("path", "command"), ALL, ids=[" ".join(path) for path, _ in ALL])
def test_every_command_has_help(nobody: Operator, path: tuple[str, ...], command: Command) -> None:
    done = nobody.does(*path, "--help")
    assert done.out.startswith(f"Usage: unionhub {' '.join(path)}")
    assert (command.help or "").strip()


@pytest.mark.parametrize(("path", "command"), ALL, ids=[" ".join(path) for path, _ in ALL])
def test_what_lists_and_shows_speaks_json(path: tuple[str, ...], command: Command) -> None:
    if isinstance(command, Group) or path[0] in ("run", "serve", "worker", "sandbox"):
        return
    assert "--json" in {option for parameter in command.params for option in parameter.opts}


def test_help_and_typos_import_nothing_heavy() -> None:
    script = """
import sys
from unionhub.hosts.cli import main
try:
    main(["--help"])
except SystemExit:
    pass
heavy = {"sqlalchemy", "aiohttp", "litestar", "jwcrypto", "structlog", "msgspec", "unionhub.hosts.settings"}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["srve"], "no such command 'srve': did you mean serve? (see: unionhub --help)"),
        (["dance"], "No such command 'dance'. (see: unionhub --help)"),
        (["migrate", "--nonsense"], "No such option '--nonsense'. (see: unionhub migrate --help)"),
        (["cards", "block", "1"], "Missing option '--reason'."),
        (["cards", "show", "one"], "Invalid value for '[CARD_ID]': 'one' is not a valid integer."),
    ],
)
def test_a_mistake_is_one_line(nobody: Operator, arguments: list[str], line: str) -> None:
    assert nobody.refuses(*arguments).startswith(line)


@pytest.mark.parametrize(
    "arguments",
    [[noun, "list"] for noun in ("parties", "products", "cards", "transactions", "notices", "keys")],
    ids=" ".join,
)
def test_a_wrong_folder_is_told_and_left_alone(nobody: Operator, arguments: list[str]) -> None:
    assert nobody.refuses(*arguments).startswith(f"there is no database at {nobody.home / 'unionhub.db'}: set UNIONHUB_HOME")
    assert not nobody.home.exists()


def test_a_wrong_setting_is_one_line(nobody: Operator) -> None:
    assert nobody.refuses("parties", "list", UNIONHUB_PROT="1") == "UNIONHUB_PROT is no setting: did you mean UNIONHUB_PORT?"


def test_a_database_that_does_not_answer_is_one_line_without_its_password(nobody: Operator) -> None:
    url = "postgresql://operator:geheim@127.0.0.1:1/hub"
    for command in (["parties", "list"], ["migrate"], ["migrate", "--check"]):
        line = nobody.refuses(*command, UNIONHUB_DATABASE_URL=url)
        assert line.startswith("the database cannot serve: postgresql+asyncpg://127.0.0.1:1/hub (")
        assert "geheim" not in line


def test_a_file_that_is_no_database_is_one_line(nobody: Operator) -> None:
    nobody.home.mkdir()
    (nobody.home / "unionhub.db").write_text("not a database, though it has a fitting name and is long enough to be one")
    assert nobody.refuses("parties", "list").startswith("the database cannot serve: sqlite+aiosqlite:///")


def test_the_first_known_error_of_a_group_is_told() -> None:
    group = ExceptionGroup("hosts run in task groups", [ExceptionGroup("inner", [StoreUnavailable("gone\naway")])])
    assert one_line(group) == "the database cannot serve: gone away"
    assert CommandError in known_errors()


def test_the_module_runs_as_the_script_does(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "unionhub.hosts.cli", "nothing"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("unionhub: No such command 'nothing'.")
