"""What each message means: its step in the sequence charts (RULES section 12), in a few words; and who the hub is in it."""

from __future__ import annotations

from typing import Final, NamedTuple

from unionhub.domain.model.parties import Role
from unionhub.domain.model.responses import RESPONSE_TEXTS
from unionhub.hosts.sandbox.catalog import SCIS, UCSP

PENDING: Final = "04"

PARTY: Final[dict[Role, str]] = {
    Role.APP_GATEWAY: "App Gateway",
    Role.ISSUER: "Core Bank",
    Role.ACQUIRER: "Acquirer",
    Role.CHANNEL: "Channel APP",
    Role.INDUSTRY: "Industry",
    Role.QR_PLATFORM: "QR Platform",
}
"""The charts' names for roles."""

LIFELINES: Final = ("App Gateway", "Core Bank", SCIS, "Acquirer", UCSP, "Channel APP", "Industry")
"""Left to right: each platform between those who speak with it, the acquirer where the two meet."""


class Step(NamedTuple):
    """`chart` and the numbers of request and answer as RULES section 12 has them: a number is empty for rows that are implied,
    `chart` for those of several charts. `asks` and `says` are what request and answer do."""

    chart: str
    number: str
    asks: str
    says: str
    answered: str = ""


CHART_NAMES: Final = {
    "S1": "Opening an account",
    "S2": "Using a given account",
    "S3": "Paying by a shop's code",
    "S4": "Paying by a URL code",
    "S5": "Paying with a shown code",
    "S6": "Paying a bill",
    "S7": "Being paid by a merchant",
    "S8": "Sending money",
    "U1": "Authorized login",
    "U2": "Card info",
    "U3": "Frontend payment",
    "X1": "An unknown outcome",
    "X2": "Giving back",
    "X3": "The two platforms meet",
    "I": "Looking something up",
}

_APP, _BANK, _ACQUIRER, _CHANNEL, _INDUSTRY = (
    PARTY[role] for role in (Role.APP_GATEWAY, Role.ISSUER, Role.ACQUIRER, Role.CHANNEL, Role.INDUSTRY)
)

_STEPS: Final[dict[tuple[str, str, str], Step]] = {
    # The wallet
    (_APP, SCIS, "KYC_VERIFICATION"): Step("S1", "1", "Who you are, sealed", "You are identified", "4"),
    (SCIS, _BANK, "KYC_VERIFICATION"): Step("S1", "2", "Sealed anew, for the bank", "The bank knows you", "3"),
    (_APP, SCIS, "OPEN_ACCOUNT"): Step("S1", "5", "An account, please", "Here is card and token", "8"),
    (SCIS, _BANK, "OPEN_ACCOUNT"): Step("S1", "6", "The bank opens it, once", "The account, sealed", "7"),
    (_APP, SCIS, "CARD_BALANCE_INQUIRY"): Step("I", "", "What is on the card?", "The balance"),
    (SCIS, _BANK, "BALANCE_INQUIRY"): Step("I", "", "The bank alone knows", "What is there now"),
    (_APP, SCIS, "CARDFACE_DOWNLOADING"): Step("I", "", "How does the card look?", "Its picture"),
    (_APP, SCIS, "CARD_ENROLLMENT"): Step("S2", "1", "A card for an account there is", "Card and token", "2"),
    # Login
    (_CHANNEL, UCSP, "GET_INDUSTRY_LIST"): Step("I", "", "Which services are there?", "The catalogue"),
    (_CHANNEL, UCSP, "CHANNEL_LOGIN_INFO"): Step("U1", "2", "Let my user in there", "The way in", "4"),
    (UCSP, _INDUSTRY, "INDUSTRY_LOGIN_INFO"): Step("U1", "", "Somebody comes: a ticket", "We let them in"),
    # The cashier
    (_INDUSTRY, UCSP, "SUBMIT_PAYMENT_ORDER"): Step("U3", "1", "My user orders this", "Send them to this cashier", "1"),
    (UCSP, _ACQUIRER, "PLACE_ORDER"): Step("U3", "1", "Put the order down", "It is down", "1"),
    (UCSP, _CHANNEL, "GET_CARD_LIST"): Step("U3", "3", "Which cards has your user?", "Masked, no numbers", "3"),
    (UCSP, _CHANNEL, "GET_CARD_PAYLOAD"): Step("U3", "3", "The chosen card, please", "Its token, sealed", "3"),
    (UCSP, _ACQUIRER, "PAY"): Step("U3", "3", "Collect the money for it", "Collected", "3"),
    (_ACQUIRER, UCSP, "PAYMENT_RESULT"): Step("U3", "4", "This is how it ended", "Noted", "4"),
    (UCSP, _INDUSTRY, "PAYMENT_RESULT_NOTICE"): Step("U3", "4", "The service is told", "Confirmed", "4"),
    (UCSP, _CHANNEL, "PAYMENT_RESULT_NOTICE"): Step("U3", "4", "The app is told", "Confirmed", "4"),
    (_INDUSTRY, UCSP, "PAYMENT_RESULT_INQUIRY"): Step("U3", "5", "No notice: how did it end?", "This is how it stands", "5"),
    (_INDUSTRY, UCSP, "GET_CARD_LIST"): Step("U2", "1.1", "Which cards has this user?", "Masked, no numbers", "1.4"),
    (_INDUSTRY, UCSP, "GET_CARD_PAYLOAD"): Step("U2", "3.1", "The chosen card, please", "Sealed for the service", "3.4"),
    # The meeting, and what can go wrong there
    (_ACQUIRER, SCIS, "TOKEN_PAYMENT"): Step("X3", "", "The token is a card of SCIS", "How it went"),
    (SCIS, _BANK, "DEBIT_TRANSACTION"): Step("", "", "Take it from the account", "The bank’s word"),
    (SCIS, _APP, "TRX_RESULT_NOTIFICATION"): Step("", "", "The wallet is told", "Confirmed"),
    (SCIS, _APP, "ADDITIONAL_PROCESSING"): Step("", "", "Above the limit: do they agree?", "We ask them"),
    (_APP, SCIS, "ADDITIONAL_PROCESSING_RESULT"): Step("", "", "They do", "Noted"),
    (SCIS, _BANK, "TRX_RESULT_INQUIRY"): Step("X1", "", "No answer: did you book it?", "This is booked, or not"),
    (SCIS, _BANK, "REVERSAL"): Step("X1", "", "Undo it, or bar it for ever", "Nothing is taken"),
    (UCSP, _ACQUIRER, "TRX_RESULT_INQUIRY"): Step("X1", "", "What became of the payment?", "This is how it stands"),
    (UCSP, _ACQUIRER, "REVERSAL"): Step("X1", "", "Undo the payment, or bar it", "Undone"),
    (UCSP, _ACQUIRER, "REFUND"): Step("X2", "", "Nobody wants it: give it back", "Given back"),
    (_ACQUIRER, SCIS, "TRX_RESULT_INQUIRY"): Step("", "", "How did our payment end?", "This is how it stands"),
    (_ACQUIRER, SCIS, "REVERSAL"): Step("X1", "", "Undo our payment, or bar it", "Undone"),
    (_ACQUIRER, SCIS, "REFUND"): Step("X2", "", "The shop gives money back", "Booked"),
    (_ACQUIRER, SCIS, "CANCELLATION"): Step("X2", "", "The payment is called off", "Booked back"),
    (SCIS, _BANK, "CREDIT_TRANSACTION"): Step("X2", "", "Book it to the account", "Booked"),
    (_APP, SCIS, "TRX_RESULT_INQUIRY"): Step("X1", "", "What became of it?", "This is how it stands"),
    # Other ways to pay, for whoever sends them beside the walk-through
    (_APP, SCIS, "MPQRC_PAYMENT_EMV"): Step("S3", "1", "The app read a shop's code", "How it went", "4"),
    (SCIS, _ACQUIRER, "MERCHANT_VERIFICATION"): Step("S3", "", "Is this shop yours?", "It is"),
    (SCIS, _ACQUIRER, "TRX_RESULT_NOTIFICATION"): Step("S3", "", "The shop's side is told", "Confirmed"),
    (_APP, SCIS, "QRC_INFO_INQUIRY"): Step("S4", "1", "What is behind this URL?", "Merchant and amount", "2"),
    (SCIS, "QR Platform", "RESOLVE"): Step("S4", "", "What is behind this URL?", "Merchant and amount"),
    (_APP, SCIS, "MPQRC_PAYMENT_URL"): Step("S4", "3", "The app pays what it read", "How it went", "6"),
    (SCIS, "QR Platform", "TRX_RESULT_NOTIFICATION"): Step("S4", "", "The shop's side is told", "Confirmed"),
    (_APP, SCIS, "QRC_GENERATION"): Step("S5", "1", "A code to show, please", "A code for a minute", "2"),
    (_ACQUIRER, SCIS, "CPQRC_PAYMENT"): Step("S5", "1", "A shop scanned the code", "How it went"),
    (_APP, SCIS, "BILL_PAYMENT"): Step("S6", "1", "The app pays a bill", "How it went", "4"),
    (_APP, SCIS, "CREDIT_TRANSACTION"): Step("S7", "1", "A merchant pays a customer", "How it went", "4"),
    (_APP, SCIS, "P2P_TRANSFER"): Step("S8", "1", "The app sends money", "How it went", "4"),
    (SCIS, _BANK, "P2P_TRANSFER"): Step("S8", "2", "Both accounts at once", "Booked, or neither", "3"),
    (_APP, SCIS, "EXCHANGE_RATE_INQUIRY"): Step("I", "", "What is that in my currency?", "The rate"),
}


def words_of(step: Step, code: str) -> str:
    """What an answer with that code does."""
    if code == "00":
        return step.says
    if code == PENDING:
        return "Accepted is not yet paid" if step.chart == "U3" else "Not known yet"
    return RESPONSE_TEXTS.get(code, "").rstrip(".")


def step_of(asker: str, asked: str, message: str) -> Step | None:
    """What `message` is between these two; None for what no chart tells."""
    return _STEPS.get((asker, asked, message))
