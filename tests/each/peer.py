"""A peer of sipcgi-each: starts it on a connection or a UDP socket of its own
on loopback, sends it octets, and takes what comes back.

For tests/each/*.bats, whose Python begins with `from peer import *`.  Nothing
waits longer than BOUND, and nothing is left running.
"""

import contextlib
import os
import signal
import socket
import struct
import subprocess
import time

BOUND = 20.0
EACH = os.environ['EACH']
HANDLER = os.environ['HANDLER']
DIR = os.environ['DIR']
LOG = os.environ['LOG']


class Response:
    """One SIP response."""

    def __init__(self, octets):
        head, _, self.body = octets.partition(b'\r\n\r\n')
        lines = head.decode('latin-1').split('\r\n')
        self.octets = octets
        self.line = lines[0]
        version, status, self.phrase = lines[0].split(' ', 2)
        assert version == 'SIP/2.0', lines[0]
        self.status = int(status)
        self.fields = [tuple(part.strip() for part in line.split(':', 1))
                       for line in lines[1:]]

    def all(self, name):
        return [v for n, v in self.fields if n.lower() == name.lower()]

    def one(self, name):
        values = self.all(name)
        assert len(values) == 1, (name, self.octets)
        return values[0]

    def __repr__(self):
        return repr(self.octets)


_number = [0]


def request(method='OPTIONS', uri='sip:bob@example.com', transport='UDP',
            sent_by='127.0.0.1:5060', branch=None, call_id=None, cseq=1,
            via=';rport', to='<sip:bob@example.com>', fields=(), body=b'',
            length=True, tag='a1'):
    """A request; each has a branch and Call-ID of its own unless given."""
    _number[0] += 1
    unique = '%d-%d' % (os.getpid(), _number[0])
    lines = ['%s %s SIP/2.0' % (method, uri),
             'Via: SIP/2.0/%s %s;branch=%s%s' % (
                 transport, sent_by, branch or 'z9hG4bK' + unique, via),
             'From: <sip:alice@example.net>;tag=%s' % tag,
             'To: ' + to,
             'Call-ID: ' + (call_id or unique),
             'CSeq: %d %s' % (cseq, method),
             'Max-Forwards: 70', *fields]
    if length:
        lines.append('Content-Length: %d' % len(body))
    return '\r\n'.join(lines + ['', '']).encode() + body


def varied(message, method, to=None):
    """The ACK or CANCEL of a request: same Via, Call-ID and CSeq number."""
    lines = message.partition(b'\r\n\r\n')[0].decode().split('\r\n')
    out = [method + ' ' + lines[0].split(' ', 1)[1]]
    for line in lines[1:]:
        name = line.split(':')[0]
        if name == 'CSeq':
            line = 'CSeq: %s %s' % (line.split()[1], method)
        if name == 'To' and to is not None:
            line = 'To: ' + to
        if name in ('Via', 'From', 'To', 'Call-ID', 'CSeq', 'Route'):
            out.append(line)
    return '\r\n'.join(out + ['Content-Length: 0', '', '']).encode()


class Peer:
    """sipcgi-each with its options, and the client of its socket."""

    def __init__(self, options, program):
        self.command = [EACH, '-l', 'stderr', *options,
                        *(program or [HANDLER, '-d', DIR, '-l', 'stderr'])]
        self.buffer = b''
        self.eof = False

    def start(self, stdin, stdout=None, **more):
        with open(LOG, 'ab') as log:
            self.process = subprocess.Popen(
                self.command, stdin=stdin,
                stdout=stdin if stdout is None else stdout, stderr=log,
                **more)

    def wait(self):
        """Its exit status."""
        return self.process.wait(BOUND)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(BOUND)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise

    def log(self):
        with open(LOG, encoding='latin-1') as log:
            return log.read().splitlines()

    def children(self):
        """The states of its scripts' processes: Z for one that has ended."""
        pid = self.process.pid
        try:
            return [text('/proc/%s/stat' % child).rpartition(') ')[2][0]
                    for child in
                    text('/proc/%d/task/%d/children' % (pid, pid)).split()]
        except (FileNotFoundError, ProcessLookupError):
            return []           # reaped meanwhile

    def lines(self, word):
        return [line for line in self.log() if line.split()[:1] == [word]]

    def line(self, word):
        """The first line of this event, which may come after the answer."""
        return self.until(lambda: self.lines(word))[0]

    def until(self, what):
        """Wait until a condition holds; its value."""
        end = time.monotonic() + BOUND
        while time.monotonic() < end:
            value = what()
            if value:
                return value
            time.sleep(0.01)
        raise AssertionError('not within %g seconds; log: %r' %
                             (BOUND, self.log()))

    def done(self, n=1):
        """The first n done lines, as dictionaries."""
        found = self.until(
            lambda: len(self.lines('done')) >= n and self.lines('done'))
        return [dict(pair.split('=', 1) for pair in line.split()
                     if '=' in pair) for line in found]


class Stream(Peer):
    """On a TCP connection, or a pair of AF_UNIX sockets."""

    def __init__(self, options=(), program=None, family=socket.AF_INET,
                 rcvbuf=0, sndbuf=0, **more):
        super().__init__(options, program)
        if family == socket.AF_UNIX:
            self.socket, theirs = socket.socketpair()
            if sndbuf:
                theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, sndbuf)
        else:
            with socket.socket() as listener:
                listener.bind(('127.0.0.1', 0))
                listener.listen(1)
                self.socket = socket.socket()
                if rcvbuf:
                    self.socket.setsockopt(socket.SOL_SOCKET,
                                           socket.SO_RCVBUF, rcvbuf)
                self.socket.connect(listener.getsockname())
                theirs = listener.accept()[0]
        self.socket.settimeout(BOUND)
        self.start(theirs, **more)
        theirs.close()

    def send(self, octets):
        self.socket.sendall(octets)

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               struct.pack('ii', 1, 0))
        self.socket.close()

    def more(self):
        octets = self.socket.recv(65536)
        if not octets:
            self.eof = True
        self.buffer += octets
        return bool(octets)

    def receive(self):
        """The next response; None at the end of the stream."""
        while True:
            head, mark, rest = self.buffer.partition(b'\r\n\r\n')
            if mark:
                n = len(head) + 4 + int(
                    Response(head + mark).one('Content-Length'))
                if len(self.buffer) >= n:
                    octets, self.buffer = self.buffer[:n], self.buffer[n:]
                    return Response(octets)
            if not self.more():
                assert self.buffer == b'', self.buffer
                return None

    def ends(self):
        """The connection ends with nothing more on it."""
        rest = self.receive()
        assert rest is None, rest
        return True

    def close(self):
        self.socket.close()


class Datagrams(Peer):
    """On a UDP socket that is its fd 0."""

    def __init__(self, options=(), program=None, family=socket.AF_INET,
                 address=None, **more):
        super().__init__(options, program)
        self.family = family
        if address is None:
            address = '127.0.0.1' if family == socket.AF_INET else '::1'
        server = socket.socket(family, socket.SOCK_DGRAM)
        server.bind((address, 0))
        self.server = server.getsockname()
        self.socket = self.client()
        self.port = self.socket.getsockname()[1]
        self.start(server, **more)
        server.close()

    def client(self):
        client = socket.socket(self.family, socket.SOCK_DGRAM)
        client.settimeout(BOUND)
        client.connect(self.server)
        return client

    def send(self, octets):
        self.socket.send(octets)

    def receive(self):
        return Response(self.socket.recv(65536))

    def silent(self, seconds=0.3):
        """Nothing arrives for so long."""
        self.socket.settimeout(seconds)
        try:
            octets = self.socket.recv(65536)
        except socket.timeout:
            return True
        finally:
            self.socket.settimeout(BOUND)
        raise AssertionError('unexpected: %r' % octets)

    def close(self):
        self.socket.close()


@contextlib.contextmanager
def stream(*options, **more):
    peer = Stream(options, **more)
    try:
        yield peer
    finally:
        peer.close()
        peer.stop()


@contextlib.contextmanager
def datagrams(*options, **more):
    peer = Datagrams(options, **more)
    try:
        yield peer
    finally:
        peer.close()
        peer.stop()


def runs():
    """How often scripts have begun: a line each in the file `runs`."""
    try:
        with open('runs', encoding='latin-1') as file:
            return len(file.readlines())
    except FileNotFoundError:
        return 0


def text(name):
    with open(name, encoding='latin-1') as file:
        return file.read()


def exists(name):
    return os.path.exists(name)


__all__ = ['BOUND', 'DIR', 'EACH', 'HANDLER', 'LOG', 'Response', 'datagrams',
           'exists', 'os', 'request', 'runs', 'signal', 'socket', 'stream',
           'subprocess', 'text', 'time', 'varied']
