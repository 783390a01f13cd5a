"""The order's code on the cashier's page: drawn without trying all eight masks, and as good as if they had been tried."""

from __future__ import annotations

from random import Random

import pytest
import segno
from segno import encoder

from unionhub.hosts.cashier import pages
from unionhub.hosts.sandbox.seeds import MERCHANTS


def codes(count: int) -> list[str]:
    """Orders' codes, no two alike."""
    dice = Random(7)
    return [
        dice.choice(MERCHANTS).code(
            amount=f"{dice.randint(1, 9_999_999) / 100:.2f}", reference=f"20260302{dice.randrange(10**12):012d}"
        )
        for _ in range(count)
    ]


def penalty(symbol: segno.QRCode) -> int:
    """How hard to read it is, as the QR standard reckons (ISO/IEC 18004, 7.8.3)."""
    size = len(symbol.matrix)
    return int(encoder.evaluate_mask(symbol.matrix, size, size))


def test_no_mask_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trying them is four fifths of the work, in the process that answers everybody else meanwhile."""

    def tried(*_: object) -> int:
        raise AssertionError("masks are compared")

    monkeypatch.setattr(encoder, "evaluate_mask", tried)
    monkeypatch.setattr(encoder, "mask_scores", tried)
    assert "<svg " in pages.qr_svg(codes(1)[0])


def test_it_is_about_as_easy_to_read_as_the_best_one() -> None:
    for text in codes(25):
        drawn, best = segno.make_qr(text, error="m", mask=pages.QR_MASK), segno.make_qr(text, error="m")
        assert penalty(drawn) <= 1.25 * penalty(best)
        assert (drawn.version, drawn.error) == (best.version, best.error)
