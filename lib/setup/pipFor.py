"""Runs pip with the arguments argv[2:] for Python argv[1], such as 3.10. With --python-version pip chooses the wheels of
another Python, but still judges conditions such as `python_version < "3.11"` by the one that it runs on."""
import sys
from pip._internal.cli.main import main
from pip._vendor.packaging import markers

version = sys.argv[1]
here = markers.default_environment
markers.default_environment = lambda: {
    **here(), 'python_version': version, 'python_full_version': version + '.0'
}
sys.exit(main([*sys.argv[2:], '--python-version=' + version]))
