"""`unionhub`: the operator's and the developer's command line."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, NoReturn

import click

from unionhub.adapters.vault.master import MasterKeyError
from unionhub.ports.store import StoreUnavailable

from .hub import HubError
from .run import Run, say
from .sandbox.companion import accompany
from .sandbox.keyring import KeyringError
from .sandbox.process import SandboxRefused
from .service.serve import ServeError, new_event_loop
from .settings import SettingsError, load_settings

KNOWN_ERRORS = (SettingsError, HubError, ServeError, MasterKeyError, StoreUnavailable, KeyringError, SandboxRefused)
"""What ends a command with one clear line and exit code 1."""


@click.group()
def cli() -> None:
    """The hub for UnionPay-standard platforms."""


@cli.command()
def run() -> None:
    """Hub, worker and all partners, simulated, on this machine."""
    settings = load_settings()
    _run(Run(settings, say, color=sys.stdout.isatty()).main())


@cli.command()
@click.option("--hub", "hub_url", required=True, help="Base URL of the hub that partners call.")
@click.option("--timeout", "hub_timeout_s", type=float, default=10.0, help="How long the hub waits for a bank, in seconds.")
@click.option("--companion", is_flag=True, hidden=True, help="As a child of `unionhub run`.")
def sandbox(hub_url: str, hub_timeout_s: float, *, companion: bool) -> None:  # noqa: ARG001
    """Every partner, simulated, for a hub that runs elsewhere."""
    settings = load_settings()
    _run(accompany(settings.home, hub_url, hub_timeout_s=hub_timeout_s, stop=asyncio.Event()))


def _run(main: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(main)


def main() -> NoReturn:
    """The console script: known errors are one line, the rest is a bug and shows itself."""
    try:
        cli(standalone_mode=False)
    except KNOWN_ERRORS as error:
        _complain(str(error))
    except ExceptionGroup as group:
        known, rest = group.split(KNOWN_ERRORS)
        if known is None or rest is not None:
            raise
        _complain(str(_first(known)))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    sys.exit(0)


def _first(group: BaseException) -> BaseException:
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group


def _complain(line: str) -> NoReturn:
    click.echo(f"unionhub: {line}", err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
