"""The bots we compare with, each as short as its documentation has it: `python -m tests.bench.echo NAME URL TOKEN`."""

from __future__ import annotations

import asyncio
import sys


def python_telegram_bot(url: str, token: str) -> None:
    """Echoes on python-telegram-bot's defaults."""
    from telegram import Update
    from telegram.ext import Application, ContextTypes, MessageHandler, filters

    async def echo(update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        await update.message.reply_text(update.message.text)

    application = Application.builder().token(token).base_url(f"{url}/bot").build()
    application.add_handler(MessageHandler(filters.TEXT & ~filters.COMMAND, echo))
    application.run_polling()


def aiogram(url: str, token: str) -> None:
    """Echoes on aiogram's defaults."""
    from aiogram import Bot, Dispatcher, types
    from aiogram.client.session.aiohttp import AiohttpSession
    from aiogram.client.telegram import TelegramAPIServer

    dispatcher = Dispatcher()

    @dispatcher.message()
    async def echo(message: types.Message) -> None:
        await message.answer(message.text)

    async def run() -> None:
        session = AiohttpSession(api=TelegramAPIServer.from_base(url))
        await dispatcher.start_polling(Bot(token, session=session))

    asyncio.run(run())


if __name__ == "__main__":
    {"python-telegram-bot": python_telegram_bot, "aiogram": aiogram}[sys.argv[1]](sys.argv[2], sys.argv[3])
