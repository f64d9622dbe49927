"""The baseline: a plain python-telegram-bot bot as its own documentation writes one.

    python -m tests.bench.echo7 TOKEN BASE_URL BASE_FILE_URL SCRIPT.json

Default transport, default update handling, no database. It answers each update with a text and a
keyboard of the same size as ours (SCRIPT.json: kind of update -> text and keyboard), a press by an
edit of the message it belongs to.
"""

from __future__ import annotations

import json
import sys
from itertools import count
from pathlib import Path
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

Context = ContextTypes.DEFAULT_TYPE


def main(token: str, base_url: str, base_file_url: str, script: str) -> None:
    answers: dict[str, dict[str, Any]] = json.loads(Path(script).read_text("utf-8"))

    def keyboard(kind: str) -> InlineKeyboardMarkup | None:
        rows = answers[kind]["keyboard"]
        return InlineKeyboardMarkup(
            [[InlineKeyboardButton(label, callback_data=data) for label, data in r] for r in rows]
        )

    async def message(update: Update, _context: Context) -> None:
        assert update.message is not None
        kind = "photo" if update.message.photo else "text"
        kind = "document" if update.message.document else kind
        await update.message.reply_text(answers[kind]["text"], reply_markup=keyboard(kind))

    presses = count()

    async def press(update: Update, _context: Context) -> None:
        assert update.callback_query is not None
        await update.callback_query.answer()
        # an edit that changes nothing is refused
        await update.callback_query.edit_message_text(
            f"{answers['press']['text']} {next(presses)}", reply_markup=keyboard("press")
        )

    application = (
        Application.builder().token(token).base_url(base_url).base_file_url(base_file_url).build()
    )
    application.add_handler(MessageHandler(filters.ALL, message))
    application.add_handler(CallbackQueryHandler(press))
    application.run_polling()


if __name__ == "__main__":
    main(*sys.argv[1:])
