"""Settings from the environment or a `.env` file, read once, frozen. Each is documented in the README
(a test compares)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bot.errors import SettingsError


class Secret(str):
    """A string that does not show itself in tracebacks and logs."""

    def __repr__(self) -> str:
        return "Secret('**********')"


def _text(value: str) -> str:
    return value


def _secret(value: str) -> Secret:
    return Secret(value)


def _port(value: str) -> int:
    if not value.isdigit() or not 0 <= int(value) <= 65535:
        raise ValueError("give a port number from 0 to 65535")
    return int(value)


def _whole(value: str) -> int:
    if not value.isdigit():
        raise ValueError("give a whole number, 0 or more")
    return int(value)


def _rate(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number < 1e6:
        raise ValueError("give a number, 0 or more")
    return number


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError("give an address that starts with https:// (or http://)")
    return value.rstrip("/")


def _database(value: str) -> str:
    if not value.startswith(("sqlite:///", "postgresql+psycopg://", "postgresql://")):
        raise ValueError("give sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME")
    return value.replace("postgresql://", "postgresql+psycopg://", 1)


def _one_of(*names: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value.lower() not in names:
            raise ValueError(f"give one of: {', '.join(names)}")
        return value.lower()

    return read


def _hours(value: str) -> str:
    """`1-5 09:00-16:30`: days of the week (1 is Monday) and hours, Morocco time; `always`."""

    if value != "always" and not re.fullmatch(r"[1-7](-[1-7])? \d\d:\d\d-\d\d:\d\d", value):
        raise ValueError("give `always`, or days and hours such as `1-5 09:00-16:30`")
    return value


def _setting(default: Any, read: Callable[[str], Any] = _text) -> Any:
    return field(default=default, metadata={"read": read})


@dataclass(frozen=True)
class Settings:
    """All settings, valid. Field names are the environment's names in lower case."""

    bot_token: Secret = _setting(Secret(""), _secret)
    telegram_api_url: str = _setting("https://api.telegram.org", _url)
    telegram_mode: str = _setting("polling", _one_of("polling", "webhook"))
    telegram_proxy: str = _setting("", _text)
    webhook_url: str = _setting("", _url)
    webhook_secret: Secret = _setting(Secret(""), _secret)
    http_host: str = _setting("127.0.0.1")
    http_port: int = _setting(8080, _port)
    database_url: str = _setting("", _database)
    data_dir: Path = _setting(Path("data"), Path)
    secret_key: Secret = _setting(Secret(""), _secret)
    log_level: str = _setting("info", _one_of("debug", "info", "warning", "error"))
    send_rate: float = _setting(30.0, _rate)
    send_rate_chat: float = _setting(1.0, _rate)
    flood_limit: int = _setting(20, _whole)
    retention_days: int = _setting(90, _whole)
    staff_hours: str = _setting("1-5 09:00-16:30", _hours)
    staff_group: str = _setting("", _text)
    application_prefixes: str = _setting("EXC,EXP,AGR")
    application_digits: int = _setting(5, _whole)
    application_check: str = _setting("none", _one_of("none", "letter"))
    application_source_url: str = _setting("", _url)
    application_source_token: Secret = _setting(Secret(""), _secret)
    demo_data: str = _setting("auto", _one_of("auto", "yes", "no"))
    secure_cookies: str = _setting("auto", _one_of("auto", "yes", "no"))

    @property
    def telegram(self) -> bool:
        """True when a Telegram token is set."""
        return bool(self.bot_token)

    @property
    def embedded(self) -> bool:
        """True on SQLite: one process, one file."""
        return self.database_url.startswith("sqlite")


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Settings from `environ`. Creates `DATA_DIR` and, where no SECRET_KEY is given, makes one and keeps it
    there. Raises SettingsError naming every invalid setting and what to do."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, item in Settings.__dataclass_fields__.items():
        given = environ.get(name.upper(), "").strip()
        if not given:
            continue
        try:
            values[name] = item.metadata["read"](given)
        except ValueError as error:
            problems.append(f"{name.upper()}: {error} (see the README, section Settings)")
    problems += _missing(values)
    if problems:
        raise SettingsError("\n".join(problems))
    data_dir: Path = values.setdefault("data_dir", Path("data"))
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        values.setdefault("database_url", f"sqlite:///{data_dir / 'bot.sqlite'}")
        if not values.get("secret_key"):
            values["secret_key"] = _kept_secret(data_dir / "secret_key")
    except OSError as error:
        raise SettingsError(
            f"DATA_DIR: cannot write to {data_dir} ({error.strerror}); choose another folder"
        ) from error
    return Settings(**values)


def _missing(values: Mapping[str, Any]) -> list[str]:
    problems = []
    if values.get("bot_token") and ":" not in values["bot_token"]:
        problems.append("BOT_TOKEN: this is not a token of BotFather's (it looks like 123456:ABC...)")
    if values.get("bot_token") and values.get("telegram_mode") == "webhook":
        if not values.get("webhook_url"):
            problems.append("WEBHOOK_URL: needed with TELEGRAM_MODE=webhook; give the public https:// address")
        if not values.get("webhook_secret"):
            problems.append("WEBHOOK_SECRET: needed with TELEGRAM_MODE=webhook; give 32 random letters and digits")
    return problems


def _kept_secret(path: Path) -> Secret:
    if not path.exists():
        path.write_text(secrets.token_urlsafe(48), encoding="ascii")
        path.chmod(0o600)
    return Secret(path.read_text(encoding="ascii").strip())
