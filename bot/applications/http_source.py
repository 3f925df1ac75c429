"""Applications from a back office over HTTPS: timeout, one retry, and a circuit breaker so that a dead back office
costs nobody a long wait. The protocol is in `bot/README.md`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from urllib.parse import quote

import aiohttp

from bot.applications.models import STATES, Application, Keys
from bot.errors import SourceUnavailable

# People wait on a phone: two tries of three seconds are what the status dialogue can afford.
TIMEOUT = aiohttp.ClientTimeout(total=3.0)
TRIES = 2
# After this many failures in a row nothing is asked for PAUSE seconds; then one call tries again.
BREAKS_AFTER = 5
PAUSE = 30.0


class HttpSource:
    """GET {url}/applications/{key} and GET {url}/applications?phone={E.164}; 404 means unknown."""

    def __init__(
        self,
        url: str,
        token: str,
        keys: Keys,
        session: aiohttp.ClientSession,
        monotonic: Callable[[], float],
    ) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._keys = keys
        self._session = session
        self._monotonic = monotonic
        self._failures = 0
        self._closed_until = 0.0

    async def find(self, number: str) -> Application | None:
        """The application of that key, or None. Raises SourceUnavailable."""
        found = await self._get(f"/applications/{quote(number, safe='')}")
        return self._application(found) if isinstance(found, Mapping) else None

    async def find_many(self, numbers: list[str]) -> tuple[Application, ...]:
        """Those of several keys. Raises SourceUnavailable."""
        found = await asyncio.gather(*(self.find(number) for number in numbers))
        return tuple(each for each in found if each is not None)

    async def find_by_phone(self, phone: str, hashed: str) -> tuple[Application, ...]:
        """Those on which a phone stands. Raises SourceUnavailable."""
        found = await self._get(f"/applications?phone={quote(phone, safe='')}")
        return tuple(self._application(each) for each in found or ())

    async def _get(self, path: str) -> Any:
        if self._monotonic() < self._closed_until:
            raise SourceUnavailable("the back office did not answer lately; not asked again yet")
        problem = ""
        for _ in range(TRIES):
            try:
                async with self._session.get(self._url + path, headers=self._headers, timeout=TIMEOUT) as answer:
                    if answer.status in (200, 404):
                        body = await answer.json() if answer.status == 200 else None
                        self._failures = 0
                        return body
                    problem = f"HTTP {answer.status}"
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                problem = type(error).__name__
        self._failures += 1
        if self._failures >= BREAKS_AFTER:
            self._closed_until = self._monotonic() + PAUSE
        raise SourceUnavailable(f"the back office does not answer ({problem})")

    def _application(self, body: Mapping[str, Any]) -> Application:
        try:
            state = body["state"]
            if state not in STATES:
                raise ValueError(state)
            factors = [*body.get("phones", ()), *body.get("national_ids", ())]
            deadline = body.get("deadline")
            return Application(
                number=str(body["number"]),
                programme=str(body.get("programme", "")),
                state=state,
                since=date.fromisoformat(body["since"]),
                missing=str(body.get("missing") or ""),
                place=str(body.get("place") or ""),
                deadline=date.fromisoformat(deadline) if deadline else None,
                contact=str(body.get("contact") or ""),
                region=str(body.get("region") or ""),
                tails=frozenset(self._keys.tail(str(each)) for each in factors),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise SourceUnavailable(f"the back office sent a file that cannot be read ({error!r})") from error
