"""How long the hub waits, asks and insists. Times are seconds of business time, except the time-outs of calls."""

from __future__ import annotations

import msgspec


class OutcomePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """RULES section 3, all of it settings."""

    bank_timeout_s: float = 10.0
    verification_timeout_s: float = 5.0  # MERCHANT_VERIFICATION, before the debit
    notice_timeout_s: float = 10.0
    gateway_timeout_s: float = 5.0  # ADDITIONAL_PROCESSING, while the acquirer waits
    platform_timeout_s: float = 5.0  # RESOLVE
    service_timeout_s: float = 10.0  # what UCSP asks of channels and industries
    cardholder_timeout_s: float = 120.0  # to verify himself: then `98`
    code_life_s: float = 60.0  # of a consumer's code
    cash_out_life_s: float = 1800.0
    card_list_life_s: float = 600.0  # how long a card of a list may be asked for (RULES section 6)
    qr_inquiry_life_s: float = 300.0  # how old a QRC_INFO_INQUIRY may be when it is paid
    ask_after_s: tuple[float, ...] = (2.0, 4.0, 8.0, 16.0)  # from when sight was lost
    reverse_after_s: float = 30.0
    reversal_backoff_s: float = 2.0  # doubled at each attempt ...
    reversal_backoff_cap_s: float = 300.0  # ... up to this, for ever
    refund_days: float = 180.0  # after the payment
    order_life_s: float = 900.0  # of UCSP's orders whose industry sets no end
    order_life_max_s: float = 86_400.0
    order_refund_tries: int = 20  # answered `25` (no such payment) and nothing else: then there is nothing to give back
    order_wait_s: float = 600.0  # how long an acquirer may say that a PAY is under way, before it is taken back
    grace_s: float = 5.0  # beyond the calls' time-outs, before a PENDING payment counts as its host's death

    @property
    def pay_deadline_s(self) -> float:
        """As `deadline_s`, of a PAY: first its channel is asked for the card, then its acquirer to take it."""
        return 2 * self.service_timeout_s + self.grace_s

    @property
    def deadline_s(self) -> float:
        """A payment still PENDING after this long is UNKNOWN: whoever held it is gone (RULES section 1)."""
        with_bank_s = self.bank_timeout_s + max(self.verification_timeout_s, self.gateway_timeout_s)
        return max(with_bank_s, self.service_timeout_s) + self.grace_s
