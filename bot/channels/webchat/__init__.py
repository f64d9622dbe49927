"""The web chat: a page of our own that speaks to the program as any other messenger does."""

from bot.channels.webchat.channel import WebChat
from bot.channels.webchat.lent import Knock, Lent, Persona, Terms

__all__ = ["Knock", "Lent", "Persona", "Terms", "WebChat"]
