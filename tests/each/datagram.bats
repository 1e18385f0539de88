# sipcgi-each on UDP: transactions (RFC 3261 17.2), where answers go (18.2.2,
# RFC 3581), and what a stranger's datagrams may cost.

load each

ok()
{
	answerer <<-'END'
		printf 'SIP/2.0 200 OK\n\n'
	END
}

# Scripts that wait for a file `go`.
waiting()
{
	answerer <<-'END'
		until [ -e go ]; do sleep 0.02; done
		printf 'SIP/2.0 200 OK\n\n'
	END
}

@test "a repeated request gets the same answer, and its script runs once" {
	ok
	peer <<-'END'
	with datagrams() as p:
	    for method in 'OPTIONS', 'INVITE':
	        sent = request(method)
	        p.send(sent)
	        first = p.receive()
	        p.send(sent)
	        p.send(sent)
	        assert p.receive().octets == p.receive().octets == first.octets
	    assert runs() == 2
	END
}

@test "repeats while the script runs start nothing; an INVITE's gets the last 1xx" {
	answerer <<-'END'
		printf 'SIP/2.0 183 Progress\n\n'
		until [ -e go ]; do sleep 0.02; done
		printf 'SIP/2.0 404 Not Found\n\n'
	END
	peer <<-'END'
	with datagrams() as p:
	    sent = request('INVITE')
	    p.send(sent)
	    first = p.receive()
	    p.send(sent)
	    assert first.status == 183 and p.receive().octets == first.octets
	    other = request('OPTIONS')
	    p.send(other)
	    p.send(other)
	    assert p.silent()
	    open('go', 'w').close()
	    assert {p.receive().status, p.receive().status} == {404}
	    assert runs() == 2
	    assert sorted(d['repeats'] for d in p.done(2)) == ['1', '1']
	END
}

@test "a final answer to an INVITE is sent again until its ACK" {
	answerer <<-'END'
		printf 'SIP/2.0 486 Busy Here\n\n'
	END
	peer <<-'END'
	with datagrams() as p:
	    sent = request('INVITE')
	    p.send(sent)
	    first = p.receive()
	    assert p.receive().octets == first.octets     # after 500 ms
	    p.send(varied(sent, 'ACK', first.one('To')))
	    assert p.silent(1.5)
	    assert runs() == 1
	END
}

@test "the ACK of a 2xx stops the repeating, and runs PROGRAM" {
	answerer <<-'END'
		printf 'SIP/2.0 200 OK\n\n'
	END
	peer <<-'END'
	with datagrams() as p:
	    sent = request('INVITE')
	    p.send(sent)
	    first = p.receive()
	    ack = varied(sent, 'ACK', first.one('To')).replace(
	        b'branch=z9hG4bK', b'branch=z9hG4bKack')
	    p.send(ack)
	    assert p.silent(1.5)
	    p.until(lambda: text('runs') == 'INVITE\nACK\n')
	    p.send(ack)
	    assert p.silent() and runs() == 2
	END
}

@test "the ACK of a failure that is forgotten, or was ours, is absorbed" {
	ok
	peer <<-'END'
	with datagrams() as p:
	    sent = request('INVITE').replace(b'Max-Forwards: 70\r\n',
	                                     b'Max-Forwards: 70\r\n' * 2)
	    p.send(sent)
	    r = p.receive()
	    assert r.status == 400, r
	    p.send(varied(sent, 'ACK', r.one('To')))
	    assert p.silent() and runs() == 0
	    p.send(varied(sent, 'ACK', '<sip:bob@example.com>;tag=other'))
	    p.until(lambda: runs() == 1)
	END
}

# bats test_tags=P37
@test "an unacknowledged answer is sent again at most three times the octets" {
	answerer <<-'END'
		printf 'SIP/2.0 486 Busy Here\nX: '
		head -c 2000 /dev/zero | tr '\0' x
		printf '\n\n'
	END
	peer <<-'END'
	with datagrams() as p:
	    sent = request('INVITE')
	    p.send(sent)
	    first = p.receive()                # the first one always goes
	    assert len(first.octets) > 3 * len(sent)
	    assert p.silent(1.2)
	    p.send(sent)                       # it is asked for
	    assert p.receive().octets == first.octets
	END
}

@test "the answer goes to sent-by's port without rport, to 5060 without either" {
	ok
	peer <<-'END'
	with datagrams() as p:
	    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	    other.bind(('127.0.0.1', 0))
	    other.settimeout(BOUND)
	    port = other.getsockname()[1]
	    p.send(request(sent_by='client.invalid:%d' % port, via=''))
	    r = Response(other.recv(65536))
	    assert r.one('Via').endswith(';received=127.0.0.1'), r
	    p.send(request(sent_by='127.0.0.1:%d' % port,
	                   via=';maddr=192.0.2.1;rport'))
	    assert p.receive().status == 200
	    p.send(request(sent_by='127.0.0.1:%d' % port, via=''))
	    assert b'received' not in other.recv(65536)
	END
	cat >5060.py <<-'END'
	default = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	default.bind(('127.0.0.1', 5060))
	default.settimeout(BOUND)
	with datagrams() as p:
	    p.send(request(sent_by='x.invalid', via=''))
	    assert Response(default.recv(65536)).status == 200
	END
	# Port 5060 of a network of its own, where there is one.
	if unshare -rn true 2>/dev/null; then
		EACH=$EACH unshare -rn sh -c 'ip link set lo up && exec bash -c "$1"' \
		    sh "$(declare -f peer); peer <5060.py"
	fi
}

@test "a repeat from another port moves the answers there" {
	waiting
	peer <<-'END'
	with datagrams() as p:
	    sent = request('OPTIONS')
	    p.send(sent)
	    p.until(lambda: runs() == 1)
	    moved = p.client()
	    moved.send(sent)
	    time.sleep(0.2)
	    open('go', 'w').close()
	    assert Response(moved.recv(65536)).status == 200
	    assert p.silent() and runs() == 1
	END
}

@test "IPv6, and IPv4 on an IPv6 socket" {
	needs_ipv6
	cp "$PROBE" "$DIR/default.cgi"
	peer <<-'END'
	with datagrams(family=socket.AF_INET6) as p:
	    p.send(request(sent_by='[::1]:9'))
	    r = p.receive()
	    assert r.status == 200 and 'received=::1' in r.one('Via'), r
	    assert 'SERVER_NAME=::1\0' in text(DIR + '/probe.env')
	server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
	server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
	server.bind(('::', 0))
	port = server.getsockname()[1]
	with open(LOG, 'ab') as log:
	    process = subprocess.Popen([EACH, '-l', 'stderr', HANDLER, '-d', DIR],
	                               stdin=server, stderr=log)
	try:
	    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	    client.settimeout(BOUND)
	    client.connect(('127.0.0.2', port))
	    client.send(request())
	    r = Response(client.recv(65536))   # from where it was sent to
	    env = text(DIR + '/probe.env').split('\0')
	    assert 'SERVER_NAME=127.0.0.2' in env, env
	    assert 'REMOTE_ADDR=127.0.0.1' in env, env
	finally:
	    process.terminate()
	    assert process.wait(BOUND) == 0
	END
}

@test "the answer leaves from the address that the request came to" {
	ok
	peer <<-'END'
	server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	server.bind(('0.0.0.0', 0))
	with open(LOG, 'ab') as log:
	    process = subprocess.Popen([EACH, '-l', 'stderr', HANDLER, '-d', DIR],
	                               stdin=server, stderr=log)
	try:
	    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	    client.settimeout(BOUND)
	    client.sendto(request(), ('127.1.2.3', server.getsockname()[1]))
	    assert client.recvfrom(65536)[1][0] == '127.1.2.3'
	finally:
	    process.terminate()
	    assert process.wait(BOUND) == 0
	END
}

@test "without Content-Length the rest is the body; surplus is dropped" {
	answerer <<-'END'
		cat >"in.$SIPCGI_USER"
		printf 'SIP/2.0 200 OK\n\n'
	END
	peer <<-'END'
	with datagrams() as p:
	    p.send(request(uri='sip:a@x', body=b'all of it', length=False))
	    p.send(request(uri='sip:b@x', body=b'abc') + b'surplus')
	    p.receive(), p.receive()
	    assert text('in.a').endswith('\n\nall of it')
	    assert text('in.b').endswith('\n\nabc')
	END
}

@test "a body that is cut off, and other faults: 400, and PROGRAM does not run" {
	ok
	peer <<-'END'
	with datagrams() as p:
	    p.send(request(body=b'abcd')[:-1])
	    assert p.receive().status == 400
	    p.send(request().replace(b'CSeq: 1 ', b'CSeq: x '))
	    assert p.receive().status == 400
	    p.send(request(body=b'', fields=['Content-Type: a/b'], length=False))
	    assert p.receive().status == 200
	    p.until(lambda: len(p.lines('reject')) == 2)
	    assert runs() == 1
	END
}

# bats test_tags=P36
@test "what is not a SIP request gets no answer and no line" {
	ok
	peer <<-'END'
	with datagrams() as p:
	    for octets in (b'', b'\r\n\r\n', b'\0', b'hello', b'GET / HTTP/1.1\r\n\r\n',
	                   b'SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP x\r\n\r\n',
	                   request().replace(b'Via:', b'X-Via:'),
	                   request().replace(b'SIP/2.0/UDP 127.0.0.1', b'SIP/2.0'),
	                   os.urandom(1000), b'\x16\x03\x01' + bytes(500)):
	        p.send(octets)
	    p.send(request('ACK').replace(b'From', b'X-From'))
	    assert p.silent()
	    assert [l for l in p.log() if 'method=ACK' not in l] == []
	    p.send(request())
	    assert p.receive().status == 200
	END
}

# bats test_tags=P38
@test "full: 503 without Retry-After, and the rest goes on" {
	waiting
	peer <<-'END'
	with datagrams('-c', '2') as p:
	    p.send(request())
	    p.send(request())
	    p.until(lambda: runs() == 2)
	    p.send(request())
	    r = p.receive()
	    assert r.status == 503 and not r.all('Retry-After'), r
	    assert 'why=busy' in p.line('reject')
	    open('go', 'w').close()
	    assert p.receive().status == p.receive().status == 200
	    p.done(2)
	    p.send(request())
	    assert p.receive().status == 200
	END
}

# bats test_tags=P38
@test "one source has its share of the slots: what is over is dropped" {
	waiting
	peer <<-'END'
	with datagrams('-p', '2') as p:
	    for i in range(4):
	        p.send(request())
	    p.until(lambda: runs() == 2)
	    assert p.silent() and runs() == 2
	    assert 'why=per-source' in p.line('discard'), p.log()
	    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	    other.bind(('127.0.0.9', 0))
	    other.settimeout(BOUND)
	    other.connect(p.server)
	    other.send(request())
	    p.until(lambda: runs() == 3)
	    open('go', 'w').close()
	    assert Response(other.recv(65536)).status == 200
	END
}

# bats test_tags=P38
@test "a source of IPv6 shares with none of IPv4" {
	needs_ipv6
	waiting
	peer <<-'END'
	with datagrams('-p', '1', family=socket.AF_INET6, address='::') as p:
	    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	    other.settimeout(BOUND)
	    other.connect(('127.0.0.1', p.server[1]))
	    other.send(request())
	    p.until(lambda: runs() == 1)
	    p.send(request(sent_by='[::1]:9'))
	    p.until(lambda: runs() == 2)
	    open('go', 'w').close()
	    assert Response(other.recv(65536)).status == 200
	    assert p.receive().status == 200
	END
}

@test "a flood: what there is no slot for is refused or lost, the service goes on" {
	answerer <<-'END'
		printf 'SIP/2.0 200 OK\n\n'
	END
	peer <<-'END'
	def size(pid):
	    return [line for line in text('/proc/%d/status' % pid).splitlines()
	            if line.startswith('VmSize')], os.listdir('/proc/%d/fd' % pid)
	with datagrams('-c', '4', '-p', '4', '-v', 'err') as p:
	    p.send(request())
	    assert p.receive().status == 200
	    p.until(lambda: not text('/proc/%d/task/%d/children' % (
	        p.process.pid, p.process.pid)))
	    before = size(p.process.pid)
	    for i in range(5000):
	        p.send(request('INVITE'))
	    got = set()
	    p.socket.settimeout(0.5)
	    try:
	        while True:
	            got.add(Response(p.socket.recv(65536)).status)
	    except socket.timeout:
	        pass
	    assert got == {200, 503}, got
	    assert size(p.process.pid) == before
	    p.socket.settimeout(BOUND)
	    sent = request(call_id='after')
	    p.send(sent)
	    r = p.receive()
	    while r.one('Call-ID') != 'after':
	        r = p.receive()
	    assert r.status == 200, r
	END
}

@test "answers that nobody takes do not end the service" {
	ok
	peer <<-'END'
	with datagrams() as p:
	    for i in range(5):
	        gone = p.client()
	        gone.send(request())
	        gone.close()
	    p.done(5)
	    p.send(request())
	    assert p.receive().status == 200
	END
}

@test "LISTEN_FDS: sockets of IPv4 and IPv6 by systemd-socket-activate" {
	needs_ipv6
	ok
	peer <<-'END'
	def free(family, address):
	    with socket.socket(family, socket.SOCK_DGRAM) as s:
	        s.bind((address, 0))
	        return s.getsockname()[1]
	for attempt in range(5):
	    ports = free(socket.AF_INET, '127.0.0.1'), free(socket.AF_INET6, '::1')
	    with open(LOG, 'wb') as log:
	        process = subprocess.Popen(
	            ['systemd-socket-activate', '--datagram',
	             '-l', '127.0.0.1:%d' % ports[0], '-l', '[::1]:%d' % ports[1],
	             EACH, '-l', 'stderr', HANDLER, '-d', DIR, '-l', 'stderr'],
	            stdin=subprocess.DEVNULL, stderr=log)
	    try:
	        for family, to in ((socket.AF_INET, ('127.0.0.1', ports[0])),
	                           (socket.AF_INET6, ('::1', ports[1]))):
	            client = socket.socket(family, socket.SOCK_DGRAM)
	            client.connect(to)
	            client.settimeout(0.2)
	            r = None
	            while r is None and process.poll() is None:
	                try:
	                    client.send(request())
	                    r = Response(client.recv(65536))
	                except (socket.timeout, ConnectionRefusedError):
	                    pass
	            if r is None:
	                break
	            assert r.status == 200, r
	        else:
	            break
	    finally:
	        process.terminate()
	        process.wait(BOUND)
	else:
	    raise AssertionError(text(LOG))
	END
}

@test "an idle process ends, with no transaction left; a signal ends it at once" {
	waiting
	peer <<-'END'
	with datagrams('-i', '1') as p:
	    assert p.wait() == 0
	with datagrams() as p:
	    p.send(request())
	    p.until(lambda: runs() == 1)
	    p.process.terminate()
	    time.sleep(0.2)
	    p.send(request())
	    open('go', 'w').close()
	    assert p.receive().status == 200   # what runs may finish
	    assert p.wait() == 0 and runs() == 1
	END
}

@test "a script that does not finish when we are told to end is killed" {
	answerer <<-'END'
		trap '' TERM
		sleep 60
	END
	peer <<-'END'
	with datagrams() as p:
	    p.send(request())
	    p.until(lambda: runs() == 1)
	    p.process.send_signal(signal.SIGHUP)
	    assert p.wait() == 0
	    assert p.done()[0]['signal'] == '9'
	END
}
