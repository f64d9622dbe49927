import os


def from_arguments(arguments):
    os._exit(3)
