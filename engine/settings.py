"""The settings: one table (name, default, help), read from a file and from the environment, the environment winning.

The environment variable of a setting is its name in capitals after ``PATTI_``. The file is ``patti.toml`` in the
working folder, or the one named by ``PATTI_CONFIG``.
"""

from __future__ import annotations

import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from engine.errors import Misconfigured


@dataclass(frozen=True)
class Setting:
    """One line of the table of settings."""

    name: str
    default: str | int | bool
    help: str

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return "PATTI_" + self.name.upper()


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "database_url",
        "sqlite:///var/patti.db",
        "Where everything is kept: sqlite:///… or postgresql+psycopg://…",
    ),
    Setting("processes_folder", "processes", "The folder of the process definitions and of ruoli.yaml"),
    Setting(
        "public_url", "http://127.0.0.1:8000", "The address that people type; used in the links of e-mails"
    ),
    Setting("host", "127.0.0.1", "The address the web server listens on"),
    Setting("port", 8000, "The port the web server listens on"),
    Setting(
        "secret_key", "", "Signs the session cookies; empty: a key is made once and kept in var/secret_key"
    ),
    Setting(
        "secure_cookies",
        False,
        "Send cookies over HTTPS only; set it wherever the server is reached by HTTPS",
    ),
    Setting("trusted_proxies", 0, "How many reverse proxies of ours stand before the server"),
    Setting("session_hours", 10, "Hours without use after which a session ends"),
    Setting(
        "smtp_url",
        "",
        "The mail server: smtp://user:password@host:587?starttls=1; empty: mails stay in the outbox log",
    ),
    Setting("mail_from", "patti@example.org", "The sender of the e-mails"),
    Setting("default_language", "it", "The language of the pages before a person chooses: it or en"),
    Setting("max_upload_mb", 15, "The largest file that can be attached, in megabytes"),
    Setting("operation_attempts", 4, "How many times an operation is tried before it becomes an incident"),
    Setting("retry_seconds", 60, "Seconds before the first retry; each further wait is four times longer"),
    Setting("sweep_seconds", 60, "Seconds between two safety sweeps of timers and outbox"),
    Setting(
        "live_instances",
        1000,
        "How many of the instances that stepped last stay in memory, ready for the next step; 0: none",
    ),
    Setting("embedded_jobs", True, "Run timers and outbox inside the web server (one process)"),
    Setting(
        "metrics_token",
        "",
        "Whoever asks for the metrics must show it (Authorization: Bearer …); empty: nobody gets them",
    ),
    Setting("login_rate", "10 per minute", "How many sign-in attempts one address may make"),
    Setting("log_level", "INFO", "DEBUG, INFO, WARNING or ERROR"),
)


_DEFAULTS: dict[str, Any] = {setting.name: setting.default for setting in SETTINGS}


@dataclass(frozen=True)
class Settings:
    """The settings in force; see `SETTINGS` for the meaning of each."""

    database_url: str = _DEFAULTS["database_url"]
    processes_folder: str = _DEFAULTS["processes_folder"]
    public_url: str = _DEFAULTS["public_url"]
    host: str = _DEFAULTS["host"]
    port: int = _DEFAULTS["port"]
    secret_key: str = _DEFAULTS["secret_key"]
    secure_cookies: bool = _DEFAULTS["secure_cookies"]
    trusted_proxies: int = _DEFAULTS["trusted_proxies"]
    session_hours: int = _DEFAULTS["session_hours"]
    smtp_url: str = _DEFAULTS["smtp_url"]
    mail_from: str = _DEFAULTS["mail_from"]
    default_language: str = _DEFAULTS["default_language"]
    max_upload_mb: int = _DEFAULTS["max_upload_mb"]
    operation_attempts: int = _DEFAULTS["operation_attempts"]
    retry_seconds: int = _DEFAULTS["retry_seconds"]
    sweep_seconds: int = _DEFAULTS["sweep_seconds"]
    live_instances: int = _DEFAULTS["live_instances"]
    embedded_jobs: bool = _DEFAULTS["embedded_jobs"]
    metrics_token: str = _DEFAULTS["metrics_token"]
    login_rate: str = _DEFAULTS["login_rate"]
    log_level: str = _DEFAULTS["log_level"]

    @classmethod
    def load(cls, path: str | Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the file (when there is one) and the environment. Raises Misconfigured naming what cannot be read."""
        environment = os.environ if environment is None else environment
        chosen = path or environment.get("PATTI_CONFIG")
        file = Path(chosen or "patti.toml")
        values: dict[str, Any] = {}
        if file.exists():
            try:
                values.update(tomllib.loads(file.read_text(encoding="utf-8")))
            except tomllib.TOMLDecodeError as problem:
                raise Misconfigured(f"Il file {file} non si legge: {problem}") from problem
        elif chosen:
            raise Misconfigured(f"Il file di configurazione {file} non esiste")
        known = {setting.name: setting for setting in SETTINGS}
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise Misconfigured(f"Il file {file} contiene impostazioni sconosciute: {', '.join(unknown)}")
        for setting in SETTINGS:
            if setting.variable in environment:
                values[setting.name] = environment[setting.variable]
        return cls(**{name: _typed(known[name], value) for name, value in values.items()})

    def with_(self, **changes: Any) -> Settings:
        """A copy with some settings changed."""
        return replace(self, **changes)

    def secret(self) -> str:
        """The key that signs sessions: the setting, or one made at the first start and kept beside the database."""
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


def _typed(setting: Setting, value: Any) -> Any:
    if isinstance(setting.default, bool):
        text = str(value).strip().lower()
        if text in ("1", "true", "yes", "si", "sì", "on"):
            return True
        if text in ("0", "false", "no", "off", ""):
            return False
        raise Misconfigured(f"{setting.variable}: serve true o false, non «{value}»")
    if isinstance(setting.default, int):
        try:
            return int(value)
        except ValueError as problem:
            raise Misconfigured(f"{setting.variable}: serve un numero intero, non «{value}»") from problem
    return str(value)


assert [field.name for field in fields(Settings)] == [setting.name for setting in SETTINGS]
