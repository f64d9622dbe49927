"""The page itself: a handful of files, read once, handed out with an ETag.

Only what the login page needs is given to strangers.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import Final

from aiohttp import web

_MIMES: Final = {
    "html": "text/html",
    "css": "text/css",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}
_FOR_STRANGERS: Final = frozenset({"base.css", "icon.svg", "login.css", "login.js", "markup.js"})


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

    def open_to_strangers(self, name: str) -> bool:
        return name in _FOR_STRANGERS

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
