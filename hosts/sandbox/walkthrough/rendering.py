"""Templates and files of the walk-through, and the headers its pages go out with."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from unionhub.domain.model.money import Money
from unionhub.hosts.cashier import words

PACKAGE: Final = "unionhub.hosts.sandbox.walkthrough"

FILES: Final = ("page.css", "page.js", "diagram.js", "app.css", "app.js", "icon.svg")
"""What browsers may fetch below /sandbox/static."""

_environment: Final = Environment(
    loader=PackageLoader(PACKAGE),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_static: Final = PackageLoader(PACKAGE, "static")


def render(template: str, **members: Any) -> str:
    """The page. Whatever is put into it is text there."""
    return _environment.get_template(template).render(**members)


@cache
def static(name: str) -> str:
    """One of our own style sheets, scripts or pictures. Raises jinja2.TemplateNotFound."""
    return _static.get_source(_environment, name)[0]


@cache
def stamp() -> str:
    """Changes when one of the files does."""
    return hashlib.sha256("".join(static(name) for name in FILES).encode()).hexdigest()[:12]


@cache
def source_hash(name: str) -> str:
    """What a content security policy calls that file when it stands in the page itself."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(static(name).encode()).digest()).decode()}'"


def money(amount: str, currency: str) -> str:
    """`HKD 1,280.00`, as the hub's cashier writes it; an amount that is none stays as it is."""
    try:
        value = Money.parse(amount, currency, zero=True)
    except (TypeError, ValueError):
        return amount
    return f"{words.alpha(value)} {words.amount(value)}"


def grouped(masked: object) -> str:
    """A masked card number in groups of four, with dots for stars."""
    dots = str(masked).replace("*", "•")
    return " ".join(dots[at : at + 4] for at in range(0, len(dots), 4))


_environment.filters["money"] = money
_environment.filters["pan"] = grouped
