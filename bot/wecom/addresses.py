"""Where the public WeCom service is; a private deployment has addresses of its own."""

from __future__ import annotations

from typing import Final

API: Final = "https://qyapi.weixin.qq.com"
LOGIN: Final = "https://open.weixin.qq.com/connect/oauth2/authorize"
LONG_CONNECTION: Final = "wss://openws.work.weixin.qq.com"
