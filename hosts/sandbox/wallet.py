"""An app gateway's requests about people and cards, without those that move money (PROTOCOL 2.1, RULES section 15).

Every builder takes `**changes`: members of trxInfo that replace its own; None leaves a member out. Builders that
seal are async.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from unionhub.domain.model.identifiers import Pan
from unionhub.hosts.sandbox.keyring import public_keys
from unionhub.hosts.sandbox.members import Holder, card_members, user_members
from unionhub.hosts.sandbox.partner import HubAnswer, HubRequest, Identity, Partner


class Wallet(Partner):
    """The half of an app gateway that issues and looks after cards."""

    def cvm_inquiry(self, *, msg_id: str | None = None, **changes: Any) -> HubRequest:
        """CVM_INQUIRY: what must be known of somebody who wants a card?"""
        return self.request("CVM_INQUIRY", changes, msg_id=msg_id)

    async def kyc_verification(
        self, user_id: str, device_id: str, identity: Mapping[str, Any], *, msg_id: str | None = None, **changes: Any
    ) -> HubRequest:
        """KYC_VERIFICATION: `identity` becomes cvmInfo, sealed for the hub."""
        trx = {**user_members(user_id, device_id), "cvmInfo": await self.sealed(identity)}
        return self.request("KYC_VERIFICATION", {**trx, **changes}, msg_id=msg_id)

    def open_account(
        self,
        user_id: str,
        device_id: str,
        kyc_msg_id: str,
        refer_no: str,
        docs: Sequence[Mapping[str, Any]] = (),
        *,
        msg_id: str | None = None,
        **changes: Any,
    ) -> HubRequest:
        """OPEN_ACCOUNT after the KYC_VERIFICATION `kyc_msg_id` that was answered with `refer_no`."""
        trx = {
            **user_members(user_id, device_id),
            "origMsgID": kyc_msg_id,
            "origReferNo": refer_no,
            "cvmAddtlDocums": [dict(document) for document in docs] or None,
        }
        return self.request("OPEN_ACCOUNT", {**trx, **changes}, msg_id=msg_id)

    async def card_enrollment(
        self, user_id: str, device_id: str, identity: Mapping[str, Any], *, msg_id: str | None = None, **changes: Any
    ) -> HubRequest:
        """CARD_ENROLLMENT for the `accountNo` or `pan` in `identity`, which becomes cvmInfo."""
        trx = {**user_members(user_id, device_id), "cvmInfo": await self.sealed(identity)}
        return self.request("CARD_ENROLLMENT", {**trx, **changes}, msg_id=msg_id)

    def otp_request(
        self, user_id: str, device_id: str, orig_msg_id: str, *, msg_id: str | None = None, **changes: Any
    ) -> HubRequest:
        """OTP_REQUEST: text a one-time password for the enrolment `orig_msg_id`."""
        trx = {**user_members(user_id, device_id), "origMsgID": orig_msg_id}
        return self.request("OTP_REQUEST", {**trx, **changes}, msg_id=msg_id)

    def otp_verification(
        self, user_id: str, device_id: str, orig_msg_id: str, otp: str, *, msg_id: str | None = None, **changes: Any
    ) -> HubRequest:
        """OTP_VERIFICATION: what the user typed in for the enrolment `orig_msg_id`."""
        trx = {**user_members(user_id, device_id), "origMsgID": orig_msg_id, "otpValue": otp}
        return self.request("OTP_VERIFICATION", {**trx, **changes}, msg_id=msg_id)

    def card_status_management(self, holder: Holder, action: str, *, msg_id: str | None = None, **changes: Any) -> HubRequest:
        """CARD_STATUS_MANAGEMENT: `action` is SUSPEND, RESUME or DELETE."""
        return self._of_card("CARD_STATUS_MANAGEMENT", holder, {"tokenAction": action, **changes}, msg_id)

    def card_status_inquiry(self, holder: Holder, *, msg_id: str | None = None, **changes: Any) -> HubRequest:
        """CARD_STATUS_INQUIRY."""
        return self._of_card("CARD_STATUS_INQUIRY", holder, changes, msg_id)

    def card_balance_inquiry(self, holder: Holder, *, msg_id: str | None = None, **changes: Any) -> HubRequest:
        """CARD_BALANCE_INQUIRY."""
        return self._of_card("CARD_BALANCE_INQUIRY", holder, changes, msg_id)

    def cardface_downloading(self, cardface_id: str, *, msg_id: str | None = None, **changes: Any) -> HubRequest:
        """CARDFACE_DOWNLOADING: the picture of a card, by the cardFaceID of its enrolment."""
        return self.request("CARDFACE_DOWNLOADING", {"cardfaceID": cardface_id, **changes}, msg_id=msg_id)

    def exchange_rate_inquiry(
        self, amount: str, currency: str, into: str, *, msg_id: str | None = None, **changes: Any
    ) -> HubRequest:
        """EXCHANGE_RATE_INQUIRY: what is `amount` of `currency` in the currency `into`?"""
        trx = {"origCurrency": currency, "origAmt": amount, "exchangeCurrency": into}
        return self.request("EXCHANGE_RATE_INQUIRY", {**trx, **changes}, msg_id=msg_id)

    def key_exchange(self, keys: Identity, *, msg_id: str | None = None, **changes: Any) -> HubRequest:
        """KEY_EXCHANGE: the public halves of `keys` are ours from now on, each as the JSON text of its JWK."""
        signing, encryption = public_keys(keys)
        trx = {
            "insSignCertID": signing.kid,
            "insSignPublicKey": signing.jwk,
            "insEncCertID": encryption.kid,
            "insEncPublickey": encryption.jwk,  # sic (PROTOCOL 1.5)
        }
        return self.request("KEY_EXCHANGE", {**trx, **changes}, msg_id=msg_id)

    async def opened_pan(self, answer: HubAnswer) -> Pan:
        """The card number in an answer to OPEN_ACCOUNT, CARD_ENROLLMENT or OTP_VERIFICATION, which is sealed for us."""
        text = (await self.open_(answer.trx["pan"])).decode()
        if text.startswith("{"):  # documents show the number alone, and seal objects elsewhere: read both
            text = msgspec.json.decode(text)["pan"]
        return Pan.parse(text)

    async def sealed(self, members: Mapping[str, Any]) -> str:
        """A JSON object that only the hub opens."""
        return await self.seal(msgspec.json.encode(dict(members)))

    def _of_card(self, message: str, holder: Holder, members: Mapping[str, Any], msg_id: str | None) -> HubRequest:
        return self.request(message, {**card_members(holder), **members}, msg_id=msg_id)
