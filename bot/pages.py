"""The pages that people open in a browser: a handful of files, read once, handed out with an ETag.

Each page names which of them strangers may have. A page that says one sentence and nothing else is
made of `notice.html`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from html import escape
from importlib import resources
from typing import Final

from aiohttp import web

_MIMES: Final = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}
_SENTENCE: Final = "<!--sentence-->"


@dataclass(frozen=True, slots=True)
class _Asset:
    body: bytes
    mime: str
    tag: str


class Pages:
    def __init__(self) -> None:
        self._assets = {
            file.name: _Asset(body, mime, hashlib.sha256(body).hexdigest()[:32])
            for file in (resources.files("templates") / "web").iterdir()
            if (mime := _MIMES.get(file.name.rpartition(".")[2]))
            for body in [file.read_bytes()]
        }

    def answer(self, request: web.Request, name: str, *, cache: str = "no-cache") -> web.Response:
        """Raises HTTPNotFound."""
        asset = self._assets.get(name)
        if asset is None:
            raise web.HTTPNotFound
        headers = {"Cache-Control": cache, "ETag": f'"{asset.tag}"'}
        if any(tag.value == asset.tag for tag in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        return web.Response(
            body=asset.body, content_type=asset.mime, charset="utf-8", headers=headers
        )

    def notice(self, sentence: str, *, status: int) -> web.Response:
        """A page with this sentence, plain text; for addresses with one folder before the name."""
        page = self._assets["notice.html"].body.decode().replace(_SENTENCE, escape(sentence))
        return web.Response(
            text=page,
            status=status,
            content_type="text/html",
            headers={"Cache-Control": "no-store"},
        )
