"""The audit trail at the command line: who sits there did what, in which words, and what was done to a thing lately."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import click

from unionhub.domain.model.audit import AuditEntry
from unionhub.ports.store import UnitOfWork

from .console import clean, moment
from .failures import CommandError
from .opening import Desk
from .operators import login

MAX_TEXT: Final = 300
"""Characters of an operator's words."""


def words(option: str, given: str) -> str:
    """An operator's words, without control characters. Raises CommandError if there are too many of them."""
    text = " ".join("".join(char if char.isprintable() else " " for char in given).split())
    if len(text) > MAX_TEXT:
        raise CommandError(f"--{option} takes up to {MAX_TEXT} characters")
    return text


async def record(desk: Desk, uow: UnitOfWork, action: str, subject: str, *details: str) -> None:
    """A line in the name of whoever sits at the command line, in the unit of work of what was done."""
    detail = "; ".join(part for part in details if part)
    await uow.add_audit(AuditEntry(at=desk.clock.now(), actor=login(), action=action, subject=subject, detail=detail))


def describe_audit(entries: Iterable[AuditEntry]) -> list[dict[str, Any]]:
    """Lines for machines."""
    return [
        {"at": each.at, "actor": each.actor, "action": each.action, "outcome": each.outcome, "detail": each.detail}
        for each in entries
    ]


def tell_audit(entries: Sequence[AuditEntry]) -> None:
    """Print what was done lately; nothing where nothing was."""
    if entries:
        click.echo("\nlately (UTC):")
    for each in entries:
        click.echo(clean(f"  {moment(each.at)}  {each.actor}  {each.action}  {each.detail}").rstrip())
