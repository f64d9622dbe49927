"""Telegram; its settings stand in `settings`, apart from everything that needs the library."""
