"""`unionhub parties`: onboarding partners with their own public keys, and their life after it (RULES section 5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import IO, Any

import click
import msgspec

from unionhub.domain.flows.launch import lock_party, subject_of
from unionhub.domain.model.launching import obstacles
from unionhub.domain.model.parties import LED_HERE, JoseProfile, Party, PartyState, PublicKey, Role
from unionhub.ports.store import UnitOfWork

from . import party_keys, party_terms
from .card_accesses import accesses
from .console import echo_json, echo_table, json_option
from .failures import CommandError
from .launcher import in_one_line, launcher
from .opening import Desk, at_desk
from .operators import login
from .party_services import SERVICES
from .party_steps import BY_STATE, STEPS
from .party_views import Prospect, describe, prospect_of, tell
from .trail import record

JWKS_HELP = "JSON Web Key Set with the partner's public keys; - reads it from stdin."
KEY_HELP = "A file with one public JWK, or KID:sig:FILE and KID:enc:FILE for PEM (certificate or public key). May be repeated."


@click.group()
def parties() -> None:
    """Partners: app gateways, issuers, acquirers, channels, industries, QR platforms.

    They apply (add), test (admit), do business (launch), and may be suspended and resumed at any time. Running hosts see
    a change within a second (UNIONHUB_DIRECTORY_REFRESH_S).
    """


@parties.command("list")
@click.option("--role", type=click.Choice([role.value for role in Role]), help="Of this role only.")
@json_option
def list_parties(role: str | None, *, as_json: bool) -> None:
    """All parties."""
    found = [party for party in at_desk(_all) if role in (None, party.role.value)]
    if as_json:
        echo_json([describe(party) for party in found])
        return
    head = ("APPID", "ROLE", "NAME", "STATE", "PROFILE", "COUNTRY", "KEYS", "BASE URL")
    rows = [
        (each.app_id, each.role, each.name, each.state, each.profile, each.country, len(each.keys), each.base_url)
        for each in found
    ]
    echo_table(head, rows, empty="no parties yet: `unionhub parties add --help`")


@parties.command()
@click.argument("app_id", metavar="APPID")
@json_option
def show(app_id: str, *, as_json: bool) -> None:
    """One party, with its keys, what stands before its next step, and what was done to it lately."""

    async def read(desk: Desk) -> tuple[Party, Prospect]:
        party = _known(await _all(desk), app_id)
        return party, await prospect_of(desk, party)

    party, prospect = at_desk(read)
    tell(party, as_json=as_json, prospect=prospect)


@parties.command()
@click.argument("app_id", metavar="APPID")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--name", required=True, help="As operators and messages show it.")
@click.option("--base-url", default="", metavar="URL", help="Where the hub calls it; https in production. Needed to test.")
@click.option(
    "--profile",
    type=click.Choice([profile.value for profile in JoseProfile]),
    default=JoseProfile.MODERN.value,
    show_default=True,
    help="JOSE algorithms. unionpay is what the scheme mandates: legacy, only by name.",
)
@click.option("--jwks", type=click.File("r", encoding="utf-8"), metavar="FILE", help=JWKS_HELP)
@click.option("--key", "keys", multiple=True, metavar="FILE", help=KEY_HELP)
@click.option("--country", default="344", show_default=True, help="ISO 3166, three digits or two letters.")
@click.option(
    "--state",
    type=click.Choice(["APPLIED", "TESTING", "LIVE"]),
    default="APPLIED",
    show_default=True,
    help="In development: begin further on, with all the checks of that state.",
)
@click.option("--acquirer-iin", default="", metavar="IIN", help="Acquirers: the 8 digits that begin ID 15 of its QR codes.")
@click.option("--channel-code", default="", metavar="CODE", help="Channels: 8 to 12 letters and digits.")
@click.option("--industry-code", default="", metavar="CODE", help="Industry services: 8 digits.")
@click.option("--verifies-merchants", is_flag=True, help="Acquirers: asked with MERCHANT_VERIFICATION before each debit.")
@click.option("--utc-offset-minutes", type=int, default=0, help="Zone of the timestamps exchanged; 480 is UTC+8.")
@click.option("--unencoded-payload", is_flag=True, help='Sign what we send it with "b64": false (RFC 7797).')
@click.option("--path", "paths", multiple=True, metavar="MESSAGE=/PATH", help="Where its path is not the default one.")
@json_option
def add(app_id: str, jwks: IO[str] | None, keys: tuple[str, ...], *, as_json: bool, **facts: Any) -> None:
    """Register a partner under its application id (8 digits; also its insID).

    Keys and base URL may follow with `parties update`: they are needed to test, not to apply.
    """
    given = _given_keys(jwks, keys)

    async def added(desk: Desk) -> Party:
        if facts["state"] != "APPLIED" and desk.settings.production:
            raise CommandError("--state is for development: `unionhub parties admit` and `launch` let a partner in")
        known = {party.app_id: party for party in await _all(desk)}
        if app_id in known:
            raise CommandError(f"{app_id} is registered already ({known[app_id].name}): `unionhub parties update` changes it")
        if facts["base_url"]:
            facts["base_url"] = party_terms.base_url(facts["base_url"], production=desk.settings.production)
        profile = JoseProfile(facts["profile"])
        party = _party(app_id, profile, party_keys.fitting(given, profile), facts)
        party_terms.check(party)
        with in_one_line(app_id):
            return await launcher(desk).add(party, login(), tested=BY_STATE if party.state is PartyState.LIVE else "")

    party_terms.app_id(app_id)
    tell(at_desk(added), as_json=as_json)
    if not as_json and facts["state"] == "APPLIED":
        click.echo(f"To let it exchange test messages: unionhub parties admit {app_id}")


@parties.command()
@click.argument("app_id", metavar="APPID")
@click.option("--name", help="Another name.")
@click.option("--base-url", metavar="URL", help="Another address.")
@click.option("--add-key", "add_keys", multiple=True, metavar="FILE", help=KEY_HELP)
@click.option("--remove-key", "remove_keys", multiple=True, metavar="KID", help="Trust this key no more. May be repeated.")
@click.option("--jwks", type=click.File("r", encoding="utf-8"), metavar="FILE", help="Replace all keys. - reads stdin.")
@click.option("--profile", type=click.Choice([profile.value for profile in JoseProfile]), help="With --jwks: other algorithms.")
@click.option("--acquirer-iin", metavar="IIN", help="Acquirers.")
@click.option("--channel-code", metavar="CODE", help="Channels.")
@click.option("--industry-code", metavar="CODE", help="Industry services.")
@click.option("--verifies-merchants/--no-verifies-merchants", default=None, help="Acquirers.")
@click.option("--utc-offset-minutes", type=int, help="Zone of the timestamps exchanged.")
@click.option("--unencoded-payload/--no-unencoded-payload", default=None, help='Sign with "b64": false or not.')
@click.option("--path", "paths", multiple=True, metavar="MESSAGE=/PATH", help="Add a path of its own.")
@json_option
def update(
    app_id: str,
    jwks: IO[str] | None,
    add_keys: tuple[str, ...],
    remove_keys: tuple[str, ...],
    paths: tuple[str, ...],
    *,
    as_json: bool,
    **changes: Any,
) -> None:
    """Change a partner: address, flags, keys.

    To rotate a key without an interruption: --add-key the new one, let the partner switch, then --remove-key the old one.
    The hub seals for a partner with its newest encryption key, the one that was added last.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    replacing, adding = _given_keys(jwks, ()), _given_keys(None, add_keys)

    def changed(desk: Desk, before: Party) -> Party:
        profile = JoseProfile(given.get("profile", before.profile))
        if "base_url" in given:
            given["base_url"] = party_terms.base_url(given["base_url"], production=desk.settings.production)
        kept = _without(replacing or list(before.keys), remove_keys)
        return msgspec.structs.replace(
            before,
            **{
                **given,
                "profile": profile,
                "keys": party_keys.fitting([*kept, *adding], profile),
                "paths": before.paths | party_terms.paths(paths),
            },
        )

    if not (given or replacing or adding or remove_keys or paths):
        raise CommandError("nothing to change was named (see: unionhub parties update --help)")
    tell(at_desk(lambda desk: _changed(desk, app_id, changed)), as_json=as_json)


async def _all(desk: Desk) -> list[Party]:
    async with desk.store.begin() as uow:
        return await uow.parties()


async def _changed(desk: Desk, app_id: str, make: Callable[[Desk, Party], Party]) -> Party:
    """Read, make, check and write, in one unit of work."""
    async with desk.store.begin() as uow:
        await lock_party(uow, app_id)
        before = _known(await uow.parties(), app_id)
        party = make(desk, before)
        party_terms.check(party)
        # What it lacked before is its next step's business; what a change takes away from it is this one's.
        if lost := [line for line in await _lacks(desk, uow, party) if line not in await _lacks(desk, uow, before)]:
            raise CommandError("; ".join(lost))
        await uow.put_party(party)
        await record(desk, uow, "party.update", subject_of(app_id), _difference(before, party))
        await uow.commit()
    return party


async def _lacks(desk: Desk, uow: UnitOfWork, party: Party) -> tuple[str, ...]:
    """What a party of its state should have, and this one has not."""
    parties, products, services = await uow.parties(), await uow.products(), await uow.services()
    return obstacles(party, LED_HERE[party.state], parties, products, services, plain_http=not desk.settings.production)


def _difference(before: Party, after: Party) -> str:
    """What was changed, by name; of keys, which came and which went."""
    named = [name for name in before.__struct_fields__ if name != "keys" and getattr(before, name) != getattr(after, name)]
    came = [f"+key {key.kid}" for key in after.keys if key not in before.keys]
    gone = [f"-key {key.kid}" for key in before.keys if key not in after.keys]
    return ", ".join([*named, *gone, *came])


def _party(app_id: str, profile: JoseProfile, keys: tuple[PublicKey, ...], facts: Mapping[str, Any]) -> Party:
    return Party(
        app_id=app_id,
        role=Role(facts["role"]),
        name=facts["name"],
        profile=profile,
        state=PartyState(facts["state"]),
        base_url=facts["base_url"],
        country=party_terms.country(facts["country"]),
        keys=keys,
        unencoded_payload=facts["unencoded_payload"],
        utc_offset_minutes=facts["utc_offset_minutes"],
        verifies_merchants=facts["verifies_merchants"],
        acquirer_iin=facts["acquirer_iin"],
        channel_code=facts["channel_code"],
        industry_code=facts["industry_code"],
        paths=party_terms.paths(facts["paths"]),
    )


def _known(found: list[Party], app_id: str) -> Party:
    party = next((each for each in found if each.app_id == app_id), None)
    if party is None:
        raise CommandError(f"no party {app_id[:40]!r}: `unionhub parties list` shows them")
    return party


def _given_keys(jwks: IO[str] | None, keys: tuple[str, ...]) -> list[PublicKey]:
    found = []
    if jwks is not None:
        try:
            text = jwks.read()
        except UnicodeDecodeError:
            raise CommandError("the JWK Set is not text in UTF-8") from None
        found += party_keys.from_jwks(text, "the JWK Set")
    for value in keys:
        found += party_keys.from_option(value)
    return found


def _without(keys: list[PublicKey], kids: tuple[str, ...]) -> list[PublicKey]:
    for kid in kids:
        if kid not in {key.kid for key in keys}:
            raise CommandError(f"it has no key {kid[:64]!r}; it has {', '.join(key.kid for key in keys)}")
    return [key for key in keys if key.kid not in kids]


for _step in (*STEPS, *SERVICES, accesses):
    parties.add_command(_step)
