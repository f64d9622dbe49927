"""Join codes as they are made, used and looked at."""

from __future__ import annotations

from handlers import linking
from rubric.errors import UserError
from storage import accounts, people
from tests.chat import Centre, User
from tests.handlers.scripts import CODE

STALE = "这张卡片已有变化，下面是最新情况。"
ASKED = "您好，这是市场监管局的加入码。请发送您的姓名，如“李敏”；不加入的，请发送“取消”。"


def made(centre: Centre, admin: User, department: str = "SCJG") -> str:
    """A new code of this department, as the admin reads it."""
    admin.presses(f"ad.join:{centre.departments[department]}")
    admin.clicks("生成加入码")
    return str(CODE.findall(panel(admin))[0])


def panel(user: User) -> str:
    return next(each.text for each in reversed(user.chat) if each.panel)


def member(centre: Centre, user: User) -> tuple[str, frozenset[str], tuple[int, ...]] | None:
    """Who this account is: name, roles, departments."""
    with centre.database.read() as connection:
        found = accounts.person_of(connection, user.account_id)
    return (found.name, found.roles, found.departments("member")) if found else None


def personal(
    centre: Centre, name: str, role_name: str = "liaison", department: str = "SCJG"
) -> str:
    """A code for a new person of this name."""
    with centre.database.begin() as connection:
        person_id = people.add_person(connection, name=name, now=centre.now)
        people.grant_role(
            connection,
            person_id=person_id,
            role_name=role_name,
            department_id=centre.departments[department],
            now=centre.now,
        )
        invite_id = linking.invite(
            connection,
            centre.desk.premises,
            person_id=person_id,
            created_by=None,
            now=centre.now,
        )
        return linking.address(
            connection,
            premises=centre.desk.premises,
            invite_id=invite_id,
            show="code",
            now=centre.now,
        )


def present(centre: Centre, name: str) -> list[int]:
    with centre.database.read() as connection:
        return [each.id for each in people.persons_named(connection, name)]


def joined(centre: Centre, code: str, name: str = "李敏", user: str = "guest") -> User:
    guest = centre.stranger(user)
    guest.says(code)
    guest.says(name)
    guest.heard.clear()
    return guest


def login(
    centre: Centre,
    code: str,
    name: str = "",
    guard: str = "192.0.2.1",
    present: int | None = None,
) -> int | str:
    """The account, or the error's code."""
    with centre.database.begin() as connection:
        try:
            return linking.authenticate(
                connection,
                centre.desk.premises,
                code=code,
                name=name,
                guard=guard,
                present=present,
                now=centre.now,
            )
        except UserError as error:
            return error.code
