"""Consumer codes as a wallet would show them: QR, bar code, and the page around them. Nothing here needs a network."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
import segno
from barcode import Code128  # type: ignore[import-untyped]
from jinja2 import Environment, PackageLoader, StrictUndefined

from unionhub.hosts.sandbox.seeds import Cardholder

QUIET_MODULES: Final = 10
"""Blank on either side of a bar code (ISO/IEC 15417), in modules; around a QR it is 4 (ISO/IEC 18004)."""

BARCODE_HEIGHT: Final = 56
"""In modules: 15 % of the width of 19 digits (176 modules) is the least, hand-held scanners like twice that."""

_BARCODE_DIGITS: Final = re.compile(r"[0-9]{1,48}", re.ASCII)
_BARS: Final = re.compile(r"1+")


class ShownCode(msgspec.Struct, frozen=True, kw_only=True):
    """One consumer code in both its forms, and whose it is. `expires_at` is business time."""

    emv: str
    barcode: str
    expires_at: datetime
    holder: str


def qr_svg(text: str) -> str:
    """A QR code (error correction M or better) as an SVG element that scales; ValueError for what no QR holds."""
    # Never a Micro QR: scanners at tills do not read them.
    code = segno.make_qr(text, error="m")
    svg: str = code.svg_inline(omitsize=True, border=4, light="#fff", svgclass="qr", lineclass=None)
    return svg.replace("<svg ", '<svg shape-rendering="crispEdges" ', 1)


def barcode_svg(digits: str) -> str:
    """A Code 128 bar code as an SVG element that scales, one unit to the module. ValueError unless it is 1 to 48 digits."""
    if not _BARCODE_DIGITS.fullmatch(digits):
        raise ValueError("a bar code has 1 to 48 digits")
    # The library counts and checks; its own SVG is a document with a doctype, sizes in millimetres and a font.
    (modules,) = Code128(digits).build()
    width = len(modules) + 2 * QUIET_MODULES
    bars = "".join(
        f"M{QUIET_MODULES + bar.start()} 0h{len(bar[0])}v{BARCODE_HEIGHT}h-{len(bar[0])}z" for bar in _BARS.finditer(modules)
    )
    return (
        f'<svg class="bars" viewBox="0 0 {width} {BARCODE_HEIGHT}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{width}v{BARCODE_HEIGHT}H0z"/><path d="{bars}"/></svg>'
    )


def codes_page(codes: Sequence[ShownCode], *, now: datetime | None = None) -> str:
    """The page with these codes, each counting down to its expiry. ValueError for a code that cannot be drawn.

    `now` is business time, which the sandbox's clock may have moved away from the browser's; real time if nobody says.
    """
    at = now or datetime.now(UTC)
    cards = [
        {
            "holder": code.holder,
            "qr": qr_svg(code.emv),
            "bars": barcode_svg(code.barcode),
            "digits": grouped(code.barcode),
            "emv": code.emv,
            "expires_at": code.expires_at.astimezone(UTC),
            "left_s": max(0, int((code.expires_at - at).total_seconds())),
        }
        for code in codes
    ]
    return _page("codes.html", codes=cards)


def cardholders_page(holders: Sequence[Cardholder], gateways: Mapping[str, str]) -> str:
    """The page to choose whose code to see. `gateways` are the names of app gateways by app_id."""
    return _page("cardholders.html", holders=holders, gateways=gateways)


def grouped(digits: str) -> str:
    """In groups of four, for reading them out."""
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


_folder: Final = PackageLoader("unionhub.hosts.sandbox")
_templates: Final = Environment(
    loader=_folder,
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _dots(masked: str) -> str:
    """A masked card number as the walk-through writes it."""
    return grouped(masked.replace("*", "•"))


_templates.filters["dots"] = _dots


def _page(template: str, **members: Any) -> str:
    # The page may run and be dressed by these two texts alone: whatever else gets into it stays text.
    style, script = _asset("codes.css"), _asset("codes.js")
    policy = (
        f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    assets = {"style": style, "script": script, "policy": policy}
    return _templates.get_template(template).render(**assets, **members)


def _asset(name: str) -> str:
    return _folder.get_source(_templates, name)[0]


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
