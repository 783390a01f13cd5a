"""Each of the 46 codes over real HTTP with real signatures, by the requests of `all_codes`; then the books must agree."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from flows.all_codes import ROWS, Till, table

from support.house import House, house
from unionhub.domain.model.responses import CODES, RESPONSE_TEXTS
from unionhub.hosts.sandbox.seeds import BANK


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """However many ways there were to hear no: in the end nothing is open and everybody was told."""
    with house("sqlite", tmp_path_factory.mktemp("codes")) as made:
        yield made
        for _ in range(8):
            made.run(made.advance(10))
        assert made.run(made.broken()) == set()


def test_the_table_is_of_the_46_codes() -> None:
    assert list(ROWS) == [row.code for row in CODES] == list(RESPONSE_TEXTS)
    assert len(table()) == 46
    assert all(row.when.endswith(".") and "\n" not in row.when for row in CODES)


@pytest.mark.parametrize("code", ROWS)
def test_a_request_that_gets_it(home: House, code: str) -> None:
    async def scenario() -> None:
        till = await Till(home).open()
        try:
            answer = await ROWS[code].ask(till)
        finally:
            await till.undo()
        text = RESPONSE_TEXTS[code] + (": trxInfo.trxAmt" if code == "30" else "")
        assert (answer.status, answer.code, answer.text) == (200, code, text)
        assert answer.body["msgInfo"]["msgType"] == ROWS[code].message

    home.run(scenario())


def test_a_lane_that_is_full_is_96_and_nothing_is_sent(tmp_path: Path) -> None:
    """The other 96: more calls to one bank than may be under way. Each of them is one payment, approved or not there."""
    with house("sqlite", tmp_path, partner_in_flight_max=1, bank_timeout_s=5) as home:

        async def scenario() -> None:
            till = await Till(home).open()
            till.fault("DEBIT_TRANSACTION", "answer_late", times=1, seconds=0.2)
            answers = await asyncio.gather(*(till.pay("1.00") for _ in range(5)))
            codes = Counter(answer.code for answer in answers)
            assert codes == {"00": 1, "96": 4}
            assert await home.balance(till.holder) == "99.00"
            assert len(home.world.partners[BANK].inbox.items("DEBIT_TRANSACTION")) == 1

        home.run(scenario())
