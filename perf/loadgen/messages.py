"""Requests to the hub, and what a right answer is: signed messages, by the sandbox partners' keys and code, and a browser's."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from unionhub.adapters.jose.causes import GateRefusal
from unionhub.adapters.jose.facade import PartnerJose
from unionhub.domain.model.parties import Role
from unionhub.hosts.sandbox import envelope, keyring
from unionhub.hosts.sandbox.catalog import FLAT_ROLES, hub_path
from unionhub.hosts.sandbox.clock import OFFSET_FILE, FileClock
from unionhub.hosts.sandbox.numbers import MsgIds, shared_tails, timestamp
from unionhub.hosts.sandbox.partner import CONTENT_TYPE, JWS_HEADER, Identity

MAX_ANSWER_BYTES: Final = 65_536
ALLOWED: Final = 2
"""Database transactions of one message (DESIGN section 2.4)."""


class Cardholder(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One of GET /sandbox/cardholders."""

    user_id: str = msgspec.field(name="userID")
    device_id: str = msgspec.field(name="deviceID")
    gateway: str = msgspec.field(name="insID")
    token: str
    currency: str
    balance: str
    issuer: str = ""


class Merchant(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One of GET /sandbox/merchants."""

    name: str
    mid: str
    mcc: str
    acquirer_iin: str = msgspec.field(name="acquirerIIN")
    forwarding_iin: str = msgspec.field(name="fwdIIN")
    currency: str
    acquirer: str
    qr: str


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What came back, as bytes. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A genuine answer. `trx` is its trxInfo, in UCSP's flat form the whole body."""

    code: str
    msg_id: str
    trx: dict[str, Any]


Check = Callable[[Answer], str]
"""Empty for a right answer, else what is wrong with it, in a word or two: failures are counted by it."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One request, signed and ready. `name` begins with the step's number: `1 MPQRC_PAYMENT_EMV`."""

    name: str
    signer: Signer
    path: str
    headers: dict[str, str]
    body: bytes
    msg_id: str
    check: Check
    minor: int = 0  # what it pays, once it is answered rightly; 0 for a message that moves no money
    pays_for: str = ""  # msgID of the payment, where a right answer proves another message's
    right_code: str = "00"
    pause_s: float = 0.0  # after its answer, until the next step is due
    method: Literal["GET", "POST"] = "POST"
    allowed: int = ALLOWED  # database transactions that it may need on the hub

    def failure_of(self, reply: Reply) -> tuple[str, Answer | None]:
        """(what is wrong with the reply, the answer in it): the first is empty only if the second is there and right."""
        if reply.status != 200:
            return f"http_{reply.status}", None
        if cause := self.signer.doubt(reply):
            return f"signature_{cause}", None
        answer = _read(reply.body)
        if answer is None:
            return "unreadable", None
        if answer.code != self.right_code:
            return f"code_{answer.code}", answer
        if answer.msg_id != self.msg_id:
            return "answer_of_another", answer
        return self.check(answer), answer


def _any_answer(_: Answer) -> str:
    return ""


class Visit(Step, frozen=True, kw_only=True):
    """A request of a user's browser: nobody signs it. `signer` is who sells, for the books; `read` says what is wrong with the
    reply, else what the next step needs of it."""

    read: Callable[[Reply], tuple[str, Answer | None]]
    msg_id: str = ""
    check: Check = _any_answer

    def failure_of(self, reply: Reply) -> tuple[str, Answer | None]:
        """See Step."""
        return self.read(reply)


Journey = Sequence[Step | Callable[[Answer], Step]]
"""What one customer does, step after step; it ends at the first failure. What cannot be known (and signed) before the answer
to the step before is a function of that answer."""


class Signer:
    """One sandbox partner as a sender."""

    def __init__(self, identity: Identity, jwks: Mapping[str, Any], msg_ids: MsgIds, clock: FileClock) -> None:
        self.app_id = identity.app_id
        self.identity = identity
        self._role = identity.role
        self._msg_ids = msg_ids
        self._clock = clock
        self._jose = PartnerJose(
            identity.app_id, identity.profile, identity.signing, identity.encryption, jwks, now_s=time.time
        )

    def msg_id_about(self, industry_code: str) -> str:
        """A msgID of UCSP with the industry's code in it (U-78), which no other call gets."""
        return f"A{industry_code:.8}{timestamp(self._clock)}{self._msg_ids.next()[-6:]}"

    def step(
        self, name: str, message: str, trx: Mapping[str, Any], *, check: Check, minor: int = 0, msg_id: str | None = None
    ) -> Step:
        """`message` with these members of trxInfo (UCSP: of the body), signed now, under a msgID of its own."""
        msg_id = msg_id or self._msg_ids.next()
        path = hub_path(self._role, message)
        if self._role in FLAT_ROLES:
            codes = {"channelCode": self.identity.channel_code, "industryCode": self.identity.industry_code}
            own = {member: code for member, code in codes.items() if code}
            content: dict[str, Any] = {"msgID": msg_id, **own, **trx}
        else:
            content = envelope.scis_request(message, msg_id, self.app_id, timestamp(self._clock), trx)
        body = envelope.encode(content)
        headers = {"Content-Type": CONTENT_TYPE, JWS_HEADER: self._jose.sign_request(body, path)}
        return Step(name=name, signer=self, path=path, headers=headers, body=body, msg_id=msg_id, check=check, minor=minor)

    def seal(self, members: Mapping[str, Any]) -> str:
        """A JSON object that only the hub opens."""
        return self._jose.seal(msgspec.json.encode(dict(members)))

    @property
    def now(self) -> str:
        """Business time, YYYYMMDDhhmmss."""
        return timestamp(self._clock)

    def settlement_key(self) -> dict[str, str]:
        """A key of this acquirer's, not used before (hosts/sandbox/acquirer.py): the number is a msgID's, which count."""
        return {
            "acquirerIIN": self.app_id,
            "forwardingIIN": self.app_id,
            "systemTraceAuditNumber": self._msg_ids.next()[-6:],
            "transmissionDateTime": timestamp(self._clock)[4:],
        }

    def doubt(self, reply: Reply) -> str:
        """Why this is no answer of the hub to us; empty if it is one."""
        try:
            self._jose.verify_response(reply.headers.get(JWS_HEADER.lower()), reply.body)
        except GateRefusal as refusal:
            return refusal.cause.value
        return ""


class Sandbox:
    """Who can be played: partners with their keys, cardholders, merchants."""

    def __init__(
        self, home: Path, jwks: Mapping[str, Any], cardholders: Sequence[Cardholder], merchants: Sequence[Merchant]
    ) -> None:
        """Reads the partner files of `home`. Raises keyring.KeyringError."""
        self.cardholders = tuple(cardholders)
        self.merchants = tuple(merchants)
        self._identities = keyring.load(home)
        self._jwks = jwks
        self._clock = FileClock(home / OFFSET_FILE)
        self._tails = shared_tails(home / keyring.FOLDER / "msgid-tails")
        self._signers: dict[str, Signer] = {}

    def signer(self, app_id: str) -> Signer:
        """A partner; its keys are parsed once, which takes a while."""
        if app_id not in self._signers:
            identity = self._identities[app_id]
            msg_ids = MsgIds(identity.industry_code or app_id, self._clock, self._tails)
            self._signers[app_id] = Signer(identity, self._jwks, msg_ids, self._clock)
        return self._signers[app_id]

    def of_role(self, role: Role) -> list[str]:
        """app_ids, sorted."""
        return sorted(app_id for app_id, identity in self._identities.items() if identity.role is role)


def _read(body: bytes) -> Answer | None:
    """A reply's body in either form (PROTOCOL 1.6, 2.4); None if it is no answer."""
    try:
        content = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    verdict, info = content.get("msgResponse"), content.get("msgInfo", content)
    trx = content.get("trxInfo", {}) if "msgInfo" in content else content
    if not (isinstance(verdict, dict) and isinstance(info, dict) and isinstance(trx, dict)):
        return None
    return Answer(code=str(verdict.get("responseCode", "")), msg_id=str(info.get("msgID", "")), trx=trx)
