"""WeCom's AI bot (智能机器人) over a long connection that we open: no public address needed."""
