"""The two quarters of the demonstration: one that was published, and one in full swing.

A story is what people did, with the days on which they did it; `bot.demo.seeding` has them do it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from bot.demo.days import Days
from bot.demo.items import ITEMS, Item
from bot.demo.more_items import MORE_ITEMS
from bot.demo.past_items import PAST_CASES
from bot.demo.past_news import PAST_NEWS
from bot.demo.past_work import PAST_WORK
from bot.demo.scores import PAST_REMARKS, PAST_SCORES, REMARKS, SCORES
from bot.demo.scoring import Round, Table


@dataclass(frozen=True, slots=True)
class Saying:
    """Somebody says a command and presses buttons of its answer by their labels."""

    by: str
    day: int
    hour: str
    command: str
    clicks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """One quarter. `ticks` are days whose timed rules are carried out, for what hangs on them."""

    items: tuple[Item, ...]
    table: Table
    rounds: tuple[Round, ...]
    sayings: tuple[Saying, ...] = ()
    ticks: tuple[int, ...] = ()


Told: TypeAlias = tuple[Story, Days]

PAST: Final = Story(
    items=(*PAST_CASES, *PAST_NEWS, *PAST_WORK),
    table=Table(PAST_SCORES, PAST_REMARKS),
    rounds=(
        Round("enquiries", "王琳", -2, "10:10", handed=True),
        Round("discipline", "赵倩", -2, "14:05", handed=True),
        Round("online_maturity", "徐晨", -2, "15:30", handed=True),
        Round("service_ratings", "马骏", -3, "10:20", handed=True),
        Round("coordination", "何静", -3, "13:40", handed=True),
        Round("window_standards", "马骏", -3, "16:10", handed=True),
        Round("online_help", "夏楠", -4, "09:50", handed=True),
        Round("onsite_help", "王琳", -4, "11:15", handed=True),
        Round("window_support", "何静", -4, "15:05", handed=True),
        Round("presence", "俞凡", -5, "10:30", handed=True),
        Round("bonus_innovation", "徐晨", -5, "14:10", handed=True),
        Round("bonus_news", "徐晨", -5, "14:50", handed=True),
        Round("bonus_service", "王琳", -6, "09:40", handed=True),
        Round("bonus_other", "王琳", -6, "10:05", handed=True),
    ),
    sayings=(
        Saying("周敏", -6, "14:30", "/publish", ("提请审定",)),
        Saying("孙宏", -7, "10:00", "/publish", ("同意发布",)),
    ),
    ticks=(11, 4, 3, 1, 0, -2),
)

PRESENT: Final = Story(
    items=(*ITEMS, *MORE_ITEMS),
    table=Table(SCORES, REMARKS),
    rounds=(
        Round("enquiries", "王琳", 3, "15:10", handed=True),
        Round("discipline", "赵倩", 3, "16:05", handed=True),
        Round("service_ratings", "赵倩", 2, "15:20", handed=True),
        Round("window_standards", "马骏", 2, "16:40", handed=True),
        Round("online_maturity", "徐晨", 2, "10:30", handed=True),
        Round("coordination", "何静", 2, "16:10"),
        Round("bonus_other", "王琳", 1, "16:30", handed=True),
        Round("onsite_help", "王琳", 1, "16:40"),
        Round("presence", "赵倩", 1, "16:45"),
        Round("online_help", "徐晨", 1, "14:00"),
        Round("bonus_innovation", "徐晨", 1, "14:40"),
        Round("bonus_news", "徐晨", 1, "16:20"),
    ),
    ticks=(11, 4, 3, 1, 0),
)
