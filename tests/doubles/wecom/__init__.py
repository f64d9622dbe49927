"""WeCom's self-built app and group robots on loopback, see `tests.doubles.wecom.api`."""
