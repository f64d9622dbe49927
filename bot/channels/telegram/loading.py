"""python-telegram-bot, loaded without what it would load for Telegram Passport.

If `cryptography` is installed, which WeCom's channels need, the library imports it for documents
that nobody sends us: 8 MB of memory, and a good part of the time until the first answer.
"""

from __future__ import annotations

import sys

_SPARED = "cryptography"


def load() -> None:
    """Before anything else imports the library; whoever needs the other one gets it afterwards."""
    if _SPARED in sys.modules:
        return
    sys.modules[_SPARED] = None  # type: ignore[assignment]  # what Python takes for "not there"
    try:
        import telegram  # noqa: F401
    finally:
        del sys.modules[_SPARED]
