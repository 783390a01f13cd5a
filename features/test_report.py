"""The page: it shows every run, nothing but what was recorded, and needs nothing from outside."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from report import page, record
from report.diagram import draw, duration, joined, lines_of, same
from report.record import Message, Run, Step

START = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
APP, SCIS, BANK, SHOP = "App Gateway", "SCIS", "Core Banking System", "Acquirer"


def message(sender: str, receiver: str, name: str, code: str = "", **changes: Any) -> Message:
    fields = {"msg_id": f"{name}1", "at": START, "ms": 12.5 if code else 0.0, "is_request": not code}
    return Message(sender=sender, receiver=receiver, name=name, code=code, **(fields | changes))


PAID = [
    message(APP, SCIS, "MPQRC_PAYMENT_EMV", number=1),
    message(SCIS, BANK, "DEBIT_TRANSACTION"),
    message(BANK, SCIS, "DEBIT_TRANSACTION", "00"),
    message(SCIS, APP, "MPQRC_PAYMENT_EMV", "00"),
]
TOLD = [message(SCIS, SHOP, "TRX_RESULT_NOTIFICATION"), message(SHOP, SCIS, "TRX_RESULT_NOTIFICATION", "00")]


def run(way: str = "memory", **changes: Any) -> Run:
    fields: dict[str, Any] = {
        "feature": "Paying",
        "file": "scis/paying.feature",
        "about": "One paragraph.\n\nAnother.",
        "rule": "Money moves once",
        "name": "It goes well",
        "line": 7,
        "outcome": "passed",
        "steps": [Step(keyword="When", text='he says "<b>" & pays', outcome="passed")],
        "messages": PAID + TOLD,
    }
    return Run(way=way, **(fields | changes))


def written(folder: Path, *runs: Run) -> str:
    for each in runs:
        record.write(folder, each)
    return page.write(folder, record.read(folder), START).read_text(encoding="utf-8")


class TestTheDiagram:
    def test_has_a_lifeline_for_each_party_in_the_charts_order(self) -> None:
        svg = draw(lines_of(PAID + TOLD, "memory"), "It goes well")
        assert svg.count('class="life"') == 4
        assert re.findall(r'class="party[^>]*>([^<]*)<', svg) == [APP, SCIS, "Core Banking", "System", SHOP]

    def test_has_an_arrow_for_each_message(self) -> None:
        svg = draw(lines_of(PAID, "memory"), "It goes well")
        assert svg.count('class="shaft"') == 4
        assert svg.count('<tspan class="code">00</tspan>') == 2
        assert "12 ms" in svg
        assert 'class="step"' in svg

    def test_marks_a_request_that_nobody_answered(self) -> None:
        svg = draw(lines_of([PAID[0], PAID[1], PAID[3]], "memory"), "silence")
        assert svg.count("no answer") == 1

    def test_a_repeat_that_was_answered_leaves_the_first_unanswered(self) -> None:
        ask = message(SCIS, BANK, "REVERSAL")
        lines = lines_of([ask, ask, message(BANK, SCIS, "REVERSAL", "00")], "memory")
        assert [line.unanswered for line in lines] == [True, False, False]

    @pytest.mark.parametrize(
        ("fault", "code", "tone"), [("garbage", "unreadable", "bad"), ("code:91", "91", "warn"), ("", "00", "good")]
    )
    def test_marks_what_was_spoiled(self, fault: str, code: str, tone: str) -> None:
        spoiled = message(BANK, SCIS, "DEBIT_TRANSACTION", code, fault=fault)
        svg = draw(lines_of([PAID[1], spoiled], "memory"), "spoiled")
        assert f'class="call answer {tone}"' in svg
        assert ('class="bolt"' in svg) == bool(fault)

    def test_tells_when_business_time_passed(self) -> None:
        later = message(SCIS, BANK, "REVERSAL", at=START + timedelta(seconds=90))
        assert "1 min 30 s later" in draw(lines_of([*PAID, later], "memory"), "later")

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [(2, "2 s"), (60, "1 min"), (5400, "1 h 30 min"), (86_400, "1 day"), (172_800, "2 days"), (0, "0 s")],
    )
    def test_durations(self, seconds: float, text: str) -> None:
        assert duration(seconds) == text

    def test_every_label_stays_inside(self) -> None:
        long = message(SHOP, SCIS, "TRX_RESULT_NOTIFICATION", "for another message", ms=12345.0)
        svg = draw(lines_of([*PAID, *TOLD[:1], long], "memory"), "long")
        middles = [float(found) for found in re.findall(r'class="label" x="([0-9.]+)"', svg)]
        assert all(0 < middle < 360 for middle in middles)

    def test_a_notice_may_stand_elsewhere_in_another_way(self) -> None:
        first, second = lines_of(PAID + TOLD, "memory"), lines_of([*PAID[:3], *TOLD, PAID[3]], "sqlite")
        assert same(first, second)
        assert {tuple(line.ms) for line in joined(first, second)} == {(), ("memory", "sqlite")}
        assert not same(first, lines_of(PAID[:3], "sqlite"))

    def test_another_apps_gateway_stands_on_the_left(self) -> None:
        svg = draw(lines_of([message("Peak Pay", SCIS, "MPQRC_PAYMENT_EMV"), *PAID], "memory"), "two apps")
        assert re.findall(r'class="party[^>]*>([^<]*)<', svg)[0] == "Peak Pay"


class TestThePage:
    def test_needs_nothing_from_outside(self, tmp_path: Path) -> None:
        text = written(tmp_path, run(), run("sqlite"))
        assert not re.findall(r"""(?:src|href)=["'](?!#)|@import|url\(|https?:|<script|<link""", text)

    def test_shows_a_scenario_with_its_steps_and_one_diagram_for_ways_that_are_alike(self, tmp_path: Path) -> None:
        text = written(tmp_path, run(), run("sqlite"), run("postgres"))
        assert text.count("<figure>") == 1
        assert "Money moves once" in text
        assert "he says &#34;&lt;b&gt;&#34; &amp; pays" in text
        assert {f'class="ms {way}"' for way in ("memory", "sqlite", "postgres")} <= set(re.findall(r'class="ms \w+"', text))

    def test_shows_each_diagram_where_ways_differ(self, tmp_path: Path) -> None:
        text = written(tmp_path, run(), run("sqlite", messages=PAID))
        assert text.count("<figure>") == 2
        assert "<figcaption>SQLite</figcaption>" in text

    def test_red_is_seen_at_once(self, tmp_path: Path) -> None:
        text = written(tmp_path, run(), run("sqlite", outcome="failed", error="AssertionError: '00' == '51'"))
        assert '<p class="verdict failed">Red</p>' in text
        assert "AssertionError: &#39;00&#39; == &#39;51&#39;" in text
        assert "<em>1 red</em>" in text
        assert 'aria-label="SQLite: failed"' in text

    def test_a_way_that_could_not_run_is_neither_green_nor_red(self, tmp_path: Path) -> None:
        text = written(tmp_path, run(), run("postgres", outcome="skipped", error="Skipped: no PostgreSQL", messages=[]))
        assert '<p class="verdict passed">Green</p>' in text
        assert "1 skipped" in text
        assert "no PostgreSQL" in text

    def test_shows_every_row_of_an_outlines_examples(self, tmp_path: Path) -> None:
        rows = [run(example={"code": code}, examples="the codes") for code in ("51", "61", "91")]
        text = written(tmp_path, *rows)
        assert text.count('class="example"') == 3
        assert "3 examples" in text
        assert "the codes" in text

    def test_a_scenario_without_messages_says_so(self, tmp_path: Path) -> None:
        assert "No message was recorded." in written(tmp_path, run(messages=[]))
