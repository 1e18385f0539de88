# sipcgi-each: what it may be started with, and how it ends.

# What `run` sets, and each test is a subshell:
# shellcheck disable=SC2030,SC2031,SC2154

load each

@test "a listening socket on fd 0, or among LISTEN_FDS: 78, and named" {
	peer <<-'END'
	with socket.create_server(('127.0.0.1', 0)) as listener:
	    out = subprocess.run([EACH, '-l', 'stderr', 'true'], stdin=listener,
	                         capture_output=True, timeout=BOUND)
	    assert out.returncode == 78, out
	    assert b'why=listening-socket' in out.stderr, out
	    out = subprocess.run(
	        ['sh', '-c', 'LISTEN_PID=$$ LISTEN_FDS=1 exec "$@" 3<&0 </dev/null',
	         'sh', EACH, '-l', 'stderr', 'true'],
	        stdin=listener, capture_output=True, timeout=BOUND)
	    assert out.returncode == 78, out
	    assert b'why=listening-socket' in out.stderr, out
	END
}

@test "a stream on fd 0 wins, whatever LISTEN_FDS says" {
	cp "$PROBE" "$DIR/default.cgi"
	printf '#!/bin/sh\nLISTEN_PID=$$ LISTEN_FDS=1 exec "$@" 3<&0\n' >passing
	chmod 755 passing
	peer <<-'END'
	ours, theirs = socket.socketpair()
	process = subprocess.Popen(['./passing', EACH, '-l', 'none', HANDLER, '-d', DIR],
	                           stdin=theirs, stdout=theirs)
	ours.sendall(request(transport='TCP'))
	ours.shutdown(socket.SHUT_WR)
	theirs.close()
	ours.settimeout(BOUND)
	assert ours.recv(65536).startswith(b'SIP/2.0 200')
	assert process.wait(BOUND) == 0
	END
}

@test "PROGRAM that is not there: 78, named, and one datagram is dropped" {
	peer <<-'END'
	for program in './none', 'none-such-program', '/', './log':
	    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	    server.bind(('127.0.0.1', 0))
	    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	    client.sendto(request(), server.getsockname())
	    client.sendto(request(), server.getsockname())
	    out = subprocess.run([EACH, '-l', 'stderr', program], stdin=server,
	                         capture_output=True, timeout=BOUND)
	    assert out.returncode == 78, out
	    assert b'why=program-unusable errno=E' in out.stderr, out
	    server.setblocking(False)
	    server.recv(65536)
	    try:
	        server.recv(65536)
	        raise AssertionError('not dropped')
	    except BlockingIOError:
	        pass
	END
}

@test "PROGRAM is found by PATH" {
	mkdir bin
	printf '#!/bin/sh\nprintf "SIP/2.0 200 OK\\n\\n"\n' >bin/found
	chmod 755 bin/found
	export PATH=$PWD/bin:$PATH
	peer <<-'END'
	with stream(program=['found']) as p:
	    p.send(request(transport='TCP'))
	    assert p.receive().status == 200
	END
}

@test "bad usage: 64, one line that names the option; --help and --version" {
	local bad

	for bad in '' '-c 0 x' '-c 4097 x' '-c 1x x' '-p 0 x' '-t 0 x' '-T 0 x' \
	    '-T 86401 x' '-i -1 x' '-b 2G x' '-v loud x' '-l here x' '--none x' \
	    '-c'; do
		# shellcheck disable=SC2086
		run -64 --separate-stderr "$EACH" $bad </dev/null
		[ -z "$output" ] && [ "${#stderr_lines[@]}" -eq 1 ]
		[[ $stderr == "sipcgi-each: "* ]]
	done
	run -0 "$EACH" --version
	[[ $output == "sipcgi-each "* ]]
	run -0 "$EACH" --help
	[[ $output == *--per-source* ]]
}

@test "an option of PROGRAM is not ours" {
	peer <<-'END'
	with open('args', 'w') as f:
	    f.write('#!/bin/sh\nprintf "SIP/2.0 200 %s\\n\\n" "$*"\n')
	os.chmod('args', 0o755)
	with stream(program=['./args', '-h', '--no-such', '-c']) as p:
	    p.send(request(transport='TCP'))
	    assert p.receive().phrase == '-h --no-such -c'
	END
}

@test "-P with datagrams: 64" {
	peer <<-'END'
	server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	out = subprocess.run([EACH, '-P', 'true'], stdin=server,
	                     capture_output=True, timeout=BOUND)
	assert out.returncode == 64 and b'proxy-protocol' in out.stderr, out
	END
}

@test "a peer that has gone, and sockets of other kinds" {
	peer <<-'END'
	ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
	out = subprocess.run([EACH, '-l', 'stderr', 'true'], stdin=theirs,
	                     capture_output=True, timeout=BOUND)
	assert out.returncode == 78 and b'EAFNOSUPPORT' in out.stderr, out
	# A socket that was never connected is one that nobody accepted on.
	out = subprocess.run([EACH, '-l', 'stderr', 'true'],
	                     stdin=socket.socket(), capture_output=True,
	                     timeout=BOUND)
	assert out.returncode == 0, out
	assert out.stderr == b'discard why=peer-gone\n', out
	END
}

# inetd gives the connection as fd 2 too.
# bats test_tags=P30
@test "the connection is not PROGRAM's fd 2" {
	answerer <<-'END'
		echo complaint >&2
		readlink /proc/self/fd/2 >stderr
		printf 'SIP/2.0 200 OK\n\n'
	END
	peer <<-'END'
	for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
	    if kind == socket.SOCK_STREAM:
	        ours, theirs = socket.socketpair()
	    else:
	        theirs = socket.socket(socket.AF_INET, kind)
	        theirs.bind(('127.0.0.1', 0))
	        ours = socket.socket(socket.AF_INET, kind)
	        ours.connect(theirs.getsockname())
	    ours.settimeout(BOUND)
	    process = subprocess.Popen([EACH, HANDLER, '-d', DIR], stdin=theirs,
	                               stdout=theirs, stderr=theirs)
	    ours.send(request())
	    assert ours.recv(65536).startswith(b'SIP/2.0 200 OK')
	    process.terminate()
	    assert process.wait(BOUND) == 0
	    if kind == socket.SOCK_STREAM:
	        theirs.close()
	        assert ours.recv(100) == b''
	    link = text('stderr')
	    assert link == '/dev/null\n' or link.startswith('socket:'), link
	END
}

# Whoever listens at another socket would get lines meant for the journal, and
# PROGRAM would leave fields out of them.
@test "PROGRAM's JOURNAL_STREAM names fd 2 only where that is the journal" {
	printf '#!/bin/sh\nenv >env\nprintf "SIP/2.0 200 OK\\n\\n"\n' >program
	chmod 755 program
	peer <<-'END'
	ours, stderr = socket.socketpair()
	st = os.fstat(stderr.fileno())
	name = 'JOURNAL_STREAM=%d:%d' % (st.st_dev, st.st_ino)
	for said, expected in ((None, []), ('1:1', []),
	                       (name.partition('=')[2], [name])):
	    os.environ.pop('JOURNAL_STREAM', None)
	    if said is not None:
	        os.environ['JOURNAL_STREAM'] = said
	    out = subprocess.run([EACH, '-l', 'none', './program'],
	                         input=request(), stdout=subprocess.PIPE,
	                         stderr=stderr, timeout=BOUND)
	    assert out.stdout.startswith(b'SIP/2.0 200'), out
	    found = [line for line in text('env').splitlines()
	             if line.startswith('JOURNAL_STREAM')]
	    assert found == expected, (said, found)
	END
}

# Processes, descriptors and memory are what they were after one message.
# bats test_tags=P29
@test "nothing grows with the number of messages" {
	local n=800

	# Takes two minutes.
	# shellcheck disable=SC2034	# peer() reads it
	[ "${CHECK:-}" != all ] || n=100000 PEER_LIMIT=800
	printf '#!/bin/sh\nprintf "SIP/2.0 200 OK\\n\\n"\n' >program
	chmod 755 program
	N=$n peer <<-'END'
	def size(pid):
	    status = text('/proc/%d/status' % pid)
	    return (len(os.listdir('/proc/%d/fd' % pid)),
	            [l for l in status.splitlines() if l.startswith('VmSize')])
	def children(pid):
	    return text('/proc/%d/task/%d/children' % (pid, pid)).split()
	n = int(os.environ['N'])
	# Eight at a time on a connection; a datagram's source has a share only.
	for to, transport, count, window in ((stream, 'TCP', n, 8),
	                                     (datagrams, 'UDP', n // 10, 1)):
	    with to(program=['./program']) as p:
	        p.send(request(transport=transport))
	        assert p.receive().status == 200
	        p.until(lambda: not children(p.process.pid))
	        before = size(p.process.pid)
	        for i in range(count // window):
	            for j in range(window):
	                p.send(request(transport=transport))
	            for j in range(window):
	                assert p.receive().status == 200
	        p.until(lambda: not children(p.process.pid))
	        assert size(p.process.pid) == before
	END
}

@test "what fork, pipe and memfd refuse is a 500, and the service goes on" {
	answerer <<-'END'
		until [ -e go ]; do sleep 0.02; done
		printf 'SIP/2.0 200 OK\n\n'
	END
	cat >plain <<-'END'
		#!/bin/sh
		until [ -e go ]; do sleep 0.02; done
		printf 'SIP/2.0 200 OK\n\n'
	END
	chmod 755 plain
	peer <<-'END'
	import resource
	def few():
	    # 0 to 2, the signals', a pipe for each script; a shell needs 10.
	    resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))
	with stream(program=['./plain'], preexec_fn=few) as p:
	    for i in range(12):
	        p.send(request(transport='TCP'))
	    assert p.receive().status == 500
	    open('go', 'w').close()
	    while p.receive().status != 200:
	        pass
	    assert 'errno=EMFILE' in p.line('error'), p.log()
	    p.half_close()
	    while p.receive() is not None:
	        pass
	    assert p.wait() == 0
	END
}
