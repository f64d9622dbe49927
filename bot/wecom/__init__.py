"""What the WeCom channels share: the cipher, texts and cards as WeCom shows them, its HTTP API."""
