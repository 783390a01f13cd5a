"""What browsers bring to the cashier is signed: a bit of it otherwise, another order's, another session's, or rubbish opens
nothing; what one thing is signed for is good for nothing else."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import msgspec
import pytest
from flows.sales import Sale, new_sale

from support.house import House, house
from unionhub.domain.flows.cashier_keys import CashierKeys
from unionhub.domain.model.cashier import Session
from unionhub.domain.model.orders import Order

HUGE = "A" * 1_000_000
RUBBISH = [
    "",
    ".",
    "..",
    "x",
    "x.y",
    "\0",
    "\ud800",
    "\udcff.x",
    "密钥",
    "=" * 43,
    "A" * 43,
    HUGE,
    f".{HUGE}",
    "%00",
    "null",
    "{}",
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house("memory", tmp_path_factory.mktemp("house")) as made:
        yield made


@pytest.fixture(scope="module")
def sale(home: House) -> Sale:
    return home.run(new_sale(home))


@pytest.fixture(scope="module")
def other(home: House, sale: Sale) -> Sale:
    """Another order of the same user at the same industry."""
    return home.run(new_sale(home, holder=sale.holder))


@pytest.fixture
def keys(home: House) -> CashierKeys:
    return home.hub.cashier._keys


@pytest.fixture
def order(home: House, sale: Sale) -> Order:
    return home.run(sale.order())


def bits(text: str) -> Iterator[str]:
    """Each bit of each character otherwise, and each character missing or doubled."""
    for place, char in enumerate(text):
        for bit in range(7):
            yield f"{text[:place]}{chr(ord(char) ^ 1 << bit)}{text[place + 1 :]}"
        yield text[:place] + text[place + 1 :]
        yield text[:place] + char + text[place:]


def key_of(sale: Sale) -> str:
    return sale.url.partition("key=")[2]


def test_a_key_is_256_bits_and_always_the_same(sale: Sale, keys: CashierKeys, order: Order) -> None:
    assert len(base64.urlsafe_b64decode(key_of(sale) + "=")) == 32
    assert keys.entry(order) == key_of(sale)
    assert keys.url(order) == sale.url


def test_the_key_opens_its_order_and_no_other(home: House, sale: Sale, other: Sale) -> None:
    enter = home.hub.cashier.enter
    assert home.run(enter(sale.uid, key_of(sale))) is not None
    assert home.run(enter(other.uid, key_of(sale))) is None
    assert home.run(enter(sale.uid, key_of(other))) is None
    for uid in ("", "x" * 20, sale.uid[:-1], f"{sale.uid}0", f"2025{sale.uid[4:]}", "20260302999999999999", "\0" * 20, HUGE):
        assert home.run(enter(uid, key_of(sale))) is None, uid[:30]


def test_no_bit_of_a_key_session_or_form_may_be_otherwise(sale: Sale, keys: CashierKeys, order: Order) -> None:
    session, form = keys.session(order, "session-1"), keys.form(order, "session-1", "nonce-1")
    assert keys.session_of(order, session) == "session-1"
    assert keys.nonce_of(order, "session-1", form) == "nonce-1"
    assert [each for each in bits(key_of(sale)) if keys.is_entry(order, each)] == []
    assert [each for each in bits(session) if keys.session_of(order, each)] == []
    assert [each for each in bits(form) if keys.nonce_of(order, "session-1", each)] == []


@pytest.mark.parametrize("rubbish", RUBBISH, ids=lambda text: ascii(text)[:20])
def test_rubbish_opens_nothing(home: House, sale: Sale, keys: CashierKeys, order: Order, rubbish: str) -> None:
    assert home.run(home.hub.cashier.enter(sale.uid, rubbish)) is None
    assert home.run(home.hub.cashier.resume(sale.uid, rubbish)) is None
    assert keys.nonce_of(order, "session-1", rubbish) == ""


def test_nobody_has_a_session_or_a_form_without_a_name(keys: CashierKeys, order: Order) -> None:
    """Even if we signed one."""
    assert keys.session_of(order, keys.session(order, "")) == ""
    assert keys.nonce_of(order, "session-1", keys.form(order, "session-1", "")) == ""


def test_a_session_is_of_its_order(home: House, sale: Sale, other: Sale, keys: CashierKeys, order: Order) -> None:
    cookie = keys.session(order, sale.session.session_id)
    assert home.run(home.hub.cashier.resume(sale.uid, cookie)) == sale.session
    assert home.run(home.hub.cashier.resume(other.uid, cookie)) is None


def test_a_form_is_of_its_session_and_its_order(home: House, sale: Sale, other: Sale) -> None:
    async def scenario() -> None:
        pay = home.hub.cashier.pay
        session, said = await sale.form()
        tab, (_, foreign) = await sale.tab(), await other.form()
        forged = Session(order_id=session.order_id, ucsp_order_id=session.ucsp_order_id, session_id="another")
        for someone, confirmation in (
            (tab, said),  # the form of another tab
            (forged, said),
            (other.session, said),  # of another order
            (session, foreign),
            (session, msgspec.structs.replace(said, form_token=key_of(sale))),
            (session, msgspec.structs.replace(said, form_token=HUGE)),
            (session, msgspec.structs.replace(said, form_token="")),
        ):
            assert (await pay(someone, confirmation)).code == "12"
        assert (await sale.states(), await other.states()) == ([], [])

    home.run(scenario())


def test_what_is_signed_for_one_thing_is_good_for_no_other(keys: CashierKeys, order: Order) -> None:
    """Purposes, parties and parts are told apart however their texts are cut."""
    names = ("order_id", "industry", "channel", "user_id")
    others = [msgspec.structs.replace(order, **{name: 77 if name == "order_id" else "77"}) for name in names]
    shifted = msgspec.structs.replace(order, industry=order.industry + order.channel, channel="")
    signed = [
        keys.entry(order),
        *(keys.entry(each) for each in (*others, shifted)),
        keys.session(order, "a").partition(".")[2],
        keys.session(order, "a,b").partition(".")[2],
        keys.session(order, 'a","b').partition(".")[2],
        keys.form(order, "a", "b").partition(".")[2],
        keys.form(order, "b", "a").partition(".")[2],
        keys.form(order, "ab", "").partition(".")[2],
        keys.form(order, "", "ab").partition(".")[2],
    ]
    assert len(set(signed)) == len(signed)


def test_no_digest_of_a_message_is_a_key(home: House, keys: CashierKeys, order: Order) -> None:
    """Messages are digested with the same key of the vault: their content begins with the message's name and a NUL."""
    vault = home.hub.vault
    said = ["cashier", "entry", order.ucsp_order_id, order.industry, order.channel, order.user_id]
    right = base64.urlsafe_b64encode(vault.digest(msgspec.json.encode(said))).rstrip(b"=").decode()
    assert keys.is_entry(order, right)
    framed = b"\x00".join([b"SUBMIT_PAYMENT_ORDER", msgspec.json.encode(said)])
    assert not keys.is_entry(order, base64.urlsafe_b64encode(vault.digest(framed)).rstrip(b"=").decode())


def test_keys_of_another_hub_open_nothing(home: House, order: Order, tmp_path_factory: pytest.TempPathFactory) -> None:
    with house("memory", tmp_path_factory.mktemp("other")) as elsewhere:
        foreign = elsewhere.hub.cashier._keys
        assert foreign.entry(order) != home.hub.cashier._keys.entry(order)


def test_session_ids_and_nonces_are_random(home: House, sale: Sale) -> None:
    async def scenario() -> None:
        tabs = [await sale.tab() for _ in range(20)]
        forms = [(await sale.form())[1].form_token for _ in range(20)]
        assert len({each.session_id for each in tabs}) == 20
        assert len({each.partition(".")[0] for each in forms}) == 20
        assert all(len(each.partition(".")[0]) == 24 for each in forms)

    home.run(scenario())
