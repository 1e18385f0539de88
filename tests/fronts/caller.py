"""A caller on the host peer: single requests to Kamailio, over UDP, TCP or TLS.

For kamailio.bats, whose Python begins with `from caller import *`.  Nothing
waits longer than BOUND.
"""

import socket
import ssl
import sys
import time

from peer import BOUND, Response, request, varied  # noqa: F401

FRONT = '192.0.2.1'
PORTS = {'udp': 5060, 'tcp': 5060, 'tls': 5061}


class Caller:
    """A socket to the front."""

    def __init__(self, transport='udp', source='192.0.2.7'):
        self.transport = transport
        kind = socket.SOCK_DGRAM if transport == 'udp' else socket.SOCK_STREAM
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.settimeout(BOUND)
        self.socket.bind((source, 0))
        self.address = '%s:%d' % self.socket.getsockname()
        self.socket.connect((FRONT, PORTS[transport]))
        if transport == 'tls':
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)

    def send(self, method='INVITE', uri='sip:bob@example.com', **more):
        """A request; its octets."""
        octets = request(method, uri, transport=self.transport.upper(),
                         sent_by=self.address, **more)
        self.socket.send(octets)
        return octets

    def receive(self, bound=BOUND):
        """The next message, which comes in one piece; None if none does."""
        self.socket.settimeout(bound)
        try:
            octets = self.socket.recv(65536)
        except socket.timeout:
            return None
        return Response(octets) if octets.startswith(b'SIP/') else octets

    def final(self, *arguments, **more):
        """The final answer to a request, acknowledged where it must be."""
        octets = self.send(*arguments, **more)
        while True:
            answer = self.receive()
            assert answer is not None, octets
            if answer.status >= 200:
                break
        if octets.startswith(b'INVITE '):
            self.socket.send(varied(octets, 'ACK', answer.one('To')))
        return answer
