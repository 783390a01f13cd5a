"""The HTTP side of an open hub, by its settings."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import Litestar

from unionhub.hosts.cashier.routes import CashierPages
from unionhub.hosts.hub import Hub

from .app import AppPolicy, Check, create_app
from .bodies import BodyPolicy
from .forward import Forward


def hub_app(hub: Hub, *, ready: Mapping[str, Check] | None = None, forward: Forward | None = None) -> Litestar:
    """`ready` adds checks to the store's; `forward` mounts /sandbox."""
    settings = hub.settings
    body = BodyPolicy(timeout_s=settings.body_timeout_s)
    return create_app(
        hub.endpoint,
        jwks=hub.keys.public_jwks,
        metrics=hub.telemetry.metrics_text,
        ready={"store": hub.store.ready, **(ready or {})},
        policy=AppPolicy(body=body, in_flight_max=settings.messages_in_flight_max, at_work_max=settings.messages_at_work_max),
        cashier=CashierPages(hub.cashier, hub.clock, settings.public_base, body),
        forward=forward,
        turned_away=hub.telemetry.turned_away,
        elsewhere=hub.calls_under_way,
    )
