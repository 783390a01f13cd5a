"""The operators' README is true: its commands exist, its settings, metrics and alarms are the code's."""

from __future__ import annotations

import re
import shlex

import msgspec
import pytest
from click import Command, Context, Group

from support.checkout import ROOT, files
from unionhub.adapters.telemetry.metrics import Metrics
from unionhub.hosts.cli import cli
from unionhub.hosts.settings import DatabaseUrl, Settings

TEXT = (ROOT / "hosts" / "README.md").read_text(encoding="utf-8")
FENCED = "".join(re.findall(r"^```\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)).replace("\\\n", "")
LINES = [line for line in FENCED.splitlines() if re.match(r"(UNIONHUB_\w+=\S+ )?unionhub ", line)]


def found(words: list[str]) -> tuple[Command, list[str]]:
    """The command that `words` call, and what is left of them."""
    command: Command = cli
    while isinstance(command, Group):
        step = command.get_command(Context(command), words[0])
        assert step is not None, f"no such command: {words}"
        command, words = step, words[1:]
    return command, words


@pytest.mark.parametrize("line", LINES)
def test_every_command_line_can_be_parsed(line: str) -> None:
    words = shlex.split(line)
    command, rest = found(words[words.index("unionhub") + 1 :])
    known = {option: parameter for parameter in command.params for option in parameter.opts}
    for name, parameter in known.items():  # files of the examples need not exist
        if name in rest and type(parameter.type).__name__ == "File":
            rest[rest.index(name) + 1] = "/dev/null"
    with command.make_context(command.name, rest):
        pass


def test_there_is_a_line_for_every_verb() -> None:
    shown = {found(shlex.split(line)[shlex.split(line).index("unionhub") + 1 :])[0].callback for line in LINES}
    nouns = [cli.get_command(Context(cli), name) for name in cli.list_commands(Context(cli))]
    verbs = [each for noun in nouns if isinstance(noun, Group) for each in noun.commands.values()]
    untold = {verb.name for verb in verbs if verb.callback not in shown}
    assert untold <= {"list", "show"}


def test_the_settings_are_all_there_with_their_defaults() -> None:
    rows = re.findall(r"^\| `UNIONHUB_(\w+)` \| (.*?) \|", TEXT, flags=re.MULTILINE)
    assert dict(rows) == {field.name.upper(): written(field.default) for field in msgspec.structs.fields(Settings)}


def written(value: object) -> str:
    """A default as the table has it; empty where the text explains it."""
    if isinstance(value, DatabaseUrl) or value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def test_the_metrics_are_all_there() -> None:
    ours = {f"{metric.name}{'_total' if metric.type == 'counter' else ''}" for metric in Metrics().registry.collect()}
    named = set(re.findall(r"`(unionhub_[a-z_]+)", TEXT))
    assert named == {name for name in ours if name.startswith("unionhub_")}


def test_the_alarms_are_all_there() -> None:
    sources = [path for path in files() if path.suffix == ".py" and path.parts[0] in ("domain", "adapters", "hosts")]
    raised = {name for path in sources for name in re.findall(r'\.alarm\(\s*"(\w+)"', (ROOT / path).read_text())}
    section = TEXT.partition("| alarm |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)`", section, flags=re.MULTILINE)) == raised
