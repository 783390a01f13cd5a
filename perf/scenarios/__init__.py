"""What the generator plays: one module a scenario, all of them in `ALL`, their weights in `mix.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any, Final, Protocol

import msgspec

from loadgen.messages import Journey, Sandbox
from scenarios.authorized_login import AuthorizedLogin, AuthorizedLoginSettings
from scenarios.by_issuer import ByIssuer, ByIssuerSettings
from scenarios.cashier_payment import CashierPayment, CashierPaymentSettings
from scenarios.consumer_qr import ConsumerQr, ConsumerQrSettings
from scenarios.merchant_qr import MerchantQr, MerchantQrSettings
from scenarios.p2p_transfer import P2pTransfer, P2pTransferSettings


class Scenario(Protocol):
    """Makes one customer's journey, signed; what it leaves open it throws dice for."""

    def __call__(self, dice: Random) -> Journey: ...

    def forms(self, dice: Random) -> tuple[Journey, ...]:
        """A journey of each form that it takes under these settings, with every step that there is."""
        ...


ALL: Final[Mapping[str, tuple[type[Any], Callable[[Any, Sandbox], Scenario]]]] = {
    "merchant_qr": (MerchantQrSettings, MerchantQr),
    "consumer_qr": (ConsumerQrSettings, ConsumerQr),
    "p2p_transfer": (P2pTransferSettings, P2pTransfer),
    "authorized_login": (AuthorizedLoginSettings, AuthorizedLogin),
    "cashier_payment": (CashierPaymentSettings, CashierPayment),
    "by_issuer": (ByIssuerSettings, ByIssuer),
}
"""Name in the mix -> (its settings, its maker)."""


GROUPS: Final = {
    "scis": ("merchant_qr", "consumer_qr", "p2p_transfer"),
    "ucsp": ("authorized_login", "cashier_payment"),
}
"""Names for several scenarios."""

GROUPS_TEXT: Final = "; ".join(f"{name}: {', '.join(members)}" for name, members in GROUPS.items())


class MixError(Exception):
    """The mix file cannot be used; the text says why."""


class Mix:
    """Scenarios by weight."""

    def __init__(self, scenarios: Mapping[str, tuple[float, Scenario]]) -> None:
        weighted = {name: entry for name, entry in scenarios.items() if entry[0] > 0}
        if not weighted:
            raise MixError("no scenario has a weight above 0")
        self.names = tuple(weighted)
        self._weights = [weight for weight, _ in weighted.values()]
        self._scenarios = [scenario for _, scenario in weighted.values()]

    def draw(self, dice: Random) -> Journey:
        """The next customer's journey."""
        (scenario,) = dice.choices(self._scenarios, self._weights)
        return scenario(dice)

    def forms(self, dice: Random) -> list[Journey]:
        """One journey of each form of each scenario."""
        return [journey for scenario in self._scenarios for journey in scenario.forms(dice)]


def chosen(names: str) -> frozenset[str]:
    """The scenarios of a text like `ucsp,merchant_qr`; none for an empty one. Raises MixError."""
    wanted = [name for name in names.replace(",", " ").split() if name]
    if strangers := [name for name in wanted if name not in ALL and name not in GROUPS]:
        raise MixError(f"no scenario is called {strangers[0]!r}; there are {', '.join((*ALL, *GROUPS))}")
    return frozenset(member for name in wanted for member in GROUPS.get(name, (name,)))


def load(path: Path, sandbox: Sandbox, only: str = "") -> Mix:
    """The mix of a TOML file: a table for each scenario, `weight` and the scenario's own settings; of these `only` (see
    `chosen`) take part. Raises MixError."""
    wanted = chosen(only)
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MixError(f"{path}: {error}") from None
    found: dict[str, tuple[float, Scenario]] = {}
    for name, table in tables.items():
        if name not in ALL or not isinstance(table, dict):
            raise MixError(f"{path}: no scenario is called {name!r}; there are {', '.join(ALL)}")
        if wanted and name not in wanted:
            continue
        kind, make = ALL[name]
        settings = {key: value for key, value in table.items() if key != "weight"}
        try:
            weight = msgspec.convert(table.get("weight", 1), float)
            found[name] = (weight, make(msgspec.convert(settings, kind), sandbox))
        except (msgspec.ValidationError, ValueError) as error:
            raise MixError(f"{path}: [{name}]: {error}") from None
    return Mix(found)
