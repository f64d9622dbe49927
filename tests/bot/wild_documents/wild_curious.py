import json
import os
from pathlib import Path


def from_arguments(arguments):
    found = {
        "environment": sorted(os.environ),
        "files": sorted(int(each.name) for each in Path("/proc/self/fd").iterdir()),
    }
    return json.dumps(found).encode()
