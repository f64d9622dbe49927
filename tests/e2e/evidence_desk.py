"""Evidence on its way: reported with photos and files, looked at, accepted, returned and
completed, rejected, put to another row, withdrawn, handed in late."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from tests.e2e.persons import File, Person, Shown, finds, presses, says
from tests.e2e.plan import CONTACTS, INSPECTED, INSPECTION, OFFICE, QUARTER_WORDS, SUN, WANG
from tests.support.samples import GOOD, office

CARD = re.compile(r"审核 \d+/\d+ · \S+\n(\S+号)")


def photo(name: str) -> File:
    return File(f"{name}.jpg", GOOD["jpg"] + name.encode())


def paper(name: str) -> File:
    return File(f"{name}.docx", office("word", {"word/told.xml": name.encode()}))


def pdf(name: str) -> File:
    return File(f"{name}.pdf", GOOD["pdf"] + name.encode())


@dataclass(frozen=True, slots=True)
class Item:
    """What is typed, pressed and sent for one piece; `row` where another than the first proposed
    is chosen, `day` a button or a typed date."""

    receipt: str
    kind: str
    title: str
    told: str = ""
    files: tuple[File, ...] = ()
    day: str = "今天"
    place: str = ""
    row: str = ""
    outlet: str = ""
    level: str = ""
    late: bool = False


STORY = paper("帮办经过")
HELP = Item(
    "公安分局1号", "帮办案例", "老人换证一次办好", "高龄老人不便排队，窗口上门核验后当场办结。",
    (photo("现场"), STORY),
)  # fmt: skip
CLOUD = Item(
    "公安分局2号", "创新亮点", "居住证智能办上线", "申请材料自动核验。",
    (photo("界面一"), photo("界面二")), day="9月18日",
)  # fmt: skip
POWER = Item("公安分局3号", "工作佐证", "审批授权清单更新", "新增三项直接签批。", day="昨天")
PRESS = Item(
    "市场监管局1号", "信息录用、新闻宣传", "开办企业一天办结", "报道 https://example.com/news/7",
    (photo("版面"),), outlet="宝山汇", level="区级", day="2026.9.8",
)  # fmt: skip
SHOP = Item(
    "市场监管局2号", "帮办案例", "餐饮店一站式开办", "证照联办。", (pdf("办结通知"),),
    row="政务服务有突出表现的",
)  # fmt: skip
WRONG = Item("市场监管局3号", "其他", "会议照片", "误发。", (photo("会议"),))
TRAINING = Item("医保局1号", "工作佐证", "窗口业务培训", "9月组织培训两次。", day="9月11日")
LIST = pdf("培训签到表")
COMPLETED = replace(TRAINING, files=(LIST,))
SPORT = Item("人社局1号", "其他", "职工运动会", "获团体第三。", (photo("合影"),), day="9月12日")
ALONG = Item(
    "民政局1号", "帮办案例", "低保申请代办", "为行动不便者全程代办。", (photo("上门"),),
    place="民政局",
)  # fmt: skip
EARLY: Mapping[str, tuple[Item, ...]] = {
    "赵刚": (HELP, CLOUD, POWER),
    "李敏": (PRESS, SHOP, WRONG),
    "钱丽": (TRAINING,),
    "周洋": (SPORT,),
    "吴梅": (ALONG,),
}
DESK = Item(
    "人社局2号", "创新亮点", "社保自助专区", "新设自助工作台六项。", (photo("专区"),),
    day="9月28日", late=True,
)  # fmt: skip
TAX = Item(
    "税务局1号", "创新亮点", "跨区通办首件", "与邻区互认材料。", (photo("首件"),),
    day="9月18日", row="政务服务有突出表现的", late=True,
)  # fmt: skip
LATE: Mapping[str, tuple[Item, ...]] = {"周洋": (DESK,), "冯远": (TAX,)}


# ---------------------------------------------------------------- reporting


async def report(person: Person, item: Item) -> Shown:
    """From the word to the receipt."""
    begun = await says(person, "上报", "请选择" if not item.place else "请选择要上报的部门")
    if item.place:
        begun = await presses(person, item.place, "请选择类别")
    assert begun.buttons[:5] == ("帮办案例", "信息录用、新闻宣传", "创新亮点", "工作佐证", "其他")
    await presses(person, item.kind, "上报草稿")
    await says(person, f"{item.title}\n{item.told}", f"标题：{item.title}")
    if item.files:
        await person.sends(*item.files)
        await person.waits_for(f"附件（{len(item.files)}）")
    await _day(person, item)
    if item.outlet:
        await says(person, item.outlet, f"媒体：{item.outlet}")
        await presses(person, item.level, f"（{item.level}）")
    if item.row:
        await presses(person, "换一行", "请选择考核项")
        await presses(person, item.row, f"考核项：{item.row}")
    return await presses(person, "确认提交", f"回执号 {item.receipt}")


async def _day(person: Person, item: Item) -> None:
    told = "（补报）" if item.late else ""
    expected = f"计入{QUARTER_WORDS}{told}"
    if item.day in ("今天", "昨天"):
        await presses(person, item.day, expected)
    else:
        await says(person, item.day, expected)


async def reports_all(people: Mapping[str, Person], items: Mapping[str, tuple[Item, ...]]) -> None:
    """Departments at the same time, each one's items one after another."""

    async def of(name: str) -> None:
        for item in items[name]:
            receipt = await report(people[name], item)
            assert receipt.text.splitlines()[0] == f"已收到，回执号 {item.receipt}"
            assert ("补报" in receipt.text) == item.late

    await asyncio.gather(*map(of, items))


async def withdraws(person: Person, item: Item) -> None:
    listed = await says(person, "/mine", item.receipt)
    [label] = [each for each in listed.buttons if item.title in each]
    await presses(person, label, item.told)
    await presses(person, "撤回", f"确定撤回 {item.receipt}")
    await presses(person, "确定撤回", f"{item.receipt} · 已撤回")


# ---------------------------------------------------------------- reviewing

Decide = Callable[[Person, Item], Awaitable[Shown]]


def _above(item: Item) -> str:
    """Stands over the next card: what was decided just now."""
    return f"{item.receipt} · {item.title}\n"


async def accepts(person: Person, item: Item) -> Shown:
    return await presses(person, "采纳", _above(item))


async def looks_and_accepts(person: Person, item: Item) -> Shown:
    """Opens the files first; the card comes again below them."""
    await person.presses("查看附件")
    for number in range(1, len(item.files) + 1):
        await person.waits_for(f"{item.receipt} 附件 {number}/{len(item.files)}")
    await person.waits_for("审核 ")
    for file in item.files:
        if not file.picture:
            assert await person.opens(file.name) == file.data
    return await accepts(person, item)


async def returns(person: Person, item: Item) -> Shown:
    await presses(person, "退回补充", "请点选理由")
    return await presses(person, "佐证不足", _above(item))


async def rejects(person: Person, item: Item) -> Shown:
    await presses(person, "不采纳", "请点选理由")
    return await says(person, "与窗口工作无关", _above(item))


async def moves(person: Person, item: Item) -> Shown:
    await presses(person, "改列", "改列到哪一项")
    await presses(person, INSPECTED[1], "请点选理由")
    return await says(person, "属于审批授权", _above(item))


async def reviews(person: Person, decisions: Mapping[Item, Decide]) -> None:
    """One card after another, in whatever order they come, until nothing is left."""
    items = {item.receipt: item for item in decisions}
    card = await says(person, "/review", f"审核 1/{len(items)}")
    while items:
        found = CARD.search(card.text)
        assert found is not None, card.text
        item = items.pop(found[1])
        card = await decisions[item](person, item)
    assert "现在没有需要您审核的材料。" in card.text


# ---------------------------------------------------------------- the two rounds


async def first_round(people: Mapping[str, Person]) -> None:
    await reports_all(people, EARLY)
    await withdraws(people["李敏"], WRONG)
    await reviews(
        people[WANG],
        {
            HELP: looks_and_accepts,
            CLOUD: accepts,
            POWER: moves,
            PRESS: accepts,
            SHOP: accepts,
            TRAINING: returns,
            SPORT: rejects,
            ALONG: accepts,
        },
    )
    await _moved(people["赵刚"], people[SUN])
    await _completed(people["钱丽"], people[WANG])
    told = await finds(people["赵刚"], "公安分局1号 已采纳")
    assert told.text == (
        "公安分局1号 已采纳\n老人换证一次办好\n2026年第三季度 · 线下帮办\n"
        f"咨询{OFFICE}：{CONTACTS[OFFICE]}"
    )
    told = await finds(people["周洋"], "人社局1号 不采纳")
    assert told.text == (
        f"人社局1号 不采纳\n职工运动会\n理由：与窗口工作无关\n咨询{OFFICE}：{CONTACTS[OFFICE]}"
    )
    listed = await says(people["郑国"], "我的上报", "公安分局3号")
    assert listed.text.splitlines()[1] == "已采纳 3"  # what a colleague reported
    listed = await says(people["李敏"], "/mine", "市场监管局3号")
    assert listed.text.splitlines()[1] == "已采纳 2，已撤回 1"


async def _moved(liaison: Person, evaluator: Person) -> None:
    told = await finds(liaison, "公安分局3号 已改列到")
    assert told.text == (
        "公安分局3号 已改列到“两集中两到位”\n审批授权清单更新\n理由：属于审批授权\n"
        f"现由{INSPECTION}审核，您不用再做什么。\n咨询{INSPECTION}：{CONTACTS[INSPECTION]}"
    )
    await reviews(evaluator, {POWER: accepts})


async def _completed(liaison: Person, evaluator: Person) -> None:
    """From the notice's button into the fix, and a second look."""
    told = await finds(liaison, "医保局1号 退回补充")
    assert told.text == (
        "医保局1号 退回补充\n窗口业务培训\n理由：佐证不足\n"
        "请在9月30日（星期三） 24:00 前补充，点下面的按钮即可；逾期按不采纳处理。\n"
        f"咨询{OFFICE}：{CONTACTS[OFFICE]}"
    )
    await presses(liaison, "补充材料", "补充材料 · 医保局1号", on=told)
    await liaison.sends(LIST)
    await liaison.waits_for("附件（1）")
    await presses(liaison, "确认提交", "已更新：医保局1号")
    await reviews(evaluator, {COMPLETED: looks_and_accepts})


async def second_round(people: Mapping[str, Person]) -> None:
    """After 报送截止: what is late for the quarter, and something of the next one."""
    await reports_all(people, LATE)
    person = people["冯远"]
    await says(person, "/submit", "请选择类别")
    await presses(person, "其他", "上报草稿")
    await says(person, "重阳节敬老服务\n设绿色通道。", "标题：重阳节敬老服务")
    await presses(person, "今天", "计入2026年第四季度")
    await presses(person, "确认提交", "档案号 2026Q4-SW-001")


async def late_reviews(people: Mapping[str, Person]) -> None:
    """The next quarter's item waits behind a button of its own."""
    items = {item.receipt: item for item in (DESK, TAX)}
    card = await says(people[WANG], "/review", "审核 1/2")
    assert card.button("看") == "看2026年第四季度（1）"
    while items:
        found = CARD.search(card.text)
        assert found is not None, card.text
        assert " · 补报" in card.text
        card = await accepts(people[WANG], items.pop(found[1]))
    assert "审核 1/1 · 2026年第四季度" in card.text
