"""`make pressure`: both issuers are played, what is measured is told apart, and what is wrong is wrong."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from random import Random

import msgspec
import pressure
import pytest
from pressure import HANGS, MEMORY_MIB, OTHER, Beside, Stretch, growth_mib, judged, p99_ms, table, typical

import scenarios
from loadgen.figures import Sample
from loadgen.messages import Cardholder, Merchant, Sandbox, Step
from rig.two_banks import crowds
from scenarios.by_issuer import PAY
from support.keys import hub_keys
from support.sandbox import give_keys
from unionhub.hosts.sandbox.control import describe_merchant
from unionhub.hosts.sandbox.seeds import CARDHOLDERS, MERCHANTS

MIX = Path(pressure.__file__).with_name("pressure.toml")


def sample(issuer: str, *, failure: str = "", took_s: float = 0.1) -> Sample:
    return Sample(step=f"{PAY}{issuer}", due_s=1.0, begun_s=1.0, sent_s=1.0, done_s=1.0 + took_s, failure=failure)


def stretch(*samples: Sample, before: float = 100.0, highest: float = 100.0) -> Stretch:
    return Stretch(name="a load", samples=list(samples), seconds=1.0, rss_mib={"service": (before, highest)})


def test_both_issuers_pay_evenly_and_nobody_who_has_no_card(tmp_path: Path) -> None:
    give_keys(tmp_path)
    merchants = [msgspec.convert(describe_merchant(shop), Merchant) for shop in MERCHANTS]
    holders = [
        Cardholder(
            user_id=each.user_id,
            device_id=each.device_id,
            gateway=each.gateway,
            issuer=each.issuer,
            token=each.token.reveal(),
            currency=each.currency,
            balance=each.opening.text,
        )
        for each in (*CARDHOLDERS, *crowds(3))
    ]
    mix, dice = scenarios.load(MIX, Sandbox(tmp_path, hub_keys().public_jwks(), holders, merchants)), Random(1)
    steps = [step for _ in range(60) for step in mix.draw(dice) if isinstance(step, Step)]
    counts = Counter(step.name for step in steps)
    assert set(counts) == {f"{PAY}{HANGS}", f"{PAY}{OTHER}"}
    assert min(counts.values()) > 15
    tokens = {json.loads(step.body)["trxInfo"]["token"] for step in steps}
    assert not tokens & {each.token.reveal() for each in CARDHOLDERS}


def test_crowds_are_of_different_people() -> None:
    everybody = crowds(50)
    assert Counter(each.issuer for each in everybody) == {HANGS: 50, OTHER: 50}
    assert len({each.token.reveal() for each in everybody}) == len({each.account.reveal() for each in everybody}) == 100


def test_who_got_no_right_answer_waited_for_ever() -> None:
    quick = [sample(OTHER)] * 99
    assert p99_ms([*quick, sample(OTHER, failure="code_91")]) == pytest.approx(100)
    assert p99_ms([*quick, *[sample(OTHER, failure="code_91")] * 2]) == math.inf


def waits(took_s: float, *, failure: str = "") -> Stretch:
    """Everybody waits as long, whichever bank; `failure` is what the hanging one's payers got."""
    return stretch(sample(OTHER, took_s=took_s), sample(HANGS, took_s=took_s, failure=failure))


def rounds(*ratios: float, usual_s: float = 0.1, refused: str = "") -> list[Beside]:
    return [
        Beside(what="a silence", before=waits(usual_s), silent=waits(usual_s * ratio), after=waits(usual_s, failure=refused))
        for ratio in ratios
    ]


@pytest.mark.parametrize(
    ("measured", "wrong"),
    [
        (rounds(1.0, 1.1, 0.9), []),
        (rounds(1.9, 0.5, 1.9), []),
        (rounds(9.0, 1.0, 1.2, 8.0, 1.1), []),  # somebody else's doing, twice
        (rounds(2.5, 2.4, 2.6, 1.0, 2.3), ["2.40 times"]),
        (rounds(1.0, 2.5), ["2.50 times"]),  # of two, the worse
        (rounds(math.inf, math.inf, 1.0), ["inf times"]),
        (rounds(1.0, 1.0, usual_s=math.inf), ["the usual itself"]),
        ([*rounds(1.0, usual_s=math.inf), *rounds(1.0, 1.2)], []),
        (rounds(1.0, 1.0, 1.0, refused="code_91"), ["healed, 100%"]),
        ([*rounds(1.0, refused="code_91"), *rounds(1.0, 1.0)], []),
        ([*rounds(1.0), *[msgspec.structs.replace(each, what="another") for each in rounds(3.0)]], ["another"]),
    ],
)
def test_the_bound_is_held_against_the_median_of_the_rounds(measured: list[Beside], wrong: list[str]) -> None:
    found = judged(measured)
    assert len(found) == len(wrong)
    assert all(part in line for part, line in zip(wrong, found, strict=True))


def test_a_median_is_of_what_is_a_number() -> None:
    assert typical([math.nan, 1.0, 3.0]) == 3.0
    assert math.isnan(typical([math.nan, 1.0]))


def test_memory_is_held_against_what_it_was_after_the_warm_up() -> None:
    grown = [stretch(before=90, highest=120), stretch(before=120, highest=130), stretch(before=130, highest=125 + MEMORY_MIB)]
    assert growth_mib(grown) == pytest.approx(5 + MEMORY_MIB)


def test_the_table_tells_issuers_and_answers_apart() -> None:
    shown = table([stretch(sample(OTHER), sample(HANGS, failure="code_04", took_s=10.0), sample(HANGS, failure="code_91"))])
    lines = {line.split("  ")[1].strip(): line.split() for line in shown.splitlines() if line.startswith("  ")}
    assert lines["the other issuer"][3:6] == ["1", "1", "100"]
    assert "code_04" in shown
    assert "10000" in shown
