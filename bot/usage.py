"""The parser of the command line: usage and complaints in the operator's language.

argparse writes English of its own; `Parser` replaces its complaints by one sentence and exits
with 2, as every wrong usage does.
"""

from __future__ import annotations

import argparse
import re
import sys
from typing import NoReturn

_COMPLAINTS = (
    (r"the following arguments are required: (.+)", "没有写 {0}"),
    (r"unrecognized arguments: (.+)", "不认识 {0}"),
    (r"argument (\S+): expected .*", "{0} 后面没有内容"),
    (r"argument (\S+): invalid choice: '(.*?)' .*", "没有 {1} 这一条"),
    (r"argument (\S+): .*", "{0} 的内容不对"),
)


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        what = "写法有误"
        for pattern, words in _COMPLAINTS:
            if match := re.fullmatch(pattern, message, re.DOTALL):
                what = words.format(*match.groups())
                break
        print(f"命令不完整或有误：{what}，用法请看 {self.prog} --help", file=sys.stderr)
        sys.exit(2)

    def format_help(self) -> str:
        text = super().format_help()
        for english, chinese in (
            ("usage:", "用法："),
            ("positional arguments:", "命令："),
            ("options:", "选项："),
            ("show this help message and exit", "显示这页说明"),
        ):
            text = text.replace(english, chinese)
        return text
