"""The comparison that every scenario ends with must see what is missing, superfluous or in another order."""

from __future__ import annotations

import pytest
from rows import MessagesDiffer, Row, collapsed, compare, read_table

APP, SCIS, BANK, SHOP = "App Gateway", "SCIS", "Core Banking System", "Acquirer"

PAY = Row(APP, SCIS, "MPQRC_PAYMENT_EMV")
DEBIT = Row(SCIS, BANK, "DEBIT_TRANSACTION")
DEBITED = Row(BANK, SCIS, "DEBIT_TRANSACTION 00")
PAID = Row(SCIS, APP, "MPQRC_PAYMENT_EMV 00")
TELL = Row(SCIS, SHOP, "TRX_RESULT_NOTIFICATION")
TOLD = Row(SHOP, SCIS, "TRX_RESULT_NOTIFICATION 00")
TELL_APP = Row(SCIS, APP, "TRX_RESULT_NOTIFICATION")
ASK = Row(SCIS, BANK, "TRX_RESULT_INQUIRY")
ASKED = Row(BANK, SCIS, "TRX_RESULT_INQUIRY 25")

CHART = [PAY, DEBIT, DEBITED, PAID, TELL, TOLD]


@pytest.mark.parametrize(
    "recorded",
    [
        [],
        CHART[1:],
        CHART[:-1],
        [*CHART, PAY],
        [DEBIT, PAY, *CHART[2:]],
        [PAY, DEBIT, DEBITED, Row(SCIS, APP, "MPQRC_PAYMENT_EMV 04"), TELL, TOLD],
        [PAY, Row(SCIS, SHOP, "DEBIT_TRANSACTION"), *CHART[2:]],
        [PAY, DEBIT, DEBITED, PAID, TOLD, TELL],
        [PAY, DEBIT, DEBITED, PAID, TELL, TOLD, TELL, TOLD],
        [PAY, DEBIT, DEBITED, PAID, TELL_APP, TOLD],
    ],
)
def test_what_differs_is_seen(recorded: list[Row]) -> None:
    with pytest.raises(MessagesDiffer, match="Acquirer"):
        compare(CHART, recorded)


@pytest.mark.parametrize(
    "recorded",
    [
        CHART,
        [PAY, DEBIT, DEBITED, TELL, PAID, TOLD],  # a notice goes out when it likes ...
        [TELL, TOLD, PAY, DEBIT, DEBITED, PAID],
    ],
)
def test_a_notice_may_stand_anywhere(recorded: list[Row]) -> None:
    compare(CHART, recorded)


def test_notices_to_two_parties_have_no_order_between_them() -> None:
    compare([TELL_APP, TELL, TOLD], [TELL, TELL_APP, TOLD])


def test_repeated_inquiries_are_one_row() -> None:
    assert collapsed([ASK, ASKED] * 4) == [ASK, ASKED]
    assert collapsed([ASK] * 3) == [ASK]
    assert collapsed([ASK, ASK, ASKED]) == [ASK, ASKED]
    assert collapsed([ASK, ASKED, PAY, ASK, ASKED]) == [ASK, ASKED, PAY, ASK, ASKED]
    assert collapsed([DEBIT, DEBIT, TELL, TELL]) == [DEBIT, DEBIT, TELL, TELL]  # nothing else is ever sent for nothing


def test_another_header_is_refused() -> None:
    with pytest.raises(ValueError, match="from, to, message"):
        read_table([["who", "whom", "what"], list(PAY)])


def test_the_text_of_a_difference_can_be_copied_into_a_scenario() -> None:
    with pytest.raises(MessagesDiffer) as caught:
        compare([PAY], [PAY, PAID])
    assert "  | App Gateway | SCIS        | MPQRC_PAYMENT_EMV    |\n  | SCIS        | App Gateway |" in str(caught.value)
