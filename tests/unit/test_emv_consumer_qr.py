"""Consumer-presented codes: EMVCo CPM 1.1, the UnionPay profile and the bar code form (PROTOCOL 3.2)."""

from __future__ import annotations

import traceback
from base64 import b64decode, b64encode

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unionhub.domain.model.qr.consumer import (
    AID_CREDIT,
    AID_DEBIT,
    MAX_CHARS,
    ConsumerQr,
    Track2,
    UnionPayCode,
    build_emv,
    encode,
    is_barcode,
    is_emv_cpm,
    parse_emv,
    unionpay_code,
)
from unionhub.domain.model.qr.faults import QrError, QrFault
from unionhub.domain.model.qr.tlv import BerTlv, read_ber, write_ber

B1 = "hQVDUFYwMWEaTwegAAAAVVVVVw8SNFZ4kBI0WNGRIgESNF8="
B2 = (
    "hQVDUFYwMWETTwegAAAAVVVVUAhQcm9kdWN0MWETTwegAAAAZmZmUAhQcm9kdWN0MmJJWggSNFZ4kBI0WF8gDkNBUkRIT0xERVIvRU1WXy0IcnVlc2Rl"
    "ZW5kIZ8QBwYBCgMAAACfJghYT9OF+iNLzJ82AgABnzcEbVjvEw=="
)
B1_HEX = "85054350563031611A4F07A0000000555555570F1234567890123458D191220112345F"
B2_HEX = (
    "8505435056303161134F07A0000000555555500850726F647563743161134F07A0000000666666500850726F647563743262495A081234567890"
    "1234585F200E43415244484F4C4445522F454D565F2D08727565736465656E64219F100706010A030000009F2608584FD385FA234BCC9F360200"
    "019F37046D58EF13"
)
UNIONPAY = {
    "SCIS sample": (
        "hQVDUFYwMWFYTwigAAADMwEBAVcTYpJhA1hEQzVkHSIQIBAAABiAH180AQBjM58mCFaLEtnaC9l/nycBgJ8QEQcAAQOgAAABCDM5OTk5OTk5nzYC"
        "AAGCAgAAnzcE6gZYyA==",
        UnionPayCode(
            aid="A000000333010101",
            token="6292610358444335641",
            expiry="2210",
            ins_id="39999999",
            atc=1,
            cryptogram=bytes.fromhex("568B12D9DA0BD97F"),
            unpredictable_number=bytes.fromhex("EA0658C8"),
        ),
    ),
    "notification": (
        "hQVDUFYwMWFWTwigAAADMwEBAlcRYmNgBxV2VVTSMRIBAAABiAFfNAEAYzOfJghWitzXodVnep8nAYCfEBEHAAEDoAAAAQgzOTk5MDE1N582AgAF"
        "ggIAAJ83BGNSX74=",
        UnionPayCode(
            aid="A000000333010102",
            token="6263600715765554",
            expiry="2311",
            ins_id="39990157",
            atc=5,
            cryptogram=bytes.fromhex("568ADCD7A1D5677A"),
            unpredictable_number=bytes.fromhex("63525FBE"),
        ),
    ),
    "additional processing": (
        "hQVDUFYwMWFWTwigAAADMwEBAVcRYpJgNFBhgBfSQBIBAAABiAFfNAEAYzOfJghWir8H7WFiHJ8nAYCfEBEHAAEDoAAAAQgzOTk5MDE1N582AgBE"
        "ggIAAJ83BFcS5+Q=",
        UnionPayCode(
            aid="A000000333010101",
            token="6292603450618017",
            expiry="2401",
            ins_id="39990157",
            atc=0x44,
            cryptogram=bytes.fromhex("568ABF07ED61621C"),
            unpredictable_number=bytes.fromhex("5712E7E4"),
        ),
    ),
    "TlvTest": (
        "hQVDUFYwMWFWTwigAAADMwEBAlcRYpJpBjMXaHLTAQIBAAABiAFfNAEAYzOfJghWiw0DPsFfEJ8nAYCfEBEHAAEDoAAAAQgzOTk5MDMxM582Av4+"
        "ggIAAJ83BADpyoQ=",
        UnionPayCode(
            aid="A000000333010102",
            token="6292690633176872",
            expiry="3010",
            ins_id="39990313",
            atc=0xFE3E,
            cryptogram=bytes.fromhex("568B0D033EC15F10"),
            unpredictable_number=bytes.fromhex("00E9CA84"),
        ),
    ),
}
SAMPLE, SAMPLE_CODE = UNIONPAY["SCIS sample"]
each_unionpay = pytest.mark.parametrize(("text", "code"), UNIONPAY.values(), ids=UNIONPAY)
EVERY_TEXT = [B1, B2, *(text for text, _ in UNIONPAY.values())]


# --- tools that owe nothing to the code under test --------------------------------------------------------------------


def tlv(tag: str, value: bytes | str) -> bytes:
    """One object; text values are hexadecimal."""
    data = bytes.fromhex(value) if isinstance(value, str) else value
    form = "{:02X}" if len(data) < 128 else "81{:02X}" if len(data) < 256 else "82{:04X}"
    return bytes.fromhex(tag + form.format(len(data))) + data


def text_of(*parts: bytes) -> str:
    """85 CPV01 and what follows, as base64."""
    return b64encode(tlv("85", b"CPV01") + b"".join(parts)).decode()


def application(*parts: bytes) -> bytes:
    return tlv("61", b"".join(parts))


AID = tlv("4F", AID_DEBIT)
TRACK2 = tlv("57", "6292610358444335641D22102010000018801F")
SEQUENCE = tlv("5F34", "00")
CHIP = {
    "9F26": "568B12D9DA0BD97F",
    "9F27": "80",
    "9F10": "07000103A0000001083339393939393939",
    "9F36": "0001",
    "82": "0000",
    "9F37": "EA0658C8",
}


def chip(**changes: str | None) -> bytes:
    """Template 63 of the sample with objects replaced (`_82="00"`) or left out."""
    values = CHIP | {name[1:]: value for name, value in changes.items()}
    return tlv("63", b"".join(tlv(tag, value) for tag, value in values.items() if value is not None))


def fault_of(text: str) -> tuple[QrFault, str]:
    with pytest.raises(QrError) as caught:
        unionpay_code(parse_emv(text))
    return caught.value.fault, caught.value.path


# --- good codes -------------------------------------------------------------------------------------------------------


def test_the_tools_make_the_sample() -> None:
    assert text_of(application(AID, TRACK2, SEQUENCE, chip())) == SAMPLE


@pytest.mark.parametrize("text", EVERY_TEXT)
def test_every_code_is_recognised_and_rebuilt_byte_for_byte(text: str) -> None:
    assert is_emv_cpm(text)
    assert encode(parse_emv(text)) == text


@pytest.mark.parametrize(("text", "data"), [(B1, B1_HEX), (B2, B2_HEX)])
def test_annex_b_payloads_are_what_emvco_prints(text: str, data: str) -> None:
    assert b64decode(encode(parse_emv(text))).hex().upper() == data


@each_unionpay
def test_unionpay_codes_member_by_member(text: str, code: UnionPayCode) -> None:
    assert unionpay_code(parse_emv(text)) == code
    assert (code.service_code, code.discretionary, code.pan_sequence) == ("201", "0000018801", "00")


@each_unionpay
def test_unionpay_codes_are_built_byte_for_byte_from_their_values(text: str, code: UnionPayCode) -> None:
    assert build_emv(code) == text


def test_annex_b_1_has_one_application_with_track_2() -> None:
    qr = parse_emv(B1)
    assert len(qr.applications) == 1
    assert qr.common is None
    assert qr.aid() == "A0000000555555"
    assert qr.pan() == "1234567890123458"
    assert qr.track2() == Track2(pan="1234567890123458", expiry="1912", service_code="201", discretionary="12345")


def test_annex_b_2_has_two_applications_and_what_they_have_in_common() -> None:
    qr = parse_emv(B2)
    assert [qr.aid(at) for at in (0, 1)] == ["A0000000555555", "A0000000666666"]
    assert [qr.value("50", at) for at in (0, 1)] == [b"Product1", b"Product2"]
    assert qr.value("5F20", 1) == b"CARDHOLDER/EMV"
    assert qr.track2(1) is None
    assert [qr.pan(at) for at in (0, 1)] == ["1234567890123458"] * 2
    assert len(qr.value("64") or b"") == 33


@pytest.mark.parametrize(
    ("poi_aid", "expected"),
    [
        ("A0000000555555", 0),
        ("A0000000666666", 1),
        ("a0000000666666", 1),
        ("A00000006666", 1),
        ("A000000066666601", None),
        ("A000000033", None),
        ("A0000000", 0),
    ],
)
def test_an_aid_selects_as_a_whole_or_as_a_prefix(poi_aid: str, expected: int | None) -> None:
    assert parse_emv(B2).select(poi_aid) == expected


UNKNOWN = tlv("DF01", b"?")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(text_of(application(AID, TRACK2, UNKNOWN, chip())), id="unknown primitive in 61"),
        pytest.param(text_of(application(AID, TRACK2, tlv("E1", b""), tlv("E1", b""))), id="unknown templates twice"),
        pytest.param(text_of(application(AID, TRACK2), UNKNOWN, tlv("E1", b"not opened")), id="objects after the last"),
        pytest.param(text_of(application(AID, TRACK2), application(AID, TRACK2)), id="two that share nothing"),
        pytest.param(text_of(application(AID), application(AID), tlv("62", TRACK2)), id="track 2 in common"),
        pytest.param(text_of(application(AID, TRACK2), application(AID, TRACK2), tlv("62", b"")), id="62 is empty"),
        pytest.param(text_of(application(AID, TRACK2, tlv("63", b"\xff" * 200))), id="63 is a blob"),
        pytest.param(text_of(application(AID, tlv("5A", "1234567890123456789F"))), id="PAN of 19 in 5A"),
        pytest.param(text_of(application(AID, TRACK2, tlv("DF7F", bytes(300)))), id="lengths of two bytes"),
    ],
)
def test_unknown_objects_are_tolerated_and_kept(text: str) -> None:
    assert encode(parse_emv(text)) == text


@pytest.mark.parametrize("edge", [0, 1])
def test_lengths_at_their_edges_are_accepted(edge: int) -> None:
    objects = [tlv(tag, bytes(bounds[edge])) for tag, bounds in LENGTHS.items()]
    text = text_of(application(tlv("4F", bytes((5, 16)[edge])), tlv("5A", ("12", "1234567890123456789F")[edge]), *objects))
    assert encode(parse_emv(text)) == text


def test_a_longer_form_of_a_length_is_read_and_written_in_the_shortest() -> None:
    long_form = text_of(b"\x61\x81" + application(AID, TRACK2)[1:])
    assert encode(parse_emv(long_form)) == text_of(application(AID, TRACK2))


@pytest.mark.parametrize(
    ("length", "written"), [(0, "00"), (127, "7F"), (128, "8180"), (255, "81FF"), (256, "820100"), (65535, "82FFFF")]
)
def test_lengths_are_written_in_their_shortest_form(length: int, written: str) -> None:
    item = BerTlv(tag="DF01", value=bytes(length))
    assert write_ber([item]) == bytes.fromhex("DF01" + written) + bytes(length)
    assert read_ber(write_ber([item])) == (item,)


def test_unionpay_may_be_the_second_application() -> None:
    other = application(tlv("4F", "A0000000555555"), TRACK2)
    qr = parse_emv(text_of(other, application(AID, TRACK2, SEQUENCE, chip())))
    assert unionpay_code(qr) == SAMPLE_CODE


def test_the_pan_sequence_number_may_be_absent() -> None:
    code = unionpay_code(parse_emv(text_of(application(AID, TRACK2, chip()))))
    assert code.pan_sequence is None
    assert build_emv(code) == text_of(application(AID, TRACK2, chip()))


def test_a_coupon_or_anything_else_in_63_is_no_obstacle() -> None:
    assert unionpay_code(parse_emv(text_of(application(AID, TRACK2, SEQUENCE, chip(_9F60="0102"))))) == SAMPLE_CODE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("6236098835899996543", True),  # spec sample; not Luhn-valid
        ("6200000000000000000", True),
        ("623609883589999654", False),
        ("62360988358999965430", False),
        ("6136098835899996543", False),
        ("6236098835899996543\n", False),
        (" 236098835899996543", False),
        ("62٣6098835899996543", False),
        ("", False),
    ],
)
def test_the_bar_code_form(text: str, expected: bool) -> None:
    assert is_barcode(text) is expected


@pytest.mark.parametrize("text", ["", "hQVDUF", "HQVDUFY", " hQVDUFY", "6236098835899996543", "00020101021215"])
def test_other_codes_are_not_emv_consumer_codes(text: str) -> None:
    assert not is_emv_cpm(text)


# --- broken codes -----------------------------------------------------------------------------------------------------

GOOD = application(AID, TRACK2, SEQUENCE, chip())
OTHER = application(tlv("4F", "A0000000555555"), TRACK2)
LENGTHS = {"50": (1, 16), "5F20": (2, 26), "5F2D": (2, 8), "9F08": (2, 2), "9F19": (6, 6), "9F24": (29, 29), "9F25": (2, 2)}


def with_track2(data: str) -> str:
    return text_of(application(AID, tlv("57", data), chip()))


BROKEN = [
    ("A" * MAX_CHARS, QrFault.NOT_BASE64, ""),
    ("A" * (MAX_CHARS + 1), QrFault.TOO_LONG, ""),
    ("hQVDUFY", QrFault.NOT_BASE64, ""),
    (SAMPLE.rstrip("="), QrFault.NOT_BASE64, ""),
    (SAMPLE.replace("/", "_"), QrFault.NOT_BASE64, ""),
    (SAMPLE + "\n", QrFault.NOT_BASE64, ""),
    (SAMPLE[:-3] + "B==", QrFault.NOT_BASE64, ""),  # the same bytes, another text
    ("\ud83d", QrFault.NOT_BASE64, ""),
    ("ｈQVDUFY=", QrFault.NOT_BASE64, ""),
    ("", QrFault.MISSING_PAYLOAD_FORMAT, "85"),
    (b64encode(GOOD).decode(), QrFault.MISSING_PAYLOAD_FORMAT, "85"),
    (b64encode(GOOD + tlv("85", b"CPV01")).decode(), QrFault.PAYLOAD_FORMAT_NOT_FIRST, "85"),
    (b64encode(tlv("85", b"CPV02") + GOOD).decode(), QrFault.PAYLOAD_FORMAT_INVALID, "85"),
    (b64encode(tlv("85", b"CPV0") + GOOD).decode(), QrFault.PAYLOAD_FORMAT_INVALID, "85"),
    (text_of(GOOD, b"\x00"), QrFault.TAG_INVALID, ""),
    (text_of(GOOD, b"\x9f"), QrFault.TAG_INVALID, ""),
    (text_of(GOOD, b"\x9f\xff\xff\x01\x00"), QrFault.TAG_INVALID, ""),
    (text_of(application(AID, b"\x5f")), QrFault.TAG_INVALID, "61"),
    (text_of(GOOD, b"\x9f\x10"), QrFault.HEADER_TRUNCATED, "9F10"),
    (text_of(GOOD, b"\x50\x80\x00\x00"), QrFault.LENGTH_INVALID, "50"),  # the indefinite form
    (text_of(GOOD, b"\x50\x83\x00\x00\x00"), QrFault.LENGTH_INVALID, "50"),
    (text_of(GOOD, b"\x50\x82\x01"), QrFault.LENGTH_INVALID, "50"),
    (text_of(GOOD)[:-8], QrFault.LENGTH_OVERRUN, "61"),
    (text_of(application(AID, b"\x57\x7f\x62")), QrFault.LENGTH_OVERRUN, "61.57"),
    (text_of(GOOD, tlv("85", b"CPV01")), QrFault.DUPLICATE_TAG, "85"),
    (text_of(GOOD, UNKNOWN, UNKNOWN), QrFault.DUPLICATE_TAG, "DF01"),
    (text_of(application(AID, TRACK2, TRACK2)), QrFault.DUPLICATE_TAG, "61.57"),
    (text_of(application(AID, TRACK2, chip(), chip())), QrFault.DUPLICATE_TAG, "61.63"),
    (text_of(OTHER, application(AID, TRACK2, AID)), QrFault.DUPLICATE_TAG, "61#2.4F"),
    (text_of(OTHER, GOOD, tlv("62", TRACK2)), QrFault.DUPLICATE_TAG, "62.57"),
    (text_of(OTHER, GOOD, tlv("62", b""), tlv("62", b"")), QrFault.DUPLICATE_TAG, "62"),
    (text_of(), QrFault.MISSING_APPLICATION, "61"),
    (text_of(tlv("62", TRACK2)), QrFault.MISSING_APPLICATION, "61"),
    (text_of(GOOD, GOOD, GOOD), QrFault.TOO_MANY_APPLICATIONS, "61"),
    (text_of(tlv("62", b""), GOOD, GOOD), QrFault.TEMPLATE_ORDER, "61"),
    (text_of(GOOD, tlv("62", b""), GOOD), QrFault.TEMPLATE_ORDER, "61"),
    (text_of(GOOD, UNKNOWN, GOOD), QrFault.TEMPLATE_ORDER, "61"),
    (text_of(GOOD, GOOD, UNKNOWN, tlv("62", b"")), QrFault.TEMPLATE_ORDER, "61"),
    (text_of(UNKNOWN, GOOD), QrFault.TEMPLATE_ORDER, "61"),
    (text_of(GOOD, tlv("62", b"")), QrFault.COMMON_TEMPLATE_UNEXPECTED, "62"),
    (text_of(application(TRACK2)), QrFault.MISSING_AID, "61.4F"),
    (text_of(GOOD, application(TRACK2)), QrFault.MISSING_AID, "61#2.4F"),
    (text_of(application(), application(), tlv("62", AID + TRACK2)), QrFault.MISSING_AID, "61.4F"),
    (text_of(application(AID, chip())), QrFault.MISSING_ACCOUNT_DATA, "61.57"),
    (text_of(GOOD, application(AID)), QrFault.MISSING_ACCOUNT_DATA, "61#2.57"),
    (text_of(application(tlv("4F", "A0000003"), TRACK2)), QrFault.VALUE_TOO_SHORT, "61.4F"),
    (text_of(application(tlv("4F", bytes(17)), TRACK2)), QrFault.VALUE_TOO_LONG, "61.4F"),
    (text_of(application(AID, tlv("5A", ""))), QrFault.VALUE_TOO_SHORT, "61.5A"),
    (text_of(application(AID, tlv("5A", "11" * 11))), QrFault.VALUE_TOO_LONG, "61.5A"),
    *(
        (text_of(application(AID, TRACK2, tlv(tag, bytes(low - 1)))), QrFault.VALUE_TOO_SHORT, f"61.{tag}")
        for tag, (low, _) in LENGTHS.items()
    ),
    *(
        (text_of(application(AID, TRACK2, tlv(tag, bytes(high + 1)))), QrFault.VALUE_TOO_LONG, f"61.{tag}")
        for tag, (_, high) in LENGTHS.items()
    ),
    (text_of(OTHER, GOOD, tlv("62", tlv("9F08", b"\x00"))), QrFault.VALUE_TOO_SHORT, "62.9F08"),
    (with_track2(""), QrFault.VALUE_TOO_SHORT, "61.57"),
    (with_track2("6292610358444335641D22102010000018801123"), QrFault.VALUE_TOO_LONG, "61.57"),
    (with_track2("62926103584443356412D2210201000F"), QrFault.TRACK2_INVALID, "61.57"),  # a PAN of 20
    (with_track2("D22102010000018801"), QrFault.TRACK2_INVALID, "61.57"),
    (with_track2("6292610358444335641D22132010"), QrFault.TRACK2_INVALID, "61.57"),  # month 13
    (with_track2("6292610358444335641D22002010"), QrFault.TRACK2_INVALID, "61.57"),
    (with_track2("6292610358444335641D221020"), QrFault.TRACK2_INVALID, "61.57"),
    (with_track2("6292610358444335641C22102010"), QrFault.TRACK2_INVALID, "61.57"),
    (with_track2("6292610358444335641D2210201FF0"), QrFault.TRACK2_INVALID, "61.57"),
    (with_track2("62926103584443356410"), QrFault.TRACK2_INVALID, "61.57"),
    (text_of(application(AID, tlv("5A", "12345678A0"))), QrFault.PAN_INVALID, "61.5A"),
    (text_of(application(AID, tlv("5A", "12345678FF"))), QrFault.PAN_INVALID, "61.5A"),
    (text_of(application(AID, tlv("5A", "12345678901234567890"))), QrFault.PAN_INVALID, "61.5A"),
    (B1, QrFault.NOT_UNIONPAY, "61.4F"),
    (text_of(application(AID, tlv("5A", "6292610358444335641F"), chip())), QrFault.MISSING_TRACK2, "61.57"),
    (text_of(application(AID, TRACK2)), QrFault.MISSING_CHIP_DATA, "61.63"),
    (text_of(OTHER, application(AID, TRACK2)), QrFault.MISSING_CHIP_DATA, "61#2.63"),
    *(
        (text_of(application(AID, TRACK2, chip(**{f"_{tag}": None}))), QrFault.MISSING_CHIP_DATA, f"61.63.{tag}")
        for tag in CHIP
    ),
    *(
        (text_of(application(AID, TRACK2, chip(**{f"_{tag}": value[2:]}))), QrFault.VALUE_TOO_SHORT, f"61.63.{tag}")
        for tag, value in CHIP.items()
        if tag != "9F10"
    ),
    *(
        (text_of(application(AID, TRACK2, chip(**{f"_{tag}": value + "00"}))), QrFault.VALUE_TOO_LONG, f"61.63.{tag}")
        for tag, value in CHIP.items()
        if tag != "9F10"
    ),
    (text_of(application(AID, TRACK2, tlv("63", tlv("82", "0000") * 2))), QrFault.DUPLICATE_TAG, "61.63.82"),
    (text_of(application(AID, TRACK2, tlv("63", "9F2608568B"))), QrFault.LENGTH_OVERRUN, "61.63.9F26"),
    *(
        (text_of(application(AID, TRACK2, chip(_9F10=data))), QrFault.ISSUER_DATA_INVALID, "61.63.9F10")
        for data in (
            "06010A03000000",
            "07000103A0000001",
            "06000103A0000001083339393939393939",
            "07000103A0000001073339393939393939",
            "07000103A00000010833393939393939",
            "07000103A000000108333939393939393939",
            "07000103A0000001083339393939393941",
            "07000103A00000010833393939393939FF",
        )
    ),
    (text_of(application(AID, TRACK2, tlv("5F34", "0A"), chip())), QrFault.PAN_SEQUENCE_INVALID, "61.5F34"),
    (text_of(application(AID, TRACK2, tlv("5F34", "0001"), chip())), QrFault.PAN_SEQUENCE_INVALID, "61.5F34"),
]


@pytest.mark.parametrize(("text", "fault", "path"), BROKEN)
def test_broken_codes_are_judged_by_name_and_place(text: str, fault: QrFault, path: str) -> None:
    assert fault_of(text) == (fault, path)


def test_an_error_carries_no_data() -> None:
    for text, fault, path in BROKEN:
        with pytest.raises(QrError) as caught:
            unionpay_code(parse_emv(text))
        assert str(caught.value) == (f"{fault.value} at {path}" if path else fault.value)
        assert "62926103" not in "".join(traceback.format_exception(caught.value))


def coded(**fields: object) -> UnionPayCode:
    return msgspec.structs.replace(SAMPLE_CODE, **fields)


UNBUILDABLE = [
    (coded(token="629261035844433564x"), QrFault.TRACK2_INVALID, "61.57"),
    (coded(token=""), QrFault.TRACK2_INVALID, "61.57"),
    (coded(token="6" * 20), QrFault.TRACK2_INVALID, "61.57"),
    (coded(expiry="2213"), QrFault.TRACK2_INVALID, "61.57"),
    (coded(discretionary="1" * 20), QrFault.VALUE_TOO_LONG, "61.57"),
    (coded(expiry="22101", service_code="20"), QrFault.NOT_REPRODUCIBLE, ""),
    (coded(ins_id="3999999"), QrFault.ISSUER_DATA_INVALID, "61.63.9F10"),
    (coded(ins_id="3999999\ud800"), QrFault.ISSUER_DATA_INVALID, "61.63.9F10"),
    (coded(issuer_data=bytes(8)), QrFault.ISSUER_DATA_INVALID, "61.63.9F10"),
    (coded(atc=0x10000), QrFault.ATC_INVALID, "61.63.9F36"),
    (coded(atc=-1), QrFault.ATC_INVALID, "61.63.9F36"),
    (coded(unpredictable_number=bytes(3)), QrFault.VALUE_TOO_SHORT, "61.63.9F37"),
    (coded(cryptogram=bytes(9)), QrFault.VALUE_TOO_LONG, "61.63.9F26"),
    (coded(cryptogram_information=b""), QrFault.VALUE_TOO_SHORT, "61.63.9F27"),
    (coded(interchange_profile=b""), QrFault.VALUE_TOO_SHORT, "61.63.82"),
    (coded(aid="A00000033301010"), QrFault.AID_INVALID, "61.4F"),
    (coded(aid="a000000333010101"), QrFault.AID_INVALID, "61.4F"),
    (coded(aid="A0000000555555"), QrFault.NOT_UNIONPAY, "61.4F"),
    (coded(pan_sequence="0"), QrFault.PAN_SEQUENCE_INVALID, "61.5F34"),
    (coded(pan_sequence="0A"), QrFault.PAN_SEQUENCE_INVALID, "61.5F34"),
]


@pytest.mark.parametrize(("code", "fault", "path"), UNBUILDABLE)
def test_what_could_not_be_read_back_is_not_written(code: UnionPayCode, fault: QrFault, path: str) -> None:
    with pytest.raises(QrError) as caught:
        build_emv(code)
    assert (caught.value.fault, caught.value.path) == (fault, path)


PLAIN = (BerTlv(tag="4F", value=bytes(7)), BerTlv(tag="5A", value=b"\x12\x34"))


@pytest.mark.parametrize(
    ("qr", "fault", "path"),
    [
        (ConsumerQr(applications=()), QrFault.MISSING_APPLICATION, "61"),
        (ConsumerQr(applications=(PLAIN,) * 3), QrFault.TOO_MANY_APPLICATIONS, "61"),
        (ConsumerQr(applications=(PLAIN,), common=()), QrFault.COMMON_TEMPLATE_UNEXPECTED, "62"),
        (ConsumerQr(applications=(PLAIN,), others=(BerTlv(tag="zz", value=b""),)), QrFault.TAG_INVALID, ""),
        (ConsumerQr(applications=((*PLAIN, BerTlv(tag="9F", value=b"\x81\x01")),)), QrFault.LENGTH_OVERRUN, "61.9F02"),
        (ConsumerQr(applications=((*PLAIN, BerTlv(tag="9F", value=b"\x01?")),)), QrFault.NOT_REPRODUCIBLE, ""),
        (ConsumerQr(applications=(PLAIN, PLAIN), others=(BerTlv(tag="62", value=b""),)), QrFault.NOT_REPRODUCIBLE, ""),
        (ConsumerQr(applications=(PLAIN,), others=(BerTlv(tag="C1", value=bytes(0x10000)),)), QrFault.VALUE_TOO_LONG, "C1"),
        (ConsumerQr(applications=(PLAIN,), others=(BerTlv(tag="C1", value=bytes(2900)),)), QrFault.TOO_LONG, ""),
    ],
)
def test_an_impossible_code_is_not_encoded(qr: ConsumerQr, fault: QrFault, path: str) -> None:
    with pytest.raises(QrError) as caught:
        encode(qr)
    assert (caught.value.fault, caught.value.path) == (fault, path)


def test_every_fault_of_a_consumer_code_has_a_row() -> None:
    names = list(QrFault)
    expected = set(names[names.index(QrFault.MISSING_APPLICATION) :]) | {
        QrFault.TOO_LONG,
        QrFault.NOT_BASE64,
        QrFault.HEADER_TRUNCATED,
        QrFault.TAG_INVALID,
        QrFault.LENGTH_INVALID,
        QrFault.LENGTH_OVERRUN,
        QrFault.DUPLICATE_TAG,
        QrFault.VALUE_TOO_SHORT,
        QrFault.VALUE_TOO_LONG,
        QrFault.NOT_REPRODUCIBLE,
        QrFault.MISSING_PAYLOAD_FORMAT,
        QrFault.PAYLOAD_FORMAT_INVALID,
        QrFault.PAYLOAD_FORMAT_NOT_FIRST,
    }
    assert {fault for _, fault, _ in BROKEN} | {fault for _, fault, _ in UNBUILDABLE} == expected


# --- nothing printed --------------------------------------------------------------------------------------------------


@each_unionpay
def test_repr_masks_the_token(text: str, code: UnionPayCode) -> None:
    qr = parse_emv(text)
    printed = f"{qr} {code} {qr.track2()!r} {code.__rich_repr__()} {qr.applications[0]!r} {qr.applications[0][1]}"
    assert code.token not in printed
    assert code.token[:4] + "*" * (len(code.token) - 8) + code.token[-4:] in printed
    assert code.token.encode().hex() not in printed
    assert repr(bytes.fromhex(code.token[:16])) not in printed
    assert repr(code.cryptogram) not in printed
    assert code.ins_id in printed


def test_a_short_number_is_hidden_whole() -> None:
    assert repr(Track2(pan="12345678901", expiry="2512", service_code="201", discretionary="")) == (
        "Track2(pan='********', expiry='2512', service_code='201', discretionary='********')"
    )


# --- properties -------------------------------------------------------------------------------------------------------

# A slow machine is no fault, nor is the table of Unicode that Hypothesis makes on its first run.
bounded = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TAGS = st.sampled_from(["50", "82", "9F10", "DF01", "DF8101", "C1", "E1", "BF0C"])
BER_OBJECTS = st.lists(st.builds(BerTlv, tag=TAGS, value=st.binary(max_size=300)), max_size=5).map(tuple)


def number(low: int, high: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=low, max_size=high)


CODES = st.builds(
    UnionPayCode,
    aid=st.sampled_from([AID_DEBIT, AID_CREDIT]),
    token=number(1, 19),
    expiry=st.dates().map(lambda day: f"{day.year % 100:02}{day.month:02}"),
    service_code=number(3, 3),
    discretionary=number(0, 10),
    ins_id=number(8, 8),
    atc=st.integers(0, 0xFFFF),
    pan_sequence=st.none() | number(2, 2),
    unpredictable_number=st.binary(min_size=4, max_size=4),
    cryptogram=st.binary(min_size=8, max_size=8),
    cryptogram_information=st.binary(min_size=1, max_size=1),
    issuer_data=st.binary(min_size=7, max_size=7),
    interchange_profile=st.binary(min_size=2, max_size=2),
)


@bounded
@given(CODES)
def test_whatever_is_built_reads_back_as_it_was(code: UnionPayCode) -> None:
    text = build_emv(code)
    assert is_emv_cpm(text)
    assert unionpay_code(parse_emv(text)) == code
    assert parse_emv(text).pan() == code.token


@bounded
@given(BER_OBJECTS)
def test_ber_objects_round_trip_in_their_order(objects: tuple[BerTlv, ...]) -> None:
    assert read_ber(write_ber(objects)) == objects


@bounded
@given(st.text(st.characters(), max_size=200) | st.text(st.characters(), max_size=50).map("hQVDUFY".__add__))
def test_arbitrary_text_raises_nothing_but_the_named_error(text: str) -> None:
    with pytest.raises(QrError):
        parse_emv(text)


@bounded
@given(st.sampled_from(EVERY_TEXT), st.integers(0, 120), st.integers(0, 3), st.binary(max_size=3))
def test_mutilated_codes_raise_nothing_but_the_named_error(text: str, at: int, cut: int, put: bytes) -> None:
    data = b64decode(text)
    try:
        qr = parse_emv(b64encode(data[:at] + put + data[at + cut :]).decode())
    except QrError:
        return
    assert parse_emv(encode(qr)) == qr
    try:
        code = unionpay_code(qr)
    except QrError:
        return
    assert unionpay_code(parse_emv(build_emv(code))) == code


@pytest.mark.parametrize("text", ["hQVDUFY" * 500_000, "\ud800" * 1_000_000, b64encode(b"\x61\x82\x08\x00" * 550).decode()])
def test_huge_text_is_refused(text: str) -> None:
    with pytest.raises(QrError):
        parse_emv(text)
