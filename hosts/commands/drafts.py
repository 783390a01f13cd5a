"""A message to the hub as a sandbox partner would write it: who sends it, sensible defaults, and the fields as asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from unionhub.adapters.wire.table import ROWS
from unionhub.domain.model.parties import Role
from unionhub.hosts.sandbox import envelope
from unionhub.hosts.sandbox.partner import Identity

from .defaults import DEFAULTS, NEEDED
from .failures import CommandError
from .fields import NOTHING, Choice, Json, parse_fields, put
from .sent import SentBook
from .sources import Group, Seeds, Sources

__all__ = ["NOTHING", "SEALED", "Choice", "Draft", "Json", "parse_fields", "put", "write"]

_ORIGINAL: Final = re.compile(r"[A-Z](?P<app_id>[0-9]{8})[0-9]{8,}")
_ASK_BOTH: Final = "TRX_RESULT_INQUIRY"
_ANSWER: Final = "ADDITIONAL_PROCESSING_RESULT"

_ROLES: Final = {
    **{row.name: next(iter(row.roles)) for row in ROWS if len(row.roles) == 1 and row.name != _ASK_BOTH},
    **dict.fromkeys(("GET_CARD_LIST", "GET_CARD_PAYLOAD", "SUBMIT_PAYMENT_ORDER", "PAYMENT_RESULT_INQUIRY"), Role.INDUSTRY),
    "PAYMENT_RESULT": Role.ACQUIRER,
}
"""Who sends a message; app gateways and acquirers both ask what became of a payment, everybody exchanges keys."""

SEALED: Final = {row.name: tuple(row.sealed) for row in ROWS if row.sealed}
"""Message -> members of trxInfo that only the hub may read."""

_FOLLOWED: Final = frozenset({"origMsgID", "origTrxMsgID"})


class Draft:
    """Writes a request from a choice, the partners at hand, the sandbox's people and shops, and what was sent before."""

    def __init__(self, choice: Choice, identities: Mapping[str, Identity], seeds: Seeds, sent: SentBook | None = None) -> None:
        self._choice = choice
        self._identities = identities
        self._sources = Sources(choice, identities, seeds, sent or SentBook(None))

    async def sender(self) -> Identity:
        """Who signs: as asked, else whose message it follows, else the cardholder's gateway, else the first of the role."""
        choice = self._choice
        role = _ROLES.get(choice.message, Role.APP_GATEWAY)
        app_id = choice.sender or await self._followed(role)
        if app_id is None and role is Role.APP_GATEWAY and self._missing(("deviceID", "userID", "token")):
            app_id = str((await self._sources.holder()).get("insID", ""))
        if app_id is None:
            app_id = next((each.app_id for each in self._identities.values() if each.role is role), "")
        if app_id not in self._identities:
            known = ", ".join(f"{each.app_id} ({each.name})" for each in self._identities.values())
            raise CommandError(f"no sandbox partner {app_id or role.value}: there are {known}")
        self._sources.sender = self._identities[app_id]
        return self._identities[app_id]

    async def trx(self) -> Json:
        """Defaults, then the fields; msgInfo's are left for the envelope. Call `sender` first."""
        trx: Json = {}
        for group in self._groups():
            missing = [name for name in group.members if name not in trx and name not in self._choice.given]
            if missing:
                made = await group.make(self._sources)
                trx |= {name: made[name] for name in missing if made.get(name) is not None}
        for path, value in self._choice.fields:
            if path[0] != "msgInfo":
                put(trx, path, value)
        name, values = NEEDED.get(self._choice.message, ("", ""))
        if name and name not in self._choice.given:
            raise CommandError(f"{self._choice.message} needs {name}={values}")
        return trx

    def _groups(self) -> tuple[Group, ...]:
        sender = self._sources.sender
        if self._choice.message == _ASK_BOTH and sender is not None and sender.role is Role.ACQUIRER:
            return tuple(Group(("origMsgID", "origMsgType"), group.make) for group in DEFAULTS[_ASK_BOTH][:1])
        return DEFAULTS.get(self._choice.message, ())

    def _missing(self, names: tuple[str, ...]) -> bool:
        members = {name for group in self._groups() for name in group.members}
        return bool(members & set(names) - self._choice.given)

    async def _followed(self, role: Role) -> str | None:
        """Whose message the one before was: a chart has one sender."""
        choice = self._choice
        named = _ORIGINAL.fullmatch(str(choice.field("origMsgID") or choice.field("origTrxMsgID") or ""))
        app_id: str | None
        if named is not None:
            app_id = named["app_id"]
        elif choice.message == _ANSWER and "origMsgID" not in choice.given:
            asked = await self._sources.questions()
            app_id = str(asked[-1]["msgInfo"]["insID"]) if asked else None
        elif choice.cardholder is None and not choice.newest and not _FOLLOWED & choice.given:
            app_id = self._sources.previous_sender()
        else:
            return None
        identity = self._identities.get(app_id or "")
        fits = identity is not None and identity.role in ({role, Role.ACQUIRER} if choice.message == _ASK_BOTH else {role})
        return app_id if fits else None


def write(choice: Choice, sender: Identity, trx: Json, *, path: str, msg_id: str, time_stamp: str) -> Json:
    """The whole body, in the form that `path` speaks. msgInfo's fields come last: a test may want them wrong."""
    if path.startswith("/ucsp/"):
        codes = {"channelCode": sender.channel_code, "industryCode": sender.industry_code}
        return {"msgID": msg_id, **{name: code for name, code in codes.items() if code}, **trx}
    body = envelope.scis_request(choice.message, msg_id, sender.app_id, time_stamp, trx)
    for at, value in choice.fields:
        if at[0] == "msgInfo":
            put(body, at, value)
    return body
