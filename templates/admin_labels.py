"""Labels of the buttons behind /admin. See `templates.words` for those of everybody."""

from __future__ import annotations

from typing import Final

DEPARTMENTS: Final = "部门"
PEOPLE: Final = "人员"
SECTIONS: Final = "科室"
INVITES: Final = "邀请码"

ADD_DEPARTMENT: Final = "添加部门"
REMOVED_DEPARTMENTS: Final = "已移除的部门"
RENAME_FULL: Final = "改全称"
RENAME_SHORT: Final = "改简称"
RECODE: Final = "改代码"
RESIDENT_FROM: Final = "入驻日期"
RESIDENT_TO: Final = "撤出日期"
CLEAR: Final = "清空"
RESTORE: Final = "恢复"

ADD_PERSON: Final = "添加人员"
ALL_PEOPLE: Final = "全部人员"
ANOTHER_ONE: Final = "另一位同名人员"
NTH: Final = "是第{}位"
RENAME: Final = "改名称"
RENAME_PERSON: Final = "改姓名"
REMOVE: Final = "移除"
REMOVE_SURELY: Final = "确认移除"

ADD_ROLE: Final = "添加角色"
TAKE_BACK: Final = "取消{}"
NO_DEPARTMENT: Final = "不属于任何部门"

INVITE: Final = "发邀请码"
REINVITE: Final = "重发邀请码"
SHOW_AGAIN: Final = "再看邀请码"
VOID: Final = "作废"
QR: Final = {"telegram": "Telegram二维码", "web": "网页二维码"}

ADD_SECTION: Final = "添加科室"
CONTACT: Final = "联系人和电话"
TAKE_ROWS: Final = "接收考核项"
SUBSTITUTE: Final = "代审人"
NO_SUBSTITUTE: Final = "不设代审人"
ADD_EVALUATOR: Final = "添加考核员"

QUARTERS: Final = "季度"
MOVE_DATES: Final = "改日期"
EXTEND: Final = "部门延期"
END_EXTENSION: Final = "取消延期"
BY_RULE: Final = "按日历重算"
DISQUALIFY: Final = "取消评先资格"
REQUALIFY: Final = "恢复：{}"

CALENDAR: Final = "日历"
ADD_DAYS: Final = "录入放假和上班"
SOURCE: Final = "填文件"
NO_SOURCE: Final = "没有文件"

GROUPS: Final = "群"
REGISTER: Final = "登记"
DO_NOT_REGISTER: Final = "不登记"
TAKE_OFF: Final = "取消登记"

SETTINGS: Final = "本中心规定"
CHANGE_VALUE: Final = "改数值"
LIKE_OTHERS: Final = "与其他项相同"
NO_BASIS: Final = "没有依据"
DEFAULT: Final = "恢复默认"

SEATS: Final = "评分席位"
REMOVE_SEAT: Final = "取消席位：{}"

DELIVERIES: Final = "发送情况"
EARLIER: Final = "以前的发布"
OTHER_NOTICES: Final = "其他通知"
RESEND_ALL: Final = "全部重发"
RESEND_FAILED: Final = "只重发未送达的"
RESEND_SURELY: Final = "确认全部重发"
NOT_LINKED: Final = "没有绑定账号"
LINKED_LATER: Final = "发布后才绑定账号"
UNREACHABLE: Final = "发布时账号不可用"

IMPORTS: Final = "导入"
TEMPLATE: Final = "取表格"
IMPORT_NOW: Final = "确认导入"
DROP_IMPORT: Final = "放弃"
IMPORT_AS: Final = "导入{}"
IMPORT_FOR: Final = "导入{}：{}"
AS_EVIDENCE: Final = "作为材料上报"
CHANGES: Final = "变化清单"
FAULTS: Final = "需要改的地方"
