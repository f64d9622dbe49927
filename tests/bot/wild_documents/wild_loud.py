def from_arguments(arguments):
    print("a library says hello")
    return b"quiet"
