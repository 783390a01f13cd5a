"""What every Vault must do (ports/vault.py). Subclass it and give it a `vault` fixture."""

from __future__ import annotations

import pytest

from unionhub.domain.model.identifiers import AccountNumber, Pan, Secret, Token
from unionhub.ports.vault import Vault, VaultError

NUMBER = "6210948000000045"
VALUES = ["", "0", NUMBER, "123456789012-3", "张三", "a\x00b", "\ud800", "9" * 10_000]


def changed(sealed: bytes, at: int) -> bytes:
    return sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]


class VaultContract:
    @pytest.mark.parametrize("value", VALUES)
    def test_what_was_sealed_opens(self, vault: Vault, value: str) -> None:
        assert vault.open(vault.seal(Secret(value), "account"), "account") == value

    def test_the_same_value_is_never_the_same_bytes(self, vault: Vault) -> None:
        assert len({vault.seal(Pan(NUMBER), "pan") for _ in range(50)}) == 50

    def test_a_ciphertext_does_not_show_its_value(self, vault: Vault) -> None:
        sealed = vault.seal(Pan(NUMBER), "pan")
        assert NUMBER.encode() not in sealed
        assert NUMBER[-4:].encode() not in sealed

    @pytest.mark.parametrize("other", ["", "pa", "panx", "Pan", "account"])
    def test_another_purpose_does_not_open_it(self, vault: Vault, other: str) -> None:
        with pytest.raises(VaultError):
            vault.open(vault.seal(Pan(NUMBER), "pan"), other)

    def test_no_byte_can_be_changed(self, vault: Vault) -> None:
        sealed = vault.seal(Pan(NUMBER), "pan")
        for at in range(len(sealed)):
            with pytest.raises(VaultError):
                vault.open(changed(sealed, at), "pan")

    def test_nothing_can_be_cut_off_or_added(self, vault: Vault) -> None:
        sealed = vault.seal(Pan(NUMBER), "pan")
        for wrong in [*(sealed[:length] for length in range(len(sealed))), sealed + b"\x00", b"\x00" + sealed]:
            with pytest.raises(VaultError):
                vault.open(wrong, "pan")

    def test_all_failures_look_the_same_and_carry_no_value(self, vault: Vault) -> None:
        sealed = vault.seal(Pan(NUMBER), "pan")
        told = set()
        for wrong, purpose in [(sealed, "account"), (changed(sealed, 1), "pan"), (changed(sealed, -1), "pan"), (b"", "pan")]:
            with pytest.raises(VaultError) as caught:
                vault.open(wrong, purpose)
            assert caught.value.__cause__ is None
            told.add((type(caught.value), caught.value.args))
        assert len(told) == 1
        assert NUMBER not in str(told)

    def test_an_index_finds_the_same_value(self, vault: Vault) -> None:
        assert vault.index(Pan(NUMBER), "pan") == vault.index(Pan(NUMBER), "pan")
        assert vault.index(Pan(NUMBER), "pan") == vault.index(Secret(NUMBER), "pan"), "the type is no part of it"

    def test_an_index_tells_values_and_purposes_apart(self, vault: Vault) -> None:
        pairs = [(value, purpose) for value in ("", "1", "12", "123") for purpose in ("", "1", "12", "token", "pan")]
        assert len({vault.index(Secret(value), purpose) for value, purpose in pairs}) == len(pairs)

    @pytest.mark.parametrize("value", VALUES)
    def test_an_index_is_of_the_whole_value(self, vault: Vault, value: str) -> None:
        assert vault.index(AccountNumber(value), "account") != vault.index(AccountNumber(value + "0"), "account")

    def test_a_digest_is_deterministic_and_of_the_whole_content(self, vault: Vault) -> None:
        assert vault.digest(b"content") == vault.digest(b"content")
        assert len({vault.digest(content) for content in (b"", b"c", b"content", b"content\x00")}) == 4

    def test_a_digest_is_no_index(self, vault: Vault) -> None:
        """Of different keys: neither a label in front nor its absence makes one the other."""
        digests = {vault.digest(content) for content in (b"x", b"\x00x", b"\x01tx", b"tx")}
        assert not digests & {vault.index(Token("x"), purpose) for purpose in ("", "t")}
