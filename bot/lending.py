"""What the web chat is lent by the rest of the program: the way in, menus, secrets, words."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.engine import Connection

import templates
from bot.channels.webchat import Knock, Lent
from bot.clock import Clock
from bot.database import Work
from bot.intake import Reception
from bot.settled import Settled, settle
from handlers import linking, upload_link
from handlers.messages import Inbound
from storage import accounts
from storage.blobs import Blobs
from storage.web import CHANNEL


def greeting(*, work: Work, reception: Reception) -> Callable[[int], Awaitable[None]]:
    """Whoever comes in finds the menu at the end of the chat."""

    async def greet(account_id: int) -> None:
        account = await work.read(lambda c: accounts.find_account(c, account_id))
        if account is not None:
            key = f"web-login:{secrets.token_hex(8)}"
            await reception.receive(
                Inbound(key, account.channel, account.external_id, text="/start")
            )

    return greet


def lend(*, work: Work, blobs: Blobs, clock: Clock, reception: Reception) -> Lent:
    greet = greeting(work=work, reception=reception)

    async def authenticate(knock: Knock) -> int:
        now = clock.now()

        def job(connection: Connection) -> Settled[int]:
            # a wrong code must be counted: the error is raised only after the commit
            return settle(
                lambda: linking.authenticate(
                    connection,
                    reception.desk.premises,
                    code=knock.code,
                    name=knock.name,
                    guard=knock.remote,
                    present=knock.account_id,
                    now=now,
                )
            )

        account_id = (await work.write(job)).unwrap()
        await greet(account_id)
        return account_id

    async def menu(account_id: int) -> Sequence[tuple[str, str]]:
        day = reception.desk.premises.today(clock.now())
        person = await work.read(lambda c: accounts.person_of(c, account_id, day=day))
        if person is None:
            return ()
        return [(c.name, c.title) for c in reception.desk.registry.menu(person)]

    def reveal(connection: Connection, account_id: int, text: str) -> str:
        premises, now = reception.desk.premises, clock.now()
        text = upload_link.filled_in(
            text, premises=premises, account_id=account_id, channel=CHANNEL, now=now
        )
        return linking.revealed(connection, text, premises=premises, now=now)

    return Lent(
        work=work,
        blobs=blobs,
        now=clock.now,
        say_error=templates.say_error,
        authenticate=authenticate,
        menu=menu,
        reveal=reveal,
    )
