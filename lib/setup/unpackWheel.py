"""Unpacks from the wheel argv[1] into the folder argv[2] the files whose names begin with one of argv[3:]."""
import os
import sys
import zipfile

with zipfile.ZipFile(sys.argv[1]) as wheel:
    for item in wheel.infolist():
        if item.filename.startswith(tuple(sys.argv[3:])):
            path = wheel.extract(item, sys.argv[2])
            if item.external_attr >> 16 & 0o100:  # zipfile drops the mode, and CUDA's ptxas must be executable
                os.chmod(path, 0o755)
