"""One file a conversation; each is found by `handlers.discovery`."""
