"""The sequence charts of the specification, number by number: what no feature may leave out.

Values only: who, to whom, which message. `seed` is the chart's title there; rows without a number are implied by it or by
the acquirer's wish, and need not be in every scenario.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from rows import Row


class Chart(NamedTuple):
    """One chart and the scenario that is it. `steps`: (number in the seed, row); a step of several messages is several rows."""

    seed: str
    feature: str  # below features/
    scenario: str
    steps: tuple[tuple[int, Row], ...]
    off: tuple[int, ...] = ()  # numbers of steps that are no message: between people, or within a party


APP, SCIS, BANK = "App Gateway", "SCIS", "Core Banking System"
CHANNEL, UCSP, INDUSTRY, ACQUIRER = "Channel APP", "UCSP", "Industry Service", "Acquirer"


def _steps(*rows: tuple[str, str, str]) -> tuple[tuple[int, Row], ...]:
    """Numbered from 1, as the seed numbers them."""
    return tuple(enumerate((Row(*row) for row in rows), start=1))


CHARTS: Final = (
    Chart(
        seed="Issuing Virtual Card--Open new account",
        feature="scis/open_new_account.feature",
        scenario="The chart",
        steps=_steps(
            (APP, SCIS, "KYC_VERIFICATION"),
            (SCIS, BANK, "KYC_VERIFICATION"),
            (BANK, SCIS, "KYC_VERIFICATION 00"),
            (SCIS, APP, "KYC_VERIFICATION 00"),
            (APP, SCIS, "OPEN_ACCOUNT"),
            (SCIS, BANK, "OPEN_ACCOUNT"),
            (BANK, SCIS, "OPEN_ACCOUNT 00"),
            (SCIS, APP, "OPEN_ACCOUNT 00"),
        ),
    ),
    Chart(
        seed="Issuing Virtual Card--Used given account",
        feature="scis/use_given_account.feature",
        scenario="The chart",
        steps=_steps((APP, SCIS, "CARD_ENROLLMENT"), (SCIS, APP, "CARD_ENROLLMENT 00")),
    ),
    Chart(
        seed="Merchant-presented QR code payment(EMV mode)",
        feature="scis/merchant_qr_emv.feature",
        scenario="The chart",
        steps=_steps(
            (APP, SCIS, "MPQRC_PAYMENT_EMV"),
            (SCIS, BANK, "DEBIT_TRANSACTION"),
            (BANK, SCIS, "DEBIT_TRANSACTION 00"),
            (SCIS, APP, "MPQRC_PAYMENT_EMV 00"),
        ),
    ),
    Chart(
        seed="Merchant-presented QR code payment(URL mode)",
        feature="scis/merchant_qr_url.feature",
        scenario="The chart",
        steps=_steps(
            (APP, SCIS, "QRC_INFO_INQUIRY"),
            (SCIS, APP, "QRC_INFO_INQUIRY 00"),
            (APP, SCIS, "MPQRC_PAYMENT_URL"),
            (SCIS, BANK, "DEBIT_TRANSACTION"),
            (BANK, SCIS, "DEBIT_TRANSACTION 00"),
            (SCIS, APP, "MPQRC_PAYMENT_URL 00"),
        ),
    ),
    Chart(
        seed="Consumer-presented QR code payment, Part 1: QRC Generate",
        feature="scis/consumer_qr.feature",
        scenario="The chart, part 1",
        steps=_steps((APP, SCIS, "QRC_GENERATION"), (SCIS, APP, "QRC_GENERATION 00")),
    ),
    Chart(
        seed="Consumer-presented QR code payment, Part 2",
        feature="scis/consumer_qr.feature",
        scenario="The chart, part 2",
        steps=_steps(
            (SCIS, APP, "ADDITIONAL_PROCESSING"),
            (APP, SCIS, "ADDITIONAL_PROCESSING 00"),
            (APP, SCIS, "ADDITIONAL_PROCESSING_RESULT"),
            (SCIS, APP, "ADDITIONAL_PROCESSING_RESULT 00"),
            (SCIS, BANK, "DEBIT_TRANSACTION"),
            (BANK, SCIS, "DEBIT_TRANSACTION 00"),
            (SCIS, APP, "TRX_RESULT_NOTIFICATION"),
            (APP, SCIS, "TRX_RESULT_NOTIFICATION 00"),
        ),
    ),
    Chart(
        seed="Bill Payment",
        feature="scis/bill_payment.feature",
        scenario="The chart",
        steps=_steps(
            (APP, SCIS, "BILL_PAYMENT"),
            (SCIS, BANK, "DEBIT_TRANSACTION"),
            (BANK, SCIS, "DEBIT_TRANSACTION 00"),
            (SCIS, APP, "BILL_PAYMENT 00"),
        ),
    ),
    Chart(
        seed="Credit Transaction",
        feature="scis/credit_transaction.feature",
        scenario="The chart",
        steps=_steps(
            (APP, SCIS, "CREDIT_TRANSACTION"),
            (SCIS, BANK, "CREDIT_TRANSACTION"),
            (BANK, SCIS, "CREDIT_TRANSACTION 00"),
            (SCIS, APP, "CREDIT_TRANSACTION 00"),
        ),
    ),
    Chart(
        seed="P2P Transfer",
        feature="scis/p2p_transfer.feature",
        scenario="The chart",
        steps=_steps(
            (APP, SCIS, "P2P_TRANSFER"),
            (SCIS, BANK, "P2P_TRANSFER"),
            (BANK, SCIS, "P2P_TRANSFER 00"),
            (SCIS, APP, "P2P_TRANSFER 00"),
        ),
    ),
    Chart(
        seed="Authorized Login Flow",
        feature="ucsp/authorized_login.feature",
        scenario="The chart",
        steps=((2, Row(CHANNEL, UCSP, "CHANNEL_LOGIN_INFO")), (4, Row(UCSP, CHANNEL, "CHANNEL_LOGIN_INFO 00"))),
        off=(1, 3, 5),
    ),
    Chart(
        seed="Get Card Info Flow",
        feature="ucsp/card_info.feature",
        scenario="The chart",
        steps=(  # 1.1 to 1.4 and 3.1 to 3.4 there
            (1, Row(INDUSTRY, UCSP, "GET_CARD_LIST")),
            (1, Row(UCSP, CHANNEL, "GET_CARD_LIST")),
            (1, Row(CHANNEL, UCSP, "GET_CARD_LIST 00")),
            (1, Row(UCSP, INDUSTRY, "GET_CARD_LIST 00")),
            (3, Row(INDUSTRY, UCSP, "GET_CARD_PAYLOAD")),
            (3, Row(UCSP, CHANNEL, "GET_CARD_PAYLOAD")),
            (3, Row(CHANNEL, UCSP, "GET_CARD_PAYLOAD 00")),
            (3, Row(UCSP, INDUSTRY, "GET_CARD_PAYLOAD 00")),
        ),
        off=(2,),
    ),
    Chart(
        seed="Frontend Payment Flow",
        feature="ucsp/frontend_payment.feature",
        scenario="The chart",
        steps=(
            (1, Row(INDUSTRY, UCSP, "SUBMIT_PAYMENT_ORDER")),
            (1, Row(UCSP, ACQUIRER, "PLACE_ORDER")),
            (1, Row(ACQUIRER, UCSP, "PLACE_ORDER 00")),
            (1, Row(UCSP, INDUSTRY, "SUBMIT_PAYMENT_ORDER 00")),
            (3, Row(UCSP, CHANNEL, "GET_CARD_LIST")),  # GET_CARD_INFO there
            (3, Row(CHANNEL, UCSP, "GET_CARD_LIST 00")),
            (3, Row(UCSP, CHANNEL, "GET_CARD_PAYLOAD")),
            (3, Row(CHANNEL, UCSP, "GET_CARD_PAYLOAD 00")),
            (4, Row(ACQUIRER, UCSP, "PAYMENT_RESULT")),  # "receives the payment result from downstream system"
            (4, Row(UCSP, ACQUIRER, "PAYMENT_RESULT 00")),
            (4, Row(UCSP, INDUSTRY, "PAYMENT_RESULT_NOTICE")),
            (4, Row(INDUSTRY, UCSP, "PAYMENT_RESULT_NOTICE 00")),
            (4, Row(UCSP, CHANNEL, "PAYMENT_RESULT_NOTICE")),
            (4, Row(CHANNEL, UCSP, "PAYMENT_RESULT_NOTICE 00")),
            (5, Row(INDUSTRY, UCSP, "PAYMENT_RESULT_INQUIRY")),
            (5, Row(UCSP, INDUSTRY, "PAYMENT_RESULT_INQUIRY 00")),
        ),
        off=(2,),
    ),
)
