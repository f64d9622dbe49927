"""What the bot's errcodes mean for a send: pure. Of a refusal the number alone is told, since
its words may quote the message."""

from __future__ import annotations

from typing import Final

from bot.channels.base import DeliveryError, InDoubt, RecipientGone, RetryLater
from bot.wecom.verdict import BUSY, REST_SECONDS, TOO_OFTEN, Refused

NOT_SUBSCRIBED: Final = 846609
_NEVER_WROTE: Final = 93006
_TOO_OFTEN: Final = TOO_OFTEN | {846607}


def verdict(code: object) -> DeliveryError | None:
    """None for a success."""
    if type(code) is not int:
        return InDoubt("answer without errcode")
    if code == 0:
        return None
    if code == _NEVER_WROTE:
        return RecipientGone(f"errcode {code}: never wrote to the bot")
    if code in _TOO_OFTEN:
        return RetryLater(f"errcode {code}", after=REST_SECONDS)
    if code == NOT_SUBSCRIBED:
        return RetryLater(f"errcode {code}: not subscribed", after=2, everyone=True)
    if code == BUSY:
        return RetryLater(f"errcode {code}", after=2)
    return Refused(code)
