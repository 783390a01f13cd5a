"""An acquirer told of an approval that nobody wanted, and refuses to give it back: what ends that, on all three stores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from flows.sales import Sale, broken, new_sale, settle

from support.house import WAYS, House, house
from unionhub.domain.flows.notify import OVERTAKEN
from unionhub.domain.flows.unknown_outcome import UNKNOWN_THERE
from unionhub.hosts.sandbox.envelope import Answer, Received

TRIES = 5
LONGEST_S = 300.0
"""Between two tries."""


@pytest.fixture(scope="module", params=WAYS)
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(request.param, tmp_path_factory.mktemp(f"refunds-{request.param}"), order_refund_tries=TRIES) as made:
        acquirer = made.world.acquirer()
        acquirer.orders.work.rhythm = msgspec.structs.replace(acquirer.orders.work.rhythm, look_s=0.05, repeat_s=0.05)
        yield made
        made.run(settle(made))
        assert made.run(broken(made)) == set()


class refunds:  # noqa: N801 - used like a function
    """The acquirer's answers to REFUND: these codes, then its own. `tries` are the msgIDs, `alarms` what operators hear."""

    def __init__(self, home: House, *codes: str) -> None:
        self._home, self._codes = home, list(codes)
        self._handlers = home.world.acquirer().handlers
        self._usual = self._handlers["REFUND"]
        self._telemetry = home.hub.telemetry
        self.tries: list[str] = []
        self.alarms: list[str] = []

    async def __aenter__(self) -> refunds:
        usual = self._telemetry.alarm

        def alarm(name: str, /, **facts: Any) -> None:
            self.alarms.append(name)
            usual(name, **facts)

        self._handlers["REFUND"] = self._said
        self._telemetry.alarm = alarm  # type: ignore[method-assign]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._handlers["REFUND"] = self._usual
        del self._telemetry.alarm

    async def _said(self, received: Received) -> Answer:
        self.tries.append(received.msg_id)
        if not self._codes:
            return await self._usual(received)
        return Answer(code=self._codes.pop(0), trx={name: received.trx[name] for name in ("trxAmt", "trxCurrency")})


async def paid_and_told_again(home: House) -> Sale:
    """Paid with a card; then somebody at the acquirer sends an approval by hand, of money that nobody took."""
    sale = await new_sale(home)
    await sale.pay()
    await settle(home)
    assert (await sale.result("APPROVED")).code == "00"
    return sale


def test_what_the_acquirer_never_had_ends_after_some_tries_and_an_operator_hears_it(home: House) -> None:
    async def scenario() -> None:
        async with refunds(home) as said:
            sale = await paid_and_told_again(home)
            for _ in range(TRIES - 2):
                await home.advance(LONGEST_S)
            assert await sale.states() == ["APPROVED", "REVERSING"]
            assert set(said.alarms) == {"reversal_unconfirmed"}
            for _ in range(5):
                await home.advance(LONGEST_S)
        assert (len(said.tries), len(set(said.tries))) == (TRIES, 1)
        assert said.alarms[-1] == "refund_of_nothing"
        (_, told) = await sale.payments()
        assert (told.state, told.code, told.bank_code, told.note) == ("REVERSED", "94", "25", UNKNOWN_THERE)
        assert (await sale.balance(), sale.both_told()) == ("900.00", ["APPROVED"])

    home.run(scenario())


@pytest.mark.parametrize("code", ["04", "12", "13", "30", "51", "94", "96", "A0", "ZZ"])
def test_any_other_refusal_is_repeated_until_it_is_done(home: House, code: str) -> None:
    """It may leave money taken: an operator hears of each, and can end it by hand."""

    async def scenario() -> None:
        answers = [*[code] * (TRIES + 2), *["25"] * (TRIES - 1), code, "25"]
        async with refunds(home, *answers, "00") as said:
            sale = await paid_and_told_again(home)
            for _ in answers:
                assert await sale.states() == ["APPROVED", "REVERSING"]
                await home.advance(LONGEST_S)
            await home.advance(LONGEST_S)
        assert (len(said.tries), len(set(said.tries))) == (len(answers) + 1, 1)
        assert said.alarms == ["reversal_unconfirmed"] * len(answers)
        (_, given) = await sale.payments()
        assert (given.state, given.bank_code, given.note) == ("REVERSED", "00", OVERTAKEN)

    home.run(scenario())
