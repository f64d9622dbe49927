"""The address of a draft's upload page: signed, for one account, one draft and half an hour.

Nothing of it is stored. Messages hold `<upload item="12"/>`, which becomes an address when they
are shown; what the address proves is which account asked and until when it counts, and no more:
whether that account may still write to the draft is asked at every file.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final

from markupsafe import Markup

import templates
from handlers.linking import CLOSED
from handlers.premises import Premises
from rubric.errors import UserError
from templates import words

VALID: Final = timedelta(minutes=30)
APP: Final = "wecom_app"  # whose members can be asked who they are without a word
PURPOSE: Final = "u"
_PURPOSE: Final = re.compile(r"u([1-9]\d{0,17})")
_PARTS: Final = struct.Struct(">QQQ")
_SEAL: Final = 16


@dataclass(eq=False)
class LinkExpired(UserError):
    """Or never made here: deliberately not said which."""

    code: ClassVar[str] = "upload.expired"


@dataclass(frozen=True, slots=True)
class Pass:
    """For which account and which draft, and until when."""

    account_id: int
    item_id: int
    until: datetime


def issue(premises: Premises, *, account_id: int, item_id: int, now: datetime) -> str:
    """A token of letters, digits, - and _."""
    content = _PARTS.pack(account_id, item_id, int((now + VALID).timestamp()))
    return base64.urlsafe_b64encode(_seal(premises, content) + content).rstrip(b"=").decode()


def read(premises: Premises, token: str, *, now: datetime) -> Pass:
    """Raises LinkExpired."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        raise LinkExpired from None
    seal, content = raw[:_SEAL], raw[_SEAL:]
    if len(content) != _PARTS.size or not hmac.compare_digest(seal, _seal(premises, content)):
        raise LinkExpired
    account_id, item_id, until = _PARTS.unpack(content)
    found = Pass(account_id, item_id, datetime.fromtimestamp(until, UTC))
    if now >= found.until:
        raise LinkExpired
    return found


def _seal(premises: Premises, content: bytes) -> bytes:
    return hmac.new(premises.key, b"upload:" + content, hashlib.sha256).digest()[:_SEAL]


# ---------------------------------------------------------------- in messages


def filled_in(
    text: str, *, premises: Premises, account_id: int, channel: str, now: datetime
) -> str:
    """A text with every `upload` placeholder made a link of this account's, for the way out."""

    def fill(found: re.Match[str]) -> str:
        address = _address(
            premises, account_id=account_id, channel=channel, item_id=int(found[1]), now=now
        )
        if not address:
            return CLOSED
        return str(Markup('<a href="{}">{}</a>').format(address, words.UPLOAD_PAGE))

    return templates.UPLOAD.sub(fill, text)


def _address(
    premises: Premises, *, account_id: int, channel: str, item_id: int, now: datetime
) -> str:
    """'' where pages have no address, as when it was taken away since the message was written."""
    if not premises.public_url:
        return ""
    if channel == APP and premises.wecom_login:
        return premises.wecom_login.replace("{state}", f"{PURPOSE}{item_id}")
    token = issue(premises, account_id=account_id, item_id=item_id, now=now)
    return f"{premises.public_url.rstrip('/')}/upload/{token}"


def item_of(state: str) -> int:
    """The draft that a silent login is for; 0 if it is for none."""
    found = _PURPOSE.fullmatch(state)
    return int(found[1]) if found else 0
