"""Stand-ins for the services the program talks to, each a server on loopback.

`tests.doubles.botapi` is Telegram's Bot API; `tests.doubles.client` is how a test drives it.
`tests.doubles.wecom_bot.server` is the long connection of WeCom's AI bot.
"""
