"""`kaohe outbox list` and `outbox retry`: what was not sent, or perhaps not, and sending it again.

Shows keys, accounts and reasons, never what a message says. Sending again is the same
compare-and-set as in the chat; whichever process runs picks the rows up within a second.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence

from bot.clock import Clock
from bot.config import Config
from bot.opened import NotReady, opened
from storage import audit, deliveries, outbox
from storage.db import Database
from storage.deliveries import Notice
from templates import undelivered

STATES = {
    "queued": "待发",
    "sending": "发送中",
    "sent": "已发",
    "failed": "未送达",
    "unknown": "不确定",
    "superseded": "不再发",
    "passed": "已改发",
}


def show(config: Config) -> int:
    """The exit code."""
    try:
        with opened(config) as database, database.read() as connection:
            counts = outbox.counts(connection)
            found = deliveries.open_rows(connection)
            before = deliveries.tried_before(connection, found)
    except NotReady as error:
        return _failed(str(error))
    print("\n".join(_lines(config, counts, found, before)))
    return 0


def _lines(
    config: Config,
    counts: dict[str, int],
    found: Sequence[Notice],
    before: Mapping[int, Sequence[Notice]],
) -> Iterator[str]:
    """`before`: where those that were passed on had failed, see `deliveries.tried_before`."""
    numbers = "，".join(f"{words} {counts.get(state, 0)}" for state, words in STATES.items())
    yield f"消息：{numbers}"
    for each in found:
        since = each.since.astimezone(config.timezone)
        tried = [earlier.channel for earlier in before.get(each.id, ())]
        where = undelivered.route(each.channel, tried)
        account = f"{each.name}（{where}）" if each.name else where
        yield (
            f"{each.id}  {STATES[each.state]}  {since:%Y-%m-%d %H:%M}  {account}  {each.key}  "
            f"{each.problem or '没有说明'}"
        )
    if found:
        yield "重发用 kaohe outbox retry 编号 或 --all；“不确定”的可能已收到，重发后可能收到两次。"


def retry(config: Config, ids: Sequence[int], *, everything: bool) -> int:
    """Queue these once more, or all notices that failed or are in doubt; the exit code."""
    try:
        with opened(config) as database:
            done, refused = _retry(config, database, None if everything else ids)
    except NotReady as error:
        return _failed(str(error))
    if done or not refused:
        print(f"已重新排队 {len(done)} 条：{'、'.join(map(str, done)) or '没有要重发的'}")
    return _failed(*refused) if refused else 0


def _retry(
    config: Config, database: Database, ids: Sequence[int] | None
) -> tuple[list[int], list[str]]:
    """Ids of those queued, and a sentence for each that is not."""
    done: list[int] = []
    refused: list[str] = []
    now = Clock(config.timezone, config.clock).now()
    with database.begin() as connection:
        if ids is None:
            found = [each for each in deliveries.open_rows(connection) if each.lane == "notice"]
        else:
            found = deliveries.find(connection, ids)
            there = {each.id for each in found}
            refused += [
                f"没有编号为 {id_} 的消息，请用 kaohe outbox list 查看编号。"
                for id_ in ids
                if id_ not in there
            ]
        for each in found:
            if deliveries.send_again(connection, each, channels=config.channels()):
                done.append(each.id)
                audit.record(
                    connection,
                    now=now,
                    action="outbox.retry",
                    object_=str(each.id),
                    detail={
                        "key": each.key,
                        "before": each.state,
                        "why": each.problem,
                        "by": "command line",
                    },
                )
            elif ids is not None:
                refused.append(_why_not(each))
    return done, refused


def _why_not(notice: Notice) -> str:
    if not notice.open:
        return f"编号 {notice.id} 现在是“{STATES[notice.state]}”，不用重发。"
    if notice.lane != "notice":
        return f"编号 {notice.id} 是对某人操作的应答，不能重发，请其再操作一次。"
    return f"编号 {notice.id} 所在的群已不登记，没有重发；要发请先在“管理”中登记该群。"


def _failed(*sentences: str) -> int:
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return 1
