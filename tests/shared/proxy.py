"""A real nginx before Odoo servers, with the lines of ``doc/scaling.md`` as they stand there."""

import getpass
import re
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from stack.console import Stop
from stack.paths import CHECKOUT
from stack.server import free_port

PAGE = CHECKOUT / "doc/scaling.md"
NGINX = "/usr/sbin/nginx"
# What Odoo's documentation asks of any proxy: who asked for what stands in the headers, and websockets go through.
CONFIGURATION = """
daemon off;
user {user};
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 2048; }}
http {{
    {log}
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    map $http_upgrade $connection_upgrade {{
        default upgrade;
        '' close;
    }}
    {upstreams}
    upstream odoo-websocket {{
        {websockets}
    }}
    server {{
        listen 127.0.0.1:{port} {ssl}backlog=1024;
        {tls}
        {locations}
        location /websocket {{
            proxy_pass http://odoo-websocket;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            {headers}
        }}
        location / {{
            proxy_pass http://odoo;
            proxy_redirect off;
            {headers}
        }}
    }}
}}
"""
HEADERS = """
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Real-IP $remote_addr;
"""
TLS = "ssl_certificate {}; ssl_certificate_key {};"
# Which server answered which path.
LOG = "log_format served '$upstream_addr $uri'; access_log {path} served;"


def lines(servers):
    """The two blocks of the page: upstreams with the addresses of these servers, and the location of the route.

    :param servers: of each its address, and that of its evented process
    """
    upstreams, locations = re.findall(r"```nginx\n(.*?)```", PAGE.read_text(), re.DOTALL)
    for standard, urls in zip(("8069", "8072"), zip(*servers, strict=True), strict=True):
        hosts = [urlsplit(url).netloc for url in urls]
        line = rf"( *server) 127\.0\.0\.1:{standard}(.*;)"
        upstreams = re.sub(
            line,
            lambda found, hosts=hosts: "\n".join(f"{found[1]} {host}{found[2]}" for host in hosts),
            upstreams,
        )
    return upstreams, locations


@contextmanager
def nginx(servers, program=None, certificate=None, log=None):
    """nginx before one or more servers, started as who runs this; gives its address.

    :param servers: see :func:`lines`
    :param program: its path, or None for Debian's
    :param certificate: paths of a certificate and of its key, or None for plain HTTP
    :param log: path of a file that then says which server answered which path
    :raise Stop: it is not there, or does not start
    """
    program = program or shutil.which("nginx") or shutil.which(NGINX)
    if not program:
        raise Stop("nginx is not there: install Debian's nginx, or name it with --nginx.")
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        file, errors = Path(folder) / "nginx.conf", Path(folder) / "error.log"
        file.write_text(_configuration(folder, port, servers, certificate, log))
        process = subprocess.Popen([program, "-p", folder, "-c", str(file), "-e", str(errors)])
        try:
            _wait(process, port, errors)
            yield f"{'https' if certificate else 'http'}://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()


def _configuration(folder, port, servers, certificate, log):
    upstreams, locations = lines(servers)
    told = TLS.format(*certificate) if certificate else ""
    return CONFIGURATION.format(
        folder=folder,
        # Started by root it would work as somebody who may not write to the folder.
        user=getpass.getuser(),
        port=port,
        ssl="ssl " if certificate else "",
        tls=told,
        log=LOG.format(path=log) if log else "access_log off;",
        headers=HEADERS,
        upstreams=upstreams,
        locations=locations,
        websockets=" ".join(f"server {urlsplit(evented).netloc};" for _url, evented in servers),
    )


def _wait(process, port, errors):
    """Return once it listens."""
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                said = errors.read_text()[-500:] if errors.exists() else ""
                raise Stop(f"nginx does not start: {said}") from None
            time.sleep(0.05)
