"""`unionhub parties accesses`: who was given, or refused, the card of a user of a channel."""

from __future__ import annotations

import click

from unionhub.domain.flows.card_info import user_subject
from unionhub.domain.model.audit import AuditEntry

from .console import echo_json, echo_table, json_option, moment
from .opening import Desk, at_desk
from .trail import describe_audit


@click.command()
@click.argument("channel_code")
@click.argument("user_id")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@json_option
def accesses(channel_code: str, user_id: str, limit: int, *, as_json: bool) -> None:
    """Who asked for a card of USER_ID, a user of the channel CHANNEL_CODE, and what became of it; newest first.

    A card that was refused is told with the code that the industry got.
    """

    async def read(desk: Desk) -> list[AuditEntry]:
        async with desk.store.begin() as uow:
            return await uow.audit(subject=user_subject(channel_code, user_id), limit=limit)

    found = at_desk(read)
    if as_json:
        echo_json(describe_audit(found))
        return
    rows = [(moment(each.at), each.actor, each.outcome, each.detail) for each in found]
    echo_table(("AT (UTC)", "INDUSTRY", "OUTCOME", "DETAIL"), rows, empty="nobody asked for a card of this user")
