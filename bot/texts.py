"""Texts people see: gettext catalogues of `locales/`, Babel formats, and isolation of Latin runs in Arabic text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml
from babel.dates import format_date, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations

LOCALES = Path(__file__).parent.parent / "locales"
MOROCCO = ZoneInfo("Africa/Casablanca")

# A run of Latin letters or digits inside Arabic text, with what joins it (dates, numbers, addresses). It ends with a
# letter, a digit or a percent sign, so that the full stop of a sentence stays outside, and so does what follows it.
_LATIN_RUN = re.compile(r"[+/@#]?[A-Za-z0-9À-ÿ](?:(?: [&+-] |[ \u202f]|[.,:;/@+_'’%&=?#-]+)?[A-Za-z0-9À-ÿ])*%?")
_LATIN, _ARABIC = re.compile(r"[A-Za-zÀ-ÿ]"), re.compile(r"[\u0600-\u06ff]")
FOLDERS = ("fr", "ar", "ary", "ary_Latn")
_FSI, _PDI = "\u2068", "\u2069"
_ISOLATED = re.compile(f"({_FSI}[^{_PDI}]*{_PDI})")


@dataclass(frozen=True)
class Language:
    """One written form, as `locales/languages.yaml` describes it."""

    code: str
    name: str
    """Its own name, for buttons."""
    direction: str
    """`rtl` or `ltr`."""
    formats: str
    """Babel locale for dates and numbers."""
    folder: str


@lru_cache(maxsize=512)  # answers and buttons are the same for many
def isolate(text: str) -> str:
    """Arabic `text` with every Latin or digit run between bidi isolates, so that it reads in its own order
    (Unicode UAX 9, section 2.7); a line without Arabic as a whole. What is isolated already stays as it is."""
    return "\n".join(_isolate_line(line) for line in text.split("\n"))


def _isolate_line(line: str) -> str:
    if _LATIN.search(line) and not _ARABIC.search(line) and _FSI not in line:
        return f"{_FSI}{line}{_PDI}"
    parts = _ISOLATED.split(line)
    parts[::2] = [_LATIN_RUN.sub(lambda run: f"{_FSI}{run.group()}{_PDI}", part) for part in parts[::2]]
    return "".join(parts)


class Texts:
    """The catalogues of one gettext domain in every language that has it."""

    def __init__(self, domain: str = "bot", root: Path = LOCALES) -> None:
        """Reads and compiles the catalogues in memory. Raises FileNotFoundError without `languages.yaml`."""
        rows = yaml.safe_load((root / "languages.yaml").read_text(encoding="utf-8"))
        self.languages = {row["code"]: Language(**row) for row in rows}
        self._catalogues = {
            code: _compiled(path)
            for code, language in self.languages.items()
            if (path := root / language.folder / "LC_MESSAGES" / f"{domain}.po").exists()
        }

    def get(self, form: str, message: str, **values: object) -> str:
        """The text of `message` in `form`, its `{placeholders}` filled. Raises KeyError for a message that
        no catalogue has: a missing text is a fault to be found by the tests, never shown."""
        text: str = self._catalogues[form].gettext(message)
        if text == message:
            raise KeyError(f"{message} has no text in {form}")
        return text.format(**values) if values else text

    def plural(self, form: str, message: str, count: int, **values: object) -> str:
        """The text of `message` in the plural that `count` takes in `form`; `{count}` is filled."""
        text: str = self._catalogues[form].ngettext(message, message + ".plural", count)
        if text.startswith(message):
            raise KeyError(f"{message} has no text in {form}")
        return text.format(count=self.number(form, count), **values)

    def rtl(self, form: str) -> bool:
        """True where `form` is written from right to left."""
        return self.languages[form].direction == "rtl"

    def number(self, form: str, value: int | float) -> str:
        """`value` in digits, grouped as `form` groups them."""
        return _digits(value, self.languages[form].formats)

    def day(self, form: str, value: date | datetime) -> str:
        """A day in words, in Morocco's time."""
        if isinstance(value, datetime):
            value = value.astimezone(MOROCCO).date()
        return _date(value, "d MMMM y", self.languages[form].formats)

    def month(self, form: str, value: date) -> str:
        """A month in words."""
        return _date(value, "MMMM y", self.languages[form].formats)

    def hour(self, form: str, value: time | datetime) -> str:
        """A time of day, in Morocco's time."""
        if isinstance(value, datetime):
            value = value.astimezone(MOROCCO).time()
        return format_time(value, "HH:mm", locale=self.languages[form].formats)

    def value(self, value: object, form: str) -> str:
        """A fact's value as `form` writes it: numbers and dates formatted, texts as they are."""
        if isinstance(value, bool):
            raise TypeError("a fact is a number, a date or a text")
        if isinstance(value, int | float):
            return self.number(form, value)
        if isinstance(value, date):
            return self.day(form, value)
        return str(value)

    def as_of(self, form: str, stamp: str) -> str:
        """`2025-06` or `2025-06-14` in words."""
        if len(stamp) == 7:
            return self.month(form, date.fromisoformat(stamp + "-01"))
        return self.day(form, date.fromisoformat(stamp))


# Every answer shows a date or two, and there are few of them.
@lru_cache(maxsize=512)
def _digits(value: int | float, locale: str) -> str:
    return format_decimal(value, locale=locale)


@lru_cache(maxsize=512)
def _date(value: date, pattern: str, locale: str) -> str:
    return format_date(value, pattern, locale=locale)


def _compiled(path: Path) -> Translations:
    with path.open("rb") as file:
        catalogue = read_po(file)
    buffer = BytesIO()
    write_mo(buffer, catalogue)
    buffer.seek(0)
    return Translations(buffer)


def catalogue_problems(root: Path = LOCALES) -> list[str]:
    """What is missing or does not fit in the catalogues: a message without text in one language, or whose
    placeholders differ from the others'."""
    problems = []
    for domain, folders in {"bot": FOLDERS, "web": FOLDERS, "console": ("fr", "ar")}.items():
        texts: dict[str, dict[str, str]] = {}
        for folder in folders:
            with (root / folder / "LC_MESSAGES" / f"{domain}.po").open("rb") as file:
                for message in read_po(file):
                    if message.id:
                        name = message.id if isinstance(message.id, str) else message.id[0]
                        text = message.string if isinstance(message.string, str) else (message.string or ("",))[0]
                        texts.setdefault(name, {})[folder] = text or ""
        for name, found in sorted(texts.items()):
            missing = [folder for folder in folders if not found.get(folder)]
            problems += [f"locales/{folder}/LC_MESSAGES/{domain}.po: no text for {name}" for folder in missing]
            if len({frozenset(re.findall(r"\{(\w+)\}", text)) for text in found.values() if text}) > 1:
                problems.append(f"{domain}.po: the placeholders of {name} differ between languages")
    return problems
