"""The web chat: a page of our own that speaks to the program as any other messenger does."""

from bot.channels.webchat.channel import WebChat
from bot.channels.webchat.lent import Lent, Persona, Terms

__all__ = ["Lent", "Persona", "Terms", "WebChat"]
