"""The rights table over every channel: each action once, sent to the real program as raw as a
forged client can, by somebody without the right to it.

What is pressed are the bytes of real buttons, from the scripts in which somebody is rightfully
shown them; what `tests.handlers.test_rights` says of them is said here again, with the messenger
between. An action that is open to all is tried by accounts that are nobody's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from storage import web
from storage.db import Database, metadata
from storage.models import account, audit, outbox
from templates.markup import plain
from tests.e2e.forgers import GATES, STILL, Forger, Gate, digest_of
from tests.handlers.scripts import SCRIPTS, action_of, play
from tests.handlers.stage import Facts, Stages, facts_of, rehearsal
from tests.handlers.test_rights import (
    BY_SCRIPT,
    HOW,
    NOT_ALLOWED,
    PEOPLE,
    TABLE,
    TEXT,
    Right,
)
from tests.handlers.tour import shared_stages
from tests.support.program import NOW, Program

STAGE = "evidence"
MEMBER, LIAISON, REMOVED, STRANGER = "任远", "李敏", "郑旧", "路人"
ADDRESS = {"KAOHE_PUBLIC_URL": "http://127.0.0.1"}  # so that there is an upload page
OUTSIDE = "HTTP 401"  # the web chat has no place where an account that is nobody's could write
INSIDERS = (MEMBER, LIAISON)


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody's try at what isn't theirs, `of` as in the table: `action` pressed or `text`."""

    of: str
    who: str
    action: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`denials` are those written since, by account; `changed` the tables with other rows."""

    heard: tuple[str, ...]
    denials: tuple[int | None, ...]
    changed: tuple[str, ...]


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Stages:
    return shared_stages(tmp_path_factory.mktemp("stages"))


@pytest.fixture(scope="module")
def attempts(stages: Stages) -> list[Attempt]:
    """One of each action, by whom the table refuses it; two where it refuses nobody we know."""
    buttons = _buttons(stages)
    rights: dict[str, list[Right]] = {}
    for each in TABLE:
        rights.setdefault(each.of, []).append(each)
    return [attempt for of, rows in rights.items() for attempt in _attempts(of, rows, buttons)]


def _attempts(of: str, rows: list[Right], buttons: dict[str, str]) -> Iterator[Attempt]:
    text = "" if rows[0].script else "群众送来锦旗" if of == TEXT else of
    for who in INSIDERS:
        for right in rows:
            if right.marks.replace(" ", "")[PEOPLE.index(who)] == "-":
                yield Attempt(of, who, buttons.get(str(right), ""), text)
                return
    for who in (STRANGER, REMOVED):
        yield Attempt(of, who, buttons.get(str(rows[0]), ""), text)


def _buttons(stages: Stages) -> dict[str, str]:
    """The bytes of each button in the table, from the script that leads to it."""
    found: dict[str, str] = {}
    for script in SCRIPTS:
        if script.name not in BY_SCRIPT:
            continue
        centre = stages.at(script.stage)
        with rehearsal(centre):
            for line in script.lines:
                action = action_of(centre, line)
                found.setdefault(f"{action.split(':')[0]} {script.name}/{line.words}", action)
                play(centre, line)
        centre.database.close()
    return found


def _furnish(database: Database, stages: Stages) -> None:
    """The whole stage, in the place of what `kaohe init` has made."""
    centre = stages.at(STAGE)
    with centre.database.read() as stage, database.begin() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for table in metadata.tables.values():
            connection.execute(table.delete())
            if rows := stage.execute(table.select()).mappings().all():
                connection.execute(table.insert(), [dict(row) for row in rows])


def _link(database: Database, gate: Gate, known: dict[str, Forger]) -> dict[str, int]:
    """Their accounts are this channel's; the ids of these."""
    found = {}
    with database.begin() as connection:
        for name, forger in known.items():
            made = account.update().where(account.c.external_id == name)
            made = made.values(channel=gate.channel, external_id=forger.account)
            found[name] = connection.execute(made.returning(account.c.id)).scalar_one()
            if digest := digest_of(forger):
                web.open_session(connection, digest=digest, account_id=found[name], now=NOW)
    return found


def test_each_action_is_tried_by_somebody_without_a_right_to_it(attempts: list[Attempt]):
    assert {each.of for each in attempts} == {each.of for each in TABLE}
    pressed = {each.of for each in attempts if each.action}
    assert pressed == {each.of for each in TABLE if each.script}


@pytest.mark.slow
@pytest.mark.parametrize("channel", GATES)
async def test_nobody_does_what_is_not_theirs(
    channel: str, attempts: list[Attempt], stages: Stages, tmp_path: Path
):
    async with GATES[channel]() as gate:
        program = Program(tmp_path, environment=gate.environment | ADDRESS, entry=("-c", STILL))
        await program.admin_code()
        database = Database(f"sqlite:///{program.data / 'kaohe.sqlite'}")
        known = {name: await gate.forger(name) for name in (MEMBER, LIAISON, REMOVED)}
        _furnish(database, stages)
        accounts = _link(database, gate, known)
        async with program:
            await program.start()
            await gate.opened(program)
            for forger in known.values():
                await forger.types("/help")  # a bot writes to those alone who have written
                await forger.heard()
            insiders = [accounts[name] for name in INSIDERS]
            faults, answers, first = {}, _answers(database, insiders), _facts(database)
            for attempt in attempts:
                forger = known.get(attempt.who) or await gate.forger(STRANGER)
                if attempt.who == STRANGER and attempt.action and not gate.greets_strangers:
                    continue
                outcome = await _outcome(database, forger, attempt)
                if outcome != _expected(attempt, accounts, gate):
                    faults[attempt] = outcome
        assert faults == {}
        assert _changed(first, _facts(database)) == ()
        # one answer each, and none that came too late to be seen
        assert _answers(database, insiders) - answers == sum(
            each.who in INSIDERS for each in attempts
        )
        database.close()


async def _outcome(database: Database, forger: Forger, attempt: Attempt) -> Outcome:
    with database.read() as connection:
        before, last = facts_of(connection), _last_line(connection)
    await (forger.forges(attempt.action) if attempt.action else forger.types(attempt.text))
    try:
        heard = tuple(await forger.heard())
    except TimeoutError:
        heard = ()
    with database.read() as connection:
        after, denials = facts_of(connection), _denials(connection, last)
    return Outcome(heard, denials, _changed(before, after))


def _expected(attempt: Attempt, accounts: dict[str, int], gate: Gate) -> Outcome:
    if attempt.who in (STRANGER, REMOVED):
        return Outcome((OUTSIDE if gate.channel == "web" else plain(HOW),), (), ())
    said = NOT_ALLOWED if gate.channel == "web" else plain(NOT_ALLOWED)
    return Outcome((said,), (accounts[attempt.who],), ())


def _facts(database: Database) -> Facts:
    with database.read() as connection:
        return facts_of(connection)


def _changed(before: Facts, after: Facts) -> tuple[str, ...]:
    return tuple(name for name, rows in after.items() if rows != before[name])


def _last_line(connection: Connection) -> int:
    return connection.execute(select(func.max(audit.c.id))).scalar() or 0


def _denials(connection: Connection, last: int) -> tuple[int | None, ...]:
    denied = (audit.c.id > last, audit.c.result == "denied")
    return tuple(connection.execute(select(audit.c.account_id).where(*denied)).scalars())


def _answers(database: Database, accounts: Collection[int]) -> int:
    """To these accounts, so far."""
    mine = outbox.c.account_id.in_(accounts)
    with database.read() as connection:
        answers = select(func.count()).where(mine, outbox.c.lane == "answer")
        return connection.execute(answers).scalar_one()
