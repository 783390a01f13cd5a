"""The sequence charts of the specification, number by number: what no feature may leave out.

Values only: who, to whom, which message. `seed` is the chart's title there; rows without a number are implied by it or by
the acquirer's wish, and need not be in every scenario.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from rows import Row


class Chart(NamedTuple):
    """One chart and the scenario that is it. `steps`: (number in the seed, row)."""

    seed: str
    feature: str  # below features/
    scenario: str
    steps: tuple[tuple[int, Row], ...]


APP, SCIS, BANK = "App Gateway", "SCIS", "Core Banking System"

CHARTS: Final = (
    Chart(
        seed="Merchant-presented QR code payment(EMV mode)",
        feature="scis/merchant_qr_emv.feature",
        scenario="The chart",
        steps=(
            (1, Row(APP, SCIS, "MPQRC_PAYMENT_EMV")),
            (2, Row(SCIS, BANK, "DEBIT_TRANSACTION")),
            (3, Row(BANK, SCIS, "DEBIT_TRANSACTION 00")),
            (4, Row(SCIS, APP, "MPQRC_PAYMENT_EMV 00")),
        ),
    ),
)
