#!/usr/bin/env bats
# sip-cgi-each.socket and sip-cgi-udp.socket, as installed, under a real
# systemd: connections that are kept, and UDP.
# Runs alone.
#
# What is quoted is for a shell in the box:
# shellcheck disable=SC2016

bats_require_minimum_version 1.5.0
load system

setup_file() { system_start; }
teardown_file() { system_stop; }

teardown() { units_reset; }

# Python in the box, with the requests of tests/each/peer.py; `tcp` and `udp`
# make a client's socket.
peer()
{
	inside env PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$TOP/tests/each" \
	    EACH= HANDLER= DIR= LOG= timeout 60 python3 -c "
from peer import *
def client(kind, host):
    s = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, kind)
    s.settimeout(BOUND)
    s.connect((host, 5060))
    return s
def tcp(host='127.0.0.1'):
    return client(socket.SOCK_STREAM, host)
def udp(host='127.0.0.1'):
    return client(socket.SOCK_DGRAM, host)
def ask(s, user='ok', **more):
    s.send(request(uri='sip:%s@box' % user, **more))
    return Response(s.recv(65536))
$(cat)"
}

connections()
{
	inside systemctl list-units --no-legend --plain --state=running \
	    'sip-cgi-each@*.service' | wc -l
}

@test "kept connections: many requests, over IPv4 and IPv6, by one unit for each" {
	inside systemctl start sip-cgi-each.socket
	peer <<-'END'
	for host in '127.0.0.1', '::1':
	    s = tcp(host)
	    for i in range(5):
	        r = ask(s, transport='TCP')
	        assert r.line == 'SIP/2.0 200 OK from %s as sip-cgi' % host, r
	END
	wait_until eval '[ "$(connections)" -eq 0 ]'
	[ -z "$(inside systemctl --failed --no-legend)" ]
}

@test "UDP: IPv4 and IPv6, by one process for all" {
	inside systemctl start sip-cgi-udp.socket
	peer <<-'END'
	for host in '127.0.0.1', '::1':
	    for i in range(5):
	        r = ask(udp(host))
	        assert r.line == 'SIP/2.0 200 OK from %s as sip-cgi' % host, r
	END
	[ "$(inside pgrep -c -x sipcgi-each)" -eq 1 ]
}

@test "UDP goes along with TCP; the units for TCP take each other's place" {
	inside systemctl start sip-cgi-udp.socket sip-cgi.socket
	check_served
	inside systemctl start sip-cgi-each.socket
	run ! inside systemctl is-active sip-cgi.socket
	inside systemctl is-active sip-cgi-udp.socket
	peer <<-'END'
	assert ask(tcp(), transport='TCP').status == ask(udp()).status == 200
	END
	inside systemctl start sip-cgi.socket
	run ! inside systemctl is-active sip-cgi-each.socket
	check_served
}

@test "stopping the services lets a running script finish, and ends one that hangs" {
	# A /tmp of its own is part of the hardening.
	sh_inside 'sed "s|/tmp/|/var/lib/sip-cgi/|" "$1/slow@box" >"$1/wait@box"
	    chmod 755 "$1/wait@box"' - "$SCRIPTS"
	inside systemctl start sip-cgi-udp.socket sip-cgi-each.socket
	peer >"$SHARED/asked" 3>&- <<-'END' &
	s, u = tcp(), udp()
	s.send(request(uri='sip:wait@box', transport='TCP'))
	u.send(request(uri='sip:wait@box'))
	u.send(request(uri='sip:hang@box'))
	got = [Response(s.recv(65536)), Response(u.recv(65536))]
	assert [r.status for r in got] == [200, 200], got
	END
	asking=$!
	wait_until eval '[ "$(inside pgrep -c -u sip-cgi @box)" -ge 3 ]'
	inside systemctl stop --no-block 'sip-cgi-each@*.service' \
	    sip-cgi-udp.service sip-cgi-udp.socket
	inside touch /var/lib/sip-cgi/answer-now
	wait "$asking"
	wait_until eval '! inside pgrep -u sip-cgi'
}

# By the commands of its README.
# bats test_tags=P34
@test "the host of examples/front: callers are whom the PROXY header names" {
	sh_inside 'set -e
		cd /usr/local/share/doc/sipcgi-handler/examples/front/host
		sed -n "/^    /p" README | sh -ex'
	peer <<-'END'
	def proxied(header):
	    s = socket.create_connection(('127.0.0.1', 5070), BOUND)
	    s.send(header + request(uri='sip:ok@box', transport='TCP'))
	    return s.recv(65536).partition(b'\r\n')[0]
	header = b'PROXY TCP4 192.0.2.7 198.51.100.1 40112 5061\r\n'
	line = proxied(header)
	assert line == b'SIP/2.0 200 OK from 192.0.2.7 as sip-cgi', line
	assert proxied(b'') == b''
	END
	inside systemctl cat 'sip-cgi-front@.service' >unit
	grep -q '^# .*/sip-cgi-front@.service.d/hardened.conf$' unit
	grep -q '^# .*/sip-cgi-front@.service.d/proxy.conf$' unit
	# But for -P it runs what sip-cgi-each@.service does.
	exec_start <unit | sed 's/ -P / /' >front
	inside systemctl cat 'sip-cgi-each@.service' | exec_start | cmp - front
	# Nobody else reaches it.
	inside ip address add 198.51.100.3/32 dev lo
	peer <<-'END'
	try:
	    socket.create_connection(('198.51.100.3', 5070), BOUND)
	    raise AssertionError('connected')
	except ConnectionRefusedError:
	    pass
	END
	sh_inside 'systemctl disable --now sip-cgi-front.socket &&
	    rm -r /etc/systemd/system/sip-cgi-front* && systemctl daemon-reload'
}

# The last command of a unit, on one line.
exec_start()
{
	sed ':a; /\\$/ { N; s/\\\n *//; ba; }' | grep '^ExecStart=.' | tail -n 1
}

@test "what a script says on standard error, and how it ended, is in the journal" {
	inside systemctl start sip-cgi-udp.socket
	peer <<-END
	r = ask(udp(), 'fail', call_id='$CALL_ID')
	assert r.status == 500, r
	END
	wait_until is_failure_logged
	wait_until is_logged exec
	wait_until is_logged 'done' 'status=500 by=each'
}

# bats test_tags=P39
@test "four addresses that keep all they get leave places to others" {
	inside systemctl start sip-cgi-each.socket
	drop_in sip-cgi-each.socket Socket MaxConnections=32 \
	    MaxConnectionsPerSource=4
	inside systemctl restart sip-cgi-each.socket
	peer <<-'END'
	kept = []
	for n in range(1, 5):
	    for i in range(8):
	        s = socket.socket()
	        s.bind(('127.0.1.%d' % n, 0))
	        s.connect(('127.0.0.1', 5060))
	        s.send(b'OPTIONS ')
	        kept.append(s)
	end = time.monotonic() + BOUND
	for i in range(10):
	    assert ask(tcp(), transport='TCP').status == 200
	END
}
