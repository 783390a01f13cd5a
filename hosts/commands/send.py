"""`unionhub send`: any message, signed as a sandbox partner. curl cannot sign."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from unionhub.domain.model.identifiers import mask_number
from unionhub.hosts.sandbox.catalog import hub_path
from unionhub.hosts.sandbox.clock import OFFSET_FILE, FileClock
from unionhub.hosts.sandbox.keyring import FOLDER
from unionhub.hosts.sandbox.numbers import MsgIds, shared_tails, timestamp
from unionhub.hosts.sandbox.partner import Identity
from unionhub.hosts.settings import Settings, load_settings

from . import drafts
from .console import clean, echo_json, json_option
from .drafts import SEALED, Choice, Draft, Json
from .failures import CommandError
from .sending import HubLine, Said, partners
from .sent import Sending, SentBook

ANSWERED_OTHERWISE = 2
_TIMEOUT_S = 30.0
_NAME = 13
_DOORS = ("industryUrl", "cashierUrl")


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A message that went out, with its answer."""

    message: str
    sender: Identity
    url: str
    body: bytes
    said: Said


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """The command line, read."""

    choice: Choice
    content: bytes | None
    path: str | None
    msg_id: str | None
    timeout_s: float


@click.command()
@click.argument("message")
@click.argument("fields", nargs=-1, metavar="[FIELD=VALUE]...")
@click.option("--as", "sender", metavar="APPID", help="Sign as this partner; default: whose message it is.")
@click.option("--cardholder", type=click.IntRange(1), metavar="N", help="Who pays: number in GET /sandbox/cardholders.")
@click.option("--newest", is_flag=True, help="The card that was issued last to a message from here pays.")
@click.option("--merchant", type=click.IntRange(1), metavar="N", help="Who sells: number in GET /sandbox/merchants.")
@click.option("--body", "content", type=click.File("rb"), metavar="FILE", help="The body, byte for byte; - reads stdin.")
@click.option("--msg-id", help="Instead of a new one: repeat a message.")
@click.option("--path", help="Instead of the message's own path.")
@click.option("--url", metavar="URL", help="The hub; default: UNIONHUB_HOST and UNIONHUB_PORT.")
@click.option("--timeout", "timeout_s", type=click.FloatRange(0.1, 600), default=_TIMEOUT_S, show_default=True, metavar="S")
@json_option
@click.pass_context
def send(
    ctx: click.Context, /, message: str, fields: tuple[str, ...], url: str | None, *, as_json: bool, **options: Any
) -> None:
    """Send MESSAGE to a hub, signed as one of the partners in UNIONHUB_HOME/sandbox.

    \b
    unionhub send MPQRC_PAYMENT_EMV trxAmt=12.50
    unionhub send MPQRC_PAYMENT_EMV trxAmt=60 couponInfo=TENOFF --cardholder 2 --merchant 2
    unionhub send MPQRC_PAYMENT_EMV merchantInfo.mid=000000000000000
    unionhub send KYC_VERIFICATION cvmInfo.lastName=Wong
    unionhub send OPEN_ACCOUNT
    unionhub send TRX_RESULT_INQUIRY origMsgID=A9901034420260302040000000001
    unionhub send CHANNEL_LOGIN_INFO
    unionhub send SUBMIT_PAYMENT_ORDER trxAmt=80.00

    FIELD=VALUE is text, FIELD:=JSON any JSON, GROUP.FIELD=VALUE goes deeper, FIELD=null leaves it out; msgInfo.* too.
    What is not given is filled in: the first cardholder, the first merchant's code, ten units of its currency. A message
    that names another one (OPEN_ACCOUNT, CPQRC_PAYMENT, REFUND) names the newest that was sent from here. cvmInfo,
    creditAccountInfo and cardInfo are sealed for the hub, unless they are given as text.

    Exit codes: 0 the answer is 00; 2 it is another code; 1 there is no answer.
    """
    if not re.fullmatch(r"[A-Z][A-Z0-9_]{1,49}", message := message.upper().replace("-", "_")):
        raise CommandError("a message's name has letters, digits and underscores, such as MPQRC_PAYMENT_EMV")
    settings = load_settings()
    content = options.pop("content")
    order = Order(
        choice=Choice(
            message=message,
            fields=drafts.parse_fields(fields),
            sender=options["sender"],
            cardholder=options["cardholder"],
            merchant=options["merchant"],
            newest=options["newest"],
        ),
        content=None if content is None else content.read(),
        path=options["path"],
        msg_id=options["msg_id"],
        timeout_s=options["timeout_s"],
    )
    sent = asyncio.run(_send(settings, url or _own_url(settings), order))
    if as_json:
        echo_json(_facts(sent))
    else:
        _tell(sent)
    ctx.exit(0 if sent.said.code == "00" else ANSWERED_OTHERWISE)


async def _send(settings: Settings, url: str, order: Order) -> Sent:
    known, book = partners(settings.home), SentBook(settings.home)
    async with HubLine(url) as line:
        choice = order.choice if order.content is None else _sender_of(order)
        draft = Draft(choice, known, line.seeds, book)
        sender = await draft.sender()
        path = order.path or hub_path(sender.role, choice.message)
        if order.content is None:
            clock = FileClock(settings.home / OFFSET_FILE)
            trx = await draft.trx()
            for name in SEALED.get(choice.message, ()):
                if isinstance(trx.get(name), dict):
                    trx[name] = await line.seal(sender, trx[name])
            body = msgspec.json.encode(
                drafts.write(
                    choice,
                    sender,
                    trx,
                    path=path,
                    msg_id=order.msg_id or _new_msg_id(settings.home, sender, clock, trx.get("industryCode")),
                    time_stamp=timestamp(clock),
                )
            )
        else:
            body = _changed(order, path)
        said = await line.send(sender, path, body, timeout_s=order.timeout_s)
    sent = Sent(message=choice.message, sender=sender, url=f"{url.rstrip('/')}{path}", body=body, said=said)
    _remember(book, sent)
    return sent


def _remember(book: SentBook, sent: Sent) -> None:
    """For the messages that name this one."""
    asked = _read(sent.body)
    heard = sent.said.body
    flat = "msgInfo" not in asked
    info = asked if flat else asked.get("msgInfo")
    if sent.said.status == 200 and isinstance(info, dict) and isinstance(info.get("msgID"), str):
        book.add(
            Sending(
                message=sent.message,
                sender=sent.sender.app_id,
                msg_id=info["msgID"],
                code=sent.said.code,
                asked=asked if flat else _object(asked.get("trxInfo")),
                # Whoever has such an address is let in: it is not for keeping.
                heard=_kept(heard, *_DOORS) if flat else _object(heard.get("trxInfo")),
            )
        )


def _kept(members: Json, *never: str) -> Json:
    return {name: value for name, value in members.items() if name not in never}


def _object(found: object) -> Json:
    return found if isinstance(found, dict) else {}


def _sender_of(order: Order) -> Choice:
    """A body names its institution itself."""
    info = _read(order.content or b"").get("msgInfo")
    named = info.get("insID") if isinstance(info, dict) else None
    choice = order.choice
    return choice if choice.sender or not isinstance(named, str) else msgspec.structs.replace(choice, sender=named)


def _changed(order: Order, path: str) -> bytes:
    """The body as it came, unless fields or a msgID are to be put into it."""
    content = order.content or b""
    if not order.choice.fields and order.msg_id is None:
        return content
    body = _read(content)
    if not body:
        raise CommandError("fields can only be put into a body that is a JSON object")
    flat = path.startswith("/ucsp/")
    for at, value in order.choice.fields:
        drafts.put(body, at if flat or at[0] == "msgInfo" else ("trxInfo", *at), value)
    if order.msg_id is not None:
        drafts.put(body, ("msgID",) if flat else ("msgInfo", "msgID"), order.msg_id)
    return msgspec.json.encode(body)


def _read(content: bytes) -> Json:
    try:
        found = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return _object(found)


def _new_msg_id(home: Path, sender: Identity, clock: FileClock, industry_code: object) -> str:
    """UCSP has the code of the industry in it that the message is about (U-78)."""
    # Shared with the sandbox itself and locust: no msgID comes twice.
    tails = shared_tails(home / FOLDER / "msgid-tails")
    about = industry_code if isinstance(industry_code, str) and len(industry_code) == len(sender.app_id) else ""
    return MsgIds(about or sender.industry_code or sender.app_id, clock, tails).next()


def _own_url(settings: Settings) -> str:
    if settings.port == 0:
        raise CommandError("UNIONHUB_PORT is 0, any free port: name the hub with --url")
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 - recognised, not bound
    return f"http://{host}:{settings.port}"


def _masked(body: Json) -> Json:
    """For showing: tokens as everywhere else."""
    shown: Json = {}
    for name, value in body.items():
        if isinstance(value, dict):
            shown[name] = _masked(value)
        else:
            shown[name] = mask_number(value) if name == "token" and isinstance(value, str) else value
    return shown


def _facts(sent: Sent) -> Json:
    return {
        "message": sent.message,
        "sender": sent.sender.app_id,
        "url": sent.url,
        "request": _masked(_read(sent.body)),
        "status": sent.said.status,
        "verified": sent.said.status == 200,
        "code": sent.said.code,
        "text": sent.said.text,
        "answer": _masked(sent.said.body),
        "ms": round(sent.said.seconds * 1000, 1),
    }


def _tell(sent: Sent) -> None:
    said = sent.said
    click.echo(f"{sent.message} as {sent.sender.name} ({sent.sender.app_id}, {sent.sender.profile}) to {sent.url}")
    request = _masked(_read(sent.body))
    info = request.pop("msgInfo", {})
    trx = request.pop("trxInfo", request)
    named = {"msgID": info.get("msgID", "")} if isinstance(info, dict) and info else {}
    shown = {**named, **(trx if isinstance(trx, dict) else {})}
    wide = max(_NAME, *(len(name) for name in shown)) if shown else _NAME
    for name, value in shown.items():
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        click.echo(f"  {name:<{wide}} {clean(text if len(text) <= 90 else text[:87] + '...')}")
    click.echo(msgspec.json.format(msgspec.json.encode(_masked(said.body)), indent=2).decode())
    for door in _DOORS:
        if isinstance(at := said.body.get(door), str):
            click.echo(f"open in a browser: {clean(at)}")
    how = "signature verified" if said.status == 200 else f"HTTP {said.status}, unsigned"
    click.echo(f"{said.code or '--'} {clean(said.text)}  ({how}, {said.seconds * 1000:.0f} ms)")
    if said.status == 401:
        click.echo(
            "the gate refused it: the cause is in the hub's log, `unionhub explain CAUSE` says what to do", file=sys.stderr
        )
