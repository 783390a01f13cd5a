"""Settings: `UNIONHUB_*` in the environment over an optional TOML file over the defaults below (DESIGN section 6).

A mistake is one line that names the variable and what it wants. Values are never shown: a mistyped variable may hold a
database's password.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_type_hints

import msgspec
from msgspec import Meta
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from unionhub.adapters.telemetry.logs import LogFormat, LogLevel
from unionhub.domain.model.identifiers import Secret

PREFIX: Final = "UNIONHUB_"
CONFIG: Final = "UNIONHUB_CONFIG"
_NOT_OURS: Final = "UNIONHUB_TEST_"  # for the tests, e.g. UNIONHUB_TEST_POSTGRES_URL

SQLITE: Final = "sqlite+aiosqlite"
POSTGRESQL: Final = "postgresql+asyncpg"


class SettingsError(Exception):
    """A setting is wrong: one line for the operator, without the value."""


class DatabaseUrl(Secret):
    """A SQLAlchemy URL with an async driver. Printed, it shows scheme, host and database."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> DatabaseUrl:
        """Read `sqlite:///file`, `postgresql://...` or their async forms; raises ValueError without the value.

        libpq's `sslmode` becomes asyncpg's `ssl`; a SQLite file becomes absolute.
        """
        try:
            url = make_url(text)
        except (ArgumentError, ValueError):
            raise ValueError("no database URL") from None
        if url.drivername in ("sqlite", SQLITE):
            return cls(_sqlite(url))
        if url.drivername in ("postgres", "postgresql", POSTGRESQL):
            query = {("ssl" if name == "sslmode" else name): value for name, value in url.query.items()}
            return cls(url.set(drivername=POSTGRESQL, query=query).render_as_string(hide_password=False))
        raise ValueError("no database URL of ours")

    @property
    def file(self) -> Path | None:
        """The SQLite file; None for PostgreSQL."""
        url = make_url(self._value)
        return Path(url.database) if url.drivername == SQLITE and url.database else None

    @property
    def masked(self) -> str:
        if not self._value:
            return ""
        url = make_url(self._value)
        return URL.create(url.drivername, host=url.host, port=url.port, database=url.database).render_as_string()


def _sqlite(url: URL) -> str:
    if url.host or not url.database or url.database.startswith((":memory:", "file:")):
        raise ValueError("a file is needed: hub and worker share it")
    path = Path(url.database).expanduser().absolute()
    return url.set(drivername=SQLITE, database=str(path)).render_as_string()


Port = Annotated[int, Meta(ge=0, le=65535, description="a port: a whole number from 0 (any free one) to 65535")]
Host = Annotated[str, Meta(pattern=r"^[0-9A-Za-z.:_-]+$", description="a host name or an IP address to listen on")]
Seconds = Annotated[float, Meta(gt=0, le=86_400, description="a number of seconds above 0, at most 86400")]
Minutes = Annotated[float, Meta(gt=0, le=10_080, description="a number of minutes above 0, at most 10080")]
Days = Annotated[float, Meta(gt=0, le=3_650, description="a number of days above 0, at most 3650")]
Count = Annotated[int, Meta(ge=1, le=100_000, description="a whole number from 1 to 100000")]
Switch = Annotated[bool, Meta(description="true or false")]
AnyPath = Annotated[Path, Meta(description="a path")]
Database = Annotated[
    DatabaseUrl, Meta(description="a URL: postgresql://user:password@host/database or sqlite:///path/of/a/file")
]
SecondsList = Annotated[
    tuple[Seconds, ...], Meta(min_length=1, max_length=20, description="1 to 20 numbers of seconds above 0, such as 2,4,8")
]
MinutesList = Annotated[
    tuple[Minutes, ...], Meta(min_length=1, max_length=20, description="1 to 20 numbers of minutes above 0, such as 1,2,4")
]

HostList = Annotated[
    tuple[Host, ...], Meta(min_length=1, max_length=20, description="1 to 20 host names, such as qr.95516.com")
]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an operator can choose. The variable of `bank_timeout_s` is `UNIONHUB_BANK_TIMEOUT_S`; in TOML, which is
    flat, its name is as here. Relative paths start where the process does."""

    # --- where it runs
    home: AnyPath = Path("var")  # data folder
    production: Switch = False  # no sandbox, no made-up master key
    host: Host = "127.0.0.1"  # for partners
    port: Port = 8080
    operator_host: Host = "127.0.0.1"  # for operators: pages, not for partners' networks
    operator_port: Port = 8081
    database_url: Database = DatabaseUrl("")  # default: unionhub.db in home
    master_key_file: AnyPath | None = None  # default in development: master.key in home, made on the first start
    clock: Annotated[Literal["system", "sandbox"], Meta(description="system or sandbox")] = "system"  # business time

    # --- what it tells
    log_level: Annotated[LogLevel, Meta(description="debug, info, warning or error")] = "info"
    log_format: Annotated[LogFormat, Meta(description="json or console")] = "json"
    log_to: Annotated[Literal["stderr", "file"], Meta(description="stderr or file (log/unionhub.log in home)")] = "stderr"

    # --- the gate
    freshness_window_s: Seconds = 300  # UPI-TIMESTAMP may differ so much from real time, either way
    body_timeout_s: Seconds = 10  # a message whose body takes longer is a 408
    messages_in_flight_max: Count = 2_000  # handled at a time; beyond it 503 at once
    messages_at_work_max: Count = 256  # of these, not waiting for a partner; beyond it 503 at once: more than a host can do
    uuids_kept_min: Minutes = 10  # a UPI-UUID is remembered so long: at least twice the window
    claims_kept_days: Days = 7  # an idempotency key is remembered so long

    # --- calls to partners
    connect_timeout_s: Seconds = 3
    bank_timeout_s: Seconds = 10  # core banks: then the outcome is unknown
    acquirer_timeout_s: Seconds = 3  # MERCHANT_VERIFICATION, while a payer waits
    gateway_timeout_s: Seconds = 3  # ADDITIONAL_PROCESSING, while a merchant waits
    platform_timeout_s: Seconds = 5  # RESOLVE of a URL-mode code
    partner_timeout_s: Seconds = 10  # all other messages
    partner_in_flight_max: Count = 256  # calls to one partner at a time; beyond it `96`, nothing sent
    breaker_failures: Count = 20  # calls in a row without an answer that open a partner's circuit breaker: `91`
    breaker_open_s: Seconds = 5  # then one call may try again

    # --- the unknown outcome (RULES section 3)
    inquire_after_s: SecondsList = (2, 4, 8, 16)  # TRX_RESULT_INQUIRY, from the moment the answer failed to come
    reverse_after_s: Seconds = 30  # from the same moment
    reversal_first_wait_s: Seconds = 2  # between the first two attempts; it doubles
    reversal_wait_max_s: Seconds = 300  # up to here, and so for ever
    unfinished_alarm_after_s: Seconds = 300  # a payment not final by then is an operator's matter

    # --- codes, and what may follow a payment (RULES section 4)
    code_life_s: Seconds = 60  # of a consumer's code
    cash_out_life_s: Seconds = 1800  # of a cash-out token
    cardholder_timeout_s: Seconds = 120  # to verify himself above the CVM limit: then `98`
    refund_days: Days = 180  # a payment may be refunded so long
    qr_hosts: HostList = ("qr.95516.com",)  # of URL-mode codes: a code of any other host is `12`

    # --- orders of UCSP
    public_url: Annotated[str, Meta(pattern=r"^(https?://[^\s/?#]+)?\Z", description="https://host[:port], without a path")] = (
        ""  # where users' browsers reach the cashier; default: host and port, in development only
    )
    order_life_s: Seconds = 900  # of an order whose industry sets no end
    order_refund_tries: Count = 20  # answered 25, that the acquirer never took it: then it ends, and an operator is told
    order_wait_s: Seconds = 600  # a PAY that its acquirer calls PENDING is taken back after so long

    # --- notices
    notice_intervals_min: MinutesList = (1, 2, 4, 8, 16)  # each from the end of the attempt before; then parked

    # --- the worker
    worker_poll_s: Seconds = 0.5  # looks for due work so often
    worker_batch: Count = 50  # takes so much at a time
    lease_s: Seconds = 60  # others may take it after so long: above every time-out
    purge_every_s: Seconds = 60

    # --- the process
    directory_refresh_s: Seconds = 1  # parties and products: at most so old
    vault_refresh_s: Annotated[float, Meta(gt=0, le=30, description="a number of seconds above 0, at most 30")] = (
        10  # well below the minute after which hosts seal with a new data key
    )
    drain_timeout_s: Seconds = 15  # at the end: for finishing what is held

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "home", self.home.absolute())
        if not self.database_url.reveal():
            url = URL.create(SQLITE, database=str(self.home / "unionhub.db"))
            msgspec.structs.force_setattr(self, "database_url", DatabaseUrl(url.render_as_string()))
        for holds, name, expected in _RULES:
            if not holds(self):
                raise SettingsError(f"{PREFIX}{name.upper()}: expected {expected}")

    @property
    def public_base(self) -> str:
        """Where users' browsers reach the cashier."""
        return self.public_url or f"http://{_reached(self.host)}:{self.port}"

    @property
    def log_file(self) -> Path | None:
        """Where log lines go; None for stderr."""
        return self.home / "log" / "unionhub.log" if self.log_to == "file" else None

    @property
    def clock_file(self) -> Path | None:
        """Where the sandbox keeps how far business time was moved; None for the system's clock."""
        return self.home / "clock-offset" if self.clock == "sandbox" else None

    @property
    def data_folders(self) -> tuple[Path, ...]:
        """Folders with data: the master key must not lie there in production."""
        file = self.database_url.file
        return (self.home, file.parent) if file is not None else (self.home,)


def _reached(host: str) -> str:
    """How a browser on this machine names it: all addresses are listened on, none is called so."""
    named = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - recognised, not bound
    return f"[{named}]" if ":" in named else named


_RULES: Final[tuple[tuple[Callable[[Settings], bool], str, str], ...]] = (
    (
        lambda s: s.uuids_kept_min * 60 >= 2 * s.freshness_window_s,
        "uuids_kept_min",
        f"at least twice {PREFIX}FRESHNESS_WINDOW_S, or an old message could be played again",
    ),
    (
        lambda s: list(s.inquire_after_s) == sorted(set(s.inquire_after_s)),
        "inquire_after_s",
        "rising numbers of seconds",
    ),
    (
        lambda s: s.reverse_after_s > s.inquire_after_s[-1],
        "reverse_after_s",
        f"more than the last of {PREFIX}INQUIRE_AFTER_S",
    ),
    (
        lambda s: s.reversal_wait_max_s >= s.reversal_first_wait_s,
        "reversal_wait_max_s",
        f"at least {PREFIX}REVERSAL_FIRST_WAIT_S",
    ),
    (
        lambda s: s.lease_s > max(s.bank_timeout_s, s.acquirer_timeout_s, s.gateway_timeout_s, s.partner_timeout_s),
        "lease_s",
        "more than every time-out, or two workers could hold the same work",
    ),
    (
        lambda s: s.drain_timeout_s > s.bank_timeout_s,
        "drain_timeout_s",
        f"more than {PREFIX}BANK_TIMEOUT_S, or a stop would cut off payments",
    ),
    (
        lambda s: s.port == 0 or s.port != s.operator_port,
        "operator_port",
        f"another port than {PREFIX}PORT",
    ),
    (
        lambda s: not s.production or s.master_key_file is not None,
        "master_key_file",
        f"the path of the master key's file: {PREFIX}PRODUCTION is true",
    ),
    (
        lambda s: not s.production or s.public_url.startswith("https://"),
        "public_url",
        f"https://host[:port], where users reach the cashier: {PREFIX}PRODUCTION is true",
    ),
    (
        lambda s: not s.production or s.clock == "system",
        "clock",
        f"system: {PREFIX}PRODUCTION is true",
    ),
)
"""What must hold between settings: condition, the setting to name, what it wants."""


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read, check and join the settings; an empty variable counts as not set. Raises SettingsError."""
    env = {name: value for name, value in (os.environ if environ is None else environ).items() if value}
    values = _from_toml(Path(env[CONFIG]).expanduser()) if CONFIG in env else {}
    for variable, text in env.items():
        if variable.startswith(PREFIX) and variable != CONFIG and not variable.startswith(_NOT_OURS):
            name = variable.removeprefix(PREFIX).lower()
            if variable != variable.upper() or name not in _TYPES:
                raise SettingsError(_unknown(variable, name, lambda known: f"{PREFIX}{known.upper()}"))
            values[name] = _decode(name, _split(name, text), variable, strict=False)
    return Settings(**values)


def _from_toml(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{CONFIG}: the file {path} cannot be read: {error.strerror}") from None
    except ValueError as error:  # TOMLDecodeError tells the place, and UnicodeDecodeError no more than that
        place = f" {error}" if isinstance(error, tomllib.TOMLDecodeError) else ""
        raise SettingsError(f"{CONFIG}: the file {path} is not TOML:{place or ' not UTF-8'}") from None
    values = {}
    for name, value in table.items():
        if name not in _TYPES:
            raise SettingsError(f"{CONFIG}: in {path}, {_unknown(name, name.lower(), str)}")
        values[name] = _decode(name, value, f"{CONFIG}: in {path}, {name}", strict=True)
    return values


def _decode(name: str, value: object, where: str, *, strict: bool) -> object:
    try:
        return msgspec.convert(value, _TYPES[name], strict=strict, dec_hook=_decode_ours)
    except ValueError:  # msgspec's ValidationError is one
        raise SettingsError(f"{where}: expected {_EXPECTED[name]}") from None


def _decode_ours(kind: type, value: object) -> object:
    if not isinstance(value, str) or not value or "\0" in value:
        raise ValueError("text is needed")
    return DatabaseUrl.parse(value) if kind is DatabaseUrl else Path(value).expanduser()


def _split(name: str, text: str) -> str | list[str]:
    return [part.strip() for part in text.split(",")] if _IS_LIST[name] else text


def _unknown(written: str, name: str, form: Callable[[str], str]) -> str:
    close = difflib.get_close_matches(name, _TYPES, n=1)
    return f"{written} is no setting" + (f": did you mean {form(close[0])}?" if close else "")


def _description(hint: Any) -> str:
    """The description that an alias above gives to its type; of `X | None`, X's."""
    for part in (hint, *getattr(hint, "__args__", ())):
        for meta in getattr(part, "__metadata__", ()):
            if isinstance(meta, Meta) and meta.description:
                return meta.description
    raise TypeError(f"a setting's type needs a description: {hint}")


_TYPES: Final[dict[str, Any]] = get_type_hints(Settings, include_extras=True)
_EXPECTED: Final = {name: _description(hint) for name, hint in _TYPES.items()}
_IS_LIST: Final = {field.name: isinstance(field.default, tuple) for field in msgspec.structs.fields(Settings)}
