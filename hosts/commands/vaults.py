"""The master key and the vault, for the few commands that need them. Nothing is made here that is not there."""

from __future__ import annotations

from unionhub.adapters.vault.envelope import EnvelopeVault
from unionhub.adapters.vault.envelope import load as load_vault
from unionhub.adapters.vault.master import MasterKey, load_master_key
from unionhub.hosts.settings import Settings

from .failures import CommandError
from .opening import Desk


def master_key(settings: Settings) -> MasterKey:
    """The master key of the settings. Raises MasterKeyError, or CommandError where development has none yet."""
    if settings.master_key_file is None and not (settings.home / "master.key").exists():
        raise CommandError(f"there is no master key in {settings.home}: set UNIONHUB_MASTER_KEY_FILE or UNIONHUB_HOME")
    return load_master_key(
        home=settings.home,
        file=settings.master_key_file,
        production=settings.production,
        data_folders=settings.data_folders,
    )


async def open_vault(desk: Desk) -> EnvelopeVault | None:
    """The vault of this store; None where it was never set up, and so holds no number."""
    async with desk.store.begin() as uow:
        if not await uow.wrapped_keys():
            return None
    return await load_vault(desk.store, master_key(desk.settings), desk.clock)
