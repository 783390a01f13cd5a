"""The master key: the one secret that is not in the store. It wraps every other key (PCI DSS 3.6.1; RULES section 7)."""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import re
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES: Final = 32
SETTING: Final = "UNIONHUB_MASTER_KEY_FILE"

_FORMAT: Final = b"\x01"
_NONCE_BYTES: Final = 12
_MAX_FILE_BYTES: Final = 1024
_HEX: Final = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)


class MasterKeyError(Exception):
    """The master key cannot be used. The text is for the operator and carries no key material."""


class MasterKey:
    """AES-256-GCM around other keys. Kind and version are authenticated: a wrapped key moved to another row opens nowhere."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise MasterKeyError(f"a master key has {KEY_BYTES} bytes, this one {len(key)}")
        self._cipher = AESGCM(key)

    @classmethod
    def parse(cls, text: str) -> MasterKey:
        """Read 64 hexadecimal digits or the base64 of 32 bytes (either alphabet); raises MasterKeyError."""
        compact = text.strip()
        if _HEX.fullmatch(compact):
            return cls(bytes.fromhex(compact))
        bare = compact.rstrip("=")
        padded = bare + "=" * (-len(bare) % 4)
        with contextlib.suppress(binascii.Error, ValueError):
            key = base64.b64decode(padded.replace("-", "+").replace("_", "/"), validate=True)
            if len(key) == KEY_BYTES:
                return cls(key)
        raise MasterKeyError("a master key is 64 hexadecimal digits or the base64 of 32 bytes")

    def wrap(self, kind: str, version: int, key: bytes) -> bytes:
        """Encrypt `key`; only `unwrap` with the same kind and version opens it."""
        nonce = os.urandom(_NONCE_BYTES)
        return _FORMAT + nonce + self._cipher.encrypt(nonce, key, _bound_to(kind, version))

    def unwrap(self, kind: str, version: int, wrapped: bytes) -> bytes:
        """Decrypt what `wrap` gave; raises MasterKeyError if this master key did not wrap it, or it was changed or moved."""
        nonce, sealed = wrapped[1 : 1 + _NONCE_BYTES], wrapped[1 + _NONCE_BYTES :]
        with contextlib.suppress(InvalidTag, ValueError):
            if wrapped[:1] == _FORMAT:
                return self._cipher.decrypt(nonce, sealed, _bound_to(kind, version))
        raise MasterKeyError(
            f"the master key does not open key {kind} {version} in the store: this store was set up with another "
            f"master key ({SETTING}), or its key table was changed"
        )

    def __repr__(self) -> str:
        return "MasterKey(********)"


def _bound_to(kind: str, version: int) -> bytes:
    return f"unionhub wrapped key\n{version}\n{kind}".encode()


def load_master_key(*, home: Path, file: Path | None, production: bool, data_folders: Sequence[Path] = ()) -> MasterKey:
    """Read the master key; in development, make `home/master.key` on the first start when no file is given.

    In production the file must be given, be closed to other users, and lie neither in `home` nor in one of `data_folders`
    (where the database is): whoever copies the data must not get the key with it. Raises MasterKeyError.
    """
    if file is None and production:
        raise MasterKeyError(f"{SETTING} must name the master key's file in production")
    path = file if file is not None else home / "master.key"
    if production:
        _refuse_place(path, (home, *data_folders))
    elif file is None:
        _create_once(path)
    return MasterKey.parse(_read(path, production=production))


def _refuse_place(path: Path, data_folders: Sequence[Path]) -> None:
    real = path.resolve()
    for folder in data_folders:
        if real.is_relative_to(folder.resolve()):
            raise MasterKeyError(f"{SETTING}: in production the master key must not lie in the data folder {folder}")


def _read(path: Path, *, production: bool) -> str:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            content = file.read(_MAX_FILE_BYTES)
    except OSError as error:
        raise MasterKeyError(f"the master key's file {path} cannot be read: {error.strerror}") from None
    if production and mode & stat.S_IRWXO:
        raise MasterKeyError(f"the master key's file {path} is open to other users (mode {mode:04o}): chmod o-rwx")
    # Latin-1 reads any bytes: what is no key is told by `parse`, in its words.
    return content.decode("latin-1")


def _create_once(path: Path) -> None:
    """Two processes may start at once: the file appears whole or not at all, and the first one's stays."""
    if path.exists():
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # mkstemp gives mode 0600.
        handle, draft = tempfile.mkstemp(prefix=".master.key.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(os.urandom(KEY_BYTES).hex() + "\n")
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(draft, path)
        finally:
            os.unlink(draft)
        _sync_folder(path.parent)
    except OSError as error:
        raise MasterKeyError(f"cannot create the master key's file {path}: {error.strerror}") from None


def _sync_folder(folder: Path) -> None:
    """The key must be on the disk before the store holds anything that only this key opens."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
