#!/usr/bin/python3
"""A caller, who says what it gets.

usage: ask.py [--from ADDRESS]... [--tls] [--certificate FILE KEY] [--times N]
              [--half-close] ADDRESS PORT

Sends --times INVITEs on a connection, and for each answer prints its status,
the caller as the script saw it (Seen:) with "me" for what it is, and the
fields Here, Certificate and User. "closed" or "refused" where there is no
answer. --half-close says that no more will come. With several --from it makes
a connection from each, and keeps all.
"""

import argparse
import re
import socket
import ssl

parser = argparse.ArgumentParser()
parser.add_argument('--from', dest='callers', action='append')
parser.add_argument('--tls', action='store_true')
parser.add_argument('--certificate', nargs=2)
parser.add_argument('--times', type=int, default=1)
parser.add_argument('--half-close', action='store_true')
parser.add_argument('address')
parser.add_argument('port', type=int)
arguments = parser.parse_args()


def connect(caller):
    source = (caller, 0) if caller else None
    connection = socket.create_connection(
        (arguments.address, arguments.port), 20, source)
    if not arguments.tls:
        return connection
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if arguments.certificate:
        context.load_cert_chain(*arguments.certificate)
    return context.wrap_socket(connection)


def invite(number):
    return ('INVITE sip:bob@example.com SIP/2.0\r\n'
            'Via: SIP/2.0/TCP 192.0.2.99;branch=z9hG4bK%d;rport\r\n'
            'Max-Forwards: 70\r\nFrom: <sip:a@example.net>;tag=1\r\n'
            'To: <sip:bob@example.com>\r\nCall-ID: %d\r\n'
            'CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n' % (
                number, number)).encode()


def final(connection):
    """The head of the next final response, or nothing."""
    octets = b''
    while not re.search(rb'^SIP/2.0 [2-6].*\r\n\r\n$', octets, re.S | re.M):
        more = connection.recv(65536)
        if not more:
            return ''
        octets += more
    return octets.decode()


def ask(caller):
    """The connection, to be kept."""
    connection = connect(caller)
    me = '%s %d' % connection.getsockname()[:2]
    for number in range(arguments.times):
        connection.sendall(invite(number))
        if arguments.half_close:
            connection.shutdown(socket.SHUT_WR)
        head = final(connection)
        if not head:
            print('closed')
            break
        values = dict(re.findall(r'^([A-Z]\w+): *(.*)\r$', head, re.M))
        print(head.split()[1],
              'me' if values.get('Seen') == me else values.get('Seen'),
              values.get('Here'), values.get('User'),
              values.get('Certificate'))
    return connection


kept = []
for caller in arguments.callers or [None]:
    try:
        kept.append(ask(caller))
    except ssl.SSLError:
        print('refused')
    except ConnectionError:
        print('closed')
