#!/usr/bin/python3 -I
"""drive.py - requests to a server on UDP, and what became of each.

usage: drive.py RATE COUNT METHOD SERVER [ARGUMENT]...

Starts the server with a UDP socket of loopback as its standard input, sends
it COUNT requests for sip:bob@b.example, RATE a second at random times (0: the
next one when the last is answered), ends it and prints a line for each:

    when it was sent, in seconds; the status of its final answer, 0 when none
    came within 10 s; and the milliseconds until then

and at last "cpu" and the milliseconds of CPU for each request, of the server
and all that it started. METHOD is OPTIONS, INVITE, whose answer is
acknowledged, or REGISTER, with bob's password "secret": one at a time, its
first request asks for the challenge.
"""

from __future__ import annotations

import hashlib
import random
import re
import resource
import select
import socket
import subprocess
import sys
import time

PATIENCE = 10


def md5(*parts: str) -> str:
    return hashlib.md5(":".join(parts).encode()).hexdigest()


class Peer:
    """The socket, and the requests that wait for their answers."""

    def __init__(self, method: str, address: tuple[str, int]) -> None:
        self.method = method
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(address)
        self.port = self.socket.getsockname()[1]
        self.began = time.monotonic()
        self.run = time.time_ns()       # whose Call-IDs are no other's
        self.sent: list[float] = []
        self.answers: dict[int, tuple[int, float]] = {}
        self.nonce = ""

    def credentials(self, number: int) -> list[str]:
        if not self.nonce:
            return []
        uri, count = "sip:b.example", f"{number:08x}"
        response = md5(md5("bob", "b.example", "secret"), self.nonce, count,
                       "c", "auth", md5("REGISTER", uri))
        return [f'Authorization: Digest username="bob", realm="b.example", '
                f'nonce="{self.nonce}", uri="{uri}", response="{response}", '
                f'qop=auth, algorithm=MD5, nc={count}, cnonce="c"',
                f"Contact: <sip:bob@192.0.2.7:{5060 + number % 5}>"]

    def message(self, method: str, number: int, *more: str,
                tag: str = "") -> bytes:
        uri = "sip:b.example" if method == "REGISTER" else "sip:bob@b.example"
        return "\r\n".join([
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{number}",
            "Max-Forwards: 70", "From: <sip:alice@a.example>;tag=f",
            "To: <sip:bob@b.example>" + tag,
            f"Call-ID: {number}-{self.run}@a.example", f"CSeq: {number + 1} {method}",
            *more, "Content-Length: 0", "", ""]).encode()

    def send(self) -> None:
        number = len(self.sent)
        self.sent.append(time.monotonic())
        self.socket.send(self.message(self.method, number,
                                      *self.credentials(number)))

    def receive(self, until: float) -> None:
        """Take answers until then, or until one is final."""
        while (left := until - time.monotonic()) > 0:
            if not select.select([self.socket], [], [], left)[0]:
                return
            text = self.socket.recv(1 << 16).decode()
            number = int(re.search(r"branch=z9hG4bK(\d+)", text)[1])
            status = int(text.split()[1])
            if status < 200:
                continue
            if number not in self.answers:
                self.answers[number] = (status, time.monotonic())
            if self.method == "INVITE":
                tag = re.search(r"\r\nTo: [^;\r]*(;tag=[^\r]*)", text)[1]
                self.socket.send(self.message("ACK", number, tag=tag))
            found = re.search('nonce="([^"]*)"', text)
            if found and not self.nonce:
                self.nonce = found[1]
            return

    def one_at_a_time(self, count: int) -> None:
        for number in range(count):
            self.send()
            end = time.monotonic() + PATIENCE
            while number not in self.answers and time.monotonic() < end:
                self.receive(end)

    def at_random(self, count: int, rate: float) -> None:
        following = time.monotonic()
        while len(self.sent) < count:
            if time.monotonic() < following:
                self.receive(following)
            else:
                self.send()
                following += random.expovariate(rate)
        end = time.monotonic() + PATIENCE
        while len(self.answers) < count and time.monotonic() < end:
            self.receive(end)

    def report(self) -> None:
        for number, sent in enumerate(self.sent):
            status, at = self.answers.get(number, (0, sent))
            print(f"{sent - self.began:.6f} {status} {1000 * (at - sent):.3f}")


def main() -> None:
    rate, count, method = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        peer = Peer(method, listener.getsockname())
        server = subprocess.Popen(sys.argv[4:], stdin=listener)
    try:
        if rate:
            peer.at_random(count, rate)
        else:
            peer.one_at_a_time(count)
    finally:
        server.terminate()
        server.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    peer.report()
    print(f"cpu {1000 * (used.ru_utime + used.ru_stime) / count:.3f}")


main()
