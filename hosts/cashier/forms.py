"""What a browser brings: cookies, forms, and the headers that say where a form came from. None of it is to be believed."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from typing import Final, Self
from urllib.parse import parse_qsl, urlsplit

import msgspec
from litestar.types import HTTPScope

from unionhub.domain.model.marketing import typed

from .pages import origin

SESSION_COOKIE: Final = "cashier"
CHOICE_COOKIE: Final = "cashier-choice"

FORM: Final = b"application/x-www-form-urlencoded"
FORM_FIELDS_MAX: Final = 80

_OFFERS_MAX: Final = 10
_CODES_MAX: Final = 5
_CODE_CHARS: Final = 30
_ID_CHARS: Final = 64
_COOKIE_CHARS: Final = 3_000
_COOKIES_MAX: Final = 3
_SAID: Final = re.compile(r"[0-9A-Za-z]{2,5}", re.ASCII)


class Choice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a user has chosen so far, kept by his browser, so that the page's address stays the same and going back works.

    `offers` None: nothing, so the best combination is proposed. `said`: why a try to pay came to nothing, told once.
    """

    offers: tuple[str, ...] | None = None
    codes: tuple[str, ...] = ()
    card: str = ""
    said: str = ""

    @classmethod
    def read(cls, cookie: str) -> Self:
        """Of a cookie; an empty choice for what is none."""
        try:
            return msgspec.json.decode(base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4)), type=cls).cut()
        except (ValueError, msgspec.DecodeError):  # also not base64, not UTF-8
            return cls()

    def cut(self) -> Self:
        """Within bounds, whatever was said."""
        offers = None if self.offers is None else _short(self.offers, _OFFERS_MAX)
        codes = tuple(dict.fromkeys(typed(code)[:_CODE_CHARS] for code in self.codes))
        return msgspec.structs.replace(
            self,
            offers=offers,
            codes=_short(codes, _CODES_MAX),
            card=self.card[:_ID_CHARS],
            said=self.said if _SAID.fullmatch(self.said) else "",
        )

    @property
    def text(self) -> str:
        """As a cookie's value."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).rstrip(b"=").decode()


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """The page's form. `offers` and `codes` are what its total was reckoned with, `wanted` the boxes that are ticked now
    (None: a form without them), `new_code` what stands in the coupon's field."""

    token: str = ""
    card: str = ""
    offers: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    wanted: tuple[str, ...] | None = None
    new_code: str = ""

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Of a body; raises ValueError for more fields than the page has. Of a field that comes twice the last one counts."""
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX)
        last = dict(pairs)
        wanted = [value for name, value in pairs if name == "want" or name.startswith("want.")]
        return cls(
            token=last.get("form_token", ""),
            card=last.get("card", ""),
            offers=_short((value for name, value in pairs if name == "offer"), _OFFERS_MAX),
            codes=_short((typed(value)[:_CODE_CHARS] for name, value in pairs if name == "codes"), _CODES_MAX),
            wanted=_short(wanted, _OFFERS_MAX) if "wants" in last else None,
            new_code=typed(last.get("code", ""))[:_CODE_CHARS],
        )

    @property
    def changes_total(self) -> bool:
        """The user ticked something else than what the total on his button was reckoned with."""
        return bool(self.new_code) or (self.wanted is not None and set(self.wanted) != set(self.offers))

    @property
    def choice(self) -> Choice:
        """As the user wants it now. A code that he has just typed in is proposed with whatever goes best with it."""
        if self.new_code:
            return Choice(offers=None, codes=(*self.codes, self.new_code), card=self.card).cut()
        return Choice(offers=self.offers if self.wanted is None else self.wanted, codes=self.codes, card=self.card).cut()


def _short(values: Iterator[str] | Sequence[str], most: int) -> tuple[str, ...]:
    """The first ones, each once, none of them long or empty."""
    return tuple(dict.fromkeys(value for value in values if 0 < len(value) <= _ID_CHARS))[:most]


def cookies(scope: HTTPScope, name: str) -> list[str]:
    """The cookie's values, at most three: a browser may have one of the same name for a shorter path too."""
    found: list[str] = []
    for header, value in scope["headers"]:
        if header == b"cookie":
            pairs = (pair.partition("=") for pair in value.decode("latin-1").split(";"))
            found += [content.strip() for key, _, content in pairs if key.strip() == name]
    return [value for value in found if len(value) <= _COOKIE_CHARS][:_COOKIES_MAX]


def header(scope: HTTPScope, name: bytes) -> str:
    """Empty where it is absent."""
    return next((value.decode("latin-1").strip() for key, value in scope["headers"] if key == name), "")


def is_foreign(scope: HTTPScope, public_url: str) -> bool:
    """Does the browser say that this form was sent by another site's page? One that says nothing has its form's token to
    show. With `Referrer-Policy: no-referrer` browsers say `Origin: null` of our own pages."""
    if header(scope, b"sec-fetch-site") not in ("", "same-origin", "none"):
        return True
    said = header(scope, b"origin")
    if said in ("", "null"):
        return False
    return said != origin(public_url) and urlsplit(said).netloc != header(scope, b"host")


def set_cookie(name: str, value: str, *, path: str, secure: bool) -> str:
    """A cookie that ends with the browser, for this path alone, out of scripts' sight."""
    return f"{name}={value}; Path={path}; HttpOnly; SameSite=Lax{'; Secure' if secure else ''}"
