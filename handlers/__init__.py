"""Channel-neutral conversations: nothing here sends, awaits, or reads a clock."""
