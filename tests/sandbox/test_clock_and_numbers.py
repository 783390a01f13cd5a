"""Business time shared by processes, and msgIDs that never come twice."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path

import pytest

from unionhub.hosts.sandbox.clock import MAX_OFFSET_S, ClockError, FileClock, ManualClock
from unionhub.hosts.sandbox.files import write_atomically
from unionhub.hosts.sandbox.numbers import MsgIds, own_tails, shared_tails

START = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)


class TestFileClock:
    def test_without_a_file_it_is_real_time(self, tmp_path: Path) -> None:
        clock = FileClock(tmp_path / "offset", lambda: START)
        assert clock.now() == START
        assert abs((FileClock(tmp_path / "offset").now() - datetime.now(UTC)).total_seconds()) < 5

    def test_one_moves_it_and_all_see_it(self, tmp_path: Path) -> None:
        first, second = (FileClock(tmp_path / "offset", lambda: START) for _ in range(2))
        assert second.now() == START
        assert first.advance(90) == START + timedelta(seconds=90)
        assert second.now() == START + timedelta(seconds=90)
        assert second.advance(0.5) == START + timedelta(seconds=90.5)
        assert first.now() == START + timedelta(seconds=90.5)
        assert FileClock(tmp_path / "offset", lambda: START).now() == first.now()

    def test_another_process_sees_it(self, tmp_path: Path) -> None:
        FileClock(tmp_path / "offset").advance(1_000_000)
        code = "import sys; from pathlib import Path; from unionhub.hosts.sandbox.clock import FileClock"
        code += "; print(FileClock(Path(sys.argv[1])).now().isoformat())"
        told = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "offset")], check=True, capture_output=True, text=True
        ).stdout
        assert datetime.fromisoformat(told.strip()) > datetime.now(UTC) + timedelta(seconds=999_000)

    def test_it_reads_the_file_only_when_it_was_replaced(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        clock = FileClock(tmp_path / "offset", lambda: START)
        clock.advance(1)
        monkeypatch.setattr(Path, "read_text", lambda *_, **__: pytest.fail("read again"))
        assert clock.now() == START + timedelta(seconds=1)

    def test_it_never_goes_back(self, tmp_path: Path) -> None:
        real = [START, START - timedelta(hours=1), START + timedelta(hours=1)]
        clock = FileClock(tmp_path / "offset", lambda: real.pop(0))
        assert [clock.now(), clock.now(), clock.now()] == [START, START, START + timedelta(hours=1)]
        steady = FileClock(tmp_path / "offset", lambda: START)
        steady.advance(60)
        os.unlink(tmp_path / "offset")
        assert steady.now() == START + timedelta(seconds=60)

    @pytest.mark.parametrize("text", ["", "x", "nan", "inf", "-5", "1e99", "\xff"])
    def test_a_file_that_nobody_can_read_changes_nothing(self, tmp_path: Path, text: str) -> None:
        path = tmp_path / "offset"
        clock = FileClock(path, lambda: START)
        clock.advance(60)
        path.write_text(text + " ", encoding="latin-1")
        assert clock.now() == START + timedelta(seconds=60)

    @pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), MAX_OFFSET_S + 1])
    def test_only_forward(self, tmp_path: Path, seconds: float) -> None:
        with pytest.raises(ClockError):
            FileClock(tmp_path / "offset").advance(seconds)
        with pytest.raises(ClockError):
            ManualClock().advance(seconds)
        assert not (tmp_path / "offset").exists()

    def test_a_century_is_enough(self, tmp_path: Path) -> None:
        clock = FileClock(tmp_path / "offset")
        clock.advance(MAX_OFFSET_S)
        with pytest.raises(ClockError, match="century"):
            clock.advance(1)
        assert clock.now().year > 2100


def test_the_manual_clock_stands_still_or_ticks() -> None:
    clock = ManualClock(START)
    assert clock.now() == clock.now() == START
    assert clock.advance(5) == clock.now() == START + timedelta(seconds=5)
    passed_s = 10.0
    ticking = ManualClock(START, tick=lambda: passed_s)
    assert ticking.now() == START
    passed_s = 12.5
    assert ticking.now() == START + timedelta(seconds=2.5)


class TestMsgIds:
    def test_the_form(self) -> None:
        ids = MsgIds("99010344", ManualClock(START), count(999_999))
        assert [ids.next(), ids.next()] == ["A9901034420260302040000999999", "A9901034420260302040000000000"]
        assert re.fullmatch(r"A[0-9]{28}", ids.next())

    def test_they_never_come_twice_in_a_process(self) -> None:
        ids = MsgIds("99010344", ManualClock(START), own_tails())
        assert len({ids.next() for _ in range(20_000)}) == 20_000

    def test_nor_among_processes_that_share_a_file(self, tmp_path: Path) -> None:
        code = "import sys; from itertools import islice; from pathlib import Path"
        code += "; from unionhub.hosts.sandbox import numbers; numbers._BLOCK = 2"  # so that they meet often
        code += "; print(*islice(numbers.shared_tails(Path(sys.argv[1])), 2500))"
        command = [sys.executable, "-c", code, str(tmp_path / "tails")]
        children = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
        tails = [int(word) for child in children for word in child.communicate()[0].split()]
        tails += islice(shared_tails(tmp_path / "tails"), 10)
        assert len(set(tails)) == len(tails) == 7_510


def test_a_reader_never_meets_half_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x"
    write_atomically(path, "one")

    def crash(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", crash)
    with pytest.raises(OSError, match="no space"):
        write_atomically(path, "two")
    assert path.read_text() == "one"
    assert os.listdir(tmp_path) == ["x"]
    assert path.stat().st_mode & 0o777 == 0o600
