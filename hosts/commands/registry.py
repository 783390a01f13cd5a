"""A click group that imports a command's module when the command is called, and not to list it."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from typing import Any

import click

PACKAGE = "unionhub.hosts.commands"


class Registry(click.Group):
    """`table`: command name -> (module of this package, its line in `--help`); the module's attribute has the same name."""

    def __init__(self, *arguments: Any, table: Mapping[str, tuple[str, str]], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.table:
            return None
        module, _ = self.table[cmd_name]
        found = getattr(importlib.import_module(f"{PACKAGE}.{module}"), cmd_name)
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self.table.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.table and (close := difflib.get_close_matches(args[0], self.table, n=1)):
            ctx.fail(f"no such command {args[0]!r}: did you mean {close[0]}?")
        return super().resolve_command(ctx, args)
