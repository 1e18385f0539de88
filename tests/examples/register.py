#!/usr/bin/python3
"""register.py - a phone's side of REGISTER, for the tests of the registrar.

usage: register.py PORT [NAME=VALUE]...

Sends a REGISTER, answers the challenge with the credentials for it, on a new
connection or with same=yes on the one that the challenge came by, and prints
the last answer. The nonce that was used goes to the file "nonce". With nonce=
the first request has credentials already, and what comes back is printed;
with password= empty the first request has none, and its answer is printed.
Names: user password domain algorithm contact expires call_id cseq nonce nc
cnonce uri authuser ha1 to qop header same; contact and header may be repeated.
"""

import hashlib
import re
import socket
import sys

ALGORITHMS = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
port = int(sys.argv[1])
given = {"user": "bob", "password": "secret", "domain": "b.example",
         "algorithm": "SHA-256", "call_id": "reg@b.example", "cseq": "1",
         "nc": "00000001", "cnonce": "0a4f113b", "qop": "auth"}
contacts, headers = [], []
for argument in sys.argv[2:]:
    name, _, value = argument.partition("=")
    if name == "contact":
        contacts.append("Contact: " + value)
    elif name == "header":
        headers.append(value)
    else:
        given[name] = value
request_uri = "sip:" + given["domain"]
to = given.get("to", f"<sip:{given['user']}@{given['domain']}>")


def message(cseq, *more):
    if "expires" in given:
        more += ("Expires: " + given["expires"],)
    lines = [f"REGISTER {request_uri} SIP/2.0",
             "Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1",
             f"From: {to};tag=f", f"To: {to}", "Call-ID: " + given["call_id"],
             f"CSeq: {cseq} REGISTER", *contacts, *headers, *more,
             "Content-Length: 0", "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape")


def credentials(nonce):
    def digest(*parts):
        return ALGORITHMS[given["algorithm"]](
            ":".join(parts).encode("utf-8", "surrogateescape")).hexdigest()

    user = given.get("authuser", given["user"])
    uri = given.get("uri", request_uri)
    ha1 = given.get("ha1", digest(user, given["domain"], given["password"]))
    response = digest(ha1, nonce, given["nc"], given["cnonce"], given["qop"],
                      digest("REGISTER", uri))
    with open("nonce", "w", errors="surrogateescape") as file:
        file.write(nonce)
    return ("Authorization: Digest "
            f'username="{user}", realm="{given["domain"]}", nonce="{nonce}", '
            f'uri="{uri}", response="{response}", qop={given["qop"]}, '
            f'algorithm={given["algorithm"]}, nc={given["nc"]}, '
            f'cnonce="{given["cnonce"]}"')


def connect():
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def answer(connection):
    """One answer: none of these has a body."""
    octets = b""
    while b"\r\n\r\n" not in octets:
        more = connection.recv(65536)
        if not more:
            break
        octets += more
    return octets.decode("utf-8", "surrogateescape")


connection = connect()
cseq = int(given["cseq"])
if "nonce" in given:
    connection.sendall(message(cseq, credentials(given["nonce"])))
    print(answer(connection), end="")
    sys.exit()
connection.sendall(message(cseq))
last = answer(connection)
nonce = re.search('WWW-Authenticate: Digest .*nonce="([^"]*)".*algorithm=' +
                  given["algorithm"] + r"\b", last)
if nonce and given["password"]:
    if given.get("same") != "yes":
        connection.close()
        connection = connect()
    connection.sendall(message(cseq + 1, credentials(nonce[1])))
    last = answer(connection)
print(last, end="")
