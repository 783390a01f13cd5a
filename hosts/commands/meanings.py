"""What codes and causes mean in this hub, and what to do about them (RULES sections 8 and 13), for `unionhub explain`."""

from __future__ import annotations

from typing import Final, NamedTuple

from unionhub.adapters.jose.causes import Cause
from unionhub.domain.model.bank import Weight

CODES: Final[dict[str, tuple[str, str]]] = {
    "00": (
        "Done and recorded. Of an inquiry it says that the inquiry succeeded: the payment's fate is in paymentStatus.",
        "Nothing.",
    ),
    "01": (
        "The issuer declined softly with its own 01: it wants to speak to its customer first.",
        "The cardholder calls the bank, then pays again.",
    ),
    "02": (
        "The code itself is spent or too old: a consumer code that was used or outlived its minute, a dynamic merchant code "
        "or URL order with an approved or open payment, an inquiry past its validity.",
        "Show or scan a fresh code. If the first payment is still open, ask what became of it.",
    ),
    "03": (
        "The QR code parses but names no usable UnionPay merchant, the message's merchantInfo contradicts the code, the "
        "acquirer vouches not for the merchant, or a bill's merchant is not preset at the issuer.",
        "Compare merchantInfo with ID 15 of the code; ask the acquirer about the merchant.",
    ),
    "04": (
        "A message that moves money reached the bank, or may have, and no provable answer came; or the same msgID is still "
        "under way; or, to an acquirer, the cardholder is still deciding. Never a final answer.",
        "Ask with TRX_RESULT_INQUIRY, or wait for the notification. The hub asks the bank and, if need be, reverses by itself.",
    ),
    "05": (
        "The identity was refused: by the core bank, or by the cardholder who turned the payment down in the app.",
        "Check the applicant's data; a refused payment can be tried again.",
    ),
    "08": (
        "The hub's own side of tokens failed: a number range is used up, or the vault or a cryptogram key is not available.",
        "Operator: look for crashes and alarms, check the vault's keys (`unionhub keys list`) and the product's range.",
    ),
    "12": (
        "Well-formed, but it makes no sense: a currency that is not the code's, paying oneself, refunding what was not "
        "approved, a forged consumer code, a result for another transaction.",
        "Compare the message with the code and with the original payment.",
    ),
    "13": (
        "The amount cannot be: zero, more decimals than the currency has, not the amount that the code fixes, a broken tip "
        "rule, a refund above what is left.",
        "Compare trxAmt and trxFeeAmt with IDs 54 to 57 of the code.",
    ),
    "14": (
        "The token is unknown, fails its check digit, or belongs to another gateway: one answer for all three, so that "
        "nothing is disclosed. Also an unknown payee, and the issuer's own 14.",
        "`unionhub cards show --token -` tells whether and where the token exists.",
    ),
    "15": (
        "No live issuer stands behind the product, or the issuer did not authorise this app gateway for it.",
        "`unionhub products show PRODUCT` and `unionhub parties show ISSUER`; `products allow --gateway` authorises.",
    ),
    "21": (
        "The card is suspended, deleted, closed or not active yet, or a status move is not in the state table.",
        "`unionhub cards show` tells the state; the holder's app resumes, `cards holder` does too.",
    ),
    "25": (
        "The original that the message names was never sent by this sender, or is of another type.",
        "Check origMsgID and origMsgType; `unionhub transactions list --reference MSGID` finds payments.",
    ),
    "30": (
        "The form is wrong: no JSON, a field missing or ill-formed, a QR code that breaks EMVCo's syntax or CRC. The field's "
        "path follows the text. Nothing was recorded: the msgID can be used again.",
        "Correct the named field; /schema has every message's form.",
    ),
    "32": ("The one-time password was wrong for the last allowed time.", "Begin the enrolment again."),
    "34": (
        "The card is flagged as fraud, by the issuer or by an operator.",
        "`unionhub cards show`; only `cards block --reason NONE` lifts an operator's flag.",
    ),
    "40": (
        "Issuer and gateway are tied, but the issuer's product does not do this message.",
        "`unionhub products show PRODUCT` lists what it does; `products allow --message` adds.",
    ),
    "41": ("The card was blocked as lost.", "`unionhub cards block CARD --reason NONE` lifts the block."),
    "43": ("The card was blocked as stolen.", "`unionhub cards block CARD --reason NONE` lifts the block."),
    "51": ("The core bank says that the account has not enough money. The hub holds no balances.", "Pay less, or top up."),
    "54": ("The token or the card behind it has expired on the hub's clock, or the issuer says so.", "Issue a new card."),
    "55": ("Token and user match, but the device is not the one that the card was enrolled on.", "Enrol on that device."),
    "57": (
        "The card is another user's, or its product forbids this kind of transaction.",
        "Compare userID with `unionhub cards show`.",
    ),
    "61": (
        "Above the product's limit for one payment or for the day, above the code's own limit, or above the issuer's.",
        "`unionhub products limits PRODUCT --trx ... --day ...` sets the hub's.",
    ),
    "62": (
        "A rule bars it: corridor, country or merchant category, or the account is restricted.",
        "`unionhub products show` lists blocked categories, `cards show` the card's block.",
    ),
    "70": (
        "The core bank finds the applicant's data or documents invalid.",
        "Correct the data; on a message without money the bank's 30 reads as this.",
    ),
    "71": (
        "The issuer declined with a code that has no nearer neighbour. If nobody knows the code, a REVERSAL follows.",
        "`unionhub transactions show` has the bank's own code; ask the issuer.",
    ),
    "72": (
        "The bank refused OUR signature. A signed A0 is a decline; a bare 401 proves nothing, so a REVERSAL follows.",
        "Operator: does the bank know the hub's present keys (`unionhub keys list --owner hub`) and is its clock right?",
    ),
    "73": ("No KYC or enrolment of this gateway, user and device has that reference.", "Begin with KYC_VERIFICATION."),
    "74": ("The one-time password was right, but too old.", "Ask for a new one."),
    "75": ("The one-time password is wrong; tries are left.", "Try again."),
    "76": ("No one-time password was asked for, or it was used already.", "Ask for one with OTP_REQUEST."),
    "77": ("The product demands a step-up, and the bank knows no verified mobile number.", "The bank must record one."),
    "78": (
        "This sender used the msgID before, for another message or other content. Nothing was done now.",
        "Use a new msgID for a new message; repeat a message exactly, or not at all.",
    ),
    "88": ("This user has a live card of this product on this account and device already.", "Use that card, or delete it."),
    "89": ("The product or card face is not one of the issuer's.", "`unionhub products list`."),
    "90": (
        "An operator or the issuer declared a cut-over window. Inquiries, reversals and notices go on.",
        "`unionhub products cut-off PRODUCT off` ends it; then pay with a new msgID.",
    ),
    "91": (
        "The bank answered that it cannot, or its circuit breaker is open and nothing was sent. After an answer a REVERSAL "
        "follows.",
        "Look at unionhub_partner_calls of that issuer; the breaker tries again by itself.",
    ),
    "92": (
        "The partner could not be reached: refused, no such name, TLS failed. Not a byte had left, so nothing is booked.",
        "Check the partner's base URL (`unionhub parties show`) and the line to it.",
    ),
    "93": ("Out of order: the KYC is refused, pending or used, or a password is asked before an enrolment.", "Start over."),
    "94": (
        "The same business transaction came under another msgID: an acquirer's settlementKey, a paid bill, a paid order.",
        "Ask what became of the first one.",
    ),
    "95": ("The KYC approval is older than the product's window.", "Begin with KYC_VERIFICATION again."),
    "96": (
        "The hub itself cannot: its store or vault is down, or it sheds load. Nothing was sent to the bank.",
        "Operator: /readyz, unionhub_store_errors, the database. The sender may repeat the same message.",
    ),
    "98": (
        "A partner was silent on a message that moves no money, or the cardholder did not decide in time.",
        "Try again; look at unionhub_partner_call_seconds of that partner.",
    ),
    "99": ("The last barrier: an unexpected error before anything was sent.", "Operator: `crashed` in the log; report it."),
    "A0": (
        "The signature is genuine, but the institution in the message is not the signer's, or a sealed field does not open.",
        "insID must equal UPI-APPID; seal with the hub's present key for the profile (/.well-known/jwks.json).",
    ),
    "E0": (
        "Not a code of the table: HTTP 401 at the gate, the same for every cause, unsigned.",
        "The cause is in the hub's log (gate_refused) and in unionhub_gate_refusals: `unionhub explain CAUSE`.",
    ),
}
"""Code -> (when this hub answers it, what to do)."""


class AtUcsp(NamedTuple):
    """What a code says on messages of UCSP (RULES section 10), where that is not what it says on SCIS's."""

    messages: str
    meaning: str
    advice: str


_CARDS: Final = "GET_CARD_LIST, GET_CARD_PAYLOAD"
_LOGIN: Final = "CHANNEL_LOGIN_INFO"
_SUBMIT: Final = "SUBMIT_PAYMENT_ORDER"
_RESULT: Final = "PAYMENT_RESULT"
_CASHIER: Final = "the cashier (PAY)"

UCSP: Final[dict[str, tuple[AtUcsp, ...]]] = {
    "00": (
        AtUcsp(
            "PAYMENT_RESULT_INQUIRY",
            "The order is known; what became of it is in paymentStatus: PENDING, APPROVED, CLOSED or REFUNDED.",
            "`unionhub orders show ORDER` has the whole of it.",
        ),
    ),
    "03": (
        AtUcsp(
            _LOGIN,
            "industryCode is nobody's here, or its industry is not live.",
            "`unionhub parties services` lists the codes.",
        ),
        AtUcsp(
            _SUBMIT,
            "The industry sells nothing here: its service has no live acquirer, or no merchant number.",
            "`unionhub parties service INDUSTRY --acquirer APPID --merchant MID`.",
        ),
    ),
    "04": (
        AtUcsp(
            _CASHIER,
            "The acquirer has accepted the payment, and its result is still to come; or a try with the same form is under way. "
            "Industries never see it: PAYMENT_RESULT_INQUIRY answers 00 with PENDING.",
            "Wait for PAYMENT_RESULT. The hub asks the acquirer, and takes the payment back in the end, by itself.",
        ),
    ),
    "12": (
        AtUcsp(
            _SUBMIT,
            "An order of this orderId was closed or has expired; or expiresAt is over already.",
            "A new orderId for a new order.",
        ),
        AtUcsp(
            _CASHIER,
            "The order is closed or expired, or its offers cannot be had (any more) together.",
            "`unionhub orders show ORDER`; `unionhub offers show OFFER` says what is left of a budget.",
        ),
        AtUcsp(
            _RESULT,
            "A refund of an order that is not paid, or a settlement key of another acquirer.",
            "`unionhub orders show ORDER` says what it was paid by.",
        ),
    ),
    "13": (
        AtUcsp(_SUBMIT, "Zero, finer than the currency, or longer than 13 characters.", "Compare trxAmt with trxCurrency."),
        AtUcsp(_RESULT, "More is given back than was paid.", "`unionhub orders show ORDER` says what was given back so far."),
    ),
    "14": (
        AtUcsp(
            "GET_CARD_PAYLOAD",
            "cardId was in no list that this industry was given of this user in the last ten minutes.",
            "Ask with GET_CARD_LIST again.",
        ),
        AtUcsp(_CASHIER, "The card that was chosen is in no list that this page has shown.", "Load the page again."),
    ),
    "25": (
        AtUcsp("PAYMENT_RESULT_INQUIRY", "This industry never submitted an order of that orderId.", "Compare orderId."),
        AtUcsp(
            _RESULT,
            "No order of this acquirer has this ucspOrderId and downstreamOrderId; or origMsgID is no PAY of it.",
            "`unionhub orders show ORDER` has both numbers, `unionhub transactions list --order ORDER` the PAYs.",
        ),
    ),
    "30": (
        AtUcsp(
            "all",
            "The field's path is in errorDetail; responseMsg stays the table's text. A returnUrl that does not lie under the "
            "service's URL is a fault of form too.",
            "Correct the named field; /schema has every message's form, with an example.",
        ),
    ),
    "40": (
        AtUcsp(
            f"{_LOGIN}, {_CARDS}, {_SUBMIT}, {_CASHIER}",
            "Channel and industry have no grant that holds now: none, not yet, no longer, or suspended.",
            "`unionhub parties grants --channel APPID --industry APPID`.",
        ),
    ),
    "57": (
        AtUcsp(
            f"{_CARDS}, {_CASHIER}",
            "This user has no live login at this industry. At the cashier he can still pay by the order's QR.",
            "The channel sends CHANNEL_LOGIN_INFO; the login lives as long as the service says (`parties service`).",
        ),
    ),
    "62": (
        AtUcsp(
            "all",
            "A party is not live; or a card came as a PAN, and the grant allows tokens only.",
            "`unionhub parties show APPID`; `unionhub parties grant CHANNEL INDUSTRY change --pan`.",
        ),
    ),
    "70": (
        AtUcsp(
            _LOGIN,
            "encData lacks what this industry needs of every user, such as a parking's mobile.",
            "`unionhub parties service INDUSTRY` says what it needs.",
        ),
    ),
    "78": (
        AtUcsp(
            _SUBMIT,
            "The msgID stands for another message. The same order under a new msgID is welcome: it gets the same cashierUrl.",
            "Use a new msgID.",
        ),
    ),
    "91": (
        AtUcsp(
            f"{_LOGIN}, {_CARDS}, {_SUBMIT}, {_CASHIER}",
            "The industry, the channel or the acquirer answered a code of its own that is not 00; or its breaker is open. What "
            "an acquirer may have paid all the same is taken back.",
            "Look at unionhub_partner_calls of that party; ask it.",
        ),
    ),
    "92": (
        AtUcsp(
            f"{_LOGIN}, {_CARDS}, {_SUBMIT}, {_CASHIER}",
            "The industry, the channel or the acquirer could not be reached; not a byte had left.",
            "Its base URL (`unionhub parties show`) and the line to it.",
        ),
    ),
    "94": (
        AtUcsp(
            _SUBMIT,
            "This orderId stands for another order, with another amount or other words, or its order is paid.",
            "`unionhub orders show ORDERID --industry APPID`; a new orderId for a new order.",
        ),
        AtUcsp(
            _CASHIER, "The order is paid, or being paid in another window.", "Load the page again: it shows how far that is."
        ),
        AtUcsp(
            f"{_RESULT}, on the record only",
            "An approval of an order that was paid before, or closed: it is given back. Or a refund that was told already.",
            "Nothing: the acquirer was answered 00.",
        ),
    ),
    "98": (
        AtUcsp(
            f"{_LOGIN}, {_CARDS}, {_SUBMIT}, {_CASHIER}",
            "The industry, the channel or the acquirer was silent, or its answer was not to be believed.",
            "The same message may be repeated; look at unionhub_partner_call_seconds.",
        ),
    ),
    "A0": (
        AtUcsp(
            "all",
            "channelCode or industryCode is not the signer's, or encData does not open.",
            "`unionhub parties show APPID` has its code; seal encData with the hub's present key.",
        ),
    ),
}
"""Code -> what it says on which messages of UCSP; codes that are not here say there what they say everywhere."""

WEIGHTS: Final = {
    Weight.APPROVED: "the debit is booked",
    Weight.DECLINED: "a proven decline: nothing is booked",
    Weight.REVERSE: "answered as declined at once, and reversed durably, since nothing is proven",
    Weight.UNKNOWN: "proves nothing: the hub asks again, and reverses in the end",
}
"""What an issuer's code on a debit is worth (RULES section 13)."""

_FORM: Final = "The partner's signing code writes the header wrongly; PROTOCOL 1.3 and /schema show the form."

ADVICE: Final[dict[Cause, str]] = {
    Cause.HEADER_ABSENT: "Is something between partner and hub dropping the UPI-JWS header? Else the partner does not sign.",
    Cause.HEADER_EMPTY: "As for a header that is absent.",
    Cause.PAYLOAD_NOT_DETACHED: "The partner must leave the middle part out: header..signature.",
    Cause.NOT_BASE64URL: "The partner must use base64url without padding, for the signature too.",
    Cause.CRIT_INCOMPLETE: "The partner must list every UPI-* member of the header in crit.",
    Cause.B64_FORM: "Leave b64 out, or set it to false and list it in crit for the unencoded form (RFC 7797).",
    Cause.APPID_UNKNOWN: "Register the partner (`unionhub parties add`), or have it use its own UPI-APPID.",
    Cause.APPID_OTHER: "The partner must answer with its own UPI-APPID.",
    Cause.PARTY_NOT_ACTIVE: "`unionhub parties admit APPID` or resume lets it in.",
    Cause.ROLE_NOT_ALLOWED: "The partner called another role's message, or was registered under a wrong role.",
    Cause.ALG_NOT_PROFILE: "Partner and register disagree: `unionhub parties show APPID` has the profile.",
    Cause.KID_UNKNOWN: "The partner signs with a key that was never registered: `unionhub parties update APPID --add-key`.",
    Cause.KEY_UNFIT: "Register the key anew: `unionhub parties update APPID --remove-key KID --add-key FILE`.",
    Cause.SIGNATURE: "Sign the very bytes that are sent, with the key of that kid: no JSON written anew, no added line feed.",
    Cause.TIMESTAMP_LATE: "Synchronise clocks (NTP) at both ends; an old message must be signed anew, not repeated.",
    Cause.TIMESTAMP_EARLY: "Synchronise clocks (NTP) at both ends.",
    Cause.REQPATH_MISSING: "The partner must add UPI-REQPATH, and list it in crit.",
    Cause.REQPATH_OTHER: "The partner signed another path, or a proxy rewrites it: the hub must see the path as it was called.",
    Cause.REQPATH_IN_RESPONSE: "The partner must leave UPI-REQPATH out of answers.",
    Cause.REPLAYED: "Every message needs a UPI-UUID of its own, repeats too; else somebody plays old messages again.",
}


def advice_for(cause: Cause) -> str:
    """What to do about a cause; what concerns the header's form is the partner's to mend."""
    return ADVICE.get(cause, _FORM)
