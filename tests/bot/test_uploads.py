"""A document that many are sent: rendered once, uploaded once, and nobody else waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from bot.channels.base import InDoubt, Rejected, RetryLater
from bot.rendering import RenderError
from tests.bot.post import Post, open_post

MANY = 30


@pytest.fixture
async def post(database_url: str, tmp_path: Path) -> AsyncIterator[Post]:
    """Thirty accounts, all written to at the same time, on a channel that names files."""
    names = [f"账号{number}" for number in range(MANY)]
    async with open_post(database_url, tmp_path, names=names) as opened:
        opened.channel.names_files = True
        yield opened


def file_of(post: Post, content: bytes) -> dict[str, str]:
    return {"blob": post.blobs.put(content).sha256, "name": "名次.png", "mime": "image/png"}


def document(number: int = 0) -> dict[str, object]:
    return {
        "document": "annex_sheet",
        "arguments": {"number": number},
        "name": "评分表.docx",
        "mime": "",
        "secret": False,
    }


class Rendering:
    """Stands in for the child process: counts, and waits until it is let go."""

    def __init__(self, post: Post, *, error: RenderError | None = None) -> None:
        self.asked: list[object] = []
        self.go = asyncio.Event()
        self.go.set()
        self.error = error
        post.renderer.render = self.render  # type: ignore[method-assign]

    async def render(self, document: str, arguments: object) -> bytes:
        self.asked.append(arguments)
        await self.go.wait()
        if self.error is not None:
            raise self.error
        return str(arguments).encode()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not condition():  # noqa: ASYNC110 - nothing wakes us
            await asyncio.sleep(0.01)


async def test_thirty_at_once_bring_a_file_once(post: Post) -> None:
    file = file_of(post, b"picture")
    for number in range(MANY):
        post.queue(f"图 {number}", to=number + 1, file=file)
    post.tasks.spawn(post.delivery.run())
    await post.until(*["sent"] * MANY)
    assert (len(post.channel.brought), len(post.channel.named)) == (1, MANY - 1)


async def test_while_one_brings_it_all_others_go_on(post: Post) -> None:
    post.channel.hold.clear()
    file = file_of(post, b"picture")
    for number in range(MANY):
        if number % 3 == 0:
            post.queue("图", to=number + 1, file=file)
        elif number % 3 == 1:
            post.queue("文字", to=number + 1)
        else:
            post.queue("表", to=number + 1, file=file_of(post, f"sheet {number}".encode()))
    post.tasks.spawn(post.delivery.run())
    # ten texts, ten sheets of their own, and one of the ten with the picture
    await until(lambda: post.channel.running == 21)
    await asyncio.sleep(0.1)
    assert post.channel.running == 21
    post.channel.hold.set()
    await post.until(*["sent"] * MANY)
    assert sorted(set(post.channel.brought)) == ["图", "表"]
    assert post.channel.named == ["图"] * 9


@pytest.mark.parametrize(
    ("error", "state"), [(InDoubt("lost"), "unknown"), (Rejected("refused"), "failed")]
)
async def test_another_takes_over_from_the_first_that_fails(
    post: Post, error: InDoubt | Rejected, state: str
) -> None:
    post.channel.script = [error]
    file = file_of(post, b"picture")
    for number in range(5):
        post.queue(f"图 {number}", to=number + 1, file=file)
    post.tasks.spawn(post.delivery.run())
    await until(lambda: sorted(post.states()) == sorted([state, *["sent"] * 4]))
    assert (len(post.channel.brought), len(post.channel.named)) == (1, 3)


async def test_the_first_may_try_again_itself(post: Post) -> None:
    post.channel.script = [RetryLater("refused", after=0.01)]
    file = file_of(post, b"picture")
    post.delivery.answers([post.answer("图", file=file)])
    await post.until("sent")
    assert post.channel.brought == ["图"]


async def test_where_files_have_no_ids_nobody_waits_a_second_time(post: Post) -> None:
    post.channel.names_files = False
    file = file_of(post, b"picture")
    post.queue("图", file=file)
    post.tasks.spawn(post.delivery.run())
    await post.until("sent")
    post.channel.hold.clear()
    for number in range(4):
        post.queue(f"图 {number}", to=number + 1, file=file)
    post.delivery.wake()
    await until(lambda: post.channel.running == 4)


async def test_thirty_at_once_have_a_document_rendered_once(post: Post) -> None:
    rendering = Rendering(post)
    rendering.go.clear()
    for number in range(MANY):
        post.queue(f"表 {number}", to=number + 1, document=document())
    post.tasks.spawn(post.delivery.run())
    await until(lambda: bool(rendering.asked))
    await asyncio.sleep(0.1)
    rendering.go.set()
    await post.until(*["sent"] * MANY)
    assert (rendering.asked, len(post.channel.brought)) == ([{"number": 0}], 1)


async def test_documents_of_their_own_do_not_wait_for_each_other(post: Post) -> None:
    rendering = Rendering(post)
    rendering.go.clear()
    for number in range(4):
        post.queue(f"表 {number}", to=number + 1, document=document(number))
    post.queue("文字", to=5)
    post.tasks.spawn(post.delivery.run())
    await until(lambda: len(rendering.asked) == 4 and len(post.channel.sent) == 1)
    rendering.go.set()
    await post.until(*["sent"] * 5)


async def test_those_who_wait_for_a_document_fail_with_it(post: Post) -> None:
    rendering = Rendering(post, error=RenderError("annex_sheet", "KeyError"))
    rendering.go.clear()
    for number in range(3):
        post.queue("表", to=number + 1, document=document())
    post.tasks.spawn(post.delivery.run())
    await until(lambda: bool(rendering.asked))
    await asyncio.sleep(0.1)
    rendering.go.set()
    await post.until(*["failed"] * 3)
    assert len(rendering.asked) == 1


async def test_at_the_end_what_only_waits_is_given_back(post: Post) -> None:
    """One is on its way and in doubt; those that wait for it, and for a document, surely are not
    sent: whoever comes next sends them."""
    rendering = Rendering(post)
    rendering.go.clear()
    post.channel.hold.clear()
    file = file_of(post, b"picture")
    for number in range(3):
        post.queue("图", to=number + 1, file=file)
    for number in range(3, 6):
        post.queue("表", to=number + 1, document=document())
    post.tasks.spawn(post.delivery.run())
    await until(lambda: post.channel.running == 1 and bool(rendering.asked))
    await asyncio.sleep(0.1)
    await post.delivery.close(0.1)
    assert sorted(post.states()) == [*["queued"] * 5, "sending"]
