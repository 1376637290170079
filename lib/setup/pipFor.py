"""Runs pip with the arguments argv[3:] as it would run on Python argv[1], such as 3.10, and on the platform argv[2], such
as linux-x64. With --python-version and --platform pip chooses the wheels of another machine, but still judges conditions
such as `python_version < "3.11"`, and what a package says of its Python, by the one that it runs on."""
import sys
from pip._internal.cli.main import main
from pip._internal.resolution.resolvelib import factory
from pip._vendor.packaging import markers

version = sys.argv[1]
system, cpu = sys.argv[2].split('-')
here = markers.default_environment
markers.default_environment = lambda: {
    **here(),
    'python_version': version,
    'python_full_version': version + '.0',
    'implementation_version': version + '.0',
    'sys_platform': system,
    'platform_system': {'linux': 'Linux', 'darwin': 'Darwin'}[system],
    'platform_machine': {'x64': 'x86_64', 'arm64': 'arm64' if system == 'darwin' else 'aarch64'}[cpu],
}
python = factory.RequiresPythonCandidate
factory.RequiresPythonCandidate = lambda _: python(tuple(int(part) for part in version.split('.')))
sys.exit(main([*sys.argv[3:], '--python-version=' + version]))
