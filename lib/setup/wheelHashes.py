"""Prints as JSON the hashes of all wheels that the package index has of some packages: {file name: SHA-256}. argv[1:] are
the packages, as NAME==VERSION. It asks the index that pip is set to use."""
import json
import sys
from pip._internal.commands import create_command
from pip._internal.index.collector import parse_links
from pip._internal.models.link import Link
from pip._vendor.packaging.utils import canonicalize_name, parse_wheel_filename
from pip._vendor.packaging.version import Version

command = create_command('download')
options, _ = command.parse_args(['-q'])
hashes = {}
with command.main_context():
    collector = command._build_package_finder(options, command.get_default_session(options))._link_collector
    for requirement in sys.argv[1:]:
        name, version = requirement.split('==')
        for url in collector.search_scope.get_index_urls_locations(name):
            page = collector.fetch_response(Link(url))
            for link in parse_links(page) if page else []:
                if not link.filename.endswith('.whl') or link.hash_name != 'sha256':
                    continue
                try:
                    found = parse_wheel_filename(link.filename)
                except ValueError:
                    continue  # some old wheels have names that are not valid
                if found[0] == canonicalize_name(name) and found[1] == Version(version):
                    hashes[link.filename] = link.hash
print(json.dumps(hashes))
