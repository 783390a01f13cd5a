"""ISO 639-1, and a language as UCSP names one: `ll-CC` or `ll_CC` (U-85; RULES section 14, row 7)."""

from __future__ import annotations

import re
from typing import Final

from .countries import NUMERIC_OF

_TABLE: Final = """
aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es et eu
fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km
kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om
or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr
ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""

LANGUAGES: Final = frozenset(_TABLE.split())
"""The two-letter codes of ISO 639-1."""

_FORM: Final = re.compile(r"([a-z]{2})[-_]([A-Z]{2})", re.ASCII)


def locale_of(text: str) -> str:
    """`en_HK` and `en-HK` as `en-HK`. Raises ValueError for another form, and for a part that is in neither table."""
    found = _FORM.fullmatch(text)
    if found is None or found[1] not in LANGUAGES or found[2] not in NUMERIC_OF:
        raise ValueError("no language of ISO 639-1 with a country of ISO 3166-1")
    return f"{found[1]}-{found[2]}"
