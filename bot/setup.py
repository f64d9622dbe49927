"""`kaohe init`: the database, the first section with all rows, and the first administrator.

Safe to repeat: what is there stays, and until the administrator's code is used the same code is
printed again. Afterwards it is a login code for the web chat: an administrator whose session has
ended may have no other account to get one from. All other people are added in the chat.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

import templates
from bot.app import premises_of
from bot.clock import Clock
from bot.config import Config
from handlers import linking
from handlers.premises import Premises
from rubric import edition as editions
from rubric.errors import UserError
from storage import audit, invites, people, schema, sections
from storage.db import Database
from storage.invites import LOGIN, PERSONAL
from templates import words

OFFICE = "考核办公室"


@dataclass(frozen=True, slots=True)
class Ready:
    """Whom the code is for, the code, and when it ends. `login`: the person is linked already."""

    name: str
    code: str
    until: datetime
    login: bool = False


@dataclass(eq=False)
class OtherAdmin(UserError):
    """The installation has its administrator; further ones are added in the chat."""

    code = "setup.other_admin"
    name: str
    wanted: str


def init(config: Config, admin_name: str) -> int:
    """The exit code; everything is said on the way."""
    database = Database(config.database_url.reveal())
    premises = premises_of(config)
    now = Clock(config.timezone, config.clock).now()
    try:
        schema.bring_up_to_date(database)
        with database.begin() as connection:
            first_section(connection)
            ready = _admin(connection, premises, name=admin_name, now=now)
    except schema.NewerSchema:
        print("数据库由更新版本的程序写成，请安装新版本后再试。", file=sys.stderr)
        return 1
    except UserError as error:
        print(templates.say_error(error), file=sys.stderr)
        return 1
    finally:
        database.close()
    print("\n".join(_lines(config, ready)))
    return 0


def first_section(connection: Connection) -> int:
    """The office that owns all rows; made unless there is any section already."""
    found = sections.sections(connection)
    if found:
        return found[0].id
    section_id = sections.add_section(connection, name=OFFICE)
    for edition in editions.catalog():
        for row in edition.indicators:
            sections.assign_row(connection, indicator=row.id, section_id=section_id)
    return section_id


def _admin(connection: Connection, premises: Premises, *, name: str, now: datetime) -> Ready:
    admins = people.holders_of(connection, "admin")
    wanted = " ".join(name.split())
    known = next((each.id for each in admins if each.name == wanted), None)
    if known is None and admins:
        raise OtherAdmin(admins[0].name, wanted)
    person_id = known or _add(connection, name=wanted, now=now)
    if people.has_account(connection, person_id):
        return _login(connection, premises, person_id, name=wanted, now=now)
    found = invites.open_of(connection, person_id, kind=PERSONAL, now=now)
    invite_id = found.id if found else _invite(connection, premises, person_id, now=now)
    return Ready(
        name=wanted,
        code=linking.address(
            connection, premises=premises, invite_id=invite_id, show="code", now=now
        ),
        until=found.expires_at if found else now + linking.VALID,
    )


def _login(
    connection: Connection, premises: Premises, person_id: int, *, name: str, now: datetime
) -> Ready:
    invite_id = linking.invite(
        connection, premises, person_id=person_id, created_by=None, now=now, kind=LOGIN
    )
    audit.record(
        connection,
        now=now,
        action="invite.login",
        object_=str(invite_id),
        detail={"person": person_id, "by": "init"},
    )
    code = linking.address(
        connection, premises=premises, invite_id=invite_id, show="code", now=now
    )
    return Ready(name, code, now + linking.LOGIN_VALID, login=True)


def _add(connection: Connection, *, name: str, now: datetime) -> int:
    person_id = people.add_person(connection, name=name, now=now)
    people.grant_role(connection, person_id=person_id, role_name="admin", now=now)
    audit.record(
        connection,
        now=now,
        action="person.add",
        object_=str(person_id),
        detail={"role": "admin", "by": "init"},
    )
    return person_id


def _invite(connection: Connection, premises: Premises, person_id: int, *, now: datetime) -> int:
    invite_id = linking.invite(connection, premises, person_id=person_id, created_by=None, now=now)
    audit.record(
        connection,
        now=now,
        action="invite.issue",
        object_=str(invite_id),
        detail={"person": person_id, "by": "init"},
    )
    return invite_id


def _lines(config: Config, ready: Ready) -> list[str]:
    """What the operator reads: the code, and each way to use it here."""
    what = "登录码" if ready.login else "邀请码"
    ways = []
    if config.telegram is not None:
        ways.append(f"Telegram：打开本系统的机器人，把{what}发给它。")
    if door := words.wecom_door(config.channels()):
        ways.append(f"{door}，发送{what}。")
    if config.web_chat:
        address = (config.http.public_url or _own_address(config)).rstrip("/")
        code = ready.code.replace("-", "")
        ways.append(f"网页：打开 {address}/login#code={code} ，或在登录页输入{what}。")
    if ready.login:
        return [
            f"管理员{ready.name}已经绑定账号。登录码：{ready.code}",
            f"{words.moment(ready.until)}前有效，只能用一次。",
            *ways,
        ]
    return [
        f"数据库已就绪，管理员：{ready.name}",
        f"一次性邀请码：{ready.code}",
        f"{words.moment(ready.until)}前有效，用过即失效；没用之前再运行 kaohe init 仍显示此码。",
        "使用方法（先用 kaohe run 启动）：",
        *(f"  {way}" for way in ways),
    ]


def _own_address(config: Config) -> str:
    """What a browser on this machine opens; a server on every address is one on loopback too."""
    host = config.http.host
    if host in ("0.0.0.0", "::"):  # noqa: S104 - recognised here, bound elsewhere
        host = "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{config.http.port}"
