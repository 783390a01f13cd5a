"""`unionhub`: the operator's and the developer's command line. The commands are in `hosts/commands`, one module a noun."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final, NoReturn

import click

from .commands.failures import known_errors, one_line
from .commands.registry import Registry

COMMANDS: Final = {
    "run": ("run", "Hub, worker and every partner, simulated, on this machine."),
    "serve": ("serve", "The service host: takes partners' messages."),
    "worker": ("worker", "The worker host: unknown outcomes, notices, housekeeping."),
    "sandbox": ("sandbox", "Every partner, simulated, for a hub that runs elsewhere."),
    "migrate": ("migrate", "Bring the database to this version, or tell what it lacks."),
    "parties": ("parties", "Partners: add, admit, launch, suspend, resume, show, update."),
    "products": ("products", "Card products: limits, rules, ranges, gateways, merchants, faces, cut-off."),
    "offers": ("offers", "Marketing at the cashier: list, show, add, pause, resume, end, budget."),
    "cards": ("cards", "Cards: list, show, block, unblock, suspend, reissue."),
    "transactions": ("transactions", "Payments: list, show one's life, resolve with two operators."),
    "orders": ("orders", "Orders at the cashier: list, show with everything that became of one, close."),
    "notices": ("notices", "What partners are told: list, show, resend, replay since a time."),
    "keys": ("keys", "The inventory of keys."),
    "send": ("send", "Send any message, signed as a sandbox partner."),
    "invariants": ("invariants", "Does everything hold that must hold? Also against the bank's books."),
    "explain": ("explain", "What a code or a cause means; why a message was refused."),
}
"""Command -> (module in hosts/commands, its line in `unionhub --help`)."""


@click.group(cls=Registry, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def cli() -> None:
    """The hub for UnionPay-standard platforms.

    Settings are UNIONHUB_* variables or a TOML file (UNIONHUB_CONFIG). Exit codes: 0 done, 1 not done, and where a command
    says so 2: done, and the answer is no.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The console script: known errors are one line, the rest is a bug and shows itself."""
    try:
        code = cli(arguments, prog_name="unionhub", standalone_mode=False)
    except known_errors() as error:
        _complain(one_line(error))
    except ExceptionGroup as group:
        known, rest = group.split(known_errors())
        if known is None or rest is not None:
            raise
        _complain(one_line(known))
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "unionhub"
        _complain(f"{_on_one_line(error)} (see: {path} --help)")
    except click.ClickException as error:
        _complain(_on_one_line(error))
    except click.Abort:
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)


def _on_one_line(error: click.ClickException) -> str:
    return " ".join(error.format_message().split())


def _complain(line: str) -> NoReturn:
    click.echo(f"unionhub: {line}", err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
