def from_arguments(arguments):
    return bytes(len(b"x" * (2 * 1024 * 1024 * 1024)) and 1)
