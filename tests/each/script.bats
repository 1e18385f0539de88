# sipcgi-each: whatever a script does, its peer gets an answer, and the log
# says what the script did.
#
# Runs early: it takes long.

load each

@test "a status line and a Contact are a whole script" {
	answerer <<-'END'
		printf 'SIP/2.0 302 Moved\nContact: <sip:b@192.0.2.9>\n\n'
	END
	peer <<-'END'
	with datagrams() as p:
	    p.send(request('INVITE', fields=['Via: SIP/2.0/UDP b.example']))
	    r = p.receive()
	    assert r.line == 'SIP/2.0 302 Moved', r
	    assert r.all('Via')[0].endswith(
	        ';rport=%d;received=127.0.0.1' % p.port), r
	    assert r.all('Via')[1] == 'SIP/2.0/UDP b.example', r
	    assert ';tag=' in r.one('To') and r.one('CSeq') == '1 INVITE', r
	    assert r.one('Contact') == '<sip:b@192.0.2.9>', r
	    assert r.one('Content-Length') == '0', r
	    done = p.done()[0]
	    assert done['status'] == '302' and done['by'] == 'script', done
	END
}

@test "a complete answer passes octet for octet" {
	answerer <<-'END'
		printf 'SIP/2.0 200 OK\r\nv: %s\r\nf: %s\r\nt: %s;tag=q\r\n' \
		    "$SIP_VIA" "$SIP_FROM" "$SIP_TO"
		printf 'i: %s\r\nCSeq: %s\r\nX-Odd:   a  \r\n' \
		    "$SIP_CALL_ID" "$SIP_CSEQ"
		printf 'c: text/plain\r\nl: 4\r\n\r\na\nb\n'
	END
	peer <<-'END'
	with stream() as p:
	    p.send(request(transport='TCP'))
	    while b'a\nb\n' not in p.buffer:
	        assert p.more()
	    assert b'\r\nX-Odd:   a  \r\nc: text/plain\r\nl: 4\r\n\r\na\nb\n' \
	        in p.buffer, p.buffer
	    assert p.buffer.count(b'Via') == 0 and p.buffer.count(b'v:') == 1
	    assert b'Content-Length' not in p.buffer, p.buffer
	END
}

# What a script does, and how the done line tells it: an answer of 500 with
# these words.
bad()
{
	cat >bad.py <<-END
	with datagrams() as p:
	    p.send(request())
	    r = p.receive()
	    assert r.status == 500, r
	    done = p.done()[0]
	    for word in '''$*'''.split():
	        assert word in p.line('done'), p.log()
	    assert done['by'] == 'each' and done['status'] == '500', done
	    p.send(request())
	    assert p.receive().status == 500
	END
	peer <bad.py
}

# bats test_tags=P31
@test "a script that crashes: 500, and the signal" {
	answerer <<-'END'
		kill -SEGV $$
	END
	bad why=no-answer signal=11
}

@test "a script that prints nothing: 500, and the exit status" {
	answerer <<-'END'
		exit 3
	END
	bad why=no-answer exit=3
}

# bats test_tags=P31
@test "a script that prints garbage: 500" {
	answerer <<-'END'
		echo 'Hello, world'
		echo
	END
	bad why=bad-answer detail=
}

@test "a script that prints half an answer: 500" {
	answerer <<-'END'
		printf 'SIP/2.0 200 OK\nContact: <si'
	END
	bad why=bad-answer exit=0
}

@test "a script that prints less of a body than it says: 500" {
	answerer <<-'END'
		printf 'SIP/2.0 200 OK\nContent-Type: a/b\nContent-Length: 5\n\nabc'
	END
	bad why=bad-answer
}

@test "a script that prints 1 MiB: 500" {
	answerer <<-'END'
		printf 'SIP/2.0 200 OK\nContent-Type: a/b\n\n'
		head -c 1048576 /dev/zero
	END
	bad why=bad-answer
	peer <<-'END'
	with stream() as p:
	    p.send(request(transport='TCP'))
	    assert p.receive().status == 500
	END
}

@test "an answer that is too large for a datagram: 500 over UDP, sent over TCP" {
	answerer <<-'END'
		printf 'SIP/2.0 200 OK\nContent-Type: a/b\n\n'
		head -c 70000 /dev/zero
	END
	bad why=bad-answer
	peer <<-'END'
	with stream() as p:
	    p.send(request(transport='TCP'))
	    r = p.receive()
	    assert r.status == 200 and r.body == bytes(70000), r.line
	END
}

# bats test_tags=P31
@test "an answer to another request: 500" {
	answerer <<-'END'
		printf 'SIP/2.0 200 OK\nCall-ID: other\n\n'
	END
	bad why=bad-answer
}

@test "a command for a proxy: 500" {
	answerer <<-'END'
		printf 'CGI-PROXY-REQUEST sip:b@192.0.2.9 SIP/2.0\n\n'
	END
	bad why=bad-answer
}

@test "of two final answers the first counts" {
	answerer <<-'END'
		printf 'SIP/2.0 404 Not Found\n\n\n\nSIP/2.0 200 OK\n\n'
	END
	peer <<-'END'
	with stream() as p:
	    p.send(request(transport='TCP'))
	    assert p.receive().status == 404
	    p.half_close()
	    assert p.ends() and p.wait() == 0
	    assert p.done()[0]['status'] == '404'
	END
}

@test "a provisional answer is sent at once, and then the final one" {
	answerer <<-'END'
		printf 'SIP/2.0 180 Ringing\n\n'
		until [ -e go ]; do sleep 0.02; done
		printf 'SIP/2.0 486 Busy Here\n\n'
	END
	peer <<-'END'
	with datagrams() as p:
	    p.send(request('INVITE'))
	    r = p.receive()
	    assert r.status == 180, r
	    open('go', 'w').close()
	    s = p.receive()
	    assert s.status == 486 and s.one('To') == r.one('To'), s
	END
}

@test "a provisional answer to another method than INVITE is dropped" {
	answerer <<-'END'
		printf 'SIP/2.0 180 Ringing\n\nSIP/2.0 200 OK\n\n'
	END
	peer <<-'END'
	with datagrams() as p:
	    p.send(request('OPTIONS'))
	    assert p.receive().status == 200
	    assert p.silent()
	END
}

@test "an INVITE to a slow script gets 100 Trying, once, with its Timestamp" {
	answerer <<-'END'
		until [ -e go ]; do sleep 0.02; done
		printf 'SIP/2.0 486 Busy Here\n\n'
	END
	peer <<-'END'
	with datagrams() as p:
	    p.send(request('INVITE', fields=['Timestamp: 54']))
	    r = p.receive()
	    assert r.status == 100 and r.one('Timestamp') == '54', r
	    assert ';tag=' not in r.one('To'), r
	    assert p.silent()
	    open('go', 'w').close()
	    assert p.receive().status == 486
	END
}

# bats test_tags=P31
@test "a script that hangs: 504, TERM, and KILL when it ignores that" {
	answerer <<-'END'
		trap 'echo term >>term' TERM
		while :; do sleep 60 & wait; done
	END
	peer <<-'END'
	with datagrams('-T', '1') as p:
	    p.send(request())
	    r = p.receive()
	    assert r.status == 504 and not p.lines('done'), r
	    done = p.done()[0]
	    assert done['why'] == 'script-timeout' and done['status'] == '504', done
	    assert done['signal'] == '9' and done['by'] == 'each', done
	    assert text('term') == 'term\n'
	END
}

# bats test_tags=P30
@test "children that hold the pipe are killed, and waited for by nobody" {
	answerer <<-'END'
		sleep 100 &
		echo $! >child
		printf 'SIP/2.0 200 OK\nContent-Type: text/plain\n\nhello'
	END
	peer <<-'END'
	def gone(pid):
	    try:
	        stat = open('/proc/%d/stat' % pid).read()
	    except FileNotFoundError:
	        return True
	    return stat.rsplit(')', 1)[1].split()[0] in 'ZX'

	with datagrams() as p:
	    p.send(request())
	    r = p.receive()
	    assert r.status == 200 and r.body == b'hello', r
	    p.done()
	    p.until(lambda: gone(int(text('child'))))
	END
}

@test "a child that calls setsid outlives its script" {
	answerer <<-'END'
		setsid sh -c 'echo $$ >child; until [ -e go ]; do sleep 0.02; done
		    echo yes >late' >/dev/null &
		printf 'SIP/2.0 200 OK\n\n'
		until [ -s child ]; do sleep 0.02; done
	END
	peer <<-'END'
	with datagrams() as p:
	    p.send(request())
	    assert p.receive().status == 200
	    p.done()
	    open('go', 'w').close()
	    p.until(lambda: exists('late'))
	END
}

@test "output after the final answer is read, so that the script can end" {
	answerer <<-'END'
		printf 'SIP/2.0 200 OK\n\n'
		head -c 1000000 /dev/zero
		echo all >all
	END
	peer <<-'END'
	with datagrams() as p:
	    p.send(request())
	    assert p.receive().status == 200
	    assert p.done()[0]['exit'] == '0' and exists('all')
	END
}

@test "what a script writes to stderr reaches the log, not the peer" {
	answerer <<-'END'
		echo complaint >&2
		printf 'SIP/2.0 200 OK\n\n'
	END
	peer <<-'END'
	with stream() as p:
	    p.send(request(transport='TCP'))
	    p.receive()
	    p.half_close()
	    assert p.ends()
	    p.until(lambda: 'complaint' in p.log())
	END
}

@test "PROGRAM that does not read its stdin, or is not a handler, answers too" {
	printf '#!/bin/sh\nprintf "SIP/2.0 200 OK\\n\\n"\n' >plain
	chmod 755 plain
	peer <<-'END'
	with stream(program=['./plain']) as p:
	    p.send(request(transport='TCP', body=b'x' * 100000))
	    assert p.receive().status == 200
	END
}

# bats test_tags=P30
@test "no descriptor but 0 to 2 reaches PROGRAM, nor a signal or group of ours" {
	# A shell would put its signals in order.
	cat >program <<-'END'
		#!/usr/bin/python3 -IS
		import os
		descriptors = sorted(os.listdir('/proc/self/fd'))
		with open('/proc/self/status') as status:
		    masks = [line for line in status
		             if line.startswith(('SigBlk', 'SigIgn'))]
		with open('world', 'w') as world:
		    # The last one is the directory's own; Python ignores SIGPIPE
		    # and SIGXFSZ itself.
		    print(*descriptors[:-1], file=world)
		    print(*[int(mask.split()[1], 16) & 0x7fffffff &
		            ~(1 << 12 | 1 << 24) for mask in masks], file=world)
		    print(os.getpgid(0) == os.getpid(), file=world)
		print('SIP/2.0 200 OK\n')
	END
	cat >signals <<-'END'
		#!/bin/sh
		sed -n '/^SigIgn/p' /proc/self/status >ignored
		printf 'SIP/2.0 200 OK\n\n'
	END
	chmod 755 program signals
	peer <<-'END'
	extra = os.open('/dev/null', os.O_RDONLY)
	for to in stream, datagrams:
	    with to(program=['./program'], pass_fds=[extra]) as p:
	        p.send(request(transport='TCP'))
	        assert p.receive().status == 200
	        assert text('world') == '0 1 2\n0 0\nTrue\n', text('world')
	    with to(program=['./signals']) as p:
	        p.send(request(transport='TCP'))
	        assert p.receive().status == 200
	        ignored = int(text('ignored').split()[1], 16)
	        assert ignored & 0x7fffffff == 0, text('ignored')
	END
}

# bats test_tags=P31
@test "a script that leaves its process group is ended in time all the same" {
	script default.cgi <<-'END'
		#!/usr/bin/python3 -IS
		import os
		import time
		child = os.fork()
		while True:
		    try:
		        os.setpgid(0, 0 if child == 0 else child)
		        break
		    except OSError:
		        time.sleep(0.01)
		time.sleep(5)
	END
	peer <<-'END'
	with stream('-T', '1') as p:
	    p.send(request(transport='TCP'))
	    assert p.receive().status == 504
	    assert p.done()[0]['signal'] in ('9', '15')
	END
}

@test "the handler's line names the script or the directory that is at fault" {
	answerer <<-'END'
		printf 'SIP/2.0 200 OK\n\n'
	END
	echo >"$DIR/bob@example.com"
	peer <<-'END'
	with datagrams() as p:
	    def ask(event, *words):
	        p.send(request())
	        p.receive()
	        line = p.until(lambda: [line for line in p.lines(event) if all(
	            word in line.split() for word in words)])[-1]
	        assert 'call-id=' in line, line
	    ask('exec', 'script=default.cgi', 'skipped=bob@example.com',
	        'skipped-why=not-executable')
	    os.unlink(DIR + '/bob@example.com')
	    os.chmod(DIR + '/default.cgi', 0o757)
	    ask('error', 'why=script-writable', 'script=default.cgi')
	    os.unlink(DIR + '/default.cgi')
	    ask('error', 'why=no-script', 'directory=' + DIR)
	    os.chmod(DIR, 0o757)
	    ask('error', 'why=directory-writable', 'directory=' + DIR)
	    os.chmod(DIR, 0o755)
	END
}
