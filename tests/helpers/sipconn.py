"""One connection between a client and one handler process.

Makes what a super-server makes (an accepted TCP connection, a socket pair,
a pipe or a file on fd 0 and 1), starts the handler on it and plays the
client.  helpers/connect and messages/check-messages are built on it.
Loopback only; the kernel picks every port; every wait has a bound.
"""

import array
import errno
import fcntl
import os
import select
import signal
import socket
import struct
import subprocess
import termios
import time

BOUND = 30.0                    # seconds that any one conversation may take
INTERNET = ('inet', 'inet6', 'mapped')
TRANSPORTS = INTERNET + ('unix', 'pipe', 'file')


class Timeout(Exception):
    """The handler did not do in BOUND seconds what was waited for."""


def tcp_pair(transport, rcvbuf=0, sndbuf=0):
    """Return (client, served), two ends of one TCP connection."""
    family, bind, target = {
        'inet': (socket.AF_INET, '127.0.0.1', '127.0.0.1'),
        'inet6': (socket.AF_INET6, '::1', '::1'),
        # IPv4 client, dual-stack listener: the peer is ::ffff:127.0.0.1
        'mapped': (socket.AF_INET6, '::ffff:127.0.0.1', '127.0.0.1'),
    }[transport]
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        # What the kernel lets us have: more than the handler reads at once.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        if transport == 'mapped':
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind((bind, 0))
        listener.listen(1)
        port = listener.getsockname()[1]
        client_family = socket.AF_INET if '.' in target else family
        client = socket.socket(client_family, socket.SOCK_STREAM)
        if rcvbuf:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        client.connect((target, port))
        served = listener.accept()[0]
    if sndbuf:
        served.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, sndbuf)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client, served


class Conversation:
    """A handler on a fresh connection, and the client's end of it."""

    def __init__(self, argv, transport='inet', stderr=None, env=None,
                 nonblock=False, rcvbuf=0, sndbuf=0, bound=BOUND, early=b''):
        self.deadline = time.monotonic() + bound
        self.answer = b''
        self.was_reset = False
        self.eof = False
        self.names = None
        if transport == 'pipe':
            # two pipes: fd 0 is read by the handler, fd 1 by the client
            stdin, self.wfd = os.pipe()
            self.rfd, stdout = os.pipe()
            self.client = None
        else:
            if transport == 'unix':
                self.client, served = socket.socketpair()
            else:
                self.client, served = tcp_pair(transport, rcvbuf, sndbuf)
                self.names = (self.client.getsockname()[:2] +
                              self.client.getpeername()[:2])
            self.client.setblocking(False)
            # Python's own idea of blocking does not matter to a child
            os.set_blocking(served.fileno(), not nonblock)
            stdin = stdout = served.detach()
            self.wfd = self.rfd = self.client.fileno()
        os.set_blocking(self.wfd, False)
        os.set_blocking(self.rfd, False)
        self.served = stdin     # kept to see how much is still unread
        self._send_early(early)
        self.child = subprocess.Popen(
            argv, stdin=stdin, stdout=stdout, env=env,
            stderr=stdout if stderr == 'connection' else stderr)
        if stdout != stdin:
            os.close(stdout)

    def left(self):
        """Seconds until the bound; raise when it is reached."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise Timeout
        return left

    def forget_served(self):
        """Leave the served end to the handler, so that its close shows."""
        if self.served is not None:
            os.close(self.served)
            self.served = None

    def unread(self):
        """How many octets lie in the served end that nobody has read."""
        count = array.array('i', [0])
        fcntl.ioctl(self.served, termios.FIONREAD, count)
        return count[0]

    def _send_early(self, data):
        """Send data, and wait until all of it lies in the served end."""
        if data and os.write(self.wfd, data) < len(data):
            raise SystemExit('sipconn: no socket holds %d octets' % len(data))
        while self.unread() < len(data):
            self.left()
            time.sleep(0.0002)

    def drained(self):
        """Wait until the handler has read all that was sent, or is gone."""
        while self.child.poll() is None and self.unread():
            self.left()
            time.sleep(0.0002)

    def _receive(self):
        try:
            data = os.read(self.rfd, 65536)
        except BlockingIOError:
            return
        except OSError as e:
            if e.errno != errno.ECONNRESET:
                raise
            self.was_reset = True
            data = b''
        self.answer += data
        self.eof = not data
        # A reset after the end of the answer does not fail the read.
        if self.eof and self.client and self.client.getsockopt(
                socket.SOL_SOCKET, socket.SO_ERROR):
            self.was_reset = True

    def send(self, data, read=True):
        """Send all of data; when nobody will read it, stop and note that."""
        view = memoryview(data)
        while view:
            reading = [self.rfd] if read and not self.eof else []
            r, w, _ = select.select(reading, [self.wfd], [],
                                    min(self.left(), 0.05))
            if self.child.poll() is not None:
                self.forget_served()    # so that writing ends, too
            if r:
                self._receive()
            if w:
                try:
                    view = view[os.write(self.wfd, view[:65536]):]
                except BlockingIOError:
                    pass
                except OSError as e:
                    if e.errno not in (errno.EPIPE, errno.ECONNRESET):
                        raise
                    self.was_reset = True
                    return

    def half_close(self):
        """Say that nothing more will be sent."""
        if self.client is None:
            if self.wfd is not None:
                os.close(self.wfd)
            self.wfd = None
        else:
            try:
                self.client.shutdown(socket.SHUT_WR)
            except OSError as e:
                if e.errno != errno.ENOTCONN:
                    raise

    def close(self, reset=False):
        """Close the client's end, politely or with a reset."""
        if self.rfd is None:
            return
        if self.client is None:
            self.half_close()
            os.close(self.rfd)
        else:
            if reset:
                self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                       struct.pack('ii', 1, 0))
            self.client.close()
        self.rfd = None
        self.eof = True

    def receive(self, enough=None):
        """Read the answer up to EOF, or until enough(answer) holds."""
        self.forget_served()
        while not self.eof and not (enough and enough(self.answer)):
            if select.select([self.rfd], [], [], self.left())[0]:
                self._receive()

    def receive_slowly(self, octets):
        """Read so many octets twice a second while there is a handler."""
        self.forget_served()
        while self.child.poll() is None:
            if select.select([self.rfd], [], [], 0)[0]:
                self.answer += os.read(self.rfd, octets)
            try:
                self.child.wait(min(0.5, self.left()))
            except subprocess.TimeoutExpired:
                pass

    def wait(self):
        """Wait for the handler; return its status as a shell shows it."""
        self.forget_served()
        try:
            status = self.child.wait(self.left())
        except (subprocess.TimeoutExpired, Timeout):
            raise Timeout from None
        return status if status >= 0 else 128 - status

    def finish(self):
        """Leave nothing behind, whatever happened."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGKILL)
            self.child.wait()
        self.forget_served()
        self.close()


def run_file(argv, path, stderr=None, env=None, bound=BOUND):
    """Run the handler with a regular file on fd 0: (status, answer)."""
    with open(path, 'rb') as message:
        try:
            done = subprocess.run(argv, stdin=message, env=env, stderr=stderr,
                                  stdout=subprocess.PIPE, timeout=bound,
                                  check=False)
        except subprocess.TimeoutExpired:
            raise Timeout from None
    status = done.returncode
    return (status if status >= 0 else 128 - status), done.stdout
