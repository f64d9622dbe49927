"""What a turn may know of the installation: values handed in by the shell, never looked up."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

CENTRE_ZONE = ZoneInfo("Asia/Shanghai")
CODE_LENGTH = 18  # Crockford base32 characters: 90 bits
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class Premises:
    """`key` is the server's secret; `telegram_name` the bot's user name for deep links, if known;
    `public_url` the address people open the web chat at, if there is one; `channels` the names of
    those that are switched on, none if nobody said, and then any counts; `wecom_login` an address
    that takes somebody in WeCom to a page of ours and says who it is, with `{state}` in it for
    what the page is for, or ''."""

    key: bytes
    zone: ZoneInfo = CENTRE_ZONE
    public_url: str = ""
    telegram_name: str = ""
    web_chat: bool = True
    channels: frozenset[str] = frozenset()
    wecom_login: str = ""

    def today(self, now: datetime) -> date:
        return now.astimezone(self.zone).date()

    def code(self, nonce: str) -> str:
        """An invite's code: HMAC(server key, nonce), so that it lies in no row."""
        digest = hmac.new(self.key, f"invite:{nonce}".encode(), hashlib.sha256).digest()
        number = int.from_bytes(digest, "big")
        return "".join(_ALPHABET[(number >> (5 * i)) & 31] for i in range(CODE_LENGTH))

    def digest(self, code: str) -> str:
        """What is stored of a code, to find its invite."""
        return hmac.new(self.key, f"code:{code}".encode(), hashlib.sha256).hexdigest()


def normal_code(text: str) -> str:
    """A code as typed (lower case, blanks, dashes, O for 0, I and L for 1), or '' if none."""
    plain = "".join(text.split()).replace("-", "").upper()
    plain = plain.replace("O", "0").replace("I", "1").replace("L", "1")
    fits = len(plain) == CODE_LENGTH and all(char in _ALPHABET for char in plain)
    return plain if fits else ""
