"""RULES section 13, both tables row by row: what each issuer code weighs, and what the gateway is told."""

from __future__ import annotations

import pytest

from unionhub.domain.model.bank import ISSUER_CODES, Movement, Weight, read_word

A, D, R, U = Weight.APPROVED, Weight.DECLINED, Weight.REVERSE, Weight.UNKNOWN

ON_A_DEBIT = [
    ("00", A, "00"), ("01", D, "01"), ("03", D, "03"), ("05", D, "05"), ("12", D, "12"), ("13", D, "13"),
    ("14", D, "14"), ("25", U, "04"), ("30", D, "96"), ("34", D, "34"), ("40", D, "40"), ("41", D, "41"),
    ("43", D, "43"), ("51", D, "51"), ("54", D, "54"), ("57", D, "57"), ("61", D, "61"), ("62", D, "62"),
    ("90", D, "90"), ("91", R, "91"), ("94", U, "04"), ("96", R, "91"), ("A0", D, "72"),
    ("10", R, "71"), ("11", A, "00"), ("16", A, "00"), ("04", D, "71"), ("07", D, "71"), ("15", D, "15"),
    ("21", D, "21"), ("22", D, "12"), ("33", D, "54"), ("38", D, "57"), ("75", D, "57"), ("55", D, "05"),
    ("58", D, "57"), ("59", D, "34"), ("64", D, "13"), ("65", D, "61"),
    ("06", U, "04"), ("09", U, "04"), ("68", U, "04"), ("92", U, "04"), ("98", U, "04"), ("99", U, "04"),
    ("A2", U, "04"), ("A6", U, "04"),
    ("ZZ", R, "71"), ("", R, "71"), ("000", R, "71"),
]  # fmt: skip

OTHERWISE = [
    ("00", Movement.CREDIT, A, "00"),
    ("51", Movement.CREDIT, D, "51"),
    ("91", Movement.CREDIT, U, "04"),  # a credit is never reversed: ask and send again
    ("10", Movement.CREDIT, U, "04"),
    ("ZZ", Movement.CREDIT, U, "04"),
    ("94", Movement.CREDIT, U, "04"),
    ("00", Movement.NONE, A, "00"),
    ("05", Movement.NONE, D, "05"),
    ("30", Movement.NONE, D, "70"),
    ("A0", Movement.NONE, D, "72"),
    ("91", Movement.NONE, D, "91"),
    ("99", Movement.NONE, D, "99"),
    ("ZZ", Movement.NONE, D, "99"),
]


@pytest.mark.parametrize(("bank_code", "weight", "code"), ON_A_DEBIT)
def test_a_code_on_a_debit(bank_code: str, weight: Weight, code: str) -> None:
    word = read_word(bank_code, Movement.DEBIT)
    assert (word.weight, word.code) == (weight, code)


def test_every_code_of_the_map_has_a_row_here() -> None:
    covered = {row[0] for row in ON_A_DEBIT}
    assert set(ISSUER_CODES) - covered == {"A3", "A4", "A5"}


@pytest.mark.parametrize(("bank_code", "movement", "weight", "code"), OTHERWISE)
def test_a_code_on_other_messages(bank_code: str, movement: Movement, weight: Weight, code: str) -> None:
    word = read_word(bank_code, movement)
    assert (word.weight, word.code) == (weight, code)


def test_the_bank_finding_fault_with_us_is_an_alarm() -> None:
    assert [code for code in ISSUER_CODES if read_word(code, Movement.DEBIT).alarm] == ["30", "A0"]
