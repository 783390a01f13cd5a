"""Settings: every default, every form, every mistake in one line that names the variable and shows no value."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy.engine import make_url

from unionhub.hosts.settings import DatabaseUrl, Settings, SettingsError, load_settings

DEFAULTS = {
    "home": Path("var").absolute(),
    "production": False,
    "host": "127.0.0.1",
    "port": 8080,
    "operator_host": "127.0.0.1",
    "operator_port": 8081,
    "database_url": DatabaseUrl(f"sqlite+aiosqlite:///{Path('var').absolute()}/unionhub.db"),
    "master_key_file": None,
    "clock": "system",
    "log_level": "info",
    "log_format": "json",
    "log_to": "stderr",
    "freshness_window_s": 300,
    "body_timeout_s": 10,
    "messages_in_flight_max": 2_000,
    "messages_at_work_max": 256,
    "uuids_kept_min": 10,
    "claims_kept_days": 7,
    "connect_timeout_s": 3,
    "bank_timeout_s": 10,
    "acquirer_timeout_s": 3,
    "gateway_timeout_s": 3,
    "platform_timeout_s": 5,
    "partner_timeout_s": 10,
    "partner_in_flight_max": 256,
    "breaker_failures": 20,
    "breaker_open_s": 5,
    "inquire_after_s": (2, 4, 8, 16),
    "reverse_after_s": 30,
    "reversal_first_wait_s": 2,
    "reversal_wait_max_s": 300,
    "unfinished_alarm_after_s": 300,
    "code_life_s": 60,
    "cash_out_life_s": 1800,
    "cardholder_timeout_s": 120,
    "refund_days": 180,
    "qr_hosts": ("qr.95516.com",),
    "public_url": "",
    "order_life_s": 900,
    "order_refund_tries": 20,
    "order_wait_s": 600,
    "notice_intervals_min": (1, 2, 4, 8, 16),
    "worker_poll_s": 0.5,
    "worker_batch": 50,
    "lease_s": 60,
    "purge_every_s": 60,
    "directory_refresh_s": 1,
    "vault_refresh_s": 10,
    "drain_timeout_s": 15,
}


def refused(environ: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(environ)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None  # msgspec's own texts quote values
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_the_defaults() -> None:
    assert msgspec.structs.asdict(load_settings({})) == DEFAULTS


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("home", "/srv/hub", Path("/srv/hub")),
        ("home", "here", Path("here").absolute()),
        ("home", "~/hub", Path.home() / "hub"),
        ("production", "false", False),
        ("production", "0", False),
        ("host", "0.0.0.0", "0.0.0.0"),
        ("host", "::1", "::1"),
        ("host", "hub.internal", "hub.internal"),
        ("port", "0", 0),
        ("port", "65535", 65535),
        ("bank_timeout_s", "0.3", 0.3),
        ("bank_timeout_s", "12", 12.0),
        ("inquire_after_s", "1,2.5, 3 ", (1.0, 2.5, 3.0)),
        ("inquire_after_s", "5", (5.0,)),
        ("qr_hosts", "qr.95516.com, qr.example.org", ("qr.95516.com", "qr.example.org")),
        ("code_life_s", "90", 90.0),
        ("public_url", "https://pay.example", "https://pay.example"),
        ("public_url", "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("public_url", "", ""),
        ("order_life_s", "120", 120.0),
        ("order_refund_tries", "3", 3),
        ("order_wait_s", "60", 60.0),
        ("notice_intervals_min", "0.001,0.002", (0.001, 0.002)),
        ("log_level", "debug", "debug"),
        ("log_format", "console", "console"),
        ("clock", "sandbox", "sandbox"),
        ("master_key_file", "/etc/hub/key", Path("/etc/hub/key")),
        ("messages_in_flight_max", "1024", 1024),
        ("partner_in_flight_max", "1", 1),
        ("port", "", 8080),  # empty is not set
        ("database_url", "", DEFAULTS["database_url"]),
    ],
)
def test_a_value_from_the_environment(name: str, text: str, value: object) -> None:
    assert getattr(load_settings({f"UNIONHUB_{name.upper()}": text}), name) == value


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("home", "a\0b", "a path"),
        ("production", "yes", "true or false"),
        ("production", "2", "true or false"),
        ("host", "a b", "a host name or an IP address to listen on"),
        ("host", "http://x", "a host name or an IP address to listen on"),
        ("port", "http", "a port: a whole number from 0 (any free one) to 65535"),
        ("port", "-1", "a port: a whole number from 0 (any free one) to 65535"),
        ("port", "65536", "a port: a whole number from 0 (any free one) to 65535"),
        ("port", "80.5", "a port: a whole number from 0 (any free one) to 65535"),
        ("port", "tcp://10.0.0.1:8080", "a port: a whole number from 0 (any free one) to 65535"),
        ("bank_timeout_s", "0", "a number of seconds above 0, at most 86400"),
        ("bank_timeout_s", "-1", "a number of seconds above 0, at most 86400"),
        ("bank_timeout_s", "10s", "a number of seconds above 0, at most 86400"),
        ("bank_timeout_s", "nan", "a number of seconds above 0, at most 86400"),
        ("bank_timeout_s", "inf", "a number of seconds above 0, at most 86400"),
        ("uuids_kept_min", "0", "a number of minutes above 0, at most 10080"),
        ("claims_kept_days", "3651", "a number of days above 0, at most 3650"),
        ("vault_refresh_s", "31", "a number of seconds above 0, at most 30"),
        ("worker_batch", "0", "a whole number from 1 to 100000"),
        ("inquire_after_s", ",", "1 to 20 numbers of seconds above 0, such as 2,4,8"),
        ("inquire_after_s", "1,nan", "1 to 20 numbers of seconds above 0, such as 2,4,8"),
        ("inquire_after_s", "1;2", "1 to 20 numbers of seconds above 0, such as 2,4,8"),
        ("inquire_after_s", ",".join(map(str, range(1, 22))), "1 to 20 numbers of seconds above 0, such as 2,4,8"),
        ("notice_intervals_min", "1,0", "1 to 20 numbers of minutes above 0, such as 1,2,4"),
        ("log_level", "INFO", "debug, info, warning or error"),
        ("log_format", "xml", "json or console"),
        ("log_to", "syslog", "stderr or file (log/unionhub.log in home)"),
        ("clock", "sundial", "system or sandbox"),
        ("public_url", "pay.example", "https://host[:port], without a path"),
        ("public_url", "https://pay.example/", "https://host[:port], without a path"),
        ("public_url", "https://pay.example/shop", "https://host[:port], without a path"),
        ("public_url", "ftp://pay.example", "https://host[:port], without a path"),
        ("order_life_s", "0", "a number of seconds above 0, at most 86400"),
        ("order_wait_s", "86401", "a number of seconds above 0, at most 86400"),
    ],
)
def test_a_bad_value_is_one_line(name: str, text: str, expected: str) -> None:
    assert refused({f"UNIONHUB_{name.upper()}": text}) == f"UNIONHUB_{name.upper()}: expected {expected}"


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        ({"UUIDS_KEPT_MIN": "9"}, "UNIONHUB_UUIDS_KEPT_MIN: expected at least twice UNIONHUB_FRESHNESS_WINDOW_S"),
        ({"FRESHNESS_WINDOW_S": "301"}, "UNIONHUB_UUIDS_KEPT_MIN: expected at least twice UNIONHUB_FRESHNESS_WINDOW_S"),
        ({"INQUIRE_AFTER_S": "2,2"}, "UNIONHUB_INQUIRE_AFTER_S: expected rising numbers of seconds"),
        ({"INQUIRE_AFTER_S": "4,2"}, "UNIONHUB_INQUIRE_AFTER_S: expected rising numbers of seconds"),
        ({"REVERSE_AFTER_S": "16"}, "UNIONHUB_REVERSE_AFTER_S: expected more than the last of UNIONHUB_INQUIRE_AFTER_S"),
        ({"REVERSAL_WAIT_MAX_S": "1"}, "UNIONHUB_REVERSAL_WAIT_MAX_S: expected at least UNIONHUB_REVERSAL_FIRST_WAIT_S"),
        ({"LEASE_S": "10"}, "UNIONHUB_LEASE_S: expected more than every time-out"),
        ({"PARTNER_TIMEOUT_S": "60"}, "UNIONHUB_LEASE_S: expected more than every time-out"),
        ({"ACQUIRER_TIMEOUT_S": "60"}, "UNIONHUB_LEASE_S: expected more than every time-out"),
        ({"DRAIN_TIMEOUT_S": "10"}, "UNIONHUB_DRAIN_TIMEOUT_S: expected more than UNIONHUB_BANK_TIMEOUT_S"),
        ({"PORT": "8081"}, "UNIONHUB_OPERATOR_PORT: expected another port than UNIONHUB_PORT"),
        ({"PRODUCTION": "true"}, "UNIONHUB_MASTER_KEY_FILE: expected the path of the master key's file"),
        (
            {"PRODUCTION": "1", "MASTER_KEY_FILE": "/k", "CLOCK": "sandbox", "PUBLIC_URL": "https://pay.example"},
            "UNIONHUB_CLOCK: expected system",
        ),
        *(
            (
                {"PRODUCTION": "1", "MASTER_KEY_FILE": "/k", **public},
                "UNIONHUB_PUBLIC_URL: expected https://host[:port], where users reach the cashier",
            )
            for public in ({}, {"PUBLIC_URL": "http://pay.example"})
        ),
    ],
)
def test_what_must_hold_between_settings(environ: dict[str, str], line: str) -> None:
    assert refused({f"UNIONHUB_{name}": text for name, text in environ.items()}).startswith(line)


@pytest.mark.parametrize(
    "environ",
    [
        {"FRESHNESS_WINDOW_S": "5", "UUIDS_KEPT_MIN": "0.2"},
        {"PORT": "0", "OPERATOR_PORT": "0"},
        {"PRODUCTION": "true", "MASTER_KEY_FILE": "/etc/hub/key", "PUBLIC_URL": "https://pay.example:8443"},
        {"BANK_TIMEOUT_S": "0.3", "INQUIRE_AFTER_S": "0.1,0.2", "REVERSE_AFTER_S": "0.5", "DRAIN_TIMEOUT_S": "2"},
    ],
)
def test_what_may_stand_together(environ: dict[str, str]) -> None:
    load_settings({f"UNIONHUB_{name}": text for name, text in environ.items()})


@pytest.mark.parametrize(
    ("variable", "line"),
    [
        ("UNIONHUB_PROT", "UNIONHUB_PROT is no setting: did you mean UNIONHUB_PORT?"),
        ("UNIONHUB_DATABASE", "UNIONHUB_DATABASE is no setting: did you mean UNIONHUB_DATABASE_URL?"),
        ("UNIONHUB_Port", "UNIONHUB_Port is no setting: did you mean UNIONHUB_PORT?"),
        ("UNIONHUB_XYZZY", "UNIONHUB_XYZZY is no setting"),
    ],
)
def test_an_unknown_variable_is_told_with_its_neighbour(variable: str, line: str) -> None:
    assert refused({variable: "postgresql://u:hunter2@h/d"}) == line


def test_other_peoples_variables_are_theirs() -> None:
    others = {"PATH": "/bin", "UNIONHUBX": "1", "UNIONHUB_TEST_POSTGRES_URL": "x", "MY_UNIONHUB_PORT": "x"}
    assert load_settings(others) == load_settings({})


class TestDatabaseUrl:
    @pytest.mark.parametrize(
        ("text", "url"),
        [
            ("postgresql://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
            ("postgres://u:p@h:5433/d", "postgresql+asyncpg://u:p@h:5433/d"),
            ("postgresql+asyncpg://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
            ("postgresql://u:p%40%2F@h/d", "postgresql+asyncpg://u:p%40%2F@h/d"),
            ("postgresql://u@h/d?sslmode=require", "postgresql+asyncpg://u@h/d?ssl=require"),
            ("postgresql:///d?host=/run/pg", "postgresql+asyncpg:///d?host=%2Frun%2Fpg"),
            ("sqlite:////srv/hub.db", "sqlite+aiosqlite:////srv/hub.db"),
            ("sqlite+aiosqlite:////srv/hub.db", "sqlite+aiosqlite:////srv/hub.db"),
            ("sqlite:///hub.db", f"sqlite+aiosqlite:///{Path('hub.db').absolute()}"),
        ],
    )
    def test_plain_forms_become_the_async_drivers(self, text: str, url: str) -> None:
        assert make_url(load_settings({"UNIONHUB_DATABASE_URL": text}).database_url.reveal()) == make_url(url)

    @pytest.mark.parametrize(
        "text",
        [
            "mysql://u:hunter2@h/d",
            "postgresql+psycopg://u:hunter2@h/d",
            "u:hunter2@h/d",
            "postgresql://u:hunter2@h:port/d",
            "sqlite://",
            "sqlite:///:memory:",
            "sqlite:///file:x?mode=memory&uri=true",
            "sqlite://hunter2/x.db",
        ],
    )
    def test_a_bad_one_is_told_without_showing_it(self, text: str) -> None:
        assert refused({"UNIONHUB_DATABASE_URL": text}) == (
            "UNIONHUB_DATABASE_URL: expected a URL: postgresql://user:password@host/database or sqlite:///path/of/a/file"
        )

    def test_a_password_is_never_printed(self) -> None:
        text = "postgresql://hub:hunter2@db:5432/hub?password=hunter2"
        settings = load_settings({"UNIONHUB_DATABASE_URL": text})
        assert "hunter2" in settings.database_url.reveal()
        for shown in (repr(settings), str(settings.database_url), f"{settings.database_url}"):
            assert "hunter2" not in shown
            assert "postgresql+asyncpg://db:5432/hub" in shown

    @pytest.mark.parametrize("folder", ["with space", "100%25", "a?b#c", "ü@:x"])
    def test_any_folder_can_be_home(self, tmp_path: Path, folder: str) -> None:
        settings = Settings(home=tmp_path / folder)
        assert settings.database_url.file == tmp_path / folder / "unionhub.db"
        assert make_url(settings.database_url.reveal()).database == str(tmp_path / folder / "unionhub.db")

    def test_the_files_folder_counts_as_data(self, tmp_path: Path) -> None:
        settings = Settings(home=tmp_path, database_url=DatabaseUrl.parse("sqlite:////srv/db/hub.db"))
        assert settings.data_folders == (tmp_path, Path("/srv/db"))
        elsewhere = Settings(home=tmp_path, database_url=DatabaseUrl.parse("postgresql://u@h/d"))
        assert elsewhere.data_folders == (tmp_path,)


class TestToml:
    def config(self, tmp_path: Path, text: str) -> dict[str, str]:
        file = tmp_path / "hub.toml"
        file.write_text(text)
        return {"UNIONHUB_CONFIG": str(file)}

    def test_it_is_read_and_the_environment_wins(self, tmp_path: Path) -> None:
        text = """
            port = 9000
            bank_timeout_s = 5
            inquire_after_s = [1, 2.5]
            production = false
            home = "/srv/hub"
            database_url = "postgresql://u:p@h/d"
        """
        environ = self.config(tmp_path, text) | {"UNIONHUB_PORT": "9001", "UNIONHUB_HOME": ""}
        settings = load_settings(environ)
        changed = {
            "port": 9001,
            "bank_timeout_s": 5,
            "inquire_after_s": (1, 2.5),
            "home": Path("/srv/hub"),
            "database_url": DatabaseUrl("postgresql+asyncpg://u:p@h/d"),
        }
        assert msgspec.structs.asdict(settings) == DEFAULTS | changed

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("port = '9000'", "port: expected a port: a whole number from 0 (any free one) to 65535"),
            ("port = true", "port: expected a port: a whole number from 0 (any free one) to 65535"),
            ("production = 1", "production: expected true or false"),
            ("bank_timeout_s = nan", "bank_timeout_s: expected a number of seconds above 0, at most 86400"),
            ("inquire_after_s = '1,2'", "inquire_after_s: expected 1 to 20 numbers of seconds above 0, such as 2,4,8"),
            ("home = 5", "home: expected a path"),
            ("home = ''", "home: expected a path"),
            ("[port]\nx = 1", "port: expected a port: a whole number from 0 (any free one) to 65535"),
            ("prot = 1", "prot is no setting: did you mean port?"),
            ("UNIONHUB_PORT = 1", "UNIONHUB_PORT is no setting"),
            ("[bank]\ntimeout_s = 'hunter2'", "bank is no setting"),
            ("config = 'x'", "config is no setting"),
            (
                "database_url = 'mysql://u:hunter2@h/d'",
                "database_url: expected a URL: postgresql://user:password@host/database or sqlite:///path/of/a/file",
            ),
        ],
    )
    def test_a_mistake_in_it(self, tmp_path: Path, text: str, line: str) -> None:
        assert refused(self.config(tmp_path, text)) == f"UNIONHUB_CONFIG: in {tmp_path}/hub.toml, {line}"

    @pytest.mark.parametrize("text", ["database_url = 'hunter2", "hunter2", "a = hunter2", "a = 1\na = 'hunter2'"])
    def test_a_file_that_is_no_toml_is_told_with_the_place(self, tmp_path: Path, text: str) -> None:
        line = refused(self.config(tmp_path, text))
        assert re.match(rf"UNIONHUB_CONFIG: the file {tmp_path}/hub.toml is not TOML: .*\(at ", line)
        assert "hunter2" not in line

    def test_a_file_that_is_no_text(self, tmp_path: Path) -> None:
        (tmp_path / "hub.toml").write_bytes(b"\xff\xfe")
        environ = {"UNIONHUB_CONFIG": str(tmp_path / "hub.toml")}
        assert refused(environ) == f"UNIONHUB_CONFIG: the file {tmp_path}/hub.toml is not TOML: not UTF-8"

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        environ = {"UNIONHUB_CONFIG": str(tmp_path / "no.toml")}
        assert refused(environ) == f"UNIONHUB_CONFIG: the file {tmp_path}/no.toml cannot be read: No such file or directory"

    def test_rules_hold_across_both(self, tmp_path: Path) -> None:
        environ = self.config(tmp_path, "operator_port = 7000") | {"UNIONHUB_PORT": "7000"}
        assert refused(environ) == "UNIONHUB_OPERATOR_PORT: expected another port than UNIONHUB_PORT"


class TestSettings:
    def test_they_do_not_change(self) -> None:
        settings: Any = Settings()
        with pytest.raises(AttributeError):
            settings.port = 1

    def test_the_process_environment_is_the_default(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("UNIONHUB_PORT", "9002")
        assert load_settings().port == 9002

    @pytest.mark.parametrize(
        ("given", "base"),
        [
            ({}, "http://127.0.0.1:8080"),
            ({"host": "0.0.0.0", "port": 9000}, "http://127.0.0.1:9000"),
            ({"host": "::"}, "http://[::1]:8080"),
            ({"host": "::1"}, "http://[::1]:8080"),
            ({"host": "hub.internal"}, "http://hub.internal:8080"),
            ({"host": "0.0.0.0", "public_url": "https://pay.example"}, "https://pay.example"),
        ],
    )
    def test_where_browsers_reach_the_cashier(self, given: dict[str, Any], base: str) -> None:
        assert Settings(**given).public_base == base

    def test_files_under_home(self, tmp_path: Path) -> None:
        assert (Settings().log_file, Settings().clock_file) == (None, None)
        settings = Settings(home=tmp_path, log_to="file", clock="sandbox")
        assert settings.log_file == tmp_path / "log" / "unionhub.log"
        assert settings.clock_file == tmp_path / "clock-offset"
