"""The walk-through's page at /sandbox/: the phone in a frame, beside it the diagram of all messages (other browsers' too),
a guide, and what can be made to fail."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from aiohttp import web

from unionhub.domain.model.parties import Role
from unionhub.hosts.sandbox.walkthrough.charts import CHART_NAMES, LIFELINES
from unionhub.hosts.sandbox.walkthrough.events import Events, describe_parties
from unionhub.hosts.sandbox.walkthrough.phone import Phone, industry_origins
from unionhub.hosts.sandbox.walkthrough.rendering import FILES, render, stamp, static
from unionhub.hosts.sandbox.world import World

_KINDS: Final = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
FORWARD_S: Final = 60


class GuideStep(msgspec.Struct, frozen=True, kw_only=True):
    """Something to try. `key` is its name in Progress, or in the page's script for what is seen in the messages."""

    key: str
    title: str
    text: str


GUIDE: Final = (
    GuideStep(
        key="open",
        title="Open an account",
        text="On the phone. The bank identifies you, SCIS makes a virtual card and its token.",
    ),
    GuideStep(key="login", title="Open a service", text="Parking or boats. You agree to what is passed on; no second login."),
    GuideStep(key="order", title="Order something", text="The service hands the order to UCSP, and you to its cashier."),
    GuideStep(
        key="pay",
        title="Pay with your card",
        text="UCSP passes the token to the acquirer, SCIS knows its card, the bank books.",
    ),
    GuideStep(
        key="told",
        title="Both are told",
        text="Service and app confirm PAYMENT_RESULT_NOTICE. Only now is it paid.",
    ),
    GuideStep(
        key="silence",
        title="Lose the bank’s answer",
        text="Press “The bank’s answer is lost” under the messages, then pay: SCIS asks.",
    ),
    GuideStep(
        key="forward",
        title="Miss a notice",
        text="Press “The service is silent” there, pay, let a minute pass: it comes again.",
    ),
)


class WhatIf(msgspec.Struct, frozen=True, kw_only=True):
    """A button. `orders` are bodies of POST /sandbox/faults; it is spent when `message` reaches the party `to`."""

    key: str
    label: str
    text: str
    orders: list[dict[str, Any]]
    message: str
    to: str


class Walkthrough:
    """The routes of the page, the phone and the events."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.events = Events(world.journal, world.identities)
        self._phone = Phone(world)

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/sandbox", self._moved)
        app.router.add_get("/sandbox/", self._page)
        app.router.add_get("/sandbox/static/{name}", self._static)
        app.router.add_get("/sandbox/events", self.events.stream)
        app.router.add_get("/sandbox/journal/{seq}", self.events.message)
        app.on_shutdown.append(self.events.stop)
        self._phone.add_to(app)

    async def _moved(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(status=308, headers={"Location": "/sandbox/"})

    async def _page(self, _request: web.Request) -> web.StreamResponse:
        world = self._world
        about = {
            "after": world.journal.last_seq,
            "lifelines": LIFELINES,
            "charts": CHART_NAMES,
            "parties": describe_parties(world.identities),
            "whatIfs": what_ifs(world),
            "hub": world.hub.base_url,
            "forwardS": FORWARD_S,
        }
        page = render("page.html", guide=GUIDE, what_ifs=what_ifs(world), about=msgspec.to_builtins(about), stamp=stamp())
        frames = " ".join(("'self'", *industry_origins(world)))
        policy = (
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
            f"frame-src {frames}; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
        )
        headers = {
            "Cache-Control": "no-store",
            "Content-Security-Policy": policy,
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
        return web.Response(text=page, content_type="text/html", headers=headers)

    async def _static(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        if name not in FILES:
            raise web.HTTPNotFound(reason="no such file")
        # The page names files with a stamp of what is in them: a browser may keep them, and never shows old ones.
        headers = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}
        return web.Response(text=static(name), content_type=_KINDS[name.rpartition(".")[2]], headers=headers)


def what_ifs(world: World) -> list[WhatIf]:
    """What can be made to fail, as anybody may: these are bodies of POST /sandbox/faults."""
    bank = world.product.issuer
    industries = [app_id for app_id, identity in world.identities.items() if identity.role is Role.INDUSTRY]
    return [
        WhatIf(
            key="silence",
            label="The bank’s answer is lost",
            text="The next debit is booked, but SCIS hears nothing. It will ask.",
            orders=[{"party": bank, "message": "DEBIT_TRANSACTION", "fault": "book_then_no_answer"}],
            message="DEBIT_TRANSACTION",
            to="Core Bank",
        ),
        WhatIf(
            key="refusal",
            label="The bank says no",
            text="The next debit is declined: not enough money.",
            orders=[{"party": bank, "message": "DEBIT_TRANSACTION", "fault": "code:51"}],
            message="DEBIT_TRANSACTION",
            to="Core Bank",
        ),
        WhatIf(
            key="forward",
            label="The service is silent",
            text="The next notice to a service is not confirmed. UCSP keeps it and comes again.",
            orders=[{"party": each, "message": "PAYMENT_RESULT_NOTICE", "fault": "no_answer"} for each in industries],
            message="PAYMENT_RESULT_NOTICE",
            to="Industry",
        ),
    ]
