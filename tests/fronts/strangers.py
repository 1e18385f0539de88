#!/usr/bin/python3
"""Strangers who do not speak SIP over TLS on port 5061, or TCP on 5060.

usage: strangers.py [--tls-only] ADDRESS

They say nothing, half a handshake, octets at random, the other port's
protocol; some reset. One writes a PROXY header of its own, to be taken for
somebody else. Every connection must end, within a bound that only a fault
reaches, and nobody may get more than an answer that refuses. Prints what was
otherwise.
"""

import argparse
import random
import socket
import ssl
import struct
import sys
import time

BOUND = 60
REQUEST = (b'INVITE sip:bob@example.com SIP/2.0\r\n'
           b'Via: SIP/2.0/TCP 192.0.2.99;branch=z9hG4bK1;rport\r\n'
           b'From: <sip:a@example.net>;tag=1\r\nTo: <sip:bob@example.com>\r\n'
           b'Call-ID: 1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n')
SPOOFED = (b'PROXY TCP4 203.0.113.9 198.51.100.1 40112 5061\r\n',
           b'\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\x09\xc6\x33\x64\x01'
           b'\x9c\xb0\x13\xc5')

parser = argparse.ArgumentParser()
parser.add_argument('--tls-only', action='store_true')
parser.add_argument('address')
arguments = parser.parse_args()
chance = random.Random(5061)


def client_hello():
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    session = context.wrap_bio(incoming, outgoing)
    try:
        session.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def connect(port, octets):
    connection = socket.create_connection((arguments.address, port), BOUND)
    try:
        connection.sendall(octets)
    except ConnectionError:
        pass			# it has had enough of them
    return connection


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack('ii', 1, 0))
    connection.close()


def rest(connection, end):
    """What comes until the connection ends; None if that is not by `end`."""
    octets = b''
    try:
        while True:
            connection.settimeout(max(0.1, end - time.monotonic()))
            more = connection.recv(65536)
            if not more:
                return octets
            octets += more
    except socket.timeout:
        return None
    except ConnectionError:
        return octets


hello = client_hello()
to_tls = [b'', hello[:1], hello[:5], hello[:len(hello) // 2], REQUEST,
          SPOOFED[0] + hello, SPOOFED[1] + hello]
to_tls += [chance.randbytes(chance.randrange(1, 5000)) for _ in range(20)]
# A record that is announced and does not come, and one that is malformed.
to_tls += [b'\x16\x03\x01\x40\0', b'\x16\x03\x01\0\x05\x01\xff\xff\xff\xff']
to_tcp = [b'', hello, b'INVITE ', SPOOFED[0] + REQUEST, SPOOFED[1] + REQUEST]
to_tcp += [chance.randbytes(chance.randrange(1, 5000)) for _ in range(5)]

for octets in to_tls * 2:
    reset(connect(5061, octets))
strangers = [(5061, octets, connect(5061, octets)) for octets in to_tls]
if not arguments.tls_only:
    strangers += [(5060, octets, connect(5060, octets)) for octets in to_tcp]

status = 0
end = time.monotonic() + BOUND
for port, octets, connection in strangers:
    got = rest(connection, end)
    if got is None:
        print('%d: does not end: %r' % (port, octets[:40]))
        status = 1
    elif b'SIP/2.0 302' in got or b'203.0.113.9' in got:
        print('%d: is believed: %r: %r' % (port, octets[:40], got))
        status = 1
sys.exit(status)
