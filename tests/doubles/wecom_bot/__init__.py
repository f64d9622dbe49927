"""A WeCom AI bot's long connection on loopback: see `tests.doubles.wecom_bot.server`."""
