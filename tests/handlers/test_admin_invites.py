"""/admin → 邀请码: codes shown, given again, revoked, as pictures, and for the web's login."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from handlers.premises import Premises
from storage import invites, people
from tests.chat import Centre, User
from tests.support.audited import acted


def waiting(centre: Centre) -> list[str]:
    """For whom codes are open."""
    with centre.database.read() as connection:
        return [each.name for each in invites.open_invites(connection, now=centre.now)[0]]


def test_a_code_is_given_again_and_the_old_one_is_void(centre: Centre, zhao: User):
    zhao.presses("ad.peradd")
    zhao.says("王芳 主任")
    first = zhao.hears[-1].splitlines()[1]
    zhao.clicks("返回")
    assert "重发邀请码" in zhao.buttons
    assert "网页登录码" not in zhao.buttons
    zhao.clicks("重发邀请码")
    second = zhao.hears[-1].splitlines()[1]
    wang = centre.stranger("wang")
    wang.says(first)
    wang.says(second)
    assert wang.hears[1] == "王芳您好，绑定成功，今后可直接在这里办理。"
    assert waiting(centre) == []


def test_a_double_tap_makes_one_code(centre: Centre, zhao: User):
    li = centre.person("李敏", "liaison", department="GA")
    zhao.presses(f"ad.per:{li.person_id}")
    pressed = zhao.button("发邀请码")
    codes = []
    for wait in (0, 5, 120):
        centre.now += timedelta(seconds=wait)
        zhao.presses(pressed)
        codes.append(zhao.hears[-1].splitlines()[1])
    assert codes[0] == codes[1] != codes[2]
    assert waiting(centre) == ["李敏"]
    assert acted(centre).count("invite.issue") == 2


def test_a_card_that_shows_the_code_replaces_it_at_once(centre: Centre, zhao: User):
    li = centre.person("李敏", "liaison", department="GA")
    zhao.presses(f"ad.per:{li.person_id}")
    zhao.clicks("发邀请码")
    first = zhao.hears[-1].splitlines()[1]
    zhao.clicks("返回")
    zhao.clicks("重发邀请码")
    assert zhao.hears[-1].splitlines()[1] != first
    assert waiting(centre) == ["李敏"]


def test_codes_that_wait_are_listed_shown_again_and_revoked(centre: Centre, zhao: User):
    zhao.presses("ad.invs")
    assert zhao.hears == [
        "邀请码，待使用的共0个\n没有待使用的邀请码。可“批量发码”，或到“人员”中打开本人的卡片。"
    ]
    zhao.presses("ad.peradd")
    zhao.says("王芳 主任")
    code = zhao.hears[-1].splitlines()[1]
    zhao.presses("ad.invs")
    assert zhao.hears == ["邀请码，待使用的共1个\n王芳：11月17日 10:00前有效"]
    zhao.clicks("王芳")
    assert zhao.hears == [
        "王芳（主任）的邀请码还没有使用，11月17日 10:00前有效。\n重发会换一个新码，旧码随即作废。"
    ]
    zhao.clicks("再看邀请码")
    assert zhao.hears[-1].splitlines()[1] == code
    old = zhao.button("再看邀请码")
    zhao.clicks("作废")
    assert zhao.hears[-1].startswith("邀请码，待使用的共0个")
    zhao.presses(old)
    assert zhao.toast == "这张卡片已有变化，下面是最新情况。"
    assert zhao.hears[-1].startswith("邀请码，待使用的共0个")
    wang = centre.stranger("wang")
    wang.says(code)
    assert wang.hears == ["这个邀请码用不了。请核对后再发一次，或请管理员重新发一个。"]
    assert acted(centre)[-2:] == ["invite.issue", "invite.revoke"]


def test_the_list_of_codes_is_paged(centre: Centre, zhao: User):
    zhao.presses("ad.peradd")
    zhao.says("\n".join(f"人{n} 主任" for n in range(9)))
    zhao.clicks("邀请码")
    assert zhao.hears[-1].splitlines()[0] == "邀请码，待使用的共9个（第1/2页）"
    zhao.clicks("下一页")
    assert zhao.buttons == ["人8", "上一页", "批量发码", "绑定和邀请码", "返回"]


def test_pictures_for_each_way_there_is(centre: Centre, zhao: User):
    centre.desk = type(centre.desk)(
        centre.desk.registry,
        Premises(
            b"test key of the server", telegram_name="kaohe_bot", public_url="https://k.example"
        ),
        centre.desk.worker,
    )
    centre.restart = False  # the desk of this test stays
    zhao.presses("ad.peradd")
    zhao.says("王芳 主任")
    assert "在浏览器中打开：https://k.example/login#code=" in zhao.hears[-1]
    assert zhao.buttons == ["Telegram二维码", "网页二维码", "打印码条", "返回"]
    for label, way in (("Telegram二维码", "telegram"), ("网页二维码", "web")):
        zhao.clicks(label)
        assert zhao.hears == ["王芳的邀请二维码，11月17日 10:00前有效，只能用一次，请只给本人扫。"]
        file = zhao.chat[-1].file
        assert file is not None
        assert file == {
            "document": "invite_qr",
            "arguments": {"invite": 1, "show": way},
            "name": "邀请二维码.png",
            "mime": "image/png",
            "secret": True,
        }
    zhao.presses("ad.qr:1:0:sideways")
    assert zhao.hears[-1].startswith("王芳您好！")


def test_a_login_code_from_the_admin(centre: Centre, zhao: User):
    li = centre.person("李敏", "liaison", department="GA")
    zhao.presses(f"ad.per:{li.person_id}")
    zhao.clicks("网页登录码")
    lines = zhao.hears[-1].splitlines()
    assert [line.split("：")[0] for line in lines] == [
        "李敏的网页登录码",
        "请其在网页登录页输入此码。",
        "11月3日 10:10前有效，只能用一次，请当面或电话告知本人。",
    ]
    with centre.database.begin() as connection:
        people.remove_person(connection, li.person_id, now=centre.now)
    for verb in ("ad.login", "ad.inv"):
        zhao.presses(f"{verb}:{li.person_id}")
        assert zhao.hears[-1].startswith("邀请码，待使用的共0个")


def test_a_login_code_asked_for_twice_in_a_minute_is_one(centre: Centre, zhao: User):
    li = centre.person("李敏", "liaison", department="GA")
    codes = []
    for wait in (0, 30, 61):
        centre.now += timedelta(seconds=wait)
        zhao.presses(f"ad.login:{li.person_id}")
        codes.append(zhao.hears[-1].splitlines()[0])
    assert codes[0] == codes[1] != codes[2]


def test_a_login_code_is_no_invite_to_look_at(centre: Centre, zhao: User):
    li = centre.person("李敏", "liaison", department="GA")
    zhao.presses(f"ad.login:{li.person_id}")
    zhao.presses("ad.invone:1")
    assert zhao.hears[-1].startswith("邀请码，待使用的共0个")


def test_with_a_public_address_the_login_link_is_there(centre: Centre, zhao: User):
    centre.desk = type(centre.desk)(
        centre.desk.registry, Premises(b"k", public_url="https://k.example"), "test-worker"
    )
    centre.restart = False
    zhao.presses(f"ad.login:{zhao.person_id}")
    assert "在浏览器中打开：https://k.example/login#code=" in zhao.hears[-1]


def test_without_the_web_chat_nothing_of_it_is_offered(centre: Centre, zhao: User):
    centre.desk = type(centre.desk)(
        centre.desk.registry, Premises(b"k", telegram_name="b", web_chat=False), "test-worker"
    )
    centre.restart = False
    zhao.presses(f"ad.per:{zhao.person_id}")
    assert "网页登录码" not in zhao.buttons
    zhao.clicks("发邀请码")
    assert "网页" not in zhao.hears[-1]


def test_an_invitation_names_wecom_where_it_is_switched_on(centre: Centre, zhao: User):
    channels = frozenset({"telegram", "wecom_app", "wecom_bot"})
    premises = Premises(b"test key of the server", web_chat=False, channels=channels)
    centre.desk = replace(centre.desk, premises=premises)
    centre._desk = lambda: centre.desk  # type: ignore[method-assign]
    zhao.presses("ad.peradd")
    zhao.says("王芳 主任")
    lines = zhao.hears[-1].splitlines()
    assert lines[2:] == [
        "在企业微信里打开本应用或本机器人，发送这个邀请码。",
        "11月17日 10:00前有效，只能用一次，请勿转给他人。",
    ]
    zhao.presses("ad.peradd")
    zhao.says("孙一 主任\n吴二 主任")
    assert zhao.hears[-1].splitlines()[-1] == (
        "11月17日 10:00前有效，每个只能用一次。"
        "在企业微信里打开本应用或本机器人，发送自己的码即可。"
        "要带链接或二维码的，请到“邀请码”中打开。"
    )
    zhao.presses(f"ad.joinnew:{centre.departments['SCJG']}:0:0")
    assert "在企业微信里打开本应用或本机器人，发送这个码" in zhao.card.splitlines()
