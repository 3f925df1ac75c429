"""HTTP towards Telegram for python-telegram-bot, over one pooled aiohttp session: about a third of the CPU of
its default transport (architecture page)."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from telegram._utils.defaultvalue import DefaultValue
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

CONNECT_SECONDS = 10.0
READ_SECONDS = 20.0


class AiohttpRequest(BaseRequest):
    """Requests over aiohttp: at most `connections` at once, through `proxy` where given, uploads included.

    aiohttp's own `trust_env` would read the environment and .netrc anew for every request, in a thread: more CPU
    than the request itself. `environment_proxy` reads it once."""

    def __init__(self, connections: int = 64, proxy: str = "") -> None:
        self._connections = connections
        self._proxy = proxy or None
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """Seconds to wait for an answer, unless a call says otherwise."""
        return READ_SECONDS

    async def initialize(self) -> None:
        """Opens the session, once."""
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(
                limit=self._connections, keepalive_timeout=60, ttl_dns_cache=300
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                headers={"User-Agent": self.USER_AGENT},
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=True,
            )

    async def shutdown(self) -> None:
        """Closes the session."""
        if self._session is not None:
            await self._session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Status and body of the answer. Raises TimedOut or NetworkError, whose texts name neither the
        address nor the token in it."""
        if self._session is None:
            raise NetworkError("the transport is not initialised")
        read = READ_SECONDS if isinstance(read_timeout, DefaultValue) else read_timeout
        connect = CONNECT_SECONDS if isinstance(connect_timeout, DefaultValue) else connect_timeout
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect, sock_read=read)
        try:
            async with self._session.request(
                method, url, timeout=timeout, proxy=self._proxy, **_body(request_data)
            ) as response:
                return response.status, await response.read()
        except TimeoutError as error:
            raise TimedOut(f"Telegram did not answer in time ({type(error).__name__})") from None
        except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError) as error:
            raise NetworkError(f"no connection to Telegram ({type(error).__name__})") from None


def environment_proxy(url: str) -> str:
    """The proxy that the environment (`HTTPS_PROXY`, `NO_PROXY` ...) wants for `url`; empty for none."""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return ""
    return getproxies().get(parts.scheme, "")


def _body(data: RequestData | None) -> dict[str, Any]:
    """Parameters as JSON (the cheapest to make and to read), or as a form where files go along."""
    if data is None:
        return {}
    if not data.contains_files:
        if not data.parameters:
            return {}
        payload = json.dumps(data.parameters, separators=(",", ":")).encode()
        return {"data": payload, "headers": {"Content-Type": "application/json"}}
    form = aiohttp.FormData()
    for name, value in data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, kind) in data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return {"data": form}
