"""Who holds the phone: each browser is somebody of its own, by a cookie, without a password. Play money only.

Phones outlive a restart with what an app knows: who its user is, and by which token the hub knows the card.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from typing import Final

import msgspec

from unionhub.domain.model.identifiers import mask_number
from unionhub.domain.model.services import PersonalField
from unionhub.hosts.sandbox.keepsakes import Keepsakes, encoded
from unionhub.hosts.sandbox.members import AppUser
from unionhub.hosts.sandbox.partner import HubRequest
from unionhub.hosts.sandbox.seeds import APPLICANT, HARBOUR, Cardholder

MAX_SESSIONS: Final = 1_000
COOKIE: Final = "walkthrough"
COOKIE_PATH: Final = "/sandbox"
OTHER_ID: Final = "6"  # of idType (U-94)
_KIND: Final = "phone"


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who applies, as the form has it."""

    first_name: str = APPLICANT["firstName"]
    last_name: str = APPLICANT["lastName"]
    id_no: str = APPLICANT["idNo"]
    mobile: str = APPLICANT["mobileNo"]
    email: str = "mei.lam@example.com"

    def __repr__(self) -> str:
        return "Person(********)"

    def applies(self) -> dict[str, str]:
        """cvmInfo."""
        own = {"firstName": self.first_name, "lastName": self.last_name, "idNo": self.id_no, "mobileNo": self.mobile}
        return {**APPLICANT, **own}

    def told(self, fields: Iterable[PersonalField]) -> dict[str, str]:
        """These fields as a channel passes them on."""
        known = {
            PersonalField.MOBILE: self.mobile,
            PersonalField.EMAIL: self.email,
            PersonalField.ID_TYPE: OTHER_ID,
            PersonalField.ID_NO: self.id_no,
        }
        return {field.value: known[field] for field in fields}


class PhoneCard(msgspec.Struct, frozen=True, kw_only=True):
    """A card in the wallet: what the app sends of it, and what it shows."""

    user: AppUser
    masked_pan: str
    expiry: str = ""  # MM/YY
    face: str = ""  # cardfaceID


class Session(msgspec.Struct, kw_only=True):
    """One browser's phone. `opening` is an OPEN_ACCOUNT that was answered 04: it is sent again as it is."""

    key: str
    form_key: str
    user_id: str
    device_id: str
    gateway: str
    since: datetime  # business time: older notices are somebody else's business
    person: Person = Person()
    cards: list[PhoneCard] = []
    opening: HubRequest | None = None
    looked: bool = False
    logged_in: bool = False
    seen: set[str] = msgspec.field(default_factory=set)  # msgIDs of notices

    def __repr__(self) -> str:
        return f"Session({self.user_id})"

    def becomes_new(self) -> None:
        """Somebody whom nobody knows yet, with a phone out of the box."""
        self._becomes(f"60{secrets.randbelow(10**14):014d}", secrets.token_hex(16), HARBOUR, [])

    def becomes(self, holder: Cardholder, face: str) -> None:
        """A seeded cardholder."""
        user = AppUser(user_id=holder.user_id, device_id=holder.device_id, token=holder.token, currency=holder.currency)
        card = PhoneCard(user=user, masked_pan=mask_number(holder.pan.reveal()), face=face)
        self._becomes(holder.user_id, holder.device_id, holder.gateway, [card])

    def _becomes(self, user_id: str, device_id: str, gateway: str, cards: list[PhoneCard]) -> None:
        self.user_id, self.device_id, self.gateway, self.cards = user_id, device_id, gateway, cards
        self.opening, self.looked, self.logged_in, self.person = None, False, False, Person()
        self.seen = set()


class Sessions:
    """The newest `MAX_SESSIONS`, by use."""

    def __init__(self, keepsakes: Keepsakes) -> None:
        self._keepsakes = keepsakes
        self._kept: OrderedDict[str, Session] = OrderedDict(keepsakes.all(_KIND, Session))
        self._written: dict[str, bytes] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    def of(self, cookie: str | None) -> Session | None:
        session = self._kept.get(cookie or "")
        if session is not None:
            self._kept.move_to_end(session.key)
        return session

    def begin(self, now: datetime) -> Session:
        key, form_key = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        session = Session(key=key, form_key=form_key, user_id="", device_id="", gateway="", since=now)
        session.becomes_new()
        self._kept[key] = session
        if len(self._kept) > MAX_SESSIONS:
            oldest, _ = self._kept.popitem(last=False)
            self._keepsakes.drop(_KIND, oldest)
            self._written.pop(oldest, None)
            self._locks.pop(oldest, None)
        return session

    def lock(self, session: Session) -> asyncio.Lock:
        """Whoever acts for this phone: one at a time."""
        return self._locks.setdefault(session.key, asyncio.Lock())

    def keep(self, session: Session) -> None:
        """What is new of it outlives us."""
        now = encoded(session)
        if session.key in self._kept and self._written.get(session.key) != now:
            self._keepsakes.put(_KIND, session.key, session)
            self._written[session.key] = now
