"""Codes: how an account becomes a person's, and how it does not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

import templates
from handlers import linking, newcomers
from handlers.messages import Inbound, Kind
from handlers.newcomers import Met
from handlers.occasion import Occasion
from handlers.premises import Premises
from storage import accounts, invites, people
from storage.models import account, audit, evidence, invite, person
from tests.chat import Centre, File, User

HOW = templates.say("linking.how")
REFUSED = templates.say_error(linking.CodeRefused())
LOCKED = templates.say_error(linking.CodesLocked(60))
WRONG = "ABCDEF-GHJKMN-PQRSTV"


@pytest.fixture(params=[False, True], ids=["", "restart"])
def centre(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Centre]:
    made = Centre(f"sqlite:///{tmp_path / 'kaohe.sqlite'}", restart=request.param)
    yield made
    made.database.close()


def invited(centre: Centre, name: str = "李敏", *, kind: str = invites.PERSONAL) -> int:
    """A person with an invite; the invite's id."""
    with centre.database.begin() as connection:
        found = people.persons_named(connection, name)
        person_id = (
            found[0].id if found else people.add_person(connection, name=name, now=centre.now)
        )
        if not found:
            people.grant_role(
                connection,
                person_id=person_id,
                role_name="liaison",
                department_id=centre.departments["SCJG"],
                now=centre.now,
            )
        return linking.invite(
            connection,
            centre.desk.premises,
            person_id=person_id,
            created_by=None,
            now=centre.now,
            kind=kind,
        )


def code_of(centre: Centre, invite_id: int) -> str:
    with centre.database.read() as connection:
        return linking.address(
            connection,
            premises=centre.desk.premises,
            invite_id=invite_id,
            show="code",
            now=centre.now,
        )


def owner(centre: Centre, user: User) -> str | None:
    with centre.database.read() as connection:
        return connection.execute(
            select(person.c.name)
            .join(account, account.c.person_id == person.c.id)
            .where(account.c.id == user.account_id)
        ).scalar()


def audited(centre: Centre, action: str) -> list[tuple[str, dict[str, object]]]:
    with centre.database.read() as connection:
        return [
            (row.result, row.detail)
            for row in connection.execute(
                select(audit.c.result, audit.c.detail)
                .where(audit.c.action == action)
                .order_by(audit.c.id)
            )
        ]


@pytest.mark.parametrize(
    "form",
    [
        "/start {}",
        "/start@kaohe_bot {}",
        "/START {}",
        "{}",
        "  {}\n",
        "{lower}",
        "{plain}",
        "{spaced}",
    ],
)
def test_a_code_links_and_the_menu_follows(centre: Centre, form: str):
    invite_id = invited(centre)
    code = code_of(centre, invite_id)
    wu = centre.stranger("wu")
    wu.says(
        form.format(
            code,
            lower=code.lower(),
            plain=code.replace("-", ""),
            spaced=code.replace("-", "  ").replace("0", "o").replace("1", "l"),
        )
    )
    assert wu.hears[0] == "李敏您好，绑定成功，今后可直接在这里办理。"
    assert owner(centre, wu) == "李敏"
    assert audited(centre, "account.link") == [("ok", {"invite": invite_id})]
    with centre.database.read() as connection:
        row = connection.execute(invite.select()).one()
        assert (row.used_by, row.used_at) == (wu.account_id, centre.now)
        assert connection.execute(select(person.c.preferred_account_id)).scalar() == wu.account_id


@pytest.mark.parametrize(
    "typed", ["你好", "/start", "/help", "/submit", WRONG[:-1], "李敏 " + WRONG]
)
def test_an_unknown_account_learns_only_how_to_get_a_code(centre: Centre, typed: str):
    wu = centre.stranger("wu")
    wu.says(typed)
    assert wu.hears == [HOW]
    assert audited(centre, "account.code") == []


def test_an_unknown_account_is_not_flooded(centre: Centre):
    wu, zhu = centre.stranger("wu"), centre.stranger("zhu")
    wu.sends(File("a.pdf"))
    wu.sends(File("b.pdf"))
    wu.presses("sub.kind:1:1:case")
    wu.edits("1", "改了")
    assert wu.hears == [HOW]
    zhu.says("在吗")
    assert zhu.hears == [HOW]
    wu.says("/start")
    assert wu.hears == [HOW]
    centre.now += timedelta(minutes=2)
    wu.presses("sub.kind:1:1:case")
    assert wu.hears == [HOW]
    centre.now += timedelta(minutes=2)
    wu.edits("1", "又改了")
    assert wu.hears == []


def test_wrong_used_expired_and_revoked_codes_are_answered_alike(centre: Centre):
    used, expired, revoked = (invited(centre, name) for name in ("甲", "乙", "丙"))
    codes = [code_of(centre, each) for each in (used, expired, revoked)]
    centre.stranger("first").says(codes[0])
    with centre.database.begin() as connection:
        invites.revoke(connection, revoked, now=centre.now)
        connection.execute(
            invite.update().where(invite.c.id == expired).values(expires_at=centre.now)
        )
    for number, code in enumerate([WRONG, *codes]):
        wu = centre.stranger(f"wu{number}")
        wu.says(code)
        assert wu.hears == [REFUSED]
        assert owner(centre, wu) is None
    assert audited(centre, "account.code") == [("denied", {"code": "linking.code_refused"})] * 4


def test_a_code_is_good_until_its_time_and_not_after(centre: Centre):
    invite_id = invited(centre)
    code = code_of(centre, invite_id)
    centre.now += linking.VALID - timedelta(seconds=1)
    wu = centre.stranger("wu")
    wu.says(code)  # the message itself takes one second
    assert wu.hears == [REFUSED]


def test_five_wrong_codes_lock_for_an_hour_even_for_a_good_one(centre: Centre):
    code = code_of(centre, invited(centre))
    wu = centre.stranger("wu")
    for _ in range(5):
        wu.says(WRONG)
    assert wu.hears == [REFUSED] * 4 + [LOCKED]
    wu.says(code)
    assert wu.hears == [LOCKED]
    centre.now += timedelta(minutes=30)
    wu.says(code)
    assert wu.hears == [templates.say_error(linking.CodesLocked(30))]
    assert owner(centre, wu) is None
    centre.now += timedelta(minutes=30)
    wu.says(code)
    assert owner(centre, wu) == "李敏"
    assert [detail["code"] for _, detail in audited(centre, "account.code")] == [
        *["linking.code_refused"] * 4,
        "linking.locked",
    ]


def test_a_good_code_forgives_the_wrong_ones_before(centre: Centre):
    wu = centre.stranger("wu")
    for _ in range(4):
        wu.says(WRONG)
    wu.says(code_of(centre, invited(centre)))
    with centre.database.read() as connection:
        assert invites.attempts(connection, wu.account_id) == invites.Attempts(
            0, None, people.persons_named(connection, "李敏")[0].id
        )


def test_a_new_invite_replaces_the_one_before(centre: Centre):
    first = code_of(centre, invited(centre))
    second = code_of(centre, invited(centre))
    wu = centre.stranger("wu")
    wu.says(first)
    wu.says(second)
    assert wu.hears[:2] == [REFUSED, "李敏您好，绑定成功，今后可直接在这里办理。"]


def test_a_person_may_have_several_accounts_and_the_newest_gets_the_notices(centre: Centre):
    old, new = centre.stranger("old"), centre.stranger("new")
    old.says(code_of(centre, invited(centre)))
    new.says(code_of(centre, invited(centre)))
    assert [owner(centre, each) for each in (old, new)] == ["李敏", "李敏"]
    with centre.database.read() as connection:
        found = accounts.address_of(connection, people.persons_named(connection, "李敏")[0].id)
        assert found is not None
        assert found.id == new.account_id


def test_a_linked_account_stays_whose_it_is(centre: Centre):
    wang = centre.person("王芳", "liaison", department="GA")
    other, own = invited(centre), invited(centre, "王芳")
    wang.says(f"/start {code_of(centre, other)}")
    wang.says(f"/start {code_of(centre, own)}")
    heard = wang.hears
    assert "这个账号已绑定为王芳，不能再绑定到别人名下，这个邀请码没有使用。" in heard[0]
    assert "王芳您好，这个账号已经绑定，不用再输邀请码。" in heard[-1]
    assert owner(centre, wang) == "王芳"
    with centre.database.read() as connection:
        assert connection.execute(select(invite.c.used_at)).scalars().all() == [None, None]


def test_a_linked_person_can_guess_no_better(centre: Centre):
    wang = centre.person("王芳", "liaison", department="GA")
    code = code_of(centre, invited(centre))
    for _ in range(5):
        wang.says(f"/start {WRONG}")
    assert wang.hears == [REFUSED] * 4 + [LOCKED]
    wang.says(f"/start {code}")
    assert wang.hears == [LOCKED]
    wang.says("/start")
    assert wang.hears != [LOCKED]


def test_a_removed_persons_accounts_are_unknown_at_once(centre: Centre):
    wang = centre.person("王芳", "liaison", department="GA")
    wang.says("/start")
    old = wang.chat[-1]
    with centre.database.begin() as connection:
        people.remove_person(connection, wang.person_id, now=centre.now)
    centre.now += timedelta(minutes=2)
    wang.hears  # noqa: B018 - forget the menu
    wang.presses(old.buttons[0][0][1] if old.buttons else "cmd:help")
    assert wang.hears == [HOW]
    wang.says(code_of(centre, invited(centre)))
    assert owner(centre, wang) == "李敏"


def test_two_codes_of_one_account_at_once_link_it_once(centre: Centre):
    """What the second of two processes sees that took a message each of the same account."""
    wu = centre.stranger("wu")
    wu.says("在吗")
    late = code_of(centre, invited(centre, "王芳"))
    with centre.database.read() as connection:
        seen, _ = accounts.recognise(
            connection, channel="fake", external_id="wu", name="", now=centre.now
        )
    wu.says(code_of(centre, invited(centre)))
    with centre.database.begin() as connection:
        occasion = Occasion(connection, centre.now, centre.desk.premises)
        inbound = Inbound("k", "fake", "wu", Kind.MESSAGE, text=late)
        assert newcomers.meet(occasion, inbound, seen, None) == Met()
    assert owner(centre, wu) == "李敏"


# ---------------------------------------------------------------- what is sent out


def test_a_code_and_its_links_are_shown_until_it_is_closed(centre: Centre):
    invite_id = invited(centre)
    premises = Premises(
        b"test key of the server", telegram_name="kaohe_bot", public_url="https://k.example/x/"
    )

    def shown(show: str, moment: timedelta = timedelta()) -> str:
        with centre.database.read() as connection:
            return linking.reveal(
                connection,
                premises=premises,
                invite_id=invite_id,
                show=show,
                now=centre.now + moment,
            )

    code = code_of(centre, invite_id)
    plain = code.replace("-", "")
    assert len(plain) == 18
    assert shown("code") == f"<code>{code}</code>"
    assert shown("telegram") == (
        f'<a href="https://t.me/kaohe_bot?start={plain}">https://t.me/kaohe_bot?start={plain}</a>'
    )
    assert shown("web") == (
        f'<a href="https://k.example/x/login#code={plain}">https://k.example/x/login#code={plain}</a>'
    )
    assert shown("code", linking.VALID) == "（已失效）"
    centre.stranger("wu").says(code)
    assert {shown(each) for each in ("code", "telegram", "web")} == {"（已失效）"}
    invite_id = 999
    assert shown("code") == "（已失效）"


def test_links_are_offered_where_they_lead_somewhere():
    key = b"k"
    assert linking.ways(Premises(key)) == ()
    both = Premises(key, telegram_name="b", public_url="https://k.example")
    assert linking.ways(both) == ("telegram", "web")
    assert linking.ways(both, kind=invites.LOGIN) == ("web",)
    assert linking.ways(Premises(key, public_url="https://k.example", web_chat=False)) == ()


# ---------------------------------------------------------------- the web chat's login


def login(centre: Centre, code: str, *, guard: str = "192.0.2.1") -> int | str:
    """The account id, or the error's words; as the web chat does it."""
    with centre.database.begin() as connection:
        try:
            return linking.authenticate(
                connection, centre.desk.premises, code=code, guard=guard, now=centre.now
            )
        except (linking.CodeRefused, linking.CodesLocked) as error:
            return templates.say_error(error)


def test_the_web_makes_an_account_once_and_finds_it_again(centre: Centre):
    li = centre.stranger("li")
    li.says(code_of(centre, invited(centre)))
    first = login(centre, code_of(centre, invited(centre, kind=invites.LOGIN)).lower())
    again = login(centre, code_of(centre, invited(centre)))
    assert first == again
    assert isinstance(first, int)
    with centre.database.read() as connection:
        found = accounts.find_account(connection, first)
        assert found is not None
        assert found.channel == "web"
        assert len(found.external_id) == 24
        # the messenger stays where notices go
        address = accounts.address_of(connection, found.person_id or 0)
        assert address is not None
        assert address.id == li.account_id
    assert [result for result, _ in audited(centre, "account.login")] == ["ok", "ok"]
    assert len(audited(centre, "account.link")) == 2


def test_whoever_has_only_the_web_gets_notices_there(centre: Centre):
    account_id = login(centre, code_of(centre, invited(centre)))
    with centre.database.read() as connection:
        found = accounts.address_of(connection, people.persons_named(connection, "李敏")[0].id)
        assert found is not None
        assert found.id == account_id


def test_the_web_locks_the_remote_address(centre: Centre):
    code = code_of(centre, invited(centre))
    tries = [login(centre, typed) for typed in (WRONG, "", "短", WRONG)]
    assert tries == [REFUSED] * 4
    assert login(centre, code, guard="192.0.2.2") != REFUSED
    assert login(centre, WRONG) == LOCKED
    assert login(centre, code_of(centre, invited(centre))) == LOCKED
    centre.now += timedelta(hours=1)
    assert isinstance(login(centre, code_of(centre, invited(centre))), int)
    assert [login(centre, WRONG) for _ in range(4)] == [REFUSED] * 4


def test_a_login_code_works_for_ten_minutes_and_once(centre: Centre):
    code = code_of(centre, invited(centre, kind=invites.LOGIN))
    assert isinstance(login(centre, code), int)
    assert login(centre, code) == REFUSED
    late = code_of(centre, invited(centre, kind=invites.LOGIN))
    centre.now += timedelta(minutes=10)
    assert login(centre, late) == REFUSED


# ---------------------------------------------------------------- races, on both databases


def test_a_code_used_twice_at_once_works_once(database_url: str):
    centre = Centre(database_url)
    code = code_of(centre, invited(centre))
    start = threading.Barrier(4)
    outcomes: list[int | str] = []

    def use(number: int) -> None:
        start.wait(10)
        outcomes.append(login(centre, code, guard=f"192.0.2.{number}"))

    threads = [threading.Thread(target=use, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(map(type, outcomes), key=str) == [int, str, str, str]
    centre.database.close()


def test_wrong_codes_at_once_are_all_counted(database_url: str):
    centre = Centre(database_url)
    login(centre, WRONG)  # the guard's row
    start = threading.Barrier(4)
    outcomes: list[int | str] = []

    def guess() -> None:
        start.wait(10)
        outcomes.append(login(centre, WRONG))

    threads = [threading.Thread(target=guess) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(map(str, outcomes)) == sorted([REFUSED] * 3 + [LOCKED])
    centre.database.close()


def test_a_code_typed_alone_never_becomes_evidence(centre: Centre) -> None:
    li = centre.person("李敏", "liaison", department="SCJG")
    zhou = centre.person("周敏", "admin")
    with centre.database.begin() as connection:
        invite_id = linking.invite(
            connection,
            centre.desk.premises,
            person_id=zhou.person_id,
            created_by=None,
            now=centre.now,
        )
        found = invites.find(connection, invite_id)
    assert found is not None
    li.says(linking.grouped(centre.desk.premises.code(found.nonce)))
    li.says("310113199001011234")
    with centre.database.read() as connection:
        kept = connection.execute(select(evidence.c.title, evidence.c.description)).all()
    assert kept == [("310113199001011234", "")]
