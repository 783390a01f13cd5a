"""`unionhub explain`: codes, causes, and why the gate refuses a message."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import click

from unionhub.adapters.jose.causes import Cause
from unionhub.domain.model.bank import ISSUER_CODES
from unionhub.domain.model.parties import Party
from unionhub.domain.model.responses import RESPONSE_TEXTS

from .console import clean, echo_facts, echo_json, echo_table, json_option
from .failures import CommandError
from .meanings import CODES, UCSP, WEIGHTS, advice_for

REFUSED = 2


@click.command()
@click.argument("what", required=False, metavar="[CODE|CAUSE]")
@click.option("--header", metavar="FILE|VALUE", help="A captured UPI-JWS header: its value, or a file with it.")
@click.option("--body", type=click.File("rb"), metavar="FILE", help="The captured body, byte for byte; - reads stdin.")
@click.option("--path", help="The path that was called, such as /scis/switch/qremvpayment.")
@click.option("--received", metavar="TIME", help="When it was received: Unix seconds or ISO 8601. Then freshness is judged.")
@json_option
@click.pass_context
def explain(
    ctx: click.Context,
    /,
    what: str | None,
    header: str | None,
    body: IO[bytes] | None,
    path: str | None,
    received: str | None,
    *,
    as_json: bool,
) -> None:
    """Say what a response code means in this hub, or a gate's cause; without anything, list them.

    With --header, --body and --path: run the gate's checks on a captured message against the registered parties, and say
    in one line which check fails and what to do. Exit code 2 if one does.

    \b
    unionhub explain 61
    unionhub explain kid_unknown
    unionhub explain --header jws.txt --body body.json --path /scis/switch/qremvpayment
    """
    if header is not None or body is not None or path is not None:
        if header is None or body is None or path is None or what is not None:
            raise CommandError("a captured message needs --header, --body and --path, and nothing else")
        ctx.exit(_examine(header, body.read(), path, received, as_json=as_json))
    if what is None:
        _list(as_json=as_json)
    elif what.lower() in {cause.value for cause in Cause}:
        _cause(Cause(what.lower()), as_json=as_json)
    elif what.upper() in CODES or what.upper() in ISSUER_CODES:
        _code(what.upper(), as_json=as_json)
    else:
        raise CommandError(f"{what[:40]!r} is neither a code nor a cause: `unionhub explain` lists them")


def _list(*, as_json: bool) -> None:
    codes = [{"code": code, "text": RESPONSE_TEXTS.get(code, ""), "meaning": CODES[code][0]} for code in CODES]
    causes = [{"cause": cause.value, "meaning": cause.meaning} for cause in Cause]
    if as_json:
        echo_json({"codes": codes, "causes": causes})
        return
    echo_table(("CODE", "TEXT"), [(each["code"], each["text"] or "HTTP 401 at the gate") for each in codes], empty="")
    click.echo()
    echo_table(("CAUSE OF A 401", "MEANING"), [(each["cause"], each["meaning"]) for each in causes], empty="")


def _cause(cause: Cause, *, as_json: bool) -> None:
    if as_json:
        echo_json({"cause": cause.value, "meaning": cause.meaning, "advice": advice_for(cause)})
    else:
        echo_facts([(cause.value, cause.meaning), ("do", advice_for(cause)), ("answered", "HTTP 401, E0, to every cause")])


def _code(code: str, *, as_json: bool) -> None:
    meaning, advice = CODES.get(code, ("", ""))
    weight, answered = ISSUER_CODES.get(code, (None, ""))
    facts: dict[str, Any] = {"code": code, "text": RESPONSE_TEXTS.get(code, ""), "meaning": meaning, "advice": advice}
    at_ucsp = UCSP.get(code, ())
    if at_ucsp:
        facts["atUcsp"] = [{"messages": each.messages, "meaning": each.meaning, "advice": each.advice} for each in at_ucsp]
    if weight is not None:
        facts["fromBank"] = {"weight": weight, "means": WEIGHTS[weight], "answeredAs": answered}
    if as_json:
        echo_json(facts)
        return
    from_bank = f"{WEIGHTS[weight]}; the gateway gets {answered}" if weight is not None else ""
    echo_facts(
        [
            (code, facts["text"] or ("HTTP 401 at the gate" if meaning else "an issuer's code, not one of this hub's")),
            ("when", meaning),
            ("do", advice),
            ("from a bank", from_bank),
        ]
    )
    for each in at_ucsp:
        click.echo(f"\nat UCSP, {each.messages}")
        echo_facts([("when", each.meaning), ("do", each.advice)])


def _examine(header: str, body: bytes, path: str, received: str | None, *, as_json: bool) -> int:
    from . import gate_check, opening

    async def known(desk: opening.Desk) -> tuple[dict[str, Party], float]:
        async with desk.store.begin() as uow:
            return {party.app_id: party for party in await uow.parties()}, desk.settings.freshness_window_s

    captured = gate_check.Captured(
        header=_header_value(header), path=path, body=body, received_at_s=_instant(received) if received else None
    )
    finding = gate_check.examine(captured, *opening.at_desk(known))
    if as_json:
        echo_json(finding)
    else:
        click.echo(clean(finding.line))
    return 0 if finding.cause == gate_check.OK else REFUSED


def _header_value(text: str) -> str:
    """The value itself has dots in its middle and no slash; everything else is a file's name."""
    if ".." in text and "/" not in text:
        return text.strip()
    try:
        content = Path(text).read_text(encoding="latin-1")
    except OSError as error:
        raise CommandError(f"--header: {text[:80]!r} is no UPI-JWS value, and as a file: {error.strerror}") from None
    name, colon, value = content.partition(":")
    return (value if colon and name.strip().lower() == "upi-jws" else content).strip()


def _instant(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--received: {text[:40]!r} is neither Unix seconds nor ISO 8601") from None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
