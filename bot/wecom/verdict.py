"""What WeCom's errcode means for what comes next: pure, from an answer to a `DeliveryError`.

Nothing of `errmsg` goes into an error, for it quotes what was sent; only for a call from an
address that is not trusted is the address read from it, since nothing else names it.
"""

from __future__ import annotations

import re
from ipaddress import ip_address
from typing import Final

from bot.channels.base import DeliveryError, RecipientGone, Rejected, RetryLater, Unavailable
from bot.wecom.http import Json

BUSY: Final = -1
BAD_MEDIA: Final = 40007
BAD_KIND: Final = 40008
NOT_FOR_THIS_APP: Final = 48002
TOO_LARGE: Final = 830002
TOKEN: Final = frozenset({40001, 40014, 42001})
NOT_TRUSTED: Final = 60020
SECRET: Final = frozenset({40001, 40013, 40091, 41004})
AGENT: Final = frozenset({40056, 41011, 50003, 301002})
REST_SECONDS: Final = 60.0  # how long a limit by the minute blocks
TOO_OFTEN: Final = frozenset({45009, 45033})
_OUT_OF_SCOPE: Final = frozenset({40003, 40031, 50002, 60011, 60111, 81013})
_ADDRESS = re.compile(r"from ip:\s*([0-9A-Fa-f:.]{3,45})")


class Refused(Rejected):
    """WeCom has answered, and did not do it."""

    def __init__(self, code: int) -> None:
        super().__init__(f"errcode {code}")
        self.code = code


class Unusable(Unavailable):
    """Nothing will go until somebody mends it; `seen_from` is the address WeCom saw, if told."""

    def __init__(self, code: int, seen_from: str = "") -> None:
        super().__init__(f"errcode {code}")
        self.code = code
        self.seen_from = seen_from


def code_of(answer: Json) -> int:
    """0 is success, also where nothing is said."""
    code = answer.get("errcode", 0)
    return code if isinstance(code, int) else BUSY


def verdict(answer: Json) -> DeliveryError | None:
    """None for a success."""
    code = code_of(answer)
    if code == 0:
        return None
    if code == BUSY:
        return RetryLater("errcode -1", after=5)
    if code in TOO_OFTEN:
        return RetryLater(f"errcode {code}", after=REST_SECONDS, everyone=True)
    if code in _OUT_OF_SCOPE:
        return RecipientGone(f"not in scope ({code})")
    if code == NOT_TRUSTED:
        return Unusable(code, _seen_from(answer))
    if code in SECRET | AGENT | TOKEN or code == NOT_FOR_THIS_APP:
        return Unusable(code)
    return Refused(code)


def _seen_from(answer: Json) -> str:
    found = _ADDRESS.search(str(answer.get("errmsg", "")))
    try:
        return str(ip_address(found[1].rstrip("."))) if found else ""
    except ValueError:
        return ""
