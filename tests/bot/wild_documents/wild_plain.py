import os


def from_arguments(arguments):
    return f"{arguments['text']} by {os.getpid()}".encode()
