"""Reads single variables of an environment and collects what is wrong with them.

No value raises: a fault is noted as one Chinese sentence and the caller goes on with None or
the default, so that an operator sees all faults at once instead of one a start.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path

from bot.addresses import url_fault
from bot.secret import Secret

_YES = frozenset({"on", "1", "true", "yes", "是", "开"})
_NO = frozenset({"off", "0", "false", "no", "否", "关"})


class Variables:
    """One look at an environment; an empty value counts as not given, as unit files leave them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._given = {name: text.strip() for name, text in environ.items() if text.strip()}
        self._asked: set[str] = set()
        self._secret: set[str] = set()
        self.faults: list[str] = []

    def fault(self, name: str, rest: str) -> None:
        """`rest` goes on from the variable's name and ends with the remedy. Two channels may ask
        for the same variable: its fault is named once."""
        sentence = f"{name} {rest}"
        if sentence not in self.faults:
            self.faults.append(sentence)

    def text(self, name: str) -> str | None:
        self._asked.add(name)
        return self._given.get(name)

    def is_given(self, name: str) -> bool:
        """Whether there is a value, or the name of a file with it, right or wrong."""
        return name in self._given or f"{name}_FILE" in self._given

    def secret(self, name: str) -> Secret | None:
        self._secret.add(name)
        plain, file = self.text(name), self.text(f"{name}_FILE")
        if plain and file:
            self.fault(name, f"和 {name}_FILE 只能设置其中一个，请去掉一个。")
            return None
        if file is None:
            return Secret(plain) if plain else None
        try:
            plain = Path(file).read_text("utf-8").strip("\r\n")
        except (OSError, UnicodeDecodeError):
            self.fault(f"{name}_FILE", "指向的文件读不出来，请检查路径和读取权限。")
            return None
        if not plain:
            self.fault(f"{name}_FILE", "指向的文件是空的，请写入内容。")
            return None
        return Secret(plain)

    def number(self, name: str) -> float | None:
        text = self.text(name)
        if text is None:
            return None
        try:
            return float(text)
        except ValueError:
            self.fault(name, "应是一个数，请改正。")
            return None

    def port(self, name: str) -> int | None:
        """0 lets the system choose one."""
        text = self.text(name)
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and int(text) <= 65535):
            self.fault(name, "应是 0 至 65535 的整数，请改正。")
            return None
        return int(text)

    def switch(self, name: str) -> bool | None:
        text = self.text(name)
        if text is None:
            return None
        if text.lower() not in _YES | _NO:
            self.fault(name, "只能是 on 或 off，请改正。")
            return None
        return text.lower() in _YES

    def url(self, name: str, *, https_off_loopback: bool) -> str | None:
        """Without the slash at its end."""
        text = self.text(name)
        if text is None:
            return None
        if rest := url_fault(text, https_off_loopback=https_off_loopback):
            self.fault(name, rest)
            return None
        return text.rstrip("/")

    def existing(self, name: str, *, directory: bool) -> Path | None:
        text = self.text(name)
        if text is None:
            return None
        path = Path(text).expanduser().absolute()
        if not (path.is_dir() if directory else path.is_file()):
            self.fault(name, f"指向的{'目录' if directory else '文件'}不存在，请检查路径。")
            return None
        return path

    def known(self, prefix: str) -> dict[str, str | None]:
        """Every name that was asked for with what was given, None if nothing, *** for a secret."""
        return {
            name: "***" if name in self._secret and name in self._given else self._given.get(name)
            for name in sorted(self._asked)
            if name.startswith(prefix)
        }

    def unknown(self, prefix: str) -> Iterator[str]:
        """A sentence for each given name that nobody has asked for so far."""
        for name in sorted(self._given):
            if name.startswith(prefix) and name not in self._asked:
                near = get_close_matches(name, sorted(self._asked), n=1, cutoff=0.85)
                hint = f"是不是想写 {near[0]}？" if near else "请核对拼写。"
                yield f"不认识环境变量 {name}，没有使用它，{hint}"
