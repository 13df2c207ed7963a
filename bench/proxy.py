"""A real nginx before a served shop, with the lines of ``doc/scaling.md`` as they stand there."""

import re
import shutil
import subprocess
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from bench_shop import CHECKOUT, console

from stack.server import free_port

PAGE = CHECKOUT / "doc/scaling.md"
CONFIGURATION = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {upstreams}
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        {locations}
        location / {{
            proxy_pass http://odoo;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-Host $http_host;
        }}
    }}
}}
"""


def lines(shop):
    """The two blocks of the page, with this shop's ports: upstreams, and the location of the route."""
    upstreams, locations = re.findall(r"```nginx\n(.*?)```", PAGE.read_text(), re.DOTALL)
    for standard, url in (("8069", shop.url), ("8072", shop.evented_url)):
        upstreams = upstreams.replace(f"127.0.0.1:{standard}", urlsplit(url).netloc)
    return upstreams, locations


@contextmanager
def nginx(shop, program):
    """nginx, started as who runs the bench; gives its address.

    :param program: its path, or None for the one in the search path
    :raise Stop: it is not there, or does not start
    """
    program = program or shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if not program:
        raise console.Stop("nginx is not there: install Debian's nginx, or name it with --nginx.")
    with tempfile.TemporaryDirectory() as folder:
        upstreams, locations = lines(shop)
        port = free_port()
        file = Path(folder) / "nginx.conf"
        file.write_text(
            CONFIGURATION.format(folder=folder, port=port, upstreams=upstreams, locations=locations)
        )
        process = subprocess.Popen([program, "-p", folder, "-c", str(file)])
        try:
            _wait(process, f"http://127.0.0.1:{port}", Path(folder) / "error.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def _wait(process, url, log):
    deadline = time.monotonic() + 10
    while True:
        try:
            with urllib.request.urlopen(f"{url}/web/health", timeout=5):
                return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise console.Stop(f"nginx does not start: {log.read_text()[-500:]}") from None
            time.sleep(0.05)
