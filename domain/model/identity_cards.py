"""The numbers of identity documents (U-92, U-93)."""

from __future__ import annotations

import re
from typing import Final

_EIGHTEEN: Final = re.compile(r"[0-9]{17}[0-9Xx]", re.ASCII)


def check_digit_fits(number: str) -> bool:
    """An 18-digit number of a resident: the last is its check digit, ISO 7064 MOD 11-2, where X is ten."""
    if not _EIGHTEEN.fullmatch(number):
        return False
    remainder = 0
    for digit in number[:-1]:
        remainder = (remainder + int(digit)) * 2 % 11
    last = 10 if number[-1] in "Xx" else int(number[-1])
    return (remainder + last) % 11 == 1
