"""`kaohe import`: a workbook taken in from the command line, by the same importers as in the chat.

All faults are printed, or all differences and one question; what is confirmed goes in as a whole,
and only if it is still what was printed.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import Connection

import templates
from bot.app import premises_of
from bot.clock import Clock
from bot.config import Config
from bot.opened import NotReady, opened
from bot.reading import Reader
from bot.rendering import Renderer, RenderError
from handlers import import_desk
from handlers.imports import By, Importer, Plan, notes_of
from handlers.imports.book import Book, WorkbookFaulty, from_json
from handlers.imports.changes import record
from handlers.occasion import Occasion
from rubric.errors import UserError
from rubric.settings import HEAD_TITLE
from storage import people
from storage.db import Database
from storage.names import one_at_a_time
from storage.settings import read_settings
from templates import words
from templates.markup import plain


class CannotImport(Exception):
    """The text is what the operator reads."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says. `by` '' if nobody is named."""

    kind: str
    quarter: str = ""
    by: str = ""
    yes: bool = False


def import_file(config: Config, asked: Asked, file: Path) -> int:
    """The exit code; everything is said on the way."""

    def work(centre: _Centre) -> int:
        book = _read(file)
        plan = centre.seen(asked, book)
        if plan is None:
            print("与现有内容一致，没有需要导入的变化。")
            return 0
        if not asked.yes and not _agreed():
            print("已放弃，什么都没有改动。")
            return 0
        centre.take_in(asked, book, plan, digest=hashlib.sha256(file.read_bytes()).hexdigest())
        print(f"已导入，共 {len(plan.lines)} 处变化。")
        return 0

    return _run(config, asked, work)


def write_template(config: Config, asked: Asked, out: Path) -> int:
    def work(centre: _Centre) -> int:
        content = centre.template(asked)
        try:
            with out.open("xb") as target:
                target.write(content)
        except FileExistsError as error:
            raise CannotImport(f"{out} 已经存在，没有覆盖，请换一个文件名。") from error
        print(f"已写 {out}，现有内容已填在里面。填好后用 kaohe import {asked.kind} {out} 导入。")
        return 0

    return _run(config, asked, work)


def _run(config: Config, asked: Asked, work: Callable[[_Centre], int]) -> int:
    try:
        with opened(config) as database:
            return work(_Centre(config, database, _importer(asked)))
    except (NotReady, CannotImport) as error:
        return _failed(str(error))
    except WorkbookFaulty as error:
        lines = [
            _fault_line(each.sheet, each.row, each.column, each.words) for each in error.faults
        ]
        return _failed(*lines, f"共 {len(lines)} 处需要改，全部都没有导入，请改好后再试。")
    except UserError as error:
        return _failed(plain(templates.say_error(error)))
    except RenderError as error:
        return _failed(f"没能生成表格（{error}），请再试一次，仍不行请转给维护人员。")
    except OSError as error:
        return _failed(f"读不出或写不进文件（{error.strerror}），请检查路径和权限。")


def _importer(asked: Asked) -> Importer:
    found = import_desk.known().get(asked.kind)
    if found is None:
        raise CannotImport("这个版本的程序还不会导入这种内容，请升级后再试。")
    return found


def _read(file: Path) -> Book:
    if not file.is_file():
        raise CannotImport(f"没有文件 {file}，请检查路径。")
    return from_json(asyncio.run(Reader().read(file, file.name)))


def _fault_line(sheet: str, row: int, column: str, said: str) -> str:
    place = (f"第{row}行" if row else "") + (f"{column}列" if column else "")
    return " ".join(part for part in (sheet, place) if part) + f"：{said}"


def _agreed() -> bool:
    """Raises CannotImport where nobody can be asked."""
    if not sys.stdin.isatty():
        raise CannotImport("还没有导入：核对无误后，请加 --yes 再运行一次。")
    return input("确认导入请输入 y：").strip().lower() in ("y", "yes", "是")


def _failed(*sentences: str) -> int:
    print("\n".join(sentences), file=sys.stderr)
    return 1


class _Centre:
    """The installation as an importer sees it."""

    def __init__(self, config: Config, database: Database, importer: Importer) -> None:
        self._premises = premises_of(config)
        self._clock = Clock(config.timezone, config.clock)
        self._database = database
        self._importer = importer

    def seen(self, asked: Asked, book: Book) -> Plan | None:
        """What it would change, printed; None if nothing."""
        with self._database.read() as connection:
            plan = self._plan(connection, asked, book)
        for line in (*plan.lines, *notes_of(plan)):
            print(line)
        return plan if plan.lines else None

    def take_in(self, asked: Asked, book: Book, shown: Plan, *, digest: str) -> None:
        """Raises CannotImport when it would be something else by now."""
        with self._database.begin() as connection:
            one_at_a_time(connection)
            plan = self._plan(connection, asked, book)
            if plan.lines != shown.lines:
                raise CannotImport("刚才有人改动了内容，还没有导入，请再运行一次核对变化。")
            occasion, by = self._occasion(connection), self._by(connection, asked)
            with words.heads_called(lambda: HEAD_TITLE.of(read_settings(connection))):
                plan.apply(occasion, by)
            record(
                occasion, by, "import.apply", "",
                kind=asked.kind, quarter=asked.quarter, changes=len(plan.lines), file=digest,
            )  # fmt: skip

    def template(self, asked: Asked) -> bytes:
        with self._database.read() as connection:
            facts = self._importer.facts(self._occasion(connection), quarter=asked.quarter)
        arguments = dict(import_desk.plain_arguments(facts))

        async def made() -> bytes:
            renderer = Renderer(self._database, asyncio.to_thread)
            try:
                return await renderer.render(self._importer.template, arguments)
            finally:
                await renderer.close()

        return asyncio.run(made())

    def _plan(self, connection: Connection, asked: Asked, book: Book) -> Plan:
        with words.heads_called(lambda: HEAD_TITLE.of(read_settings(connection))):
            return self._importer.read(
                self._occasion(connection),
                book,
                quarter=asked.quarter,
                by=self._by(connection, asked),
            )

    def _occasion(self, connection: Connection) -> Occasion:
        return Occasion(connection, self._clock.now(), self._premises)

    def _by(self, connection: Connection, asked: Asked) -> By:
        """Who is named, if anybody is. Raises CannotImport."""
        if not asked.by:
            if self._importer.named:
                raise CannotImport("请用 --by 姓名 写明由谁导入，每个变化都要记在一个人名下。")
            return By()
        found = [
            each
            for each in people.persons_named(connection, asked.by)
            if each.has(*self._importer.roles)
        ]
        if len(found) != 1:
            how = "没有" if not found else "不止一位"
            roles = "、".join(words.role(each) for each in self._importer.roles)
            raise CannotImport(f"{how}姓名为{asked.by}、可以导入的人员（{roles}），请核对 --by。")
        return By(found[0].id)


def needs_quarter(kind: str) -> bool:
    found = import_desk.known().get(kind)
    return found is not None and found.by_quarter
