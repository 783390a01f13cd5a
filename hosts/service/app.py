"""The hub over HTTP: one POST route a message, and what operators and partners look up (DESIGN section 6).

Message routes are plain ASGI under Litestar's router: they need raw bytes, bounds and time-outs of their own, and none of
what a Litestar handler does for each request (parsing, dependencies, response objects).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, Protocol

import msgspec
from litestar import Litestar, Request, Response, get
from litestar.enums import MediaType
from litestar.events import BaseEventEmitterBackend
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.handlers import BaseRouteHandler
from litestar.handlers.asgi_handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send

from unionhub.adapters.http.partners import SIGNATURE_HEADER
from unionhub.adapters.http.transport import HttpReply
from unionhub.adapters.telemetry.hub import METRICS_CONTENT_TYPE
from unionhub.adapters.wire.table import AnyRow
from unionhub.hosts.cashier.routes import CashierPages

from .bodies import (
    BodyPolicy,
    BodyTooLarge,
    ClientGone,
    answer,
    answer_early,
    declared_length,
    expects_continue,
    failure,
    read_body,
)
from .deadlines import Deadlines
from .forward import Forward
from .openapi import openapi_document

Hook = Callable[[], Awaitable[None]]
Check = Callable[[], Awaitable[bool]]

CHECK_TIMEOUT_S: Final = 2.0

_SIGNATURE: Final = SIGNATURE_HEADER.lower().encode()
_TOO_LARGE: Final = failure(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
_TOO_SLOW: Final = failure(HTTPStatus.REQUEST_TIMEOUT)
_OVERLOADED: Final = failure(HTTPStatus.SERVICE_UNAVAILABLE, retry_after="1")

_log = logging.getLogger(__name__)


class Endpoint(Protocol):
    """What a MessageEndpoint is to its host."""

    @property
    def rows(self) -> tuple[AnyRow, ...]: ...

    async def handle(self, path: str, signature: str | None, body: bytes) -> HttpReply: ...


class AppPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds of the HTTP side. `in_flight_max` messages are handled at a time, beyond it 503; 0 means no bound.

    Of these, `at_work_max` are in our own hands and do not wait for a partner, beyond it 503 too: what is more than we can do
    is refused at once instead of being answered late. A bank that hangs fills the first bound, and not this one.

    Of messages that may be large (documents), `large_max` are held at a time: whoever sends one has not been verified yet,
    and memory must not be his to take.
    """

    body: BodyPolicy = BodyPolicy()
    in_flight_max: int = 0
    at_work_max: int = 0
    large_bytes: int = 64 * 1024
    large_max: int = 16


def create_app(
    endpoint: Endpoint,
    *,
    jwks: Callable[[], Mapping[str, Any]],
    metrics: Callable[[], bytes],
    ready: Mapping[str, Check],
    policy: AppPolicy | None = None,
    cashier: CashierPages | None = None,
    forward: Forward | None = None,
    turned_away: Callable[[str], None] | None = None,
    elsewhere: Callable[[], int] | None = None,
    on_startup: Sequence[Hook] = (),
    on_shutdown: Sequence[Hook] = (),
) -> Litestar:
    """The ASGI app of parts that are built already.

    `ready` names what must hold before /readyz says so; a check that raises or takes longer than 2 s does not hold.
    `turned_away` is told `body_too_large`, `body_slow`, `body_cut` or `overloaded` for each message that did not reach the
    endpoint. `elsewhere` says how many messages wait for a partner now. Litestar runs `on_shutdown` after a failed
    `on_startup` too.
    """
    desk = MessageDesk(endpoint, policy or AppPolicy(), turned_away or (lambda _: None), elsewhere or (lambda: 0))
    routes: list[BaseRouteHandler] = [*desk.routes(), *_lookups(endpoint, jwks, metrics, ready)]
    if cashier is not None:
        routes.append(cashier.route())
    if forward is not None:
        routes += [forward.route(), forward.door()]
    return Litestar(
        route_handlers=routes,
        exception_handlers={HTTPException: _refused, Exception: _crashed},
        event_emitter_backend=_NoEvents,
        on_startup=list(on_startup),
        on_shutdown=[*on_shutdown, *([forward.close] if forward is not None else [])],
        openapi_config=None,  # its generator knows nothing of raw bodies; /schema is ours
        logging_config=None,  # the process has one pipeline (adapters/telemetry/logs.py)
        debug=False,
        pdb_on_exception=False,
    )


class _NoEvents(BaseEventEmitterBackend):
    """Litestar's own keeps a task group open, which would wrap whatever a startup hook raises in an ExceptionGroup."""

    async def __aexit__(self, *_: object) -> None:
        return None

    def emit(self, event_id: str, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError("the hub has no Litestar events")


class MessageDesk:
    """Takes messages off the wire, hands them to the endpoint, sends its answers back unchanged."""

    def __init__(
        self, endpoint: Endpoint, policy: AppPolicy, turned_away: Callable[[str], None], elsewhere: Callable[[], int]
    ) -> None:
        self._endpoint = endpoint
        self._body = policy.body
        self._body_deadlines = Deadlines(policy.body.timeout_s)
        self._in_flight_max = policy.in_flight_max
        self._at_work_max = policy.at_work_max
        self._elsewhere = elsewhere
        self._in_flight = 0
        self._large_bytes = policy.large_bytes
        self._large_max = policy.large_max
        self._large = 0
        self._turned_away = turned_away

    def routes(self) -> list[ASGIRouteHandler]:
        """One route a row."""
        return [ASGIRouteHandler(row.path, name=row.name, copy_scope=False)(self._door(row)) for row in self._endpoint.rows]

    def _door(self, row: AnyRow) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
        # Litestar forgives doubled and trailing slashes; UPI-REQPATH is the path as it was called, so we do not.
        raw_path = row.path.encode()

        async def door(scope: Scope, receive: Receive, send: Send) -> None:
            if scope.get("raw_path", raw_path) != raw_path:
                raise NotFoundException
            if scope.get("method") != "POST":
                raise MethodNotAllowedException(headers={"allow": "POST"})
            if row.body_limit_bytes > self._large_bytes and self._may_be_large(scope):
                await self._take_large(row, scope, receive, send)
            else:
                await self._take(row, scope, receive, send)

        return door

    def _may_be_large(self, scope: Scope) -> bool:
        """Not if its head says that it is small: an OPEN_ACCOUNT without documents holds no place while a bank is slow."""
        length = declared_length(scope)
        return length is None or length > self._large_bytes

    async def _take_large(self, row: AnyRow, scope: Scope, receive: Receive, send: Send) -> None:
        if self._large >= self._large_max:
            self._turned_away("overloaded")
            await answer_early(receive, send, _OVERLOADED, self._body)
            return
        self._large += 1
        try:
            await self._take(row, scope, receive, send)
        finally:
            self._large -= 1

    async def _take(self, row: AnyRow, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await read_body(scope, receive, limit_bytes=row.body_limit_bytes, deadlines=self._body_deadlines)
        except BodyTooLarge:
            self._turned_away("body_too_large")
            await answer_early(receive, send, _TOO_LARGE, self._body)
        except TimeoutError:
            self._turned_away("body_slow")
            await answer(send, _TOO_SLOW, close=True)
        except ClientGone:
            self._turned_away("body_cut")
        else:
            await answer(send, await self._handled(row.path, signature_of(scope), body))

    async def _handled(self, path: str, signature: str | None, body: bytes) -> HttpReply:
        if self._is_full():
            self._turned_away("overloaded")
            return _OVERLOADED
        self._in_flight += 1
        try:
            return await self._endpoint.handle(path, signature, body)
        finally:
            self._in_flight -= 1

    def _is_full(self) -> bool:
        if self._in_flight >= self._in_flight_max > 0:
            return True
        return self._in_flight - self._elsewhere() >= self._at_work_max > 0


def signature_of(scope: Scope) -> str | None:
    """The value of UPI-JWS, None where it is absent.

    Doubled headers are joined as RFC 9110 section 5.3 says, and the gate refuses the comma. Latin-1 takes every byte.
    """
    values = [value.strip(b" \t") for name, value in scope["headers"] if name == _SIGNATURE]  # llhttp leaves them
    return b", ".join(values).decode("latin-1") if values else None


def _lookups(
    endpoint: Endpoint, jwks: Callable[[], Mapping[str, Any]], metrics: Callable[[], bytes], ready: Mapping[str, Check]
) -> list[BaseRouteHandler]:
    schema = openapi_document(endpoint.rows)

    @get("/healthz", name="healthz", sync_to_thread=False)
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @get("/readyz", name="readyz")
    async def readyz() -> Response[dict[str, object]]:
        missing = await _missing(ready)
        status = HTTPStatus.SERVICE_UNAVAILABLE if missing else HTTPStatus.OK
        return Response({"ready": not missing, "missing": missing}, status_code=status)

    @get("/metrics", name="metrics", sync_to_thread=False)
    def metrics_text() -> Response[bytes]:
        return Response(metrics(), headers={"content-type": METRICS_CONTENT_TYPE})

    @get("/schema", name="schema", sync_to_thread=False)
    def schema_json() -> Response[bytes]:
        return Response(schema, media_type=MediaType.JSON)

    @get("/.well-known/jwks.json", name="jwks", sync_to_thread=False)
    def jwks_json() -> Response[bytes]:
        return Response(msgspec.json.encode(jwks()), media_type=MediaType.JSON)

    return [healthz, readyz, metrics_text, schema_json, jwks_json]


async def _missing(ready: Mapping[str, Check]) -> list[str]:
    """The names of what does not hold now, in the order of the mapping."""

    async def holds(check: Check) -> bool:
        try:
            async with asyncio.timeout(CHECK_TIMEOUT_S):
                return await check()
        except Exception:  # a check is about what may be broken
            return False

    answers = await asyncio.gather(*(holds(check) for check in ready.values()))
    return [name for name, good in zip(ready, answers, strict=True) if not good]


def _refused(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    return _small_json(request, HTTPStatus(error.status_code), error.headers)


def _crashed(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    _log.error("%s crashed", request.scope.get("path_template", "routing"), exc_info=error)
    return _small_json(request, HTTPStatus.INTERNAL_SERVER_ERROR, None)


def _small_json(request: Request[Any, Any, Any], status: HTTPStatus, headers: Mapping[str, str] | None) -> Response[bytes]:
    reply = failure(status, **dict(headers or {}))
    # Its body will not come, or will be taken for the next request.
    ending = {"connection": "close"} if expects_continue(request.scope) else {}
    return Response(reply.body, status_code=status, headers={**reply.headers, **ending})
