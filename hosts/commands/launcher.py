"""The steps to launch as the command line takes them: what stops one is one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from unionhub.domain.flows.launch import Launch, UnknownParty
from unionhub.domain.model.errors import DomainError

from . import party_terms
from .failures import CommandError
from .opening import Desk


def launcher(desk: Desk) -> Launch:
    """Launch on this desk's store. In development base URLs may be http anywhere."""
    return Launch(desk.store, desk.clock, key_faults=party_terms.key_faults, plain_http=not desk.settings.production)


@contextmanager
def in_one_line(app_id: str) -> Iterator[None]:
    """Around a step: what the core raises becomes a CommandError."""
    try:
        yield
    except UnknownParty:
        raise CommandError(f"no party {app_id[:40]!r}: `unionhub parties list` shows them") from None
    except DomainError as error:
        raise CommandError(str(error)) from None
