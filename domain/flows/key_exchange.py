"""Beyond the charts: KEY_EXCHANGE. A partner's next keys become alive beside those it has; no message is refused for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from unionhub.domain.model.audit import AuditEntry
from unionhub.domain.model.errors import Refusal
from unionhub.domain.model.messages import Envelope
from unionhub.domain.model.parties import JoseProfile, Party, PartyState, PublicKey
from unionhub.domain.model.party_keys import (
    ExchangedKeys,
    FittedKey,
    KeyExchangeRequest,
    OfferedKey,
    newest_kid,
    with_newer,
)
from unionhub.ports.clock import Clock
from unionhub.ports.directory import Directory
from unionhub.ports.store import Store, UnitOfWork

Fit = Callable[[PublicKey, JoseProfile], FittedKey | None]
"""The key as a party of this profile registers it; None if it is weak, of another kind, private, or no key."""

_ACTIVE: Final = frozenset({PartyState.TESTING, PartyState.LIVE})


class KeyExchange:
    """One database transaction, no claim: the same keys once more change nothing, so a repeat needs no memory.

    `fit` knows what JOSE profiles take; `hub_sealing_kid` names the key that partners of a profile seal to.
    """

    def __init__(
        self,
        store: Store,
        directory: Directory,
        clock: Clock,
        fit: Fit,
        hub_sealing_kid: Callable[[JoseProfile], str],
    ) -> None:
        self._store = store
        self._directory = directory
        self._clock = clock
        self._fit = fit
        self._hub_sealing_kid = hub_sealing_kid

    async def exchange(self, envelope: Envelope, request: KeyExchangeRequest) -> ExchangedKeys:
        """Make the offered keys the newest of their uses.

        Raises Replayed; Refusal `30` (a key that does not fit, with its field), `78` (another key has this kid), `A0` (the
        sender, or the key that signed, was taken off while the message was on its way). Whatever is refused changes nothing.
        """
        async with self._store.begin() as uow:
            await uow.admit(envelope.sender.app_id, envelope.uuid)
            party = await _locked(uow, envelope.sender.app_id)
            after, refusal = self._after(envelope, party, request)
            if party is not None and after != party.keys and refusal is None:
                await uow.put_party(msgspec.structs.replace(party, keys=after))
                await uow.add_audit(self._audit(party, after))
            await uow.commit()
        if refusal is not None or party is None:
            raise refusal or Refusal("A0")
        # The answer must not be first: the partner may use its new key the moment it has it. Other hosts look when they
        # meet the unknown kid.
        await self._directory.refresh_soon()
        return ExchangedKeys(hub_kid=self._hub_sealing_kid(party.profile), partner_kid=newest_kid(after, "enc"))

    def _audit(self, party: Party, after: tuple[PublicKey, ...]) -> AuditEntry:
        """Which keys came and which went, by their kids."""
        came = [key.kid for key in after if key not in party.keys]
        went = [key.kid for key in party.keys if key not in after]
        return AuditEntry(
            at=self._clock.now(),
            actor=party.app_id,
            action="party.keys",
            subject=f"party {party.app_id}",
            detail=f"alive: {', '.join(came)}" + (f"; dropped: {', '.join(went)}" if went else ""),
        )

    def _after(
        self, envelope: Envelope, party: Party | None, request: KeyExchangeRequest
    ) -> tuple[tuple[PublicKey, ...], Refusal | None]:
        """The keys that are alive afterwards, or why nothing changes: a refusal has spent its UPI-UUID, so it is no raise."""
        if party is None or not _still_speaks(party, envelope.kid):
            return (), Refusal("A0")
        try:
            newer = self._newer(party, request)
        except Refusal as refusal:
            return party.keys, refusal
        return with_newer(party.keys, newer, envelope.kid), None

    def _newer(self, party: Party, request: KeyExchangeRequest) -> list[PublicKey]:
        """What is not registered yet of what is offered. Raises Refusal."""
        if request.fault:
            raise Refusal("30", request.fault)
        known = [fitted for key in party.keys if (fitted := self._fit(key, party.profile)) is not None]
        newer: list[FittedKey] = []
        for offered, fitted in self._fitting(party, request.offered):
            same = next((key for key in known if key.key.kid == fitted.key.kid), None)
            if same is not None and (same.key.use, same.thumbprint) == (fitted.key.use, fitted.thumbprint):
                continue
            if any(key.kid == fitted.key.kid for key in party.keys):
                raise Refusal("78")
            # An answer of one algorithm would tell something about the other's secret.
            if any(key.thumbprint == fitted.thumbprint and key.key.use != fitted.key.use for key in [*known, *newer]):
                raise Refusal("30", offered.field)
            newer.append(fitted)
        return [fitted.key for fitted in newer]

    def _fitting(self, party: Party, offered: Sequence[OfferedKey]) -> list[tuple[OfferedKey, FittedKey]]:
        """Each offered key, checked: format comes before what is known (RULES section 9). Raises Refusal `30`."""
        found = []
        for each in offered:
            fitted = self._fit(each.key, party.profile) if each.key is not None else None
            if fitted is None:
                raise Refusal("30", each.field)
            found.append((each, fitted))
        return found


async def _locked(uow: UnitOfWork, app_id: str) -> Party | None:
    """The party as the store has it now. Of two exchanges at once the second waits here, or it would write over the first:
    the marker's row stays taken until the transaction ends."""
    await uow.put_marker(f"key exchange {app_id}", "")
    return next((party for party in await uow.parties() if party.app_id == app_id), None)


def _still_speaks(party: Party, kid: str) -> bool:
    """The gate believed a snapshot: a key that an operator has removed since must not plant its successor."""
    return party.state in _ACTIVE and any(key.use == "sig" and key.kid == kid for key in party.keys)
