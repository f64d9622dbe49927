"""Channel-neutral conversations. Nothing here sends, awaits, or reads a clock or the environment."""
