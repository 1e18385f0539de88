# sipcgi-each -P: the PROXY header, as haproxy and others send it, and what
# others could send. Its grammar is in unit/proxy.sh.
# Runs early: it waits for headers that do not come.

load each

# A peer that begins with `header`, and asks who it is.
from_proxy()
{
	cp "$PROBE" "$DIR/default.cgi"
	{
		cat <<-'END'
		import select
		import struct
		V2 = b'\r\n\r\n\0\r\nQUIT\n'
		def v2(command, family, addresses, tlvs=b''):
		    return V2 + struct.pack('>BBH', 0x20 | command, family,
		                            len(addresses + tlvs)) + addresses + tlvs
		def seen(header, split=False, *more):
		    with stream('-P', *more) as p:
		        for i in range(len(header) if split else 0):
		            p.send(header[i:i + 1])
		        p.send((b'' if split else header) + request(transport='TCP'))
		        r = p.receive()
		        assert r.status == 200, r
		        env = dict(e.split('=', 1) for e in
		                   text(DIR + '/probe.env').split('\0') if e)
		        return (env['REMOTE_ADDR'], env['REMOTE_PORT'],
		                env['SERVER_NAME'], env['SERVER_PORT'], p, r)
		def is_dropped(p, octets):
		    """Nobody reads on after them: more of them gets a reset."""
		    try:
		        p.send(octets)
		        while p.more():
		            pass
		        p.send(b'x')
		    except ConnectionError:
		        return p.buffer == b''
		    end = select.poll()
		    end.register(p.socket, 0)
		    return p.buffer == b'' and end.poll(BOUND * 1000) != []
		def refused(octets, *more, wait=False):
		    with stream('-P', *more) as p:
		        assert is_dropped(p, octets + request(transport='TCP') *
		                          (0 if wait else 1))
		        assert p.wait() == 0
		        assert 'why=bad-proxy-header' in p.log()[-1], p.log()
		        assert len(p.log()) == 1 and not exists(DIR + '/probe.env')
		        os.truncate(LOG, 0)
		END
		cat
	} | peer
}

@test "version 1: its addresses are the peer's and ours" {
	from_proxy <<-'END'
	head = b'PROXY TCP4 192.0.2.7 198.51.100.1 40112 5061\r\n'
	for split in False, True:
	    r = seen(head, split)
	    assert r[:4] == ('192.0.2.7', '40112', '198.51.100.1', '5061'), r
	    assert r[5].one('Via').endswith('received=192.0.2.7'), r
	    assert 'peer=192.0.2.7:40112' in r[4].log()[0], r[4].log()
	r = seen(b'PROXY TCP6 2001:db8::7 2001:db8::1 40112 5061\r\n')
	assert r[:4] == ('2001:db8::7', '40112', '2001:db8::1', '5061'), r
	END
}

@test "version 2: the same, TLVs are passed over" {
	from_proxy <<-'END'
	four = bytes([192, 0, 2, 7, 198, 51, 100, 1]) + struct.pack('>HH', 40112, 5061)
	for tlvs in b'', b'\x02\0\x03abc':
	    for split in False, True:
	        r = seen(v2(1, 0x11, four, tlvs), split)
	        assert r[:4] == ('192.0.2.7', '40112', '198.51.100.1', '5061'), r
	END
}

# What it claims is part of it, as far as it goes.
@test "version 2, lengths that lie: no script runs by them" {
	from_proxy <<-'END'
	four = bytes([192, 0, 2, 7, 198, 51, 100, 1]) + struct.pack('>HH', 40112, 5061)
	def lying(family, n):
	    return V2 + struct.pack('>BBH', 0x21, family, n)
	# Too short for its addresses, and longer than any header may be.
	for family, n in (0x11, 0), (0x11, 11), (0x21, 12), (0x21, 35), \
	    (0x11, 4081), (0, 65535):
	    refused(lying(family, n) + four)
	# As long as it may be; and one that never comes.
	r = seen(v2(1, 0x11, four, bytes(4080 - 12)))
	assert r[0] == '192.0.2.7', r
	os.truncate(LOG, 0)
	os.remove(DIR + '/probe.env')
	refused(lying(0x11, 4080) + four, wait=True)
	# The message is one of its TLVs, and nothing follows.
	message = request(transport='TCP')
	with stream('-P', '-t', '1') as p:
	    p.send(lying(0x11, 12 + len(message)) + four + message)
	    assert p.ends() and p.wait() == 0
	    assert p.log() == [] and not exists(DIR + '/probe.env'), p.log()
	END
}

# Each octet within the time that one may take, all of them not.
@test "a header that comes octet by octet comes too late" {
	from_proxy <<-'END'
	with stream('-P') as p:
	    try:
	        for octet in b'PROXY TCP4 192.0.2.7 198.51.100.1 40112 5061\r\n':
	            p.send(bytes([octet]))
	            time.sleep(0.3)
	        raise AssertionError('all of it was taken')
	    except OSError:
	        pass
	    assert p.wait() == 0
	    assert 'why=bad-proxy-header' in p.log()[-1], p.log()
	END
}

@test "LOCAL and UNKNOWN: the socket's addresses; LOCAL and EOF is logged, info" {
	from_proxy <<-'END'
	for head in b'PROXY UNKNOWN\r\n', v2(0, 0, b''):
	    r = seen(head)
	    assert r[0] == '127.0.0.1' == r[2], r
	os.truncate(LOG, 0)
	with stream('-P') as p:
	    p.send(v2(0, 0, b''))
	    p.half_close()
	    assert p.ends() and p.wait() == 0
	    assert 'why=peer-gone' in p.line('discard'), p.log()
	END
}

# bats test_tags=P34
@test "missing, malformed, too long, too late: closed at once, with one log line" {
	from_proxy <<-'END'
	refused(b'')
	refused(b'PROXY TCP4 192.0.2.7 198.51.100.1 40112\r\n')
	refused(b'PROXY TCP4 192.0.2.7 198.51.100.1 40112 70000\r\n')
	refused(b'PROXY TCP4 192.0.2.7' + b' ' * 200 + b'\r\n')
	refused(V2 + b'\x31\x11\0\x0c' + bytes(12))
	refused(V2 + b'\x21\x11\xff\xff' + bytes(70000))
	refused(b'PROXY TCP4', wait=True)
	END
}

# bats test_tags=P34
@test "without -P a PROXY header is a message in fault" {
	cp "$PROBE" "$DIR/default.cgi"
	peer <<-'END'
	with stream() as p:
	    p.send(b'PROXY TCP4 192.0.2.7 198.51.100.1 40112 5061\r\n' +
	           request(transport='TCP'))
	    assert p.receive().status == 400
	    assert p.ends() and not exists(DIR + '/probe.env')
	END
}
