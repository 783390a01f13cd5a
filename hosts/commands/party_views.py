"""A partner as operators see it: its record, what stands before its next step, what was done to it lately."""

from __future__ import annotations

from typing import Any, Final

import click
import msgspec

from unionhub.domain.flows.launch import subject_of
from unionhub.domain.model.audit import AuditEntry
from unionhub.domain.model.parties import NEXT_STEP, Party, PartyEvent

from .console import clean, echo_facts, echo_json
from .inventory import key_line
from .launcher import launcher
from .opening import Desk
from .trail import describe_audit, tell_audit

RECENT: Final = 5


class Prospect(msgspec.Struct, frozen=True, kw_only=True):
    """A partner's next step, if it has one, and its latest audit lines, newest first."""

    step: PartyEvent | None = None
    obstacles: tuple[str, ...] = ()
    audit: tuple[AuditEntry, ...] = ()


async def prospect_of(desk: Desk, party: Party) -> Prospect:
    """As the store has it now."""
    step = NEXT_STEP.get(party.state)
    found = await launcher(desk).hindering(party, step) if step else ()
    async with desk.store.begin() as uow:
        audit = await uow.audit(subject=subject_of(party.app_id), limit=RECENT)
    return Prospect(step=step, obstacles=found, audit=tuple(audit))


def describe(party: Party) -> dict[str, Any]:
    """A party for machines."""
    return {
        "appId": party.app_id,
        "role": party.role,
        "name": party.name,
        "state": party.state,
        "profile": party.profile,
        "country": party.country,
        "baseUrl": party.base_url,
        "acquirerIIN": party.acquirer_iin,
        "channelCode": party.channel_code,
        "industryCode": party.industry_code,
        "verifiesMerchants": party.verifies_merchants,
        "utcOffsetMinutes": party.utc_offset_minutes,
        "unencodedPayload": party.unencoded_payload,
        "paths": party.paths,
        "keys": [key_line(key, party.profile).facts() for key in party.keys],
    }


def describe_prospect(prospect: Prospect) -> dict[str, Any]:
    """The same of a prospect; `nextStep` is null for a party that is live."""
    return {
        "nextStep": prospect.step,
        "obstacles": prospect.obstacles,
        "audit": describe_audit(prospect.audit),
    }


def tell(party: Party, *, as_json: bool, prospect: Prospect | None = None) -> None:
    """Print it."""
    if as_json:
        echo_json(describe(party) | (describe_prospect(prospect) if prospect else {}))
        return
    echo_facts(
        [
            (party.app_id, party.name),
            ("role", party.role),
            ("state", party.state),
            ("country", party.country),
            ("base URL", party.base_url),
            ("acquirer IIN", party.acquirer_iin),
            ("channel code", party.channel_code),
            ("industry code", party.industry_code),
            ("verifies merchants", "yes" if party.verifies_merchants else ""),
            ("UTC offset", f"{party.utc_offset_minutes} minutes" if party.utc_offset_minutes else ""),
            ("JOSE profile", f"{party.profile}{', b64=false' if party.unencoded_payload else ''}"),
            *((f"path of {message}", path) for message, path in party.paths.items()),
            *(("key", key_line(key, party.profile)) for key in party.keys),
        ]
    )
    if prospect is not None:
        _tell_prospect(party, prospect)


def _tell_prospect(party: Party, prospect: Prospect) -> None:
    if prospect.step is not None:
        command = f"unionhub parties {prospect.step} {party.app_id}" + (
            ' --tested "WHO, WHEN"' if prospect.step is PartyEvent.LAUNCH else ""
        )
        if prospect.obstacles:
            click.echo(f"\nbefore `{command}`:")
            for line in prospect.obstacles:
                click.echo(f"  - {clean(line)}")
        else:
            click.echo(f"\nnext: {command}")
    tell_audit(prospect.audit)
