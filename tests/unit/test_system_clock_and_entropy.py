"""The operating system's time and randomness, and the simulation's."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from unionhub.adapters.memory import clock as clock_module
from unionhub.adapters.memory.clock import SystemClock
from unionhub.adapters.memory.entropy import SeededEntropy, SystemEntropy
from unionhub.ports.clock import Clock
from unionhub.ports.entropy import Entropy


class TestSystemClock:
    def test_it_is_aware_utc_and_now(self) -> None:
        clock: Clock = SystemClock()
        before = datetime.now(UTC)
        now = clock.now()
        assert before <= now <= datetime.now(UTC)
        assert now.utcoffset() == timedelta(0)

    def test_it_never_goes_back(self, monkeypatch: pytest.MonkeyPatch) -> None:
        start = datetime(2026, 11, 1, tzinfo=UTC)
        hours = iter([0, 2, 1, 3])

        class Jumping(datetime):
            @classmethod
            def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
                return start + timedelta(hours=next(hours))

        monkeypatch.setattr(clock_module, "datetime", Jumping)
        clock = SystemClock()
        assert [(clock.now() - start) / timedelta(hours=1) for _ in range(4)] == [0, 2, 2, 3]


class TestSystemEntropy:
    def test_bytes_and_identifiers_are_new_each_time(self) -> None:
        entropy: Entropy = SystemEntropy()
        assert len({entropy.token_bytes(16) for _ in range(100)}) == 100
        assert len({entropy.uuid_hex() for _ in range(100)}) == 100

    @pytest.mark.parametrize("count", [0, 1, 32])
    def test_as_many_bytes_as_asked(self, count: int) -> None:
        assert len(SystemEntropy().token_bytes(count)) == len(SeededEntropy(1).token_bytes(count)) == count

    @pytest.mark.parametrize("entropy", [SystemEntropy(), SeededEntropy(1)])
    def test_an_identifier_is_32_hexadecimal_digits(self, entropy: Entropy) -> None:
        assert all(re.fullmatch("[0-9a-f]{32}", entropy.uuid_hex()) for _ in range(50))


class TestSeededEntropy:
    def drawn(self, seed: int) -> list[object]:
        entropy = SeededEntropy(seed)
        return [entropy.token_bytes(8), entropy.uuid_hex(), entropy.token_bytes(8)]

    def test_the_same_seed_gives_the_same(self) -> None:
        assert self.drawn(7) == self.drawn(7)

    def test_another_seed_gives_another(self) -> None:
        assert self.drawn(7) != self.drawn(8)

    def test_what_is_drawn_differs(self) -> None:
        assert len({*self.drawn(7)}) == 3
