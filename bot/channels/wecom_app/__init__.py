"""WeCom's self-built app (自建应用): a callback at /wecom, and calls to its HTTP API."""
