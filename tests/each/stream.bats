# sipcgi-each on a connection that is kept: many requests, one after the other
# and in parallel, until one side ends it.
#
# Runs early: it takes long.

# Each test is a subshell:
# shellcheck disable=SC2030,SC2031

load each

ok()
{
	answerer <<-'END'
		printf 'SIP/2.0 200 OK\n\n'
	END
}

@test "many requests on one connection, each by a script of its own" {
	ok
	peer <<-'END'
	with stream() as p:
	    for i in range(20):
	        sent = request(transport='TCP', cseq=i)
	        p.send(sent)
	        r = p.receive()
	        assert r.status == 200 and r.one('CSeq') == '%d OPTIONS' % i, r
	    p.half_close()
	    assert p.ends() and p.wait() == 0 and runs() == 20
	    assert len({d['pid'] for d in p.done(20)}) == 20
	END
}

# bats test_tags=P34
@test "the script sees the connection's peer and no other's word for it" {
	cp "$PROBE" "$DIR/default.cgi"
	export REMOTE_ADDR=203.0.113.9 REMOTE_PORT=9 REMOTE_HOST=203.0.113.9
	export TCPREMOTEHOST=x LISTEN_FDS=1 NOTIFY_SOCKET=/x SIPCGI_USER=x
	peer <<-'END'
	with stream() as p:
	    p.send(request(transport='TCP'))
	    assert p.receive().status == 200
	    here, port = p.socket.getsockname()
	    there, to = p.socket.getpeername()
	    env = text(DIR + '/probe.env').split('\0')
	    assert 'REMOTE_ADDR=' + here in env, env
	    assert 'REMOTE_PORT=%d' % port in env, env
	    assert 'SERVER_NAME=' + there in env, env
	    assert 'SERVER_PORT=%d' % to in env, env
	END
}

@test "PROGRAM's environment names the peer, and systemd's sockets to nobody" {
	printf '#!/bin/sh\nenv >env\nprintf "SIP/2.0 200 OK\\n\\n"\n' >program
	chmod 755 program
	export REMOTE_ADDR=203.0.113.9 REMOTE_PORT=9 REMOTE_HOST=203.0.113.9
	export TCPREMOTEHOST=x LISTEN_FDS=1 LISTEN_PID=1 NOTIFY_SOCKET=/x
	export SIPCGI_USER=x KEPT=yes SOCAT_PEERADDR=x NCAT_REMOTE_ADDR=x
	export JOURNAL_STREAM=1:1
	peer <<-'END'
	with stream(program=['./program']) as p:
	    p.send(request(transport='TCP'))
	    p.receive()
	    port = p.socket.getsockname()[1]
	    env = text('env').splitlines()
	    for name in ('REMOTE', 'TCPREMOTEHOST', 'LISTEN', 'NOTIFY', 'SIPCGI',
	                 'SOCAT', 'NCAT', 'JOURNAL'):
	        assert not [e for e in env if e.startswith(name)], env
	    assert 'KEPT=yes' in env and 'TCPREMOTEIP=127.0.0.1' in env, env
	    assert 'TCPREMOTEPORT=%d' % port in env, env
	    assert 'TCPLOCALIP=127.0.0.1' in env, env
	    assert 'TCPLOCALPORT=%d' % p.socket.getpeername()[1] in env, env
	END
}

@test "requests run in parallel, and answers leave as they come" {
	answerer <<-'END'
		case $SIPCGI_USER in
		slow) until [ -e go ]; do sleep 0.02; done ;;
		esac
		printf 'SIP/2.0 200 %s\n\n' "$SIPCGI_USER"
	END
	peer <<-'END'
	with stream() as p:
	    p.send(request(uri='sip:slow@x', transport='TCP') +
	           request(uri='sip:fast@x', transport='TCP'))
	    assert p.receive().phrase == 'fast'
	    open('go', 'w').close()
	    assert p.receive().phrase == 'slow'
	END
}

@test "a thousand pipelined requests, split anywhere: a thousand answers" {
	printf '#!/bin/sh\nprintf "SIP/2.0 200 OK\\n\\n"\n' >program
	chmod 755 program
	peer <<-'END'
	import threading
	sent = [request(transport='TCP', body=b'x' * (i % 50))
	        for i in range(1000)]
	octets = b''.join(sent)
	with stream('-c', '4', program=['./program']) as p:
	    def send():
	        at, n = 0, 1
	        while at < len(octets):
	            p.send(octets[at:at + n])
	            at, n = at + n, n * 7 % 1000003 % 9001 + 1
	        p.half_close()
	    sender = threading.Thread(target=send)
	    sender.start()
	    ids = set()
	    for i in range(1000):
	        ids.add(p.receive().one('Call-ID'))
	    sender.join()
	    assert p.ends() and p.wait() == 0 and len(ids) == 1000, len(ids)
	END
}

@test "when all slots are taken, the next request waits, and is not lost" {
	answerer <<-'END'
		until [ -e go ]; do sleep 0.02; done
		printf 'SIP/2.0 200 OK\n\n'
	END
	peer <<-'END'
	with stream('-c', '2') as p:
	    p.send(b''.join(request(transport='TCP') for i in range(5)))
	    p.until(lambda: runs() == 2)
	    time.sleep(0.2)
	    assert runs() == 2
	    open('go', 'w').close()
	    for i in range(5):
	        assert p.receive().status == 200
	    assert runs() == 5
	END
}

@test "a body of 1 MiB reaches the script whole, the next request after it too" {
	answerer <<-'END'
		cat >"in.$CONTENT_LENGTH"
		printf 'SIP/2.0 200 OK\n\n'
	END
	peer <<-'END'
	body = bytes(range(256)) * 4096
	with stream() as p:
	    p.send(request(transport='TCP', body=body) +
	           request(transport='TCP', body=b'small'))
	    p.receive(), p.receive()
	    for b in (body, b'small'):
	        with open('in.%d' % len(b), 'rb') as f:
	            assert f.read().split(b'\r\n\r\n', 1)[1] == b
	END
}

@test "a half-close: what runs is finished and answered" {
	answerer <<-'END'
		until [ -e go ]; do sleep 0.02; done
		printf 'SIP/2.0 200 OK\n\n'
	END
	peer <<-'END'
	with stream() as p:
	    p.send(request(transport='TCP') * 1)
	    p.half_close()
	    p.until(lambda: runs() == 1)
	    open('go', 'w').close()
	    assert p.receive().status == 200
	    assert p.ends() and p.wait() == 0
	END
}

@test "a double CRLF between requests gets one, a single one none" {
	ok
	peer <<-'END'
	with stream() as p:
	    p.send(request(transport='TCP'))
	    p.receive()
	    p.send(b'\r\n\r\n')
	    assert p.socket.recv(10) == b'\r\n'
	    p.send(b'\r\n')
	    p.send(request(transport='TCP'))
	    p.receive()
	    assert p.buffer == b''
	    p.half_close()
	    assert p.ends()
	END
}

@test "over 64 KiB of empty lines end the connection" {
	ok
	peer <<-'END'
	with stream() as p:
	    p.send(b'\n' * 65537)
	    assert p.ends() and p.wait() == 0
	    assert 'why=empty-lines' in p.log()[0], p.log()
	END
}

@test "a fault with a sound start line and length: 400, and reading goes on" {
	ok
	peer <<-'END'
	with stream() as p:
	    bad = request(transport='TCP', body=b'BODY').replace(
	        b'Call-ID', b'X-Call-ID')
	    p.send(bad + request(transport='TCP'))
	    r = p.receive()
	    assert r.line == 'SIP/2.0 400 Missing Call-ID header', r
	    assert p.receive().status == 200
	    assert 'why=missing-call-id' in p.line('reject'), p.log()
	    assert runs() == 1
	END
}

# bats test_tags=P32
@test "after any other fault the connection is closed, the answer is not lost" {
	ok
	for how in "replace(b' sip:', b'  sip:')" \
	    "replace(b'Content-Length: 0', b'Content-Length: x')" \
	    "replace(b'Content-Length: 0', b'Content-Type: a/b')" \
	    "replace(b'Max-', b'Max\\0')"; do
		cat >fault.py <<-END
		with stream() as p:
		    p.send(request(transport='TCP').$how +
		           request(transport='TCP') * 2000)
		    assert p.receive().status == 400
		    assert p.ends() and p.wait() == 0
		    assert runs() == 0
		END
		peer <fault.py
	done
}

@test "what runs when a fault comes is answered before the connection closes" {
	answerer <<-'END'
		until [ -e go ]; do sleep 0.02; done
		printf 'SIP/2.0 200 OK\n\n'
	END
	peer <<-'END'
	with stream() as p:
	    p.send(request(transport='TCP') + b'BAD LINE\r\n\r\n')
	    assert p.receive().status == 400
	    open('go', 'w').close()
	    assert p.receive().status == 200
	    assert p.ends() and p.wait() == 0
	END
}

@test "an ACK or CANCEL in fault gets no octet; other versions get 505" {
	ok
	peer <<-'END'
	with stream() as p:
	    p.send(request('ACK', transport='TCP').replace(b'From', b'X-From') +
	           request('CANCEL', transport='TCP').replace(b'To:', b'X-To:') +
	           request(transport='TCP').replace(b'SIP/2.0\r\nVia',
	                                            b'SIP/3.0\r\nVia'))
	    assert p.receive().status == 505
	    assert runs() == 0
	END
}

# bats test_tags=P71
@test "a flood of faults gets 100 lines a second and one that says so" {
	ok
	peer <<-'END'
	bad = request(transport='TCP').replace(b'Call-ID', b'X-Call-ID')
	with stream() as p:
	    began = time.monotonic()
	    p.send(bad * 1000)
	    for i in range(1000):
	        assert p.receive().status == 400
	    seconds = time.monotonic() - began
	    p.half_close()
	    assert p.ends() and p.wait() == 0
	    rejects, floods = p.lines('reject'), p.lines('discard')
	    assert 1 <= len(floods) <= seconds + 2, floods
	    assert 'why=flood' in floods[0], floods
	    assert 100 <= len(rejects) <= 100 * (seconds + 2), len(rejects)
	END
}

# bats test_tags=P33
@test "a request that is not whole in time: 400, and the connection is closed" {
	ok
	peer <<-'END'
	for n in (20, -1):
	    with stream('-t', '1') as p:
	        p.send(request(transport='TCP'))
	        assert p.receive().status == 200
	        p.send(request(transport='TCP', body=b'ab')[:n])
	        r = p.receive()
	        assert r.status == 400 and 'time' in r.phrase, r
	        assert p.ends() and p.wait() == 0
	END
}

@test "nothing at all within the time of a request: closed in silence" {
	ok
	peer <<-'END'
	with stream('-t', '1') as p:
	    assert p.ends() and p.wait() == 0 and p.log() == []
	END
}

# bats test_tags=P33
@test "an idle connection is closed, but not while a script runs" {
	answerer <<-'END'
		sleep "$SIPCGI_USER"
		printf 'SIP/2.0 200 %s\n\n' "$SIPCGI_USER"
	END
	peer <<-'END'
	with stream('-i', '1') as p:
	    p.send(request(uri='sip:0@x', transport='TCP'))
	    assert p.receive().status == 200
	    assert p.ends() and p.wait() == 0
	with stream('-i', '1') as p:
	    p.send(request(uri='sip:3@x', transport='TCP') +
	           request(uri='sip:1.5@x', transport='TCP'))
	    assert p.receive().phrase == '1.5'
	    p.send(request(uri='sip:0@x', transport='TCP'))
	    assert p.receive().phrase == '0'
	    assert p.receive().phrase == '3'
	END
}

# bats test_tags=P33
@test "a peer that takes no answer is taken for lost, and its scripts end" {
	answerer <<-'END'
		printf 'SIP/2.0 200 OK\nContent-Type: a/b\n\n'
		head -c 100000 /dev/zero
	END
	peer <<-'END'
	with stream(rcvbuf=4096) as p:
	    p.socket.settimeout(0.2)
	    try:
	        for i in range(200):
	            p.send(request(transport='TCP'))
	    except socket.timeout:
	        pass
	    p.socket.settimeout(BOUND)
	    assert p.wait() == 0
	    assert len(p.lines('exec')) == len(p.lines('done')) > 0
	END
}

# Answers are queued until there is room for no more. Then the peer reads, and
# one write takes all that is queued; nothing happens after it, since a child of
# the script holds the pipe.
@test "an answer that waited for room leaves when there is room" {
	printf '#!/bin/sh\nsleep 60 &\nexec cat said\n' >program
	chmod 755 program
	peer <<-'END'
	ringing = b'SIP/2.0 180 Ringing\r\nContent-Type: a/b\r\n' \
	    b'Content-Length: 2500\r\n\r\n' + b'x' * 2500
	with open('said', 'wb') as f:
	    f.write(ringing * 20 + b'SIP/2.0 200 OK\r\n\r\n')
	with stream('-T', '300', program=['./program'], family=socket.AF_UNIX,
	            sndbuf=212992) as p:
	    looks = 0
	    def takes_no_more():
	        global looks
	        looks = looks + 1 if p.children() == ['Z'] else 0
	        return looks > 20
	    n = 0
	    while not takes_no_more():
	        n += 1
	        p.send(request('INVITE', transport='TCP'))
	        p.until(lambda: len(p.lines('done')) == n or takes_no_more())
	    statuses = []
	    while statuses.count(200) < n:
	        statuses.append(p.receive().status)
	    # A slow machine gets a 100, too.
	    assert [status for status in statuses if status != 100] == \
	        ([180] * 20 + [200]) * n, statuses
	    assert len(p.done(n)) == n
	END
}

@test "on a pipe, and on AF_UNIX with no peer: answers go to fd 1" {
	ok
	peer <<-'END'
	with stream(family=socket.AF_UNIX) as p:
	    p.send(request(transport='TCP') * 1)
	    r = p.receive()
	    assert r.status == 200 and 'received' not in r.one('Via'), r
	out = subprocess.run([EACH, '-l', 'none', HANDLER, '-d', DIR],
	                     input=request() + request(), capture_output=True,
	                     timeout=BOUND)
	assert out.stdout.count(b'SIP/2.0 200 OK') == 2, out
	assert out.returncode == 0
	END
}

@test "retransmissions on a stream are absorbed too: a script runs once" {
	answerer <<-'END'
		until [ -e go ]; do sleep 0.02; done
		printf 'SIP/2.0 200 OK\n\n'
	END
	peer <<-'END'
	with stream() as p:
	    invite = request('INVITE', transport='TCP')
	    p.send(invite * 2)
	    p.until(lambda: runs() == 1)
	    open('go', 'w').close()
	    while p.receive().status != 200:
	        pass
	    p.half_close()
	    assert p.ends() and runs() == 1
	    assert p.done()[0]['repeats'] == '1', p.log()
	END
}

@test "a keep-alive that comes in pieces is not half a request" {
	ok
	peer <<-'END'
	with stream('-t', '1') as p:
	    p.send(request(transport='TCP'))
	    assert p.receive().status == 200
	    p.send(b'\r')
	    time.sleep(0.1)
	    p.send(b'\n\r\n')
	    assert p.socket.recv(2) == b'\r\n'
	    # Longer than a request may take.
	    time.sleep(1.3)
	    p.send(request(transport='TCP'))
	    assert p.receive().status == 200
	END
}
