"""What all control operations reach for: a bot by token, a person by id, a chat by id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.doubles.world import Bot, Chat, User

if TYPE_CHECKING:
    from tests.doubles.botapi import BotApi


class WaitedInVain(Exception):
    """A wait ran out; the text says what stood there instead."""


@dataclass(frozen=True, slots=True)
class Reach:
    api: BotApi

    def bot(self, token: str | None) -> Bot:
        return self.api.bots[token or self.api.token]

    def user(self, user: int) -> User:
        return self.api.people[user]

    def chat(self, bot: Bot, chat_id: int) -> Chat:
        if chat_id not in bot.chats and chat_id in self.api.people:
            return bot.private_chat(self.api.people[chat_id])
        return bot.chats[chat_id]
