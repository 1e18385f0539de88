#!/usr/bin/python3
"""Callers over TCP and TLS, while something happens to a host.

usage: callers.py [--calls N] [--rate N] [--kept N] ADDRESS CALLER...

Each connection is from the next one of the addresses of the callers.

A quarter of the calls goes by new connections to TCP port 5060, a quarter by
new ones to TLS port 5061, and half by --kept connections that last, half of
them TLS. A call is an INVITE, its answer from scripts/seen, which names the
caller as the script saw it, and an ACK. Where its connection ends before the
answer, the caller does what RFC 3261 8.1.3.1 leaves it: the call is repeated
on a new one, and counted. A call without an answer after 32 seconds (timer B)
is lost.

SIGUSR1 says that something has happened to a host. A new connection made after
that has no excuse to end: its call was turned away.

Prints a line for each kind, late being over half a second, and fails if a call
was lost or turned away, or a script saw another caller.
"""

import argparse
import asyncio
import contextlib
import itertools
import re
import signal
import ssl
import sys
import time

LATE = 0.5
TIMER_B = 32.0
BROKEN = (OSError, EOFError, ssl.SSLError)
TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
TLS.check_hostname = False
TLS.verify_mode = ssl.CERT_NONE


class Kind:
    """What became of the calls of one kind."""

    def __init__(self, name, keeps):
        self.name = name
        self.keeps = keeps
        self.happened = float('inf')
        self.times = []
        self.repeated = self.lost = self.turned_away = self.mistaken = 0

    def repeat(self, began):
        self.repeated += 1
        self.turned_away += not self.keeps and began > self.happened

    def failed(self):
        return self.lost or self.turned_away or self.mistaken

    def __str__(self):
        late = [t for t in self.times if t > LATE]
        return ('%-4s %4d calls, %d lost, %d turned away, %d mistaken, '
                '%d repeated, %d late, the latest %.1f s' % (
                    self.name, len(self.times) + self.lost, self.lost,
                    self.turned_away, self.mistaken, self.repeated,
                    len(late), max(self.times, default=0)))


class Line:
    """A connection, made when it is needed; one call at a time."""

    def __init__(self, address, tls, caller):
        self.address = address
        self.tls = tls
        self.caller = caller
        self.streams = None
        self.lock = asyncio.Lock()

    async def open(self):
        self.streams = await asyncio.open_connection(
            self.address, 5061 if self.tls else 5060,
            ssl=TLS if self.tls else None, local_addr=(self.caller, 0))

    def close(self):
        if self.streams is not None:
            self.streams[1].close()
        self.streams = None

    async def call(self, number):
        """The caller's address, and the one that the script saw."""
        if self.streams is not None and self.streams[0].at_eof():
            self.close()
        if self.streams is None:
            await self.open()
        reader, writer = self.streams
        if writer.is_closing():
            raise EOFError
        host, port = writer.get_extra_info('sockname')
        transport = 'TLS' if self.tls else 'TCP'
        writer.write(request('INVITE', number, transport, host, port))
        status, seen, to = 100, b'', b''
        while status < 200:
            head = await reader.readuntil(b'\r\n\r\n')
            status = int(head.split()[1])
            seen = field(head, b'Seen')
            to = field(head, b'To')
        with contextlib.suppress(*BROKEN):
            writer.write(request('ACK', number, transport, host, port,
                                 to.decode()))
            await writer.drain()
        return '%s %s' % (host, port), seen.decode()


def field(head, name):
    found = re.search(rb'^' + name + rb': *(.*)\r$', head, re.M)
    return found.group(1) if found else b''


def request(method, number, transport, host, port,
            to='<sip:bob@example.com>'):
    return ('%s sip:bob@example.com SIP/2.0\r\n'
            'Via: SIP/2.0/%s %s:%d;branch=z9hG4bK%d\r\n'
            'Max-Forwards: 70\r\n'
            'From: <sip:alice@example.net>;tag=%d\r\n'
            'To: %s\r\nCall-ID: %d@%s\r\nCSeq: 1 %s\r\n'
            'Content-Length: 0\r\n\r\n' % (
                method, transport, host, port, number, number, to,
                number, host, method)).encode()


numbers = itertools.count(1)


async def answered(line, kind):
    """A call until it is answered, on as many connections as it takes."""
    while True:
        began = time.monotonic()
        try:
            return await line.call(next(numbers))
        except BROKEN:
            line.close()
            kind.repeat(began)
            await asyncio.sleep(0.2)


async def call(line, kind):
    start = time.monotonic()
    async with line.lock:
        try:
            caller, seen = await asyncio.wait_for(answered(line, kind),
                                                  TIMER_B)
        except asyncio.TimeoutError:
            kind.lost += 1
            line.close()
            return
        if not kind.keeps:
            line.close()
    kind.times.append(time.monotonic() - start)
    kind.mistaken += caller != seen


async def main(arguments):
    tcp, tls, kept = kinds = (Kind('TCP', False), Kind('TLS', False),
                              Kind('kept', True))
    callers = itertools.cycle(arguments.caller)

    def line(secure):
        return Line(arguments.address, secure, next(callers))

    def happen():
        for kind in kinds:
            kind.happened = time.monotonic()

    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, happen)
    lines = [line(i % 2) for i in range(arguments.kept)]
    calls = []
    start = time.monotonic()
    for i in range(arguments.calls):
        await asyncio.sleep(start + i / arguments.rate - time.monotonic())
        if i % 2:
            task = call(lines[i // 2 % len(lines)], kept)
        else:
            secure = i % 4 // 2
            task = call(line(secure), tls if secure else tcp)
        calls.append(asyncio.create_task(task))
    await asyncio.gather(*calls)
    for one in lines:
        one.close()
    for kind in kinds:
        print(kind)
    return any(kind.failed() for kind in kinds)


parser = argparse.ArgumentParser()
parser.add_argument('address')
parser.add_argument('caller', nargs='+')
parser.add_argument('--calls', type=int, default=1000)
parser.add_argument('--rate', type=float, default=70)
parser.add_argument('--kept', type=int, default=20)
sys.exit(asyncio.run(main(parser.parse_args())))
