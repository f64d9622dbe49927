"""What six departments of the demonstration have reported, and what became of it; the others are
in `bot.demo.more_items`. Days count as in `bot.demo.days`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.demo.files import Sample, chart, counter, letter, news_page, paper, photo


@dataclass(frozen=True, slots=True)
class Step:
    """What became of an item: `what` is accept, return, reject, move, complete or withdraw;
    `words` the reason or what was added; `level` the medium's, where accepting asks for it; `row`
    where it was moved to."""

    by: str
    day: int
    hour: str
    what: str
    words: str = ""
    level: str = ""
    row: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One report: `event` and `day` in days back. Without `event` it stays a draft. `row` where it
    is not the first proposed; `of` the department that it is entered for (代录)."""

    by: str
    kind: str
    text: str
    event: int | None
    day: int
    hour: str
    files: tuple[Sample, ...] = ()
    row: str = ""
    of: str = ""
    outlet: str = ""
    level: str = ""
    then: tuple[Step, ...] = ()


ITEMS: Final = (
    Item(
        "吴建平",
        "帮办案例",
        "异地就医备案，一次办成\n参保人陈女士要陪母亲到外地住院，线上备案两次没有通过。窗口人员电话联系就医地核对"
        "医院编码，当场改好信息，十分钟后备案生效。",
        40,
        38,
        "10:12",
        (counter("窗口帮办.png", sign="医疗保障 · 综合服务窗口", window="9号窗口", tint=2),),
        then=(
            Step("王琳", 37, "09:40", "return", "缺时间"),
            Step("吴建平", 36, "14:05", "complete", "补充：上午十点二十分受理，十点半备案生效。"),
            Step("王琳", 35, "10:30", "accept"),
        ),
    ),
    Item(
        "李敏",
        "帮办案例",
        "帮听障店主办齐食品经营许可\n店主马先生听力不便，打字沟通慢。窗口请懂手语的同事到场，逐项核对图纸和设备清单，"
        "并陪同在自助机上签名，两天后拿到许可证。店主发来感谢信。",
        34,
        33,
        "11:06",
        (
            counter("现场照片.png", sign="市场监管 · 综合服务窗口", window="12号窗口"),
            letter(
                "帮办案例.docx",
                title="帮听障店主办齐食品经营许可",
                table="办事人|马先生（餐饮店店主）\n办理事项|食品经营许可（新办）\n帮办方式|窗口手语帮办、自助机陪同签名\n"
                "办理结果|两个工作日领证",
                body="店主听力不便，此前电话咨询多次没有说清所需材料。\n窗口请懂手语的同事到场，把材料清单逐项写给店主看，"
                "缺的设备清单当场补齐。\n事后窗口把手语服务安排写进了值班表。",
            ),
        ),
        then=(Step("王琳", 32, "15:20", "accept"),),
    ),
    Item(
        "黄磊",
        "工作佐证",
        "社保卡补换与医保信息当日同步\n与医保局约定同步办法：群众只在一个窗口递交材料，两家当日交换信息，不再来回跑。",
        31,
        30,
        "16:18",
        (
            paper(
                "协同办理说明.pdf",
                title="社保卡补换协同办理说明",
                unit="人社局驻中心窗口",
                body="为方便群众，人社窗口与医保窗口约定如下。\n一、群众只在一个窗口递交材料。\n二、两个窗口当日交换信息。\n"
                "三、遇到信息不一致的，由受理窗口负责联系。",
                table="环节|责任窗口|时限\n受理|人社|即时\n信息交换|人社、医保|当日\n结果告知|人社|次日",
            ),
        ),
        row="办理协同顺畅度",
        then=(Step("王琳", 29, "09:32", "accept"),),
    ),
    Item(
        "李敏",
        "创新亮点",
        "开办餐饮店“一件事”一张表\n背景：开餐饮店要跑三个部门、填四张表。做法：把四张表合成一张，照片自动带入。"
        "成效：平均办理时长由46小时降到18小时。",
        28,
        26,
        "09:48",
        (
            photo(
                "手机端界面.png",
                "phone",
                title="开办餐饮店一件事",
                body="选择业态、填写一张表、上传照片、电子签名、领取证照",
                label="立即办理",
                tint=2,
            ),
            chart(
                "办理时长.png",
                title="“一件事”平均办理时长",
                unit="单位：小时",
                names="改革前、第一月、第二月、第三月",
                values="46、31、22、18",
            ),
        ),
        then=(Step("徐晨", 25, "10:15", "accept"),),
    ),
    Item(
        "黄磊",
        "创新亮点",
        "自助机打印参保证明\n窗口旁增设自助机，刷身份证即可打印参保证明。",
        27,
        25,
        "13:40",
        then=(Step("黄磊", 24, "09:05", "withdraw"),),
    ),
    Item(
        "吴建平",
        "工作佐证",
        "“好差评”整改：电话接通率提高到96%\n针对群众反映电话难打通，增设午间值守和回拨登记，附整改说明和接通率。",
        22,
        20,
        "15:02",
        (
            paper(
                "整改说明.pdf",
                title="咨询电话整改说明",
                unit="医保局驻中心窗口",
                body="群众反映咨询电话午间难打通。窗口采取以下措施。\n一、午间安排一人值守。\n二、未接来电登记，半小时内回拨。\n"
                "三、每周公布接通率。",
                table="周次|来电|接通率\n第一周|182|78%\n第二周|176|89%\n第三周|190|96%",
            ),
            chart(
                "接通率.png",
                title="咨询电话接通率",
                unit="单位：%",
                names="第一周、第二周、第三周",
                values="78、89、96",
                tint=2,
            ),
        ),
        row="服务评价",
        then=(Step("赵倩", 5, "10:24", "accept"),),
    ),
    Item(
        "沈洁",
        "其他",
        "办事群众赠送锦旗\n窗口帮独居老人联系街道，当天办好长护险申请的转介，家属送来锦旗。",
        19,
        18,
        "10:50",
        (
            photo(
                "锦旗.png",
                "banner",
                title="热情服务，为民解忧",
                label="民政局驻中心窗口",
                body="一位办事群众",
                tint=3,
            ),
        ),
        then=(Step("王琳", 17, "11:20", "accept"),),
    ),
    Item(
        "周敏",
        "帮办案例",
        "帮外地来沪老人补领婚姻登记证明\n老人没有智能手机，说不清当年登记机关。中心帮办员查到档案地址，代为预约邮寄。",
        16,
        15,
        "14:32",
        (
            counter("帮办现场.png", sign="中心帮办服务台", window="帮办专区", tint=1),
            letter(
                "帮办记录.docx",
                title="补领婚姻登记证明帮办记录",
                table="办事人|一对老年夫妇\n办理事项|补领婚姻登记证明\n帮办方式|代查档案、代为预约",
                body="老人说不清登记机关，帮办员联系三地档案馆后查到原档。\n证明由档案馆邮寄到家，老人没有再跑。",
            ),
        ),
        of="民政局",
        then=(Step("王琳", 1, "11:08", "accept"),),
    ),
    Item(
        "陈刚",
        "其他",
        "窗口人员在区运动会上获奖\n两名窗口人员参加区机关运动会，获团体跳绳第三名。",
        13,
        12,
        "09:22",
        then=(Step("王琳", 1, "09:50", "reject", "与考核项无关"),),
    ),
    Item(
        "李敏",
        "信息录用、新闻宣传",
        "区级媒体报道餐饮店“一件事”\n报道链接：https://news.example.com/baoshan/35128",
        11,
        10,
        "16:40",
        (
            news_page(
                "报道截图.png",
                outlet="宝山时讯",
                headline="一张表单办齐开店手续，餐饮店“一件事”再提速",
                lead="“以前要跑三个部门，现在填一张表就行。”日前，在区行政服务中心，准备开面馆的店主只用二十分钟就递交了全部材料。",
            ),
        ),
        outlet="宝山时讯",
        level="区级",
        then=(Step("徐晨", 1, "16:05", "accept"),),
    ),
    Item(
        "顾文",
        "工作佐证",
        "税务窗口投诉处理情况\n本季度收到投诉一件，当日联系纳税人，第三天办结，附处理情况。",
        8,
        1,
        "10:36",
        (
            paper(
                "投诉处理情况.pdf",
                title="投诉处理情况",
                unit="税务局驻中心窗口",
                body="纳税人反映等候时间长。窗口当日联系致歉，说明原因。\n第三天增设一个潮汐窗口，纳税人表示满意。",
                table="环节|时间\n收到投诉|第一天上午\n联系纳税人|第一天下午\n办结|第三天",
            ),
        ),
        row="服务评价",
    ),
    Item(
        "陈刚",
        "帮办案例",
        "上门为卧床老人办身份证\n老人卧床多年，身份证过期影响领取补贴。窗口带采集设备上门拍照、采集指纹，一周后送证到家。",
        7,
        2,
        "11:15",
        (
            photo("上门办理.png", "visit", tint=1),
            counter("送证到家.png", sign="公安 · 户政窗口", window="3号窗口", tint=3),
        ),
    ),
    Item(
        "李敏",
        "工作佐证",
        "窗口业务培训：审核要点更新\n培训十二人，讲解食品经营许可审核要点的变化，现场答疑。",
        6,
        2,
        "14:08",
        (
            photo(
                "培训现场.png",
                "classroom",
                title="窗口业务培训",
                label="一、审核要点更新\n二、常见退件情形\n三、现场答疑",
                tint=2,
            ),
        ),
        then=(Step("王琳", 1, "15:20", "return", "签到表看不到日期，请补一张带日期的。"),),
    ),
    Item(
        "陈刚",
        "信息录用、新闻宣传",
        "媒体报道“云端”补办居住证\n报道链接：https://news.example.com/morning/90417",
        5,
        1,
        "11:44",
        (
            news_page(
                "居住证报道.png",
                outlet="都市晨刊",
                headline="人在外地，居住证“云端”补办成功",
                lead="在外地出差的程序员小周通过视频连线完成核验，第二天就收到了补办的居住证。",
                tint=3,
            ),
        ),
        outlet="都市晨刊",
    ),
    Item(
        "李敏",
        "帮办案例",
        "帮摊主把执照地址改到新市场",
        None,
        1,
        "16:52",
        (counter("新市场.png", sign="市场监管 · 流动服务点", window="流动窗口", tint=1),),
    ),
    Item(
        "顾文",
        "帮办案例",
        "帮创业青年一次办好税务新办套餐\n大学毕业生小林开设计工作室，不会填税种认定。窗口边讲边填，发票当天开出。",
        5,
        0,
        "08:41",
        (counter("新办套餐.png", sign="税务 · 新办企业专窗", window="6号窗口", tint=2),),
    ),
)
