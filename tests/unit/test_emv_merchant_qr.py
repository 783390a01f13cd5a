"""Merchant-presented codes: EMVCo MPM 1.1 (PROTOCOL 3.1) and the UnionPay account inside (RULES section 4)."""

from __future__ import annotations

import traceback

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unionhub.domain.model.qr.faults import NoUnionPayAccount, QrError, QrFault
from unionhub.domain.model.qr.merchant import (
    MAX_CHARS,
    PROMPT,
    AdditionalData,
    ConsumerData,
    Initiation,
    LocalizedMerchant,
    MerchantQr,
    Template,
    TipIndicator,
    UnionPayAccount,
    build,
    one_time_reference,
    parse,
    unionpay_account,
)
from unionhub.domain.model.qr.tlv import DataObject, crc16, read_flat, write_flat

ANNEX_B = (
    "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115802CN5914BEST TRANSPORT6007BE"
    "IJING64200002ZH0104最佳运输0202北京540523.7253031565502016233030412340603***0708A60086670902ME91320016A0112233449988"
    "770708123456786304A13A"
)
MERCARI = (
    "00020101021229300012D156000000000510A93FO3230Q31280012D15600000001030812345678520441115303156540523.725502015802CN59"
    "14BEST TRANSPORT6007BEIJING6233030412340603***0708A60086670902ME64200002ZH0104最佳运输0202北京8036003239401ff0c21a45"
    "43a8ed5fbaa30ab02e81360032c2fbf6dd646f4f36b617f10747c0b96163046F32"
)
SCIS_SAMPLE = (
    "000201010211153125000344000203445000344701100015204701153033445802HK5916Discount Testing6008Hongkong6260012000000000"
    "0000000000000520000000000000000000000708888888886304F153"
)
KOREA = (
    "0002010102111531260004102600041071195812000000026310014D410000001401005091000054085204729953034105802KR5910NAISHUSIA"
    "T6013SEOUL MAPO-GU610504086625603091000054080515MQ202000004811006080000000007080000000164240002ko0104나이스샷0206서울 "
    "마포구63041331"
)
NEPAL = (
    "000201010212153137910524005204462103043357:273626500011fonepay.com01102103043357020627369206074457392520412345303524"
    "540515.005802NP5916N Cloud Pvt  Ltd6005Kaski622407062736920210985100793763047f0f"
)
CAMBODIA = (
    "00020101021215311234567812345678ABCDEFGHIJKLMNO29460015john_smith@devb0111855122334550208Dev Bank5204123453031165403"
    "1005802KH5910John Smith6010PHNOM PENH62670106#123450211855122334550311Coffee Shop0709Cashier_10810Buy coffee64290002"
    "km0108ចន ស្មីន0207ភ្នំពេញ993400131745915488053011341013543270006304FD7B"
)
DONGRI = "0002010102121516ABCDEF123456789052045311530339254039995802JP5906DONGRI6005TOKYO62240104hoge0504fuga0704piyo63043FE6"
SAMPLES = {
    "annex B": ANNEX_B,
    "mercari": MERCARI,
    "SCIS": SCIS_SAMPLE,
    "Korea": KOREA,
    "Nepal": NEPAL,
    "Cambodia": CAMBODIA,
    "dongri": DONGRI,
}
# A slow machine is no fault, nor is the table of Unicode that Hypothesis makes on its first run.
bounded = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
each_sample = pytest.mark.parametrize("payload", SAMPLES.values(), ids=SAMPLES)


# --- tools that owe nothing to the code under test --------------------------------------------------------------------


def crc_bit_by_bit(data: bytes) -> str:
    register = 0xFFFF
    for byte in data:
        register ^= byte << 8
        for _ in range(8):
            register = (register << 1) ^ (0x1021 if register & 0x8000 else 0)
            register &= 0xFFFF
    return f"{register:04X}"


def sealed(body: str) -> str:
    """The text with a right CRC behind it."""
    body += "6304"
    return body + crc_bit_by_bit(body.encode("utf-8", "surrogatepass"))


def flat(**values: str) -> str:
    """Objects from `_NN="value"`."""
    return "".join(f"{name[1:]}{len(value):02}{value}" for name, value in values.items())


GOOD = {
    "_00": "01",
    "_01": "11",
    "_15": "2500034400020344500034470110001",
    "_52": "7011",
    "_53": "344",
    "_58": "HK",
    "_59": "Discount Testing",
    "_60": "Hongkong",
}


def code(**changes: str | None) -> str:
    """A good code with objects replaced, added (`_54="1"`) or left out (`_52=None`)."""
    return sealed(flat(**{name: value for name, value in (GOOD | changes).items() if value is not None}))


def fault_of(payload: str) -> tuple[QrFault, str]:
    with pytest.raises(QrError) as caught:
        parse(payload)
    return caught.value.fault, caught.value.path


# --- CRC --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", "FFFF"), ("a", "9D77"), ("ab", "69F0"), ("abc", "514A"), ("abcd", "2CF6"), ("123456789", "29B1")],
)
def test_crc_check_values(text: str, expected: str) -> None:
    assert crc16(text) == expected


@bounded
@given(st.text())
def test_crc_equals_the_definition_over_utf8_bytes(text: str) -> None:
    assert crc16(text) == crc_bit_by_bit(text.encode())


def test_crc_refuses_what_has_no_bytes() -> None:
    with pytest.raises(QrError) as caught:
        crc16("ab\udc80")
    assert caught.value.fault is QrFault.NOT_UTF8


# --- good codes -------------------------------------------------------------------------------------------------------


@each_sample
def test_samples_keep_everything(payload: str) -> None:
    qr = parse(payload)
    again = build(qr)
    assert parse(again) == qr
    # The order of root objects is ours, lower-case CRCs become upper-case, and nothing else changes.
    assert leaves(again[:-8]) == leaves(payload[:-8])
    assert again[-4:] == crc_bit_by_bit(again[:-4].encode())


def leaves(text: str, path: str = "") -> dict[str, str]:
    """Every primitive by its path, templates opened, by a walk that owes nothing to the code under test."""
    found: dict[str, str] = {}
    start = 0
    while start < len(text):
        end = start + 4 + int(text[start + 2 : start + 4])
        name, value = text[start : start + 2], text[start + 4 : end]
        is_template = "26" <= name <= "51" or name in ("62", "64") or name >= "80"
        found |= leaves(value, f"{name}.") if is_template and not path else {path + name: value}
        start = end
    return found


@pytest.mark.parametrize("name", ["mercari", "SCIS", "Korea", "Cambodia", "dongri"])
def test_samples_written_by_identifier_are_rebuilt_byte_for_byte(name: str) -> None:
    assert build(parse(SAMPLES[name])) == SAMPLES[name]


def test_annex_b_member_by_member() -> None:
    assert parse(ANNEX_B) == MerchantQr(
        initiation=Initiation.DYNAMIC,
        account_templates=(
            Template(id="29", guid="D15600000000", members=(DataObject(id="05", value="A93FO3230Q"),)),
            Template(id="31", guid="D15600000001", members=(DataObject(id="03", value="12345678"),)),
        ),
        merchant_category_code="4111",
        country="CN",
        merchant_name="BEST TRANSPORT",
        merchant_city="BEIJING",
        localized=LocalizedMerchant(language="ZH", merchant_name="最佳运输", merchant_city="北京"),
        amount="23.72",
        currency="156",
        tip=TipIndicator.PROMPT,
        additional=AdditionalData(
            store_label="1234", customer_label=PROMPT, terminal_label="A6008667", consumer_data_request="ME"
        ),
        unreserved=(Template(id="91", guid="A011223344998877", members=(DataObject(id="07", value="12345678"),)),),
    )


def test_annex_b_prompts_and_requests() -> None:
    additional = parse(ANNEX_B).additional
    assert additional is not None
    assert additional.prompts == ("customer_label",)
    assert additional.requested == (ConsumerData.MOBILE, ConsumerData.EMAIL)


def test_a_code_is_built_from_what_a_merchant_knows() -> None:
    account = UnionPayAccount(acquirer_iin="25000344", forwarding_iin="00020344", merchant_id="500034470110001")
    qr = MerchantQr(
        initiation=Initiation.STATIC,
        accounts=(DataObject(id="15", value=account.as_value()),),
        merchant_category_code="7011",
        currency="344",
        country="HK",
        merchant_name="Discount Testing",
        merchant_city="Hongkong",
        additional=AdditionalData(bill_number="0" * 20, reference_label="0" * 20, terminal_label="88888888"),
    )
    assert build(qr) == SCIS_SAMPLE


def test_lengths_count_characters_not_bytes() -> None:
    localized = parse(CAMBODIA).localized
    assert localized is not None
    assert (localized.merchant_name, len(localized.merchant_name.encode())) == ("ចន ស្មីន", 22)


def test_a_lower_case_crc_is_read_and_never_written() -> None:
    assert NEPAL.endswith("63047f0f")
    assert parse(NEPAL) == parse(NEPAL[:-4] + "7F0F")
    upper = next(payload for n in range(99) if (payload := code(_59=f"Shop {n}"))[-4:].isalpha())
    assert build(parse(upper[:-4] + upper[-4:].lower())) == upper


def test_absent_point_of_initiation_stays_absent_and_is_not_dynamic() -> None:
    payload = code(_01=None)
    assert parse(payload).initiation is None
    assert not parse(payload).is_dynamic
    assert build(parse(payload)) == payload


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"_54": "98.73"}, id="amount with decimals"),
        pytest.param({"_54": "98"}, id="amount without"),
        pytest.param({"_54": "98."}, id="amount with a bare dot"),
        pytest.param({"_54": "0.01"}, id="smallest amount"),
        pytest.param({"_54": "9999999999999"}, id="amount of 13"),
        pytest.param({"_55": "01"}, id="tip asked"),
        pytest.param({"_55": "02", "_56": "0.5"}, id="fixed fee"),
        pytest.param({"_55": "03", "_57": "00.01"}, id="least percentage"),
        pytest.param({"_55": "03", "_57": "99.99"}, id="greatest percentage"),
        pytest.param({"_55": "03", "_57": "3"}, id="whole percentage"),
        pytest.param({"_59": "x" * 25, "_60": "y" * 15, "_61": "z" * 10}, id="texts at their longest"),
        pytest.param({"_02": "4000123456789012"}, id="another scheme's primitive"),
        pytest.param({"_25": " ~"}, id="both ends of ans"),
        pytest.param({"_15": None, "_51": flat(_00="x" * 32)}, id="guid of 32, nothing more"),
        pytest.param({"_26": flat(_00="a.b", _99="né")}, id="template members are not ours to judge"),
        pytest.param({"_26": flat(_05="1", _00="a.b")}, id="guid not first"),
        pytest.param({"_62": flat(_01=PROMPT, _08="p" * 25)}, id="prompt and 25 characters"),
        pytest.param({"_62": flat(_09="AME")}, id="all consumer data"),
        pytest.param({"_62": flat(_09="EA")}, id="consumer data in any order"),
        pytest.param({"_62": flat(_10="new", _49="\u00e9")}, id="RFU in 62"),
        pytest.param({"_62": flat(_50=flat(_00="a.b", _01="x"), _99=flat(_00="c.d"))}, id="payment systems in 62"),
        pytest.param({"_64": flat(_00="ko", _01="가" * 25, _02="나" * 15, _03="rfu")}, id="language template"),
        pytest.param({"_64": flat(_00="ZH", _01="x")}, id="language template without a city"),
        pytest.param({"_65": "\u202e", "_79": "0"}, id="RFU roots"),
        pytest.param({"_65": "最" * 99}, id="99 characters"),
        pytest.param({"_80": flat(_00="a.b"), "_99": flat(_00="c.d", _98="\n")}, id="unreserved templates"),
    ],
)
def test_every_form_is_accepted_and_kept(changes: dict[str, str | None]) -> None:
    payload = code(**changes)
    qr = parse(payload)
    assert parse(build(qr)) == qr
    assert leaves(build(qr)[:-8]) == leaves(payload[:-8])


def test_others_come_in_any_order() -> None:
    shuffled = flat(**{name: GOOD[name] for name in ("_00", "_60", "_53", "_15", "_59", "_52", "_58", "_01")})
    assert parse(sealed(shuffled)) == parse(code())


# --- broken codes -----------------------------------------------------------------------------------------------------

VECTORS = [
    (
        "0002010102121531250003440002034410000000000000652045972530334454031005802HK5913Test Merchant6002HK62600120000000"
        "0000000000000005200000000000000000000007080000001063045855",
        QrFault.CRC_MISMATCH,
        "63",
    ),
    (SCIS_SAMPLE.replace("Discount Testing", "DiscountTesting"), QrFault.CRC_MISMATCH, "63"),
    ("ABC", QrFault.TOO_SHORT, ""),
    (
        "00020101021126150011jonhsmith@nbcq5204599953031165802KH5912Jonh Smith6010Phnom Penh63046D28",
        QrFault.CRC_MISMATCH,
        "63",
    ),
    ("00020101021230190015", QrFault.CRC_MISSING, "63"),
    (
        "00020101021252045999530384054035.05802KH5916john smith actor6010Phnom Penh62150111Invoice#06999170013161343857589"
        "263042494",
        QrFault.MISSING_MERCHANT_ACCOUNT,
        "02-51",
    ),
    (
        "01021230190015john_smith@devb52045999530384054035.05802KH5916john smith actor6010Phnom Penh62150111Invoice#069991"
        "70013161343857589263044598",
        QrFault.MISSING_PAYLOAD_FORMAT,
        "00",
    ),
    (
        "00020101021329180014vandoeurn@devb52045999530384054031015802KH5909Vandoeurn6010Phnom Penh99340013172724936497401"
        "1317272494849746304DCEF",
        QrFault.POINT_OF_INITIATION_INVALID,
        "01",
    ),
    (
        "00020101021229190015john_smith@devb530384054035.05802KH5916john smith actor6010Phnom Penh62150111Invoice#0699917"
        "001316134385758926304F926",
        QrFault.MISSING_MERCHANT_CATEGORY_CODE,
        "52",
    ),
    (
        "00020101021129180014jonhsmith@nbcq52041A2B53031165802KH5910Jonh Smith6010Phnom Penh6304F7FD",
        QrFault.MERCHANT_CATEGORY_CODE_INVALID,
        "52",
    ),
    ("00020101021229190015john_smith@devb52045999530488406304FEA6", QrFault.VALUE_TOO_LONG, "53"),
    ("00020101021229190015john_smith@devb52045999530384054035.05803KKH63042FD2", QrFault.VALUE_TOO_LONG, "58"),
    (
        "00020101021229190015john_smith@devb52045999530384054035.05802KH6010Phnom Penh62150111Invoice#0699917001316134385"
        "7589263043518",
        QrFault.MISSING_MERCHANT_NAME,
        "59",
    ),
    (
        "00020101021230410015john_smith@devb01061234560208Dev Bank5204599953038405405100.05802KH5910John Smith6010PHNOM PE"
        "NH62740127#123456789012345678901234560211855122334550311Coffee Shop0709Cashier_199170013162624810862363040A18",
        QrFault.VALUE_TOO_LONG,
        "62.01",
    ),
]

BODY = flat(**GOOD)
BROKEN = [
    ("", QrFault.TOO_SHORT, ""),
    (sealed("00020"), QrFault.TOO_SHORT, ""),
    ("0" * MAX_CHARS, QrFault.CRC_MISSING, "63"),
    ("0" * (MAX_CHARS + 1), QrFault.TOO_LONG, ""),
    (code(_59="Caf\ud83d"), QrFault.NOT_UTF8, ""),
    (code(_26="001"), QrFault.HEADER_TRUNCATED, "26"),
    (sealed(BODY + "ab02xx"), QrFault.ID_INVALID, ""),
    (sealed(BODY + "６１02xx"), QrFault.ID_INVALID, ""),  # full-width digits are digits, but not ASCII
    (code(_26="x001a"), QrFault.ID_INVALID, "26"),
    (sealed(BODY + "611xz"), QrFault.LENGTH_INVALID, "61"),
    (sealed(BODY + "61٠٢xx"), QrFault.LENGTH_INVALID, "61"),
    (sealed(BODY + "61+2xx"), QrFault.LENGTH_INVALID, "61"),
    (sealed(BODY + "6100"), QrFault.LENGTH_ZERO, "61"),
    (code(_62="0100"), QrFault.LENGTH_ZERO, "62.01"),
    (sealed(BODY + "6199xx"), QrFault.LENGTH_OVERRUN, "61"),
    (code(_62="0109xx"), QrFault.LENGTH_OVERRUN, "62.01"),
    (sealed(BODY + "52045999"), QrFault.DUPLICATE_ID, "52"),
    (sealed(BODY + "6304FFFF"), QrFault.DUPLICATE_ID, "63"),
    (code(_62="0101a0101b"), QrFault.DUPLICATE_ID, "62.01"),
    (code(_26=flat(_00="a") + "0001b"), QrFault.DUPLICATE_ID, "26.00"),
    (code(_62=flat(_50=flat(_00="a", _01="b") + "0101c")), QrFault.DUPLICATE_ID, "62.50.01"),
    (code(_52="123"), QrFault.VALUE_TOO_SHORT, "52"),
    (code(_53="84"), QrFault.VALUE_TOO_SHORT, "53"),
    (code(_01="1"), QrFault.VALUE_TOO_SHORT, "01"),
    (code(_00="011"), QrFault.VALUE_TOO_LONG, "00"),
    (code(_01="111"), QrFault.VALUE_TOO_LONG, "01"),
    (code(_52="70111"), QrFault.VALUE_TOO_LONG, "52"),
    (code(_55="011"), QrFault.VALUE_TOO_LONG, "55"),
    (code(_54="1" * 14), QrFault.VALUE_TOO_LONG, "54"),
    (code(_55="02", _56="1" * 14), QrFault.VALUE_TOO_LONG, "56"),
    (code(_55="03", _57="00.010"), QrFault.VALUE_TOO_LONG, "57"),
    (code(_59="x" * 26), QrFault.VALUE_TOO_LONG, "59"),
    (code(_60="x" * 16), QrFault.VALUE_TOO_LONG, "60"),
    (code(_61="x" * 11), QrFault.VALUE_TOO_LONG, "61"),
    (code(_26=flat(_00="x" * 33)), QrFault.VALUE_TOO_LONG, "26.00"),
    (code(_80=flat(_00="x" * 33)), QrFault.VALUE_TOO_LONG, "80.00"),
    *((code(_62=flat(**{f"_0{n}": "x" * 26})), QrFault.VALUE_TOO_LONG, f"62.0{n}") for n in range(1, 9)),
    (code(_62=flat(_09="AMEA")), QrFault.VALUE_TOO_LONG, "62.09"),
    (code(_64=flat(_00="zh", _01="最" * 26)), QrFault.VALUE_TOO_LONG, "64.01"),
    (code(_64=flat(_00="zh", _01="最", _02="京" * 16)), QrFault.VALUE_TOO_LONG, "64.02"),
    (code(_02="4000é"), QrFault.NOT_ANS, "02"),
    (code(_59="北京"), QrFault.NOT_ANS, "59"),
    (code(_60="Hong\tkong"), QrFault.NOT_ANS, "60"),
    (code(_61="\x7f"), QrFault.NOT_ANS, "61"),
    (code(_62=flat(_08="café")), QrFault.NOT_ANS, "62.08"),
    (code(_62=flat(_50=flat(_00="é"))), QrFault.NOT_ANS, "62.50.00"),
    (code(_00=None), QrFault.MISSING_PAYLOAD_FORMAT, "00"),
    (code(_00="02"), QrFault.PAYLOAD_FORMAT_INVALID, "00"),
    (sealed(flat(_01="11", _00="01") + flat(**GOOD)[12:]), QrFault.PAYLOAD_FORMAT_NOT_FIRST, "00"),
    (BODY, QrFault.CRC_MISSING, "63"),
    (code() + "6101x", QrFault.CRC_MISSING, "63"),
    (sealed(BODY + "8016" + flat(_00="abcd")), QrFault.CRC_MISSING, "63"),  # the tail belongs to 80
    (code()[:-4] + "00G0", QrFault.CRC_INVALID, "63"),
    (code()[:-4] + "٠٠٠٠", QrFault.CRC_INVALID, "63"),
    (code().replace("344", "840"), QrFault.CRC_MISMATCH, "63"),
    (code(_01="13"), QrFault.POINT_OF_INITIATION_INVALID, "01"),
    (code(_01="21"), QrFault.POINT_OF_INITIATION_INVALID, "01"),
    (code(_15=None), QrFault.MISSING_MERCHANT_ACCOUNT, "02-51"),
    (code(_15=None, _26=flat(_01="x")), QrFault.MISSING_GUID, "26.00"),
    (code(_51=flat(_01="x")), QrFault.MISSING_GUID, "51.00"),
    (code(_80=flat(_01="x")), QrFault.MISSING_GUID, "80.00"),
    (code(_99=flat(_01="x")), QrFault.MISSING_GUID, "99.00"),
    (code(_62=flat(_99=flat(_01="x"))), QrFault.MISSING_GUID, "62.99.00"),
    (code(_52=None), QrFault.MISSING_MERCHANT_CATEGORY_CODE, "52"),
    (code(_52="12 4"), QrFault.MERCHANT_CATEGORY_CODE_INVALID, "52"),
    (code(_53=None), QrFault.MISSING_CURRENCY, "53"),
    (code(_53="HKD"), QrFault.CURRENCY_INVALID, "53"),
    *((code(_54=text), QrFault.AMOUNT_INVALID, "54") for text in ("98,73", "3 705", "-1", "1e3", ".", "1.2.3", "٣", "+1")),
    *((code(_54=text), QrFault.AMOUNT_ZERO, "54") for text in ("0", "0.00", "000.", "0000000000000")),
    (code(_55="04"), QrFault.TIP_INDICATOR_INVALID, "55"),
    (code(_55="00"), QrFault.TIP_INDICATOR_INVALID, "55"),
    (code(_55="02", _56="1,5"), QrFault.FIXED_FEE_INVALID, "56"),
    (code(_55="02", _56="0.00"), QrFault.FIXED_FEE_INVALID, "56"),
    (code(_55="02"), QrFault.FIXED_FEE_MISSING, "56"),
    (code(_56="1"), QrFault.FIXED_FEE_UNEXPECTED, "56"),
    (code(_55="01", _56="1"), QrFault.FIXED_FEE_UNEXPECTED, "56"),
    (code(_55="03", _56="1", _57="1"), QrFault.FIXED_FEE_UNEXPECTED, "56"),
    *((code(_55="03", _57=text), QrFault.PERCENTAGE_FEE_INVALID, "57") for text in ("0", "0.00", "0.001", "100", "3%")),
    (code(_55="03"), QrFault.PERCENTAGE_FEE_MISSING, "57"),
    (code(_57="1"), QrFault.PERCENTAGE_FEE_UNEXPECTED, "57"),
    (code(_55="02", _56="1", _57="1"), QrFault.PERCENTAGE_FEE_UNEXPECTED, "57"),
    (code(_58=None), QrFault.MISSING_COUNTRY, "58"),
    (code(_58="1K"), QrFault.COUNTRY_INVALID, "58"),
    (code(_58="hk"), QrFault.COUNTRY_INVALID, "58"),
    (code(_59=None), QrFault.MISSING_MERCHANT_NAME, "59"),
    (code(_60=None), QrFault.MISSING_MERCHANT_CITY, "60"),
    *((code(_62=flat(_09=t)), QrFault.CONSUMER_DATA_REQUEST_INVALID, "62.09") for t in ("AA", "AMA", "X", "a", "***")),
    (code(_64=flat(_01="x")), QrFault.MISSING_LANGUAGE, "64.00"),
    (code(_64=flat(_00="z1", _01="x")), QrFault.LANGUAGE_INVALID, "64.00"),
    (code(_64=flat(_00="zh", _02="x")), QrFault.MISSING_LOCALIZED_NAME, "64.01"),
]


@pytest.mark.parametrize(("payload", "fault", "path"), VECTORS + BROKEN)
def test_broken_codes_are_judged_by_name_and_place(payload: str, fault: QrFault, path: str) -> None:
    assert fault_of(payload) == (fault, path)


def test_the_code_that_the_rows_are_made_from_is_good() -> None:
    assert parse(code()).account("15") == GOOD["_15"]
    assert parse(code()).account("16") is None


def test_one_changed_character_is_always_noticed() -> None:
    for at, was in enumerate(SCIS_SAMPLE):
        for now in "0~A":
            if now != was:
                with pytest.raises(QrError):
                    parse(SCIS_SAMPLE[:at] + now + SCIS_SAMPLE[at + 1 :])


def test_an_error_tells_fault_and_place_and_no_data() -> None:
    for payload, fault, path in VECTORS + BROKEN:
        with pytest.raises(QrError) as caught:
            parse(payload)
        assert str(caught.value) == (f"{fault.value} at {path}" if path else fault.value)
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None  # a chained UnicodeEncodeError would carry the whole text


# --- building ---------------------------------------------------------------------------------------------------------

PLAIN = parse(code())


def changed(**fields: object) -> MerchantQr:
    return msgspec.structs.replace(PLAIN, **fields)


UNBUILDABLE = [
    (changed(merchant_name=""), QrFault.LENGTH_ZERO, "59"),
    (changed(merchant_name="x" * 26), QrFault.VALUE_TOO_LONG, "59"),
    (changed(merchant_name="x" * 100), QrFault.VALUE_TOO_LONG, "59"),
    (changed(merchant_name="\ud800"), QrFault.NOT_UTF8, ""),
    (changed(amount="0"), QrFault.AMOUNT_ZERO, "54"),
    (changed(tip=TipIndicator.FIXED_FEE), QrFault.FIXED_FEE_MISSING, "56"),
    (changed(accounts=()), QrFault.MISSING_MERCHANT_ACCOUNT, "02-51"),
    (changed(additional=AdditionalData()), QrFault.LENGTH_ZERO, "62"),  # at least one member
    (changed(additional=AdditionalData(bill_number="")), QrFault.LENGTH_ZERO, "62.01"),
    (changed(accounts=(DataObject(id="1", value="x"),)), QrFault.ID_INVALID, ""),
    (changed(unreserved=(Template(id="80", guid="x", members=(DataObject(id="é1", value="x"),)),)), QrFault.ID_INVALID, "80"),
    (changed(unreserved=(Template(id="80", guid=""),)), QrFault.LENGTH_ZERO, "80.00"),
    (changed(accounts=PLAIN.accounts * 2), QrFault.DUPLICATE_ID, "15"),
    (changed(rfu=(DataObject(id="63", value="x"),)), QrFault.DUPLICATE_ID, "63"),
    (changed(rfu=(DataObject(id="16", value="x"),)), QrFault.NOT_REPRODUCIBLE, ""),
    (changed(unreserved=(Template(id="30", guid="x"),)), QrFault.NOT_REPRODUCIBLE, ""),
    (changed(accounts=(DataObject(id="26", value="0001x"),)), QrFault.NOT_REPRODUCIBLE, ""),
]


@pytest.mark.parametrize(("qr", "fault", "path"), UNBUILDABLE)
def test_what_could_not_be_read_back_is_not_written(qr: MerchantQr, fault: QrFault, path: str) -> None:
    with pytest.raises(QrError) as caught:
        build(qr)
    assert (caught.value.fault, caught.value.path) == (fault, path)


def test_every_fault_of_a_merchant_code_has_a_row() -> None:
    names = list(QrFault)
    consumer = set(names[names.index(QrFault.MISSING_APPLICATION) :])
    consumer |= {QrFault.NOT_BASE64, QrFault.TAG_INVALID, QrFault.DUPLICATE_TAG}
    rows = {fault for _, fault, _ in VECTORS + BROKEN} | {fault for _, fault, _ in UNBUILDABLE}
    assert rows | {QrFault.UNIONPAY_ACCOUNT_INVALID} == set(names) - consumer


# --- the UnionPay profile ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "acquirer", "forwarder", "merchant"),
    [
        ("SCIS", "25000344", "00020344", "500034470110001"),
        ("Korea", "26000410", "26000410", "711958120000000"),
        ("Nepal", "37910524", "00520446", "2103043357:2736"),
        ("Cambodia", "12345678", "12345678", "ABCDEFGHIJKLMNO"),
    ],
)
def test_id_15_is_two_iins_and_a_merchant(name: str, acquirer: str, forwarder: str, merchant: str) -> None:
    expected = UnionPayAccount(acquirer_iin=acquirer, forwarding_iin=forwarder, merchant_id=merchant)
    assert unionpay_account(parse(SAMPLES[name])) == expected


def test_other_schemes_identifiers_are_skipped() -> None:
    payload = code(_02="4000123456789012", _04="5" * 16, _16="another", _26=flat(_00="a.b"))
    assert unionpay_account(parse(payload)).merchant_id == "500034470110001"


@pytest.mark.parametrize(
    "payload",
    [
        ANNEX_B,
        DONGRI,
        code(_15=GOOD["_15"][:-1]),
        code(_15=GOOD["_15"] + "1"),
        code(_15=None, _16=GOOD["_15"]),
        code(_15=None, _02=GOOD["_15"]),
        code(_15=None, _26=flat(_00="a.b", _15=GOOD["_15"])),
    ],
    ids=["no 15", "16 characters", "30", "32", "ID 16 alone", "another scheme", "15 inside a template"],
)
def test_no_usable_account_is_another_error(payload: str) -> None:
    qr = parse(payload)
    with pytest.raises(NoUnionPayAccount) as caught:
        unionpay_account(qr)
    assert not isinstance(caught.value, QrError)
    assert GOOD["_15"][:-1] not in str(caught.value)


@pytest.mark.parametrize("name", ["SCIS", "Korea", "Cambodia"])
def test_as_value_writes_what_was_read(name: str) -> None:
    qr = parse(SAMPLES[name])
    assert unionpay_account(qr).as_value() == qr.account("15")


@pytest.mark.parametrize(
    ("acquirer", "forwarder", "merchant"),
    [
        ("37910524", "00520446", "2103043357:2736"),  # read in Nepal, never written
        ("3791052", "00520446", "2103043357X2736"),
        ("379105240", "0520446", "2103043357X2736"),  # 31 in all, but not 8 and 8
        ("3791052A", "00520446", "2103043357X2736"),
        ("37910524", "0052044٦", "2103043357X2736"),
        ("37910524", "00520446", "2103043357X273"),
        ("37910524", "00520446", "2103043357X2736\n"),
    ],
)
def test_as_value_writes_only_the_plain_form(acquirer: str, forwarder: str, merchant: str) -> None:
    account = UnionPayAccount(acquirer_iin=acquirer, forwarding_iin=forwarder, merchant_id=merchant)
    with pytest.raises(QrError) as caught:
        account.as_value()
    assert (caught.value.fault, caught.value.path) == (QrFault.UNIONPAY_ACCOUNT_INVALID, "15")


@pytest.mark.parametrize(
    ("initiation", "bill", "reference", "expected"),
    [
        ("12", "INV1", None, "INV1"),
        ("12", None, "REF1", "REF1"),
        ("12", "INV1", "REF1", "INV1"),
        ("12", PROMPT, "REF1", "REF1"),
        ("12", "0" * 20, "REF1", "REF1"),
        ("12", "000010", None, "000010"),
        ("12", "0", None, None),
        ("12", "0" * 20, "0" * 20, None),
        ("12", PROMPT, PROMPT, None),
        ("12", "   ", None, None),
        ("12", None, None, None),
        ("11", "INV1", "REF1", None),
        (None, "INV1", "REF1", None),
    ],
)
def test_a_dynamic_code_is_one_time_only_with_a_reference(
    initiation: str | None, bill: str | None, reference: str | None, expected: str | None
) -> None:
    labels = {name: value for name, value in (("_01", bill), ("_05", reference), ("_07", "88888888")) if value}
    assert one_time_reference(parse(code(_01=initiation, _62=flat(**labels)))) == expected


def test_without_62_there_is_no_reference() -> None:
    assert one_time_reference(parse(code(_01="12"))) is None


# --- nothing printed --------------------------------------------------------------------------------------------------


def test_repr_shows_no_number_of_a_card_or_a_person() -> None:
    private = {"_02": "4000123456789012", "_26": flat(_00="a.b", _01="85512233445566"), "_62": flat(_02="13800138000")}
    qr = parse(code(**private))
    printed = f"{qr} {qr!r} {qr.accounts[0]!r}"
    for number in ("4000123456789012", "85512233445566", "13800138000"):
        assert number not in printed
    assert "4000********9012" in printed
    assert "Discount Testing" in printed
    assert "4000123456789012" not in repr(qr.accounts[0].__rich_repr__())


def test_a_traceback_shows_no_data() -> None:
    secret = "4000123456789012"
    for payload in (code(_02=secret, _54="0"), code(_02=secret + "\ud800"), code(_02=secret)[:-1] + "Z"):
        with pytest.raises(QrError) as caught:
            parse(payload)
        assert secret not in "".join(traceback.format_exception(caught.value))


# --- properties -------------------------------------------------------------------------------------------------------

ANYTHING = st.text(st.characters(), max_size=300)  # lone surrogates too
TEXT_S = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


def ans(most: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=most)


def digits(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=count, max_size=count)


def objects(first: int, last: int, value: st.SearchStrategy[str], most: int = 3) -> st.SearchStrategy[tuple[DataObject, ...]]:
    one = st.builds(DataObject, id=st.integers(first, last).map("{:02}".format), value=value)
    return st.lists(one, max_size=most, unique_by=lambda item: item.id).map(tuple)


def templates(first: int, last: int, most: int = 2) -> st.SearchStrategy[tuple[Template, ...]]:
    one = st.builds(
        Template, id=st.integers(first, last).map("{:02}".format), guid=ans(12), members=objects(1, 99, TEXT_S, most)
    )
    return st.lists(one, max_size=most, unique_by=lambda item: item.id).map(tuple)


AMOUNTS = st.from_regex(r"[0-9]{1,6}(\.[0-9]{0,6})?", fullmatch=True).filter(lambda text: text.strip("0."))
LABELS = st.sampled_from(AdditionalData.__struct_fields__[:8])


@st.composite
def additional_data(draw: st.DrawFn) -> AdditionalData:
    labels = draw(st.dictionaries(LABELS, st.just(PROMPT) | ans(8), min_size=1, max_size=3))
    return AdditionalData(
        **labels,
        consumer_data_request=draw(st.none() | st.sampled_from(["A", "EM", "AME"])),
        others=draw(objects(10, 49, TEXT_S, 1)),
        payment_systems=tuple(
            Template(id=item, guid="a.b", members=()) for item in draw(st.lists(st.just("50") | st.just("99"), max_size=1))
        ),
    )


@st.composite
def merchant_codes(draw: st.DrawFn) -> MerchantQr:
    tip = draw(st.none() | st.sampled_from(TipIndicator))
    percentages = st.integers(1, 9999).map(lambda n: f"{n // 100:02}.{n % 100:02}")
    accounts = draw(objects(2, 25, ans(40)))
    account_templates = draw(templates(26, 51))
    return MerchantQr(
        initiation=draw(st.none() | st.sampled_from(Initiation)),
        accounts=accounts if accounts or account_templates else (DataObject(id="15", value=GOOD["_15"]),),
        account_templates=account_templates,
        merchant_category_code=draw(digits(4)),
        currency=draw(digits(3)),
        amount=draw(st.none() | AMOUNTS),
        tip=tip,
        fixed_fee=draw(AMOUNTS) if tip is TipIndicator.FIXED_FEE else None,
        percentage_fee=draw(percentages) if tip is TipIndicator.PERCENTAGE_FEE else None,
        country=draw(st.from_regex("[A-Z]{2}", fullmatch=True)),
        merchant_name=draw(ans(25)),
        merchant_city=draw(ans(15)),
        postal_code=draw(st.none() | ans(10)),
        additional=draw(st.none() | additional_data()),
        localized=draw(
            st.none()
            | st.builds(
                LocalizedMerchant,
                language=st.from_regex("[A-Za-z]{2}", fullmatch=True),
                merchant_name=TEXT_S,
                merchant_city=st.none() | TEXT_S,
                others=objects(3, 99, TEXT_S, 2),
            )
        ),
        rfu=draw(objects(65, 79, TEXT_S)),
        unreserved=draw(templates(80, 99)),
    )


@settings(bounded, max_examples=60)
@given(merchant_codes())
def test_whatever_is_built_reads_back_as_it_was(qr: MerchantQr) -> None:
    payload = build(qr)
    assert parse(payload) == qr
    assert build(parse(payload)) == payload
    assert payload.startswith("000201")
    assert payload[-8:] == "6304" + crc_bit_by_bit(payload[:-4].encode())


@bounded
@given(ANYTHING | ANYTHING.map(sealed) | ANYTHING.map(lambda text: sealed(BODY + text)) | ANYTHING.map(lambda t: code(_26=t)))
def test_arbitrary_text_raises_nothing_but_the_named_error(text: str) -> None:
    try:
        qr = parse(text)
    except QrError:
        return
    assert parse(build(qr)) == qr


@bounded
@given(st.sampled_from(list(SAMPLES.values())), st.integers(0, 300), st.integers(0, 4), st.text(st.characters(), max_size=4))
def test_mutilated_codes_with_a_right_crc_raise_nothing_but_the_named_error(payload: str, at: int, cut: int, put: str) -> None:
    body = payload[:-8]
    try:
        qr = parse(sealed(body[:at] + put + body[at + cut :]))
    except QrError:
        return
    assert parse(build(qr)) == qr


@pytest.mark.parametrize("text", ["0" * 1_000_000, "6304" * 500_000, "\ud800" * 1_000_000, "26" * 2000, sealed("0001" * 900)])
def test_huge_text_is_refused(text: str) -> None:
    with pytest.raises(QrError):
        parse(text)


@bounded
@given(objects(0, 99, TEXT_S, 8))
def test_flat_objects_round_trip_in_their_order(items: tuple[DataObject, ...]) -> None:
    assert read_flat(write_flat(items)) == items
