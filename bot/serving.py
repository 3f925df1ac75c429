"""Runs all in one process: web page, console, Telegram, sender, what follows publications; stops in order."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Any

import uvicorn
from sqlalchemy import Connection
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot import metrics
from bot.app import Core, core, utc_now
from bot.applications.demo import demo_hint
from bot.channels.telegram import TelegramChannel
from bot.channels.webchat import WebChat
from bot.console.desk import Desk
from bot.console.site import console_routes
from bot.errors import BotError, SettingsError
from bot.housekeeping import Housekeeping
from bot.settings import Settings
from bot.storage import outbox, staff
from bot.storage.applications import demo_present
from bot.texts import Texts

_log = logging.getLogger(__name__)

STOP_SECONDS = 10


async def serve(settings: Settings, environ: Mapping[str, str]) -> int:
    """Serves until SIGTERM or Ctrl-C, then finishes what it took and sends what it decided, within 10 s. Returns
    0; raises BotError when something cannot start or breaks for good."""
    channels: dict[str, Any] = {}
    telegram = TelegramChannel(settings, utc_now) if settings.telegram else None
    if telegram:
        channels["telegram"] = telegram
    async with core(settings, environ, channels) as built:
        server = _Server(built, telegram)
        await server.run()
    return 0


class _Web(uvicorn.Server):
    """uvicorn without its ten looks a second at whether to stop: waking an idle machine costs more than a message."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._told = asyncio.Event()

    async def main_loop(self) -> None:
        """Returns once told to stop."""
        await self._told.wait()

    def stop(self) -> None:
        """Takes no new connections, lets those that are served finish."""
        self.should_exit = True
        self._told.set()


class _Server:
    def __init__(self, built: Core, telegram: TelegramChannel | None) -> None:
        self._core = built
        self._telegram = telegram
        self._demo = False
        routes = [
            Route("/healthz", self._alive),
            Route("/readyz", self._ready),
            Route("/metrics", self._metrics),
            *WebChat(
                built.reception, built.inbox, Texts("web"), utc_now, lambda: demo_hint(self._demo),
                built.settings.secure_cookies,
            ).routes,
            *console_routes(Desk(built.db, Texts("console"), utc_now, built.settings), built),
        ]
        if telegram:
            routes += telegram.routes(built.reception)
        self.app = Starlette(routes=routes)
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Runs the parts until told to stop or until one breaks."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        settings = self._core.settings
        config = uvicorn.Config(
            self.app, settings.http_host, settings.http_port, log_config=None, access_log=False, lifespan="off",
            timeout_graceful_shutdown=3, proxy_headers=True, server_header=False, date_header=False,
        )
        web = _Web(config)
        self._demo = await self._core.db.read(demo_present)
        background = [
            self._task("web", self._web(web)),
            self._task("sender", self._core.sender.run()),
            self._task("content", self._core.knowledge.watch()),
            self._task("housekeeping", Housekeeping(self._core, utc_now).run()),
        ]
        if self._telegram:
            await self._telegram.start(self._core.texts)
            background.append(self._task("telegram", self._telegram.run(self._core.reception)))
        announcing = self._task("announcement", self._announce(web))
        try:
            await self._wait(background)
        finally:
            announcing.cancel()
        await self._shut(web, background)

    async def _web(self, web: _Web) -> None:
        # uvicorn installs its own signal handlers around serve(): the inner method leaves ours in place.
        try:
            await web._serve()
        except SystemExit as error:
            settings = self._core.settings
            raise SettingsError(
                f"HTTP_PORT: cannot listen on {settings.http_host}:{settings.http_port}; another program uses it. "
                "Set another HTTP_PORT."
            ) from error

    async def _wait(self, background: list[asyncio.Task[None]]) -> None:
        stopping = asyncio.create_task(self._stop.wait())
        done, _ = await asyncio.wait([stopping, *background], return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        for task in done - {stopping}:
            if error := task.exception():
                for other in background:
                    other.cancel()
                raise error

    async def _shut(self, web: _Web, background: list[asyncio.Task[None]]) -> None:
        _log.info("stopping: no new messages, finishing what was taken")
        if self._telegram:
            await self._telegram.stop()
        web.stop()
        await self._core.reception.close()
        self._core.sender.stop(STOP_SECONDS - 3)
        names = {"web", "sender", "telegram"}
        ending = [task for task in background if task.get_name() in names]
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS - 1):
                await asyncio.gather(*ending, return_exceptions=True)
        for task in background:
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        if self._telegram:
            await self._telegram.close()

    async def _announce(self, web: _Web) -> None:
        """In plain words, where to click; and, while there is no account, the one-time link to the console."""
        while not web.started:
            await asyncio.sleep(0.02)
        settings = self._core.settings
        host = "127.0.0.1" if settings.http_host in ("0.0.0.0", "::") else settings.http_host
        address = f"http://{host}:{web.servers[0].sockets[0].getsockname()[1] if web.servers else settings.http_port}"
        say = Texts("console").get
        lines = [say("fr", "ready.chat", address=address)]
        if token := await self._invitation():
            lines.append(say("fr", "ready.first", address=f"{address}/staff/welcome/{token}"))
        else:
            lines.append(say("fr", "ready.staff", address=f"{address}/staff"))
        lines.append(say("fr", "ready.telegram" if self._telegram else "ready.no_telegram"))
        print("\n" + "\n".join(lines) + "\n", flush=True)

    async def _invitation(self) -> str | None:
        def invite(connection: Connection) -> str | None:
            return None if staff.count(connection) else staff.invite(connection, "administrator", utc_now())

        return await self._core.db.write(invite)

    async def _alive(self, request: Request) -> Response:
        return PlainTextResponse("alive")

    async def _ready(self, request: Request) -> Response:
        """200 when everything is up, else 503; says which part is not."""
        parts = {"content": self._core.knowledge.ready, "telegram": not self._telegram or self._telegram.up}
        try:
            await self._core.db.read(outbox.waiting, 1.0)
            parts["database"] = True
        except BotError:
            parts["database"] = False
        ready = all(parts.values()) and not self._stop.is_set()
        return JSONResponse({"ready": ready, **parts}, 200 if ready else 503)

    async def _metrics(self, request: Request) -> Response:
        waiting = await self._core.db.read(outbox.waiting)
        return Response(metrics.render(waiting, utc_now()), media_type=metrics.CONTENT_TYPE)

    def _task(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        return asyncio.create_task(work, name=name)
