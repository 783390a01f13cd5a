"""The master key: its text, its file, and where it must not lie."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from unionhub.adapters.vault.master import MasterKey, MasterKeyError, load_master_key

KEY = bytes(range(200, 232))


class TestMasterKeyText:
    @pytest.mark.parametrize(
        "text",
        [
            KEY.hex(),
            KEY.hex().upper() + "\n",
            base64.b64encode(KEY).decode(),
            base64.urlsafe_b64encode(KEY).decode() + "\n",
            "  " + base64.b64encode(KEY).decode().rstrip("="),
        ],
    )
    def test_hex_and_base64(self, text: str) -> None:
        assert MasterKey.parse(text).unwrap("k", 1, MasterKey(KEY).wrap("k", 1, b"key")) == b"key"

    @pytest.mark.parametrize(
        "text", ["", "x", KEY.hex()[:-1], KEY.hex() + "00", base64.b64encode(KEY[:31]).decode(), "é" * 43, "!" * 44]
    )
    def test_anything_else_is_told_without_showing_it(self, text: str) -> None:
        with pytest.raises(MasterKeyError) as caught:
            MasterKey.parse(text)
        assert str(caught.value) == "a master key is 64 hexadecimal digits or the base64 of 32 bytes"

    def test_it_does_not_show_itself(self) -> None:
        assert repr(MasterKey(KEY)) == str(MasterKey(KEY)) == "MasterKey(********)"

    def test_changed_wrapping_does_not_open(self) -> None:
        wrapped = MasterKey(KEY).wrap("k", 1, b"key")
        for at in range(len(wrapped)):
            with pytest.raises(MasterKeyError):
                MasterKey(KEY).unwrap("k", 1, wrapped[:at] + bytes([wrapped[at] ^ 1]) + wrapped[at + 1 :])
        for length in range(len(wrapped)):
            with pytest.raises(MasterKeyError):
                MasterKey(KEY).unwrap("k", 1, wrapped[:length])


class TestMasterKeyFile:
    def test_development_makes_one_at_the_first_start(self, tmp_path: Path) -> None:
        home = tmp_path / "new" / "var"
        first = load_master_key(home=home, file=None, production=False)
        assert (home / "master.key").stat().st_mode & 0o777 == 0o600
        assert [path.name for path in home.iterdir()] == ["master.key"]
        second = load_master_key(home=home, file=None, production=False)
        assert second.unwrap("k", 1, first.wrap("k", 1, b"key")) == b"key"

    def test_processes_that_start_at_once_get_the_same(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Another process makes the file after this one saw that there is none."""
        path = tmp_path / "master.key"
        path.write_text(KEY.hex())
        monkeypatch.setattr(Path, "exists", lambda _: False)
        mine = load_master_key(home=tmp_path, file=None, production=False)
        assert path.read_text() == KEY.hex()
        assert MasterKey(KEY).unwrap("k", 1, mine.wrap("k", 1, b"key")) == b"key"
        assert [path.name for path in tmp_path.iterdir()] == ["master.key"]

    def test_a_given_file_is_read_and_never_made(self, tmp_path: Path) -> None:
        with pytest.raises(MasterKeyError, match=r"given\.key cannot be read: No such file"):
            load_master_key(home=tmp_path, file=tmp_path / "given.key", production=False)
        assert list(tmp_path.iterdir()) == []

    def test_a_home_that_cannot_be_made_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "var").write_text("a file")
        with pytest.raises(MasterKeyError, match="cannot create the master key's file"):
            load_master_key(home=tmp_path / "var", file=None, production=False)

    def test_production_wants_a_file(self, tmp_path: Path) -> None:
        with pytest.raises(MasterKeyError, match="UNIONHUB_MASTER_KEY_FILE must name"):
            load_master_key(home=tmp_path, file=None, production=True)
        assert list(tmp_path.iterdir()) == []

    def test_production_takes_a_file_elsewhere(self, tmp_path: Path) -> None:
        file = self.key_file(tmp_path / "etc")
        key = load_master_key(home=tmp_path / "var", file=file, production=True, data_folders=[tmp_path / "db"])
        assert key.unwrap("k", 1, MasterKey(KEY).wrap("k", 1, b"key")) == b"key"

    @pytest.mark.parametrize("place", ["var", "var/deep/down", "db", "link"])
    def test_production_refuses_a_file_beside_the_data(self, tmp_path: Path, place: str) -> None:
        for folder in ("var", "db"):
            (tmp_path / folder).mkdir()
        (tmp_path / "link").symlink_to("var")
        file = self.key_file(tmp_path / place)
        with pytest.raises(MasterKeyError, match="must not lie in the data folder"):
            load_master_key(home=tmp_path / "var", file=file, production=True, data_folders=[tmp_path / "db"])
        load_master_key(home=tmp_path / "var", file=file, production=False)

    @pytest.mark.parametrize("mode", [0o604, 0o602, 0o644, 0o601])
    def test_production_refuses_a_file_open_to_others(self, tmp_path: Path, mode: int) -> None:
        file = self.key_file(tmp_path / "etc", mode)
        with pytest.raises(MasterKeyError, match=r"open to other users \(mode .*chmod o-rwx"):
            load_master_key(home=tmp_path / "var", file=file, production=True)

    def key_file(self, folder: Path, mode: int = 0o640) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "key"
        file.write_text(KEY.hex())
        file.chmod(mode)
        return file
