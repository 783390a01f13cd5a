"""Cryptograms of consumer codes: known answers, the standard step by step, what they depend on, their key in the store."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime
from itertools import combinations
from typing import Self, cast

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from hypothesis import given
from hypothesis import strategies as st

from unionhub.adapters.vault import cryptograms
from unionhub.adapters.vault.cryptograms import EmvCryptograms, load_cryptograms
from unionhub.adapters.vault.master import MasterKey, MasterKeyError
from unionhub.domain.model.identifiers import Token
from unionhub.domain.model.qr.consumer import UnionPayCode, build_emv, parse_emv, unionpay_code
from unionhub.ports.cryptograms import Cryptograms
from unionhub.ports.store import Store, WrappedKey

ISSUER_KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")
UN = bytes.fromhex("EA0658C8")
START = datetime(2026, 11, 1, tzinfo=UTC)
MASTER = MasterKey(bytes(range(32)))

issuer_keys = st.binary(min_size=16, max_size=16)
tokens = st.from_regex(r"62[0-9]{14,17}", fullmatch=True).map(Token)
counters = st.integers(0, 0xFFFF)
numbers = st.binary(min_size=4, max_size=4)


# --- the standard, block by block, with single DES and nothing else


def des(key: bytes, block: bytes, *, back: bool = False) -> bytes:
    cipher = Cipher(TripleDES(key * 3), modes.ECB())
    return (cipher.decryptor() if back else cipher.encryptor()).update(block)


def des3(key: bytes, block: bytes) -> bytes:
    return des(key[:8], des(key[8:], des(key[:8], block), back=True))


def xor(one: bytes, two: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, two, strict=True))


def diversified(pan: str) -> bytes:
    """Y of options A (16 digits and fewer) and B."""
    digits = pan + "00"
    if len(pan) > 16:
        if len(digits) % 2:
            digits = "0" + digits
        digest = hashlib.sha1(bytes.fromhex(digits)).hexdigest()
        found = [nibble for nibble in digest if nibble in "0123456789"]
        found += [str("abcdef".index(nibble)) for nibble in digest if nibble in "abcdef"]
        digits = "".join(found[:16])
    return bytes.fromhex(("0" * 16 + digits)[-16:])


def by_the_book(issuer_key: bytes, pan: str, atc: int, un: bytes) -> bytes:
    y = diversified(pan)
    card_key = des3(issuer_key, y) + des3(issuer_key, xor(y, b"\xff" * 8))
    counter = atc.to_bytes(2, "big")
    key = b"".join(des3(card_key, counter + middle + bytes(5)) for middle in (b"\xf0", b"\x0f"))
    data = un + bytes.fromhex("0000") + counter + bytes.fromhex("000103A0000001") + b"\x80"
    first = des(key[:8], data[:8])
    last = des(key[:8], xor(first, data[8:]))
    return des(key[:8], des(key[8:], last, back=True))


class TestAlgorithm:
    @pytest.mark.parametrize(
        ("pan", "atc", "un", "expected"),
        [
            ("6263600715765554", 5, "63525FBE", "24AEE2AE6CC9C386"),
            ("62926034506180170", 0xFFFF, "00000000", "FFB8AE1E56C6FB44"),
            ("629269063317687215", 0, "FFFFFFFF", "71AE1F69E27B33E5"),
            ("6292610358444335641", 1, "EA0658C8", "DD7E9051090716B2"),
        ],
    )
    def test_known_answers(self, pan: str, atc: int, un: str, expected: str) -> None:
        """Of pyemv 1.5.0: derive_icc_mk_a or _b with PSN 00, derive_common_sk, generate_ac with EMV padding."""
        made = EmvCryptograms(ISSUER_KEY).arqc(Token(pan), atc, bytes.fromhex(un))
        assert made.hex().upper() == expected

    @given(issuer_keys, tokens, counters, numbers)
    def test_it_is_what_the_book_says(self, key: bytes, token: Token, atc: int, un: bytes) -> None:
        assert EmvCryptograms(key).arqc(token, atc, un) == by_the_book(key, token.reveal(), atc, un)

    def test_a_digest_with_few_digits_borrows_letters(self) -> None:
        """One in some thousands of long tokens: none of the examples above need be one."""
        digest = "abcdef" * 5 + "0123456789"
        assert cryptograms._sixteen_digits(digest) == "0123456789012345"
        assert cryptograms._sixteen_digits("f" * 40) == "5" * 16
        assert cryptograms._sixteen_digits("1a" * 20) == "1" * 16

    def test_it_is_of_the_data_that_the_code_carries(self) -> None:
        made = EmvCryptograms(ISSUER_KEY).arqc(Token("6263600715765554"), 5, UN)
        text = build_emv(
            UnionPayCode(
                token="6263600715765554",
                expiry="2912",
                ins_id="99010344",
                atc=5,
                unpredictable_number=UN,
                cryptogram=made,
            )
        )
        code = unionpay_code(parse_emv(text))
        assert code.cryptogram == made
        assert code.interchange_profile == cryptograms.INTERCHANGE_PROFILE
        assert code.issuer_data == cryptograms.ISSUER_DATA
        assert code.pan_sequence == cryptograms.PAN_SEQUENCE


class TestWhatItDependsOn:
    @given(tokens, counters, numbers)
    def test_the_same_arguments_give_the_same_eight_bytes(self, token: Token, atc: int, un: bytes) -> None:
        one, two = EmvCryptograms(ISSUER_KEY), EmvCryptograms(ISSUER_KEY)
        assert one.arqc(token, atc, un) == one.arqc(token, atc, un) == two.arqc(token, atc, un)
        assert len(one.arqc(token, atc, un)) == 8

    @given(
        st.lists(st.tuples(tokens, counters, numbers), min_size=2, max_size=6, unique_by=lambda it: (it[0].reveal(), *it[1:]))
    )
    def test_other_arguments_give_another(self, codes: list[tuple[Token, int, bytes]]) -> None:
        made = EmvCryptograms(ISSUER_KEY)
        assert all(made.arqc(*one) != made.arqc(*two) for one, two in combinations(codes, 2))

    @given(tokens, counters, numbers, st.data())
    def test_one_changed_argument_is_enough(self, token: Token, atc: int, un: bytes, data: st.DataObject) -> None:
        made = EmvCryptograms(ISSUER_KEY)
        other_token = data.draw(tokens.filter(lambda it: it != token))
        other_atc = data.draw(counters.filter(lambda it: it != atc))
        other_un = data.draw(numbers.filter(lambda it: it != un))
        others = [(other_token, atc, un), (token, other_atc, un), (token, atc, other_un)]
        assert len({made.arqc(*it) for it in [(token, atc, un), *others]}) == 4

    def test_another_key_gives_another(self) -> None:
        made = {EmvCryptograms(bytes([last] * 16)).arqc(Token("6263600715765554"), 5, UN) for last in range(0, 256, 2)}
        assert len(made) == 128


class TestRefusals:
    @pytest.mark.parametrize("atc", [-1, 0x10000])
    def test_a_counter_that_no_code_carries(self, atc: int) -> None:
        with pytest.raises(ValueError, match="counter"):
            EmvCryptograms(ISSUER_KEY).arqc(Token("6263600715765554"), atc, UN)

    @pytest.mark.parametrize("un", [b"", b"123", b"12345"])
    def test_an_unpredictable_number_of_another_length(self, un: bytes) -> None:
        with pytest.raises(ValueError, match="4 bytes"):
            EmvCryptograms(ISSUER_KEY).arqc(Token("6263600715765554"), 5, un)

    @pytest.mark.parametrize("pan", ["", "62636007157655X4", "6" * 20, "６２６３６００７１５７６５５５４"])
    def test_what_is_no_number_is_told_without_it(self, pan: str) -> None:
        with pytest.raises(ValueError, match="token PAN") as caught:
            EmvCryptograms(ISSUER_KEY).arqc(Token(pan), 5, UN)
        assert not pan or pan not in str(caught.value)

    @pytest.mark.parametrize("size", [0, 8, 15, 17, 24, 32])
    def test_a_key_of_another_length(self, size: int) -> None:
        with pytest.raises(ValueError, match="16 bytes"):
            EmvCryptograms(bytes(size))

    def test_it_does_not_print_its_key(self) -> None:
        assert repr(EmvCryptograms(ISSUER_KEY)) == "EmvCryptograms(********)"


# --- its key


class StoppedClock:
    def now(self) -> datetime:
        return START


class KeyTable:
    """Wrapped keys alone; every start waits for `together` before it writes."""

    def __init__(self, together: int = 1) -> None:
        self.rows: dict[tuple[str, int], WrappedKey] = {}
        self.barrier: asyncio.Barrier | None = asyncio.Barrier(together)

    def begin(self) -> _Work:
        return _Work(self)


class _Work:
    def __init__(self, table: KeyTable) -> None:
        self.table = table
        self.new: dict[tuple[str, int], WrappedKey] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def wrapped_keys(self) -> list[WrappedKey]:
        return list(self.table.rows.values())

    async def add_wrapped_key(self, key: WrappedKey) -> bool:
        if self.table.barrier is not None:
            await self.table.barrier.wait()
            self.table.barrier = None
        if (key.kind, key.version) in self.table.rows:
            return False
        self.new[key.kind, key.version] = key
        return True

    async def commit(self) -> None:
        self.table.rows |= self.new


def sample(made: Cryptograms) -> bytes:
    return made.arqc(Token("6263600715765554"), 5, UN)


async def load(table: KeyTable, master: MasterKey = MASTER) -> Cryptograms:
    return await load_cryptograms(cast(Store, table), master, StoppedClock())


class TestItsKey:
    def test_the_first_start_makes_it_and_the_next_ones_find_it(self) -> None:
        async def test() -> None:
            table = KeyTable()
            first = await load(table)
            rows = dict(table.rows)
            assert list(rows) == [("cpm", 1)]
            assert len(MASTER.unwrap("cpm", 1, rows["cpm", 1].wrapped)) == 16
            assert sample(await load(table)) == sample(first)
            assert table.rows == rows

        asyncio.run(test())

    def test_hosts_that_start_at_once_share_the_first_ones(self) -> None:
        async def test() -> None:
            table = KeyTable(together=8)
            made = await asyncio.gather(*(load(table) for _ in range(8)))
            assert len({sample(one) for one in made}) == 1
            assert list(table.rows) == [("cpm", 1)]

        asyncio.run(test())

    def test_two_installations_have_nothing_in_common(self) -> None:
        async def test() -> None:
            assert sample(await load(KeyTable())) != sample(await load(KeyTable()))

        asyncio.run(test())

    def test_a_later_version_does_not_change_the_codes_that_are_out(self) -> None:
        async def test() -> None:
            table = KeyTable()
            first = await load(table)
            later = MASTER.wrap("cpm", 2, bytes(16))
            table.rows["cpm", 2] = WrappedKey(kind="cpm", version=2, wrapped=later, created_at=START)
            assert sample(await load(table)) == sample(first)

        asyncio.run(test())

    def test_another_master_key_does_not_open_it(self) -> None:
        async def test() -> None:
            table = KeyTable()
            await load(table)
            with pytest.raises(MasterKeyError):
                await load(table, MasterKey(bytes(32)))

        asyncio.run(test())
