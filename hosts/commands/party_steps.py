"""`unionhub parties admit`, `launch`, `suspend`, `resume`, `state`: a partner's steps to launch (S-252..264)."""

from __future__ import annotations

from typing import Final

import click

from unionhub.domain.model.parties import Party, PartyEvent, PartyState

from .console import json_option
from .launcher import in_one_line, launcher
from .opening import Desk, at_desk
from .operators import login
from .party_views import tell
from .trail import words

_TESTED: Final = click.option("--tested", default="", metavar="TEXT", help="Who has tested it, and when; kept on record.")
_NOTE: Final = click.option("--note", default="", metavar="TEXT", help="Why; kept on record.")
BY_STATE: Final = "said by naming the state, in development"


@click.command()
@click.argument("app_id", metavar="APPID")
@_NOTE
@json_option
def admit(app_id: str, note: str, *, as_json: bool) -> None:
    """Let a partner that has applied test: its messages are verified and answered, it cannot pay."""
    _step(app_id, PartyEvent.ADMIT, note, as_json=as_json)


@click.command()
@click.argument("app_id", metavar="APPID")
@_TESTED
@_NOTE
@json_option
def launch(app_id: str, tested: str, note: str, *, as_json: bool) -> None:
    """Let a partner that has been tested do business. Needs --tested: the hub cannot know it."""
    _step(app_id, PartyEvent.LAUNCH, note, as_json=as_json, tested=tested)


@click.command()
@click.argument("app_id", metavar="APPID")
@_NOTE
@json_option
def suspend(app_id: str, note: str, *, as_json: bool) -> None:
    """Refuse a partner's messages at the gate. What is under way with it is still finished."""
    _step(app_id, PartyEvent.SUSPEND, note, as_json=as_json)


@click.command()
@click.argument("app_id", metavar="APPID")
@_NOTE
@json_option
def resume(app_id: str, note: str, *, as_json: bool) -> None:
    """Let a suspended partner test again, whatever it was before: to pay, it has to be launched again."""
    _step(app_id, PartyEvent.RESUME, note, as_json=as_json)


@click.command()
@click.argument("app_id", metavar="APPID")
@click.argument("new", metavar="STATE", type=click.Choice(["TESTING", "LIVE", "SUSPENDED"]))
@_TESTED
@_NOTE
@json_option
def state(app_id: str, new: str, tested: str, note: str, *, as_json: bool) -> None:
    """All the steps that lead to a state, with all their checks, at once. --tested may be left out in development."""

    async def brought(desk: Desk) -> Party:
        said = words("tested", tested) or ("" if desk.settings.production else BY_STATE)
        with in_one_line(app_id):
            return await launcher(desk).bring(app_id, PartyState(new), login(), words("note", note), tested=said)

    tell(at_desk(brought), as_json=as_json)


def _step(app_id: str, event: PartyEvent, note: str, *, as_json: bool, tested: str = "") -> None:
    async def moved(desk: Desk) -> Party:
        with in_one_line(app_id):
            said = words("tested", tested)
            return await launcher(desk).move(app_id, event, login(), words("note", note), tested=said)

    tell(at_desk(moved), as_json=as_json)


STEPS: Final = (admit, launch, suspend, resume, state)
