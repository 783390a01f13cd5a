"""Secrets mask themselves by type; only reveal() gives the value (DESIGN section 5)."""

from __future__ import annotations

import json

import msgspec
import pytest

from unionhub.domain.model.identifiers import AccountNumber, Pan, Secret, Token, luhn_complete, luhn_valid

NUMBER = "6212345678901232"


@pytest.mark.parametrize("kind", [Pan, Token, AccountNumber])
def test_a_number_shows_its_first_and_last_four_only(kind: type[Secret]) -> None:
    secret = kind(NUMBER)
    for shown in (str(secret), repr(secret), f"{secret}", f"{secret!r}", "%s" % secret, repr([secret]), repr({"pan": secret})):  # noqa: UP031
        assert NUMBER not in shown
        assert "6212********1232" in shown
    assert secret.reveal() == NUMBER


def test_short_and_plain_secrets_are_hidden_whole() -> None:
    assert str(Secret("123456")) == "Secret(********)"
    assert str(AccountNumber("12345678901")) == "AccountNumber(********)"


def test_a_secret_does_not_slip_into_json() -> None:
    with pytest.raises(TypeError):
        json.dumps(Pan(NUMBER))
    with pytest.raises(TypeError):
        msgspec.json.encode({"pan": Pan(NUMBER)})


def test_equality_is_by_type_and_value() -> None:
    assert Pan(NUMBER) == Pan(NUMBER)
    assert Pan(NUMBER) != Token(NUMBER)
    assert hash(Pan(NUMBER)) == hash(Pan(NUMBER))


@pytest.mark.parametrize("text", ["", "621234567890123", "62123456789012345678", "6212345678901233", "621234567890123x", "٦٢"])
def test_a_bad_card_number_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="no pan") as caught:
        Pan.parse(text)
    assert not text or text not in str(caught.value)


def test_luhn() -> None:
    assert luhn_complete("621234567890123") == NUMBER
    assert luhn_valid("6292610358444335641")  # a published token
    assert not luhn_valid("6236098835899996543")  # a published bar code: no card number
