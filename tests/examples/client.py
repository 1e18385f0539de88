#!/usr/bin/python3 -IS
"""client.py - the caller's and the phone's side, for the tests of examples.

usage: client.py PORT
       client.py PROGRAM [ARGUMENT]...

One process for all requests of a test. Each request goes over a TCP
connection of its own: to PORT on loopback, or to a PROGRAM that this starts
with the connection as its standard input and output, as a super-server does;
what that writes to standard error goes to the file server.log.

Commands come on standard input: the number of their words, then the words,
each with a NUL behind it. An answer goes to the file "answer", and its status
line to standard output; an empty line stands for no answer.

  send MESSAGE
        send that and take the answer, until the connection is closed
  register [NAME=VALUE]...
        send a REGISTER, or another request, without credentials; answer the
        challenge, on a new connection or with same=yes on the one that it
        came by, and take the last answer. The nonce goes to the file "nonce".
        With nonce= the first request has credentials already, and with
        goes_on=yes, too, where a nonce was got: the next count of the last
        one. With password= empty there is no second. contact= and header= may
        be repeated; for the other names see PHONE below
  together FILE
        do all commands of FILE at a time. The answers are answer.1, answer.2
        ... in their order; the line on standard output has their number
"""

from __future__ import annotations

import hashlib
import os
import re
import socket
import sys
import threading

TIMEOUT = 20    # seconds
PHONE = {
    "method": "REGISTER", "user": "bob", "password": "secret",
    "domain": "b.example", "call_id": "reg@b.example", "cseq": "1",
    # Of the credentials; unless it is given, the user's name is user, and
    # the Digest URI the Request-URI, which is the domain's.
    "algorithm": "SHA-256", "nc": "00000001", "cnonce": "0a4f113b",
    "qop": "auth", "scheme": "Digest ",
}
ALGORITHMS = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256,
              "SHA-512-256": lambda octets: hashlib.new("sha512_256", octets)}
accepting = threading.Lock()
last = {"nonce": None, "count": 0}      # what goes_on=yes goes on with


def octets(text):
    return text.encode("utf-8", "surrogateescape")


def final(answers):
    while answers.startswith(b"SIP/2.0 1"):
        answers = answers.partition(b"\r\n\r\n")[2]
    return answers


class Connection:
    """One to the port, or to a program started for it."""

    def __init__(self):
        self.child = None
        if sys.argv[1].isdigit():
            self.socket = socket.create_connection(
                ("127.0.0.1", int(sys.argv[1])), timeout=TIMEOUT)
        else:
            self.start(sys.argv[1:])

    def start(self, command):
        with accepting:
            self.socket = socket.create_connection(listener.getsockname(),
                                                   timeout=TIMEOUT)
            server, _ = listener.accept()
        log = os.open("server.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND,
                      0o666)
        self.child = os.posix_spawn(
            command[0], command, os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, server.fileno(), 0),
                          (os.POSIX_SPAWN_DUP2, server.fileno(), 1),
                          (os.POSIX_SPAWN_DUP2, log, 2)])
        server.close()
        os.close(log)

    def answer(self, to_the_end=True):
        """What comes after provisional answers: all, or as far as the empty
        line."""
        got = b""
        while to_the_end or b"\r\n\r\n" not in final(got):
            try:
                more = self.socket.recv(1 << 16)
            except ConnectionResetError:
                break
            if not more:
                break
            got += more
        return final(got)

    def close(self):
        self.socket.close()
        if self.child:
            os.waitpid(self.child, 0)


def send(message):
    connection = Connection()
    try:
        connection.socket.sendall(octets(message))
        # So sipcgi-each knows that there will be no other.
        connection.socket.shutdown(socket.SHUT_WR)
    except OSError:
        pass    # it was refused before its end
    answer = connection.answer()
    connection.close()
    return answer


class Phone:
    def __init__(self, words):
        self.given = dict(PHONE)
        self.headers = []
        for word in words:
            name, _, value = word.partition("=")
            if name == "contact":
                self.headers.append("Contact: " + value)
            elif name == "header":
                self.headers.append(value)
            else:
                self.given[name] = value
        given = self.given
        given.setdefault("request_uri", "sip:" + given["domain"])
        given.setdefault("to", f"<sip:{given['user']}@{given['domain']}>")
        given.setdefault("from", given["to"])
        given.setdefault("authuser", given["user"])
        given.setdefault("realm", given["domain"])
        given.setdefault("uri", given["request_uri"])
        if "expires" in given:
            self.headers.append("Expires: " + given["expires"])

    def message(self, cseq, *more):
        given = self.given
        return octets("\r\n".join([
            f"{given['method']} {given['request_uri']} SIP/2.0",
            "Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1",
            f"From: {given['from']};tag=f", f"To: {given['to']}",
            f"Call-ID: {given['call_id']}",
            f"CSeq: {cseq} {given['method']}", *self.headers, *more,
            "Content-Length: 0", "", ""]))

    def acknowledge(self, answer):
        """The ACK of a refused INVITE, before the next one."""
        given = self.given
        to = re.search("^To: (.*)\r$", answer, re.M)[1]
        return octets("\r\n".join([
            f"ACK {given['request_uri']} SIP/2.0",
            "Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1",
            f"From: {given['from']};tag=f", f"To: {to}",
            f"Call-ID: {given['call_id']}", f"CSeq: {given['cseq']} ACK",
            "Content-Length: 0", "", ""]))

    def credentials(self, nonce):
        given = self.given

        def digest(*parts):
            return ALGORITHMS[given["algorithm"]](
                octets(":".join(parts))).hexdigest()

        ha1 = given.get("ha1", digest(given["authuser"], given["realm"],
                                      given["password"]))
        response = digest(ha1, nonce, given["nc"], given["cnonce"],
                          given["qop"], digest(given["method"], given["uri"]))
        with open("nonce", "w", errors="surrogateescape") as file:
            file.write(nonce)
        user = re.sub(r'(["\\])', r"\\\1", given["authuser"])
        return (f'Authorization: {given["scheme"]}username="{user}", '
                f'realm="{given["realm"]}", nonce="{nonce}", '
                f'uri="{given["uri"]}", response="{response}", '
                f'qop={given["qop"]}, algorithm={given["algorithm"]}, '
                f'nc={given["nc"]}, cnonce="{given["cnonce"]}"')

    def register(self):
        given = self.given
        if given.get("goes_on") == "yes" and last["nonce"]:
            last["count"] += 1
            given["nonce"] = last["nonce"]
            given["nc"] = f"{last['count']:08x}"
        if "nonce" in given:
            return self.ask(Connection(), given["cseq"], given["nonce"])
        connection = Connection()
        connection.socket.sendall(self.message(given["cseq"]))
        answer = connection.answer(to_the_end=False)
        text = answer.decode("utf-8", "replace")
        nonce = re.search(
            'WWW-Authenticate: Digest .*nonce="([^"]*)".*algorithm=' +
            given["algorithm"] + r"\b", text)
        if nonce is None or not given["password"]:
            connection.close()
            return answer
        if given.get("same") != "yes":
            connection.close()
            connection = Connection()
        elif given["method"] == "INVITE":
            connection.socket.sendall(self.acknowledge(text))
        last.update(nonce=nonce[1], count=int(given["nc"], 16))
        return self.ask(connection, str(int(given["cseq"]) + 1), nonce[1])

    def ask(self, connection, cseq, nonce):
        connection.socket.sendall(self.message(cseq, self.credentials(nonce)))
        answer = connection.answer(to_the_end=False)
        connection.close()
        return answer


def do(words, file):
    """Do one command; the answer goes to file."""
    match words:
        case ["send", message]:
            answer = send(message)
        case ["register", *given]:
            answer = Phone(given).register()
        case ["together", path]:
            return together(path)
        case _:
            raise SystemExit(f"client: no such command: {words}")
    with open(file, "wb") as output:
        output.write(answer)
    return answer.partition(b"\n")[0].removesuffix(b"\r")


def together(path):
    with open(path, "rb") as file:
        threads = [threading.Thread(target=do, args=(words, f"answer.{place}"))
                   for place, words in enumerate(commands(file), 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return b"%d" % len(threads)


def commands(file):
    def word():
        got = b""
        while not got.endswith(b"\0"):
            octet = file.read(1)
            if not octet:
                return None
            got += octet
        return got[:-1].decode("utf-8", "surrogateescape")

    while (count := word()) is not None:
        yield [word() for _ in range(int(count))]


listener = socket.create_server(("127.0.0.1", 0), backlog=128)
with open(0, "rb") as standard_input:
    for command in commands(standard_input):
        os.write(1, do(command, "answer") + b"\n")
