"""A user of a channel's app opens an industry's service (chart: UCSP authorized login, U1).

U1.2 CHANNEL_LOGIN_INFO      the channel
U1.3 INDUSTRY_LOGIN_INFO     the hub tells the industry, within it
U1.4                         the answer: where the app goes
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

import msgspec

from loadgen.messages import Answer, Cardholder, Check, Journey, Sandbox, Step
from unionhub.domain.model.parties import Role
from unionhub.domain.model.services import TICKET_PARAMETER
from unionhub.hosts.sandbox.seeds import WALLETS

LOGIN: Final = "U1.2 CHANNEL_LOGIN_INFO"

PERSONAL: Final = {"mobile": "+85291234567", "email": "mei.lam@example.com"}
"""What a channel tells of its user; a service takes of it what it may know."""


class AuthorizedLoginSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[authorized_login] in mix.toml."""


class Visitors:
    """Users of the channels, and the services that they open. Raises ValueError if there is no user."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self.users = [holder for holder in sandbox.cardholders if holder.gateway in WALLETS]
        self.industries: Sequence[str] = sandbox.of_role(Role.INDUSTRY)
        if not self.users or not self.industries:
            raise ValueError("no cardholder has a channel's app, or there is no industry service")
        for app_id in (*self.industries, *{WALLETS[user.gateway] for user in self.users}):
            sandbox.signer(app_id)  # its keys are parsed now, not within the first customer's time

    def user(self, dice: Random) -> Cardholder:
        return dice.choice(self.users)

    def channel_code(self, user: Cardholder) -> str:
        return self._sandbox.signer(WALLETS[user.gateway]).identity.channel_code

    def login(self, user: Cardholder, industry: str) -> Step:
        """CHANNEL_LOGIN_INFO, signed by the channel of the user's house."""
        channel, identity = self._sandbox.signer(WALLETS[user.gateway]), self._sandbox.signer(industry).identity
        members = {
            "channelName": channel.identity.name,
            "clientType": "0",
            "industryCode": identity.industry_code,
            "userId": user.user_id,
            "encData": channel.seal(PERSONAL),
        }
        msg_id = channel.msg_id_about(identity.industry_code)
        return channel.step(LOGIN, "CHANNEL_LOGIN_INFO", members, check=_leads_to(identity.base_url), msg_id=msg_id)


class AuthorizedLogin:
    """One step, signed before it is due."""

    def __init__(self, settings: AuthorizedLoginSettings, sandbox: Sandbox) -> None:
        del settings
        self._visitors = Visitors(sandbox)

    def __call__(self, dice: Random) -> Journey:
        return (self._visitors.login(self._visitors.user(dice), dice.choice(self._visitors.industries)),)

    def forms(self, dice: Random) -> tuple[Journey, ...]:
        """See scenarios.Scenario."""
        return (self(dice),)


def _leads_to(base_url: str) -> Check:
    """The industry's own page, with a ticket."""

    def check(answer: Answer) -> str:
        url = str(answer.trx.get("industryUrl", ""))
        if not url.startswith(f"{base_url.rstrip('/')}/"):
            return "url_of_another"
        return "" if f"{TICKET_PARAMETER}=" in url else "no_ticket"

    return check
