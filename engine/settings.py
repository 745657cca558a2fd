"""The settings: name, type, default and description in one list, read from a file and from the environment.

The environment variable of a setting is its name in capitals after ``PATTI_``; it wins over the file. The file is
``patti.toml`` in the working folder, or the one named by ``PATTI_CONFIG``.
"""

from __future__ import annotations

import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

from engine.errors import Misconfigured

T = TypeVar("T")


def _setting(default: T, description: str) -> T:
    value: T = field(default=default, metadata={"help": description})
    return value


@dataclass(frozen=True)
class Settings:
    """The settings in force."""

    database_url: str = _setting(
        "sqlite:///var/patti.db", "Where everything is kept: sqlite:///… or postgresql+psycopg://…"
    )
    postgresql_pipeline: bool = _setting(
        True,
        "Send frequent statements through libpq's pipeline (PostgreSQL); false: everything through SQLAlchemy",
    )
    processes_folder: str = _setting("processes", "The folder of the process definitions and of ruoli.yaml")
    public_url: str = _setting(
        "http://127.0.0.1:8000", "The address that people type; used in the links of e-mails"
    )
    host: str = _setting("127.0.0.1", "The address the web server listens on")
    port: int = _setting(8000, "The port the web server listens on")
    secret_key: str = _setting(
        "", "Signs the session cookies; empty: a key is made once and kept in var/secret_key"
    )
    secure_cookies: bool = _setting(
        False, "Send cookies over HTTPS only; set it wherever the server is reached by HTTPS"
    )
    trusted_proxies: int = _setting(0, "How many reverse proxies of ours stand before the server")
    session_hours: int = _setting(10, "Hours without use after which a session ends")
    smtp_url: str = _setting(
        "", "The mail server: smtp://user:password@host:587?starttls=1; empty: mails stay in the outbox log"
    )
    mail_from: str = _setting("patti@example.org", "The sender of the e-mails")
    default_language: str = _setting("it", "The language of the pages before a person chooses: it or en")
    max_upload_mb: int = _setting(15, "The largest file that can be attached, in megabytes")
    operation_attempts: int = _setting(
        4, "How many times an operation is tried before it becomes an incident"
    )
    retry_seconds: int = _setting(
        60, "Seconds before the first retry; each further wait is four times longer"
    )
    sweep_seconds: int = _setting(60, "Seconds between two safety sweeps of timers and outbox")
    overdue_reminder_days: int = _setting(
        1, "Working days after which those who should do a late task, and who oversees them, are told"
    )
    overdue_escalation_days: int = _setting(
        5, "Working days after which a task that is still late is escalated"
    )
    live_instances: int = _setting(
        1000, "How many of the instances that stepped last stay in memory, ready for the next step; 0: none"
    )
    embedded_jobs: bool = _setting(True, "Run timers and outbox inside the web server (one process)")
    metrics_token: str = _setting(
        "", "Whoever asks for the metrics must show it (Authorization: Bearer …); empty: nobody gets them"
    )
    login_rate: str = _setting("10 per minute", "How many sign-in attempts one address may make")
    log_level: str = _setting("INFO", "DEBUG, INFO, WARNING or ERROR")

    @classmethod
    def load(cls, path: str | Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the file, if there is one, and the environment. Raises Misconfigured for what cannot be read."""
        environment = os.environ if environment is None else environment
        chosen = path or environment.get("PATTI_CONFIG")
        file = Path(chosen or "patti.toml")
        values: dict[str, Any] = {}
        if file.exists():
            try:
                values.update(tomllib.loads(file.read_text(encoding="utf-8")))
            except tomllib.TOMLDecodeError as problem:
                raise Misconfigured(
                    "SETTINGS_FILE_UNREADABLE", file=str(file), problem=str(problem)
                ) from problem
        elif chosen:
            raise Misconfigured("SETTINGS_FILE_MISSING", file=str(file))
        known = {setting.name: setting for setting in SETTINGS}
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise Misconfigured("SETTINGS_UNKNOWN", file=str(file), names=unknown)
        for setting in SETTINGS:
            if setting.variable in environment:
                values[setting.name] = environment[setting.variable]
        return cls(**{name: known[name].parse(value) for name, value in values.items()})

    def with_(self, **changes: Any) -> Settings:
        """A copy with some settings changed."""
        return replace(self, **changes)

    def retry_delay(self, failed_attempts: int) -> timedelta:
        """The wait after so many failed attempts (1 or more): `retry_seconds`, then each time four times longer."""
        return timedelta(seconds=self.retry_seconds * 4 ** (failed_attempts - 1))

    def secret(self) -> str:
        """The key that signs sessions: the setting, or one made at the first start and stored in `var/secret_key`."""
        if self.secret_key:
            return self.secret_key
        file = Path("var/secret_key")
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
                    handle.write(secrets.token_hex(32))
            except FileExistsError:
                pass
        return file.read_text(encoding="ascii").strip()


@dataclass(frozen=True)
class Setting:
    """One setting: its name, its default, and what it does."""

    name: str
    default: str | int | bool
    help: str

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return "PATTI_" + self.name.upper()

    def parse(self, value: Any) -> Any:
        """A value of the file or the environment in the type of the default. Raises Misconfigured."""
        if isinstance(self.default, bool):
            text = str(value).strip().lower()
            if text in ("1", "true", "yes", "si", "sì", "on"):
                return True
            if text in ("0", "false", "no", "off", ""):
                return False
            raise Misconfigured("SETTING_NOT_BOOLEAN", variable=self.variable, value=str(value))
        if isinstance(self.default, int):
            try:
                return int(value)
            except ValueError as problem:
                raise Misconfigured(
                    "SETTING_NOT_INTEGER", variable=self.variable, value=str(value)
                ) from problem
        return str(value)


SETTINGS = tuple(
    Setting(one.name, cast("str | int | bool", one.default), one.metadata["help"]) for one in fields(Settings)
)
"""All settings, in the order of their fields."""
