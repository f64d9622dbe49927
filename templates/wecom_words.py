"""Words of the WeCom channels: on cards and menus, and for what the operator has to mend."""

from __future__ import annotations

from typing import Final

# cards
TYPED: Final = "也可以回复选项前的序号。"
BELOW: Final = "请点选，内容见上一条消息。"
NUMBER: Final = "请直接回复数字，或点选。"
NUMBER_ONLY: Final = "请直接回复数字。"
CHOOSE: Final = "请选择"
SUBMIT: Final = "确定"
CHOSEN: Final = "已选：{}"
DONE: Final = "已处理"

# where a deployment shows no cards
REPLY: Final = "请回复选项前的序号："
NUMBER_OR_LETTER: Final = "也可以回复选项前的字母："
OPEN_CARD: Final = "打开网页"
OPEN_LINK: Final = "也可以打开网页点选"

# files
TOO_BIG: Final = "文件“{}”超过 {} MB，企业微信发不了。"
TOO_BIG_ELSEWHERE: Final = "请在网页聊天里查看：{}"
PICTURE: Final = "图片"
VOICE: Final = "语音"
VIDEO: Final = "视频"
FILE: Final = "文件"
LOCATION: Final = "【位置】"

# the app's menu: a title with its entries, each a command and its label
MENU: Final = (
    ("上报", (("submit", "上报"), ("mine", "我的上报"), ("upload", "上传材料"))),
    (
        "考核",
        (
            ("review", "审核"),
            ("score", "评分"),
            ("progress", "进度"),
            ("ranking", "排名"),
            ("publish", "发布"),
        ),
    ),
    (
        "更多",
        (
            ("result", "考核结果"),
            ("start", "菜单"),
            ("settings", "设置"),
            ("leave", "请假"),
            ("help", "帮助"),
        ),
    ),
)

# what the operator has to mend
NOT_TRUSTED: Final = (
    "企业微信不接受从 {} 发出的调用，请在管理后台该应用的“企业可信IP”里填入这个地址。"
)
NOT_TRUSTED_UNKNOWN: Final = (
    "企业微信不接受从本机发出的调用，请在管理后台该应用的“企业可信IP”里填入本机的出口地址。"
)
NOT_LET_IN: Final = (
    "企业微信不认这个应用的凭证，请核对 KAOHE_WECOM_CORP_ID 和 KAOHE_WECOM_SECRET。"
)
NOT_AN_APP: Final = "企业微信说这个应用不能用，请核对 KAOHE_WECOM_AGENT_ID，并看应用是否已停用。"
BAD_ADDRESS: Final = "企业微信的接口地址不对，请核对 KAOHE_WECOM_BASE_URL。"
BAD_CLOCK: Final = "企业微信发来的消息时间与本机相差 5 分钟以上，都没有处理，请校准本机时钟。"
