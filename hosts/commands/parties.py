"""`unionhub parties`: onboarding partners with their own public keys, and their life after it (RULES section 5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import IO, Any

import click
import msgspec

from unionhub.domain.model.parties import JoseProfile, Party, PartyState, PublicKey, Role

from . import party_keys, party_terms
from .console import echo_facts, echo_json, echo_table, json_option
from .failures import CommandError
from .inventory import key_line
from .opening import Desk, at_desk

JWKS_HELP = "JSON Web Key Set with the partner's public keys; - reads it from stdin."
KEY_HELP = "A file with one public JWK, or KID:sig:FILE and KID:enc:FILE for PEM (certificate or public key). May be repeated."


@click.group()
def parties() -> None:
    """Partners: app gateways, issuers, acquirers, channels, industries, QR platforms.

    Running hosts see a change within a second (UNIONHUB_DIRECTORY_REFRESH_S).
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
    """One party, with its keys."""
    _tell(_known(at_desk(_all), app_id), as_json=as_json)


@parties.command()
@click.argument("app_id", metavar="APPID")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@click.option("--name", required=True, help="As operators and messages show it.")
@click.option("--base-url", required=True, metavar="URL", help="Where the hub calls it; https in production.")
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
    type=click.Choice(["TESTING", "LIVE"]),
    default="TESTING",
    show_default=True,
    help="TESTING: its messages are verified and answered, it cannot pay.",
)
@click.option("--acquirer-iin", default="", metavar="IIN", help="Acquirers: the 8 digits that begin ID 15 of its QR codes.")
@click.option("--verifies-merchants", is_flag=True, help="Acquirers: asked with MERCHANT_VERIFICATION before each debit.")
@click.option("--utc-offset-minutes", type=int, default=0, help="Zone of the timestamps exchanged; 480 is UTC+8.")
@click.option("--unencoded-payload", is_flag=True, help='Sign what we send it with "b64": false (RFC 7797).')
@click.option("--path", "paths", multiple=True, metavar="MESSAGE=/PATH", help="Where its path is not the default one.")
@json_option
def add(app_id: str, jwks: IO[str] | None, keys: tuple[str, ...], *, as_json: bool, **facts: Any) -> None:
    """Register a partner under its application id (8 digits; also its insID)."""
    given = _given_keys(jwks, keys)
    if not given:
        raise CommandError("its public keys are needed: --jwks FILE, or --key for each")

    def new(desk: Desk, known: Mapping[str, Party]) -> Party:
        if app_id in known:
            raise CommandError(f"{app_id} is registered already ({known[app_id].name}): `unionhub parties update` changes it")
        facts["base_url"] = party_terms.base_url(facts["base_url"], production=desk.settings.production)
        profile = JoseProfile(facts["profile"])
        return _party(app_id, profile, party_keys.fitting(given, profile), facts)

    party_terms.app_id(app_id)
    _tell(at_desk(lambda desk: _write(desk, new)), as_json=as_json)
    if not as_json and facts["state"] != "LIVE":
        click.echo(f"It can exchange test messages now. To let it pay: unionhub parties state {app_id} LIVE")


@parties.command()
@click.argument("app_id", metavar="APPID")
@click.option("--name", help="Another name.")
@click.option("--base-url", metavar="URL", help="Another address.")
@click.option("--add-key", "add_keys", multiple=True, metavar="FILE", help=KEY_HELP)
@click.option("--remove-key", "remove_keys", multiple=True, metavar="KID", help="Trust this key no more. May be repeated.")
@click.option("--jwks", type=click.File("r", encoding="utf-8"), metavar="FILE", help="Replace all keys. - reads stdin.")
@click.option("--profile", type=click.Choice([profile.value for profile in JoseProfile]), help="With --jwks: other algorithms.")
@click.option("--acquirer-iin", metavar="IIN", help="Acquirers.")
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

    def changed(desk: Desk, known: Mapping[str, Party]) -> Party:
        before = _known(list(known.values()), app_id)
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
    _tell(at_desk(lambda desk: _write(desk, changed)), as_json=as_json)


@parties.command()
@click.argument("app_id", metavar="APPID")
@click.argument("new", metavar="STATE", type=click.Choice(["TESTING", "LIVE", "SUSPENDED"]))
@json_option
def state(app_id: str, new: str, *, as_json: bool) -> None:
    """Let a partner pay (LIVE), test (TESTING), or do nothing (SUSPENDED).

    A suspended partner's messages are refused at the gate. What is under way with it is still finished.
    """

    def moved(_desk: Desk, known: Mapping[str, Party]) -> Party:
        return msgspec.structs.replace(_known(list(known.values()), app_id), state=PartyState(new))

    _tell(at_desk(lambda desk: _write(desk, moved)), as_json=as_json)


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
        "verifiesMerchants": party.verifies_merchants,
        "utcOffsetMinutes": party.utc_offset_minutes,
        "unencodedPayload": party.unencoded_payload,
        "paths": party.paths,
        "keys": [key_line(key, party.profile).facts() for key in party.keys],
    }


async def _all(desk: Desk) -> list[Party]:
    async with desk.store.begin() as uow:
        return await uow.parties()


async def _write(desk: Desk, make: Callable[[Desk, Mapping[str, Party]], Party]) -> Party:
    """Read, make, check and write, in one unit of work."""
    async with desk.store.begin() as uow:
        known = {party.app_id: party for party in await uow.parties()}
        party = make(desk, known)
        party_terms.check(party, known.values())
        await uow.put_party(party)
        await uow.commit()
    return party


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


def _tell(party: Party, *, as_json: bool) -> None:
    if as_json:
        echo_json(describe(party))
        return
    echo_facts(
        [
            (party.app_id, party.name),
            ("role", party.role),
            ("state", party.state),
            ("country", party.country),
            ("base URL", party.base_url),
            ("acquirer IIN", party.acquirer_iin),
            ("verifies merchants", "yes" if party.verifies_merchants else ""),
            ("UTC offset", f"{party.utc_offset_minutes} minutes" if party.utc_offset_minutes else ""),
            ("JOSE profile", f"{party.profile}{', b64=false' if party.unencoded_payload else ''}"),
            *((f"path of {message}", path) for message, path in party.paths.items()),
            *(("key", key_line(key, party.profile)) for key in party.keys),
        ]
    )
