"""What the hub says to an issuer's core bank, and how the bank's word is read (RULES sections 1, 3 and 13)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec


class Weight(StrEnum):
    """What a bank's word proves about the books (RULES section 1)."""

    APPROVED = "A"  # booked
    DECLINED = "D"  # proven: nothing was booked
    REVERSE = "R"  # answered as declined at once, and a durable REVERSAL follows
    UNKNOWN = "U"  # no proof either way: `04`, then ask


class Movement(StrEnum):
    """The kind of message a code answers: the same code weighs differently on each."""

    DEBIT = "debit"  # rolls back
    CREDIT = "credit"  # CREDIT_TRANSACTION, REFUND, OPEN_ACCOUNT: roll forward
    NONE = "none"  # moves no money


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """The bank's word, read: its weight, the code for the gateway, and the bank's own code for the record."""

    weight: Weight
    code: str
    bank_code: str = ""
    refer_no: str = ""
    settlement_key: str = ""  # of an order's approval, where its acquirer says it with its word
    retrieval_ref: str = ""
    alarm: bool = False  # an operator should look: the bank found fault with us, or contradicts itself


_A, _D, _R, _U = Weight.APPROVED, Weight.DECLINED, Weight.REVERSE, Weight.UNKNOWN

_DEBIT: Final[dict[str, tuple[Weight, str]]] = {
    # section 13a
    "00": (_A, "00"),
    "01": (_D, "01"),
    "03": (_D, "03"),
    "05": (_D, "05"),
    "12": (_D, "12"),
    "13": (_D, "13"),
    "14": (_D, "14"),
    "25": (_U, "04"),  # never final on a debit: the message may still be on its way
    "30": (_D, "96"),  # our fault, an operator's alarm
    "34": (_D, "34"),
    "40": (_D, "40"),
    "41": (_D, "41"),
    "43": (_D, "43"),
    "51": (_D, "51"),
    "54": (_D, "54"),
    "57": (_D, "57"),
    "61": (_D, "61"),
    "62": (_D, "62"),
    "90": (_D, "90"),
    "91": (_R, "91"),
    "94": (_U, "04"),  # the first one may be booked
    "96": (_R, "91"),  # the hub's own 96 is for the hub alone
    "A0": (_D, "72"),
    # section 13b
    "10": (_R, "71"),  # partial approval: the hub asks for none
    "11": (_A, "00"),
    "16": (_A, "00"),
    "04": (_D, "71"),  # pick-up, never the gateway's 04
    "07": (_D, "71"),
    "15": (_D, "15"),
    "21": (_D, "21"),
    "22": (_D, "12"),
    "33": (_D, "54"),
    "38": (_D, "57"),
    "75": (_D, "57"),  # PIN tries, never the gateway's "Invalid OTP"
    "55": (_D, "05"),  # wrong PIN, never the gateway's "Invalid device id"
    "58": (_D, "57"),
    "59": (_D, "34"),
    "64": (_D, "13"),
    "65": (_D, "61"),
    **dict.fromkeys(("06", "09", "68", "92", "98", "99", "A2", "A3", "A4", "A5", "A6"), (_U, "04")),
}
ISSUER_CODES: Final = _DEBIT
"""Issuer code on a debit -> (weight, code for the gateway): RULES 13a and 13b."""

_ALARMS: Final = frozenset({"30", "A0"})


def read_word(bank_code: str, movement: Movement, *, refer_no: str = "") -> Word:
    """Read a signed answer's code (RULES section 13). Anything outside the table depends on what the message moves."""
    weight, code = _DEBIT.get(bank_code, _unmapped(movement))
    if movement is Movement.NONE:
        weight, code = _on_no_money(bank_code, weight, code)
    elif movement is Movement.CREDIT and weight is Weight.REVERSE:
        weight, code = Weight.UNKNOWN, "04"  # a credit rolls forward, never back
    return Word(weight=weight, code=code, bank_code=bank_code, refer_no=refer_no, alarm=bank_code in _ALARMS)


def _unmapped(movement: Movement) -> tuple[Weight, str]:
    if movement is Movement.DEBIT:
        return Weight.REVERSE, "71"
    if movement is Movement.CREDIT:
        return Weight.UNKNOWN, "04"
    return Weight.DECLINED, "99"


def _on_no_money(bank_code: str, weight: Weight, code: str) -> tuple[Weight, str]:
    if bank_code == "30":
        return Weight.DECLINED, "70"
    if bank_code == "25":
        return Weight.DECLINED, "25"
    if weight is Weight.APPROVED:
        return weight, code
    return Weight.DECLINED, "99" if weight is Weight.UNKNOWN else code


SILENT: Final = Word(weight=Weight.UNKNOWN, code="04")
"""No answer that counts: silence, rubbish, a foreign signature, an answer to something else (RULES section 1)."""

NOT_SENT: Final = Word(weight=Weight.DECLINED, code="92")
"""The connection never stood: the one decline without the bank's word that needs no REVERSAL."""

OVERLOADED: Final = Word(weight=Weight.DECLINED, code="96")
"""Our own bound on calls in flight: nothing was sent."""

CIRCUIT_OPEN: Final = Word(weight=Weight.DECLINED, code="91")
"""The breaker is open: nothing was sent."""

GATE_REFUSED: Final = Word(weight=Weight.REVERSE, code="72")
"""A bare 401/E0: unsigned, so no proof."""
