"""`unionhub migrate`."""

from __future__ import annotations

import asyncio

import click

from unionhub.adapters.sql.migrate import head, pending
from unionhub.hosts.hub import make_home
from unionhub.hosts.settings import load_settings

from .console import echo_json, json_option
from .opening import database_file, prepare_database, reaching


@click.command()
@click.option("--check", is_flag=True, help="Change nothing: list what is pending, and exit 1 if there is any.")
@json_option
@click.pass_context
def migrate(ctx: click.Context, *, check: bool, as_json: bool) -> None:
    """Bring the database to this version's tables, all in one transaction. Hosts that start meanwhile wait or refuse."""
    settings = load_settings()
    url = settings.database_url.reveal()
    if check:
        file = database_file(settings)
        if file is not None and not file.exists():
            behind = ["everything: there is no database yet"]
        else:
            with reaching(settings):
                behind = asyncio.run(pending(url))
        _tell(behind, "pending", as_json=as_json)
        ctx.exit(1 if behind else 0)
    if database_file(settings) is not None:
        make_home(settings.home)
    _tell(asyncio.run(prepare_database(settings, upgrade=True)), "applied", as_json=as_json)


def _tell(revisions: list[str], what: str, *, as_json: bool) -> None:
    if as_json:
        echo_json({"head": head(), what: revisions})
    elif not revisions:
        click.echo(f"the database is at {head()}, which is what this version wants")
    else:
        for revision in revisions:
            click.echo(f"{what}  {revision}")
