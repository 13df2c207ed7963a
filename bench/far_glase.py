#!/usr/bin/env python3
"""Glase, some milliseconds away, and in trouble on demand: a proxy in a process of its own before the simulator.

What waiting tills ask is answered here, so that the simulator is not what is measured; everything else goes on to it.
Its state is read and set over HTTP: ``GET /state``, ``PUT /state`` with ``mode`` (``well``, ``hang``: accept and never
answer, ``refuse``: accept nothing, ``drip``: a byte a second), ``delay`` (seconds) and ``canned`` (references whose
bill is open).
"""

import argparse
import asyncio
import json
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

ANSWER = (
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    '<ns2:{operation}Response xmlns:ns2="http://external.interfaces.ers.seamless.com/"><return>'
    "<resultCode>0</resultCode><resultDescription>SUCCESS</resultDescription>{more}</return>"
    "</ns2:{operation}Response></soap:Body></soap:Envelope>"
)
OPERATION = re.compile(rb"<[^>]*Body[^>]*>\s*<(?:\w+:)?(\w+)")
REFERENCE = re.compile(rb"<(?:\w+:)?invoiceReference[^>]*>([^<]*)<")
LENGTH = re.compile(rb"content-length:\s*(\d+)", re.IGNORECASE)
FOREVER = 3600


class FarGlase:
    """The proxy's own process, as the bench sees it.

    :param str simulator: address of the simulator
    :param float delay: seconds that each answer takes on its way
    """

    def __init__(self, simulator, delay=0.1):
        command = [sys.executable, str(Path(__file__)), "--simulator", simulator]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.port, self._control = map(int, self._process.stdout.readline().split())
        self.endpoint = f"http://127.0.0.1:{self.port}/soap/merchant/cashregister-2"
        self.set(delay=delay)

    def _request(self, method, body=None):
        url = f"http://127.0.0.1:{self._control}/state"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def set(self, **state):
        """Change how Glase does."""
        self._request("PUT", state)

    def heard(self):
        """What was heard: the time (of :func:`time.monotonic`), the operation, and whether it was answered."""
        return [tuple(call) for call in self._request("GET")["heard"]]

    def stop(self):
        self._process.terminate()
        self._process.wait()
        self._process.stdout.close()


class _Proxy:
    def __init__(self, simulator, port=0):
        parts = urlsplit(simulator)
        self._simulator = parts.hostname, parts.port
        self.port, self.mode, self.delay = port, "well", 0.0
        self.canned, self.heard = set(), []
        self._server = None

    async def listen(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def set(self, mode=None, delay=None, canned=()):
        self.delay = self.delay if delay is None else delay
        self.canned |= {reference.encode() for reference in canned}
        if mode and mode != self.mode:
            if mode == "refuse":
                self._server.close()
            elif self.mode == "refuse":
                await self.listen()
            self.mode = mode

    async def _serve(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(int(LENGTH.search(head).group(1)))
                if self.mode == "refuse":
                    return
                await self._answer(head, body, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            # Whoever asked has gone.
            return
        finally:
            writer.close()

    async def _answer(self, head, body, writer):
        operation = OPERATION.search(body).group(1).decode()
        call = [time.monotonic(), operation, False]
        self.heard.append(call)
        if self.mode == "hang":
            # What has hung once is never answered, also when others are again.
            await asyncio.sleep(FOREVER)
        await asyncio.sleep(self.delay)
        answer = await self._carried_out(operation, head, body)
        if self.mode == "drip":
            for index in range(len(answer)):
                writer.write(answer[index : index + 1])
                await writer.drain()
                await asyncio.sleep(1)
        writer.write(answer)
        await writer.drain()
        call[2] = True

    async def _carried_out(self, operation, head, body):
        reference = REFERENCE.search(body)
        if operation == "getPaymentStatus" and reference and reference.group(1) in self.canned:
            more = "<status>ISSUED</status><version>1</version>"
            content = ANSWER.format(operation=operation, more=more).encode()
            return (
                b"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\n"
                b"Content-Length: %d\r\n\r\n%s" % (len(content), content)
            )
        reader, writer = await asyncio.open_connection(*self._simulator)
        writer.write(head + body)
        await writer.drain()
        told = await reader.readuntil(b"\r\n\r\n")
        content = await reader.readexactly(int(LENGTH.search(told).group(1)))
        writer.close()
        return told + content

    async def control(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = LENGTH.search(head)
        if length:
            await self.set(**json.loads(await reader.readexactly(int(length.group(1)))))
        content = json.dumps({"heard": [] if length else self.heard}).encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(content), content)
        )
        await writer.drain()
        writer.close()


async def _main(simulator):
    proxy = _Proxy(simulator)
    await proxy.listen()
    control = await asyncio.start_server(proxy.control, "127.0.0.1", 0)
    print(proxy.port, control.sockets[0].getsockname()[1], flush=True)
    await control.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--simulator", required=True)
    asyncio.run(_main(parser.parse_args().simulator))
