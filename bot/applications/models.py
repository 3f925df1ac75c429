"""What is known of one application file. Phones and ids are here only as keyed hashes."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from bot.privacy import western_digits

# The states in the order of the path of a file; `intents/states.yaml` has their texts.
STATES = (
    "received",
    "incomplete",
    "under_review",
    "visit_planned",
    "diagnosis_done",
    "shortlisted",
    "waiting_list",
    "accepted",
    "not_selected",
    "withdrawn",
)


@dataclass(frozen=True, slots=True)
class Application:
    """One application file."""

    number: str
    """As the programme writes it."""
    programme: str
    """`excellence`, `export`, `aggregators`, or what the programme's office calls it."""
    state: str
    """One of STATES."""
    since: date
    missing: str = ""
    """What is missing, in the words of the office."""
    place: str = ""
    """Where to bring it."""
    deadline: date | None = None
    contact: str = ""
    """Whom to ask."""
    region: str = ""
    tails: frozenset[str] = field(default_factory=frozenset)
    """Keyed hashes of the last four characters of each phone and national id on the file."""
    phones: frozenset[str] = field(default_factory=frozenset)
    """Keyed hashes of each whole phone number on the file."""


def fingerprint(application: Application) -> str:
    """Equal while nothing changes that its owner is told of (a corrected phone is no news)."""
    told = (
        application.number, application.programme, application.state, application.since, application.missing,
        application.place, application.deadline, application.contact, application.region,
    )  # fmt: skip
    return hashlib.sha256(repr([str(each) for each in told]).encode()).hexdigest()


class Keys:
    """Keyed hashes (HMAC-SHA256 with SECRET_KEY): equal inputs compare equal, nothing can be read back."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def phone(self, phone: str) -> str:
        """Hash of a whole phone number, however it is written (national or +212)."""
        return self._hash("phone", plain_phone(phone))

    def tail(self, text: str) -> str:
        """Hash of the last four letters or digits of a phone or id."""
        return self._hash("tail", re.sub(r"[^0-9A-Z]", "", western_digits(text).upper())[-4:])

    def chat(self, channel: str, address: str) -> str:
        """Hash of a chat, for counting its failures."""
        return self._hash("chat", f"{channel}:{address}")

    def number(self, key: str) -> str:
        """Hash of an application number, for counting failures on it."""
        return self._hash("number", key)

    def _hash(self, purpose: str, text: str) -> str:
        return hmac.new(self._secret, f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()[:40]


def plain_phone(phone: str) -> str:
    """The national significant digits of a Moroccan phone (`+212 6 12…`, `00212…`, `06 12…` alike); another
    country's number keeps its digits."""
    digits = re.sub(r"\D", "", western_digits(phone))
    for prefix in ("00212", "212", "0"):
        if digits.startswith(prefix) and len(digits) - len(prefix) == 9:
            return digits[len(prefix) :]
    return digits


def matches(application: Application | None, tail: str) -> bool:
    """Whether `tail` (a hash) is one of the file's, in the same time whether the file exists or not."""
    known: Iterable[str] = sorted(application.tails) if application else ("",)
    found = [hmac.compare_digest(tail, each) for each in known]
    return any(found)
