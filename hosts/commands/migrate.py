"""`unionhub migrate`."""

from __future__ import annotations

import asyncio

import click

from unionhub.adapters.sql import migrate as migrations
from unionhub.hosts.hub import make_home
from unionhub.hosts.settings import Settings, load_settings

from .console import echo_json, json_option
from .failures import CommandError
from .opening import database_file, prepare_database, reaching

NO_DATABASE = "everything: there is no database yet"
NUMBERS_SKIPPED = 100_000_000
"""Of messages, notices and codes: more than a hub can use up between two backups, and nothing beside what there is."""


@click.command()
@click.option("--check", is_flag=True, help="Change nothing: list what is pending, and exit 1 if there is any.")
@click.option(
    "--after-restore",
    is_flag=True,
    help="After going back to a backup, with all hosts stopped: skip the numbers that were given out since it was made.",
)
@click.option(
    "--cards",
    type=click.IntRange(0),
    default=1_000,
    show_default=True,
    help="With --after-restore: so many cards of each product may have been issued since the backup.",
)
@json_option
@click.pass_context
def migrate(ctx: click.Context, *, check: bool, after_restore: bool, cards: int, as_json: bool) -> None:
    """Bring the database to this version's tables, all in one transaction. Hosts of the version before go on meanwhile,
    unless --check says that they have to be stopped."""
    settings = load_settings()
    if check and after_restore:
        raise CommandError("--check and --after-restore: one at a time")
    if after_restore:
        _skip(settings, cards, as_json=as_json)
    elif check:
        behind = _pending(settings)
        _tell(settings, behind, "pending", as_json=as_json)
        ctx.exit(1 if behind else 0)
    else:
        if database_file(settings) is not None:
            make_home(settings.home)
        applied = asyncio.run(prepare_database(settings, upgrade=True))
        _tell(settings, applied, "applied", as_json=as_json)


def _pending(settings: Settings) -> list[str]:
    file = database_file(settings)
    if file is not None and not file.exists():
        return [NO_DATABASE]
    with reaching(settings):
        return asyncio.run(migrations.pending(settings.database_url.reveal()))


def _skip(settings: Settings, cards: int, *, as_json: bool) -> None:
    asyncio.run(prepare_database(settings, upgrade=False))  # refuses one that is not there, or behind
    with reaching(settings):
        names = asyncio.run(migrations.skip_numbers(settings.database_url.reveal(), NUMBERS_SKIPPED, cards))
    if as_json:
        echo_json({"moved": names})
        return
    for name in names:
        click.echo(f"moved on  {name}")
    click.echo("now `unionhub invariants`, then start the workers, then the services")


def _tell(settings: Settings, revisions: list[str], what: str, *, as_json: bool) -> None:
    ours, there = migrations.head(), ""
    if not revisions or what == "applied" or revisions[0] != NO_DATABASE:
        with reaching(settings):
            there = asyncio.run(migrations.version(settings.database_url.reveal()))
    if as_json:
        echo_json({"head": ours, "database": there, what: revisions})
    elif not revisions:
        newer = f"the database is at {there}, newer than what this version wants ({ours}), which may still run on it"
        click.echo(newer if there != ours else f"the database is at {ours}, which is what this version wants")
    for revision in () if as_json else revisions:
        click.echo(f"{what}  {revision}  {migrations.summary(revision)}" if revision != NO_DATABASE else f"{what}  {revision}")
    if what == "pending" and there and revisions and not as_json:
        click.echo(_HOSTS_STOP if migrations.stops_hosts(revisions) else _HOSTS_GO_ON)


_HOSTS_STOP = "stop every host first: hosts of the version before cannot run on what comes out"
_HOSTS_GO_ON = "hosts may go on meanwhile: it only adds what they need not know"
