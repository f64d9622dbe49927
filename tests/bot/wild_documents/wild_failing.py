def from_arguments(arguments):
    raise ValueError("张三的电话")
