import time


def from_arguments(arguments):
    time.sleep(float(arguments["seconds"]))
    return b"slow"
