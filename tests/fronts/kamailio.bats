#!/usr/bin/env bats
# Kamailio with examples/front/kamailio, in front of sipcgi-each on two hosts:
# what it passes on, what it stops, and where calls go.

load kamailio

setup_file()
{
	local n

	hosts_up
	for n in 8 9; do
		ip -n "$FRONTS-peer" addr add "192.0.2.$n/24" dev eth0
	done
	kamailio_install kamailio
	# In memory: a disk that is busy makes the registrar wait for seconds.
	export STATE_DIRECTORY=/run/$FRONTS
	mkdir "$STATE_DIRECTORY"
	scripts
	each_start one
	each_start two
	kamailio_start one two
}

teardown_file()
{
	hosts_down
}

setup()
{
	cd "$BATS_TEST_TMPDIR" || return
	export DIR=$SCRIPTS LOG=$BATS_FILE_TMPDIR/one.log
}

# default.cgi tells what it hears of the caller; phones.example is a domain
# of the examples, with the users bob and carol.
scripts()
{
	local example

	for example in domain registrar locate; do
		sed "s|^import sipcgi$|import sys; sys.path.insert(0, '$TOP/lib'); &|" \
		    "$TOP/examples/$example" >"$SCRIPTS/$example"
		chmod 755 "$SCRIPTS/$example"
	done
	mv "$SCRIPTS/domain" "$SCRIPTS/@phones.example"
	"$SCRIPTS/registrar" add bob@phones.example <<<secret
	"$SCRIPTS/registrar" add carol@phones.example <<<secret
	script default.cgi <<-'END'
		printf 'SIP/2.0 302 Moved\nContact: <sip:b@192.0.2.9>\n'
		printf 'X-Heard: %s\nX-Host: %s\n\n' "$SIP_X_SOURCE" "$HOST"
	END
	script broken@example.com <<-'END'
		[ "$HOST" = two ] || kill -SEGV $$
		printf 'SIP/2.0 302 Moved\nX-Host: %s\nX-Heard: %s\n\n' \
		    "$HOST" "$SIP_X_SOURCE"
	END
	script @moved.example <<-END
		printf 'SIP/2.0 302 Moved\nContact: <sip:%s@192.0.2.9>\n\n' \
		    "\$SIPCGI_USER"
	END
	script slow@example.com <<-'END'
		echo "$HOST" >>"$STATE_DIRECTORY/slow"
		sleep 2
		printf 'SIP/2.0 480 Later\n\n'
	END
}

# A script of the lines on standard input under the name $1.
script()
{
	(echo '#!/bin/sh' && cat) >"$SCRIPTS/$1"
	chmod 755 "$SCRIPTS/$1"
}

# Be the caller that standard input tells, in Python: see caller.py.
caller()
{
	PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$TOP/tests/fronts:$TOP/tests/each \
	    on peer timeout 120 python3 -c "from caller import *
$(cat)" || {
		tail -n 20 "$BATS_FILE_TMPDIR"/*.out
		return 1
	}
}

@test "a script learns who calls, over UDP, TCP and TLS, and by no other's word" {
	caller <<-'END'
		for transport in 'udp', 'tcp', 'tls':
		    c = Caller(transport)
		    truth = '%s;transport=%s' % (
		        c.address.replace(':', ';port='), transport)
		    for lie in ('X-Source: 1.2.3.4', 'x-source:1.2.3.4',
		                'X-SOURCE : 1.2.3.4', 'X-Source:\r\n 1.2.3.4',
		                'X-Source: 1.2.3.4\r\nX-Source: 1.2.3.5'):
		        answer = c.final(fields=['Subject: x', lie])
		        assert answer.status == 302, answer
		        assert answer.one('X-Heard') == truth, (lie, answer)
		    assert c.final('MESSAGE').one('X-Heard') == truth
	END
}

@test "calls are shared out among the hosts" {
	caller <<-'END'
		c = Caller()
		hosts = {c.final().one('X-Host') for _ in range(4)}
		assert hosts == {'one', 'two'}, hosts
	END
}

@test "a script that crashes on one host is asked on the other" {
	caller <<-'END'
		c = Caller()
		for _ in range(4):
		    answer = c.final(uri='sip:broken@example.com')
		    assert answer.one('X-Host') == 'two', answer
		    assert answer.one('X-Heard').startswith('192.0.2.7;'), answer
	END
}

# Unless the machine itself stops for as long as Kamailio waits: so it may try
# again.
@test "a script that takes two seconds runs once" {
	for _ in 1 2 3; do
		rm -f "$STATE_DIRECTORY/slow"
		caller <<-'END'
			for method in 'INVITE', 'MESSAGE':
			    answer = Caller().final(method, uri='sip:slow@example.com')
			    assert answer.status == 480, answer
		END
		[ "$(wc -l <"$STATE_DIRECTORY/slow")" -gt 2 ] || return 0
	done
	false
}

@test "a call outlasts a moment in which no host answers" {
	local before call status=0

	before=$(timeouts)
	host_hang one
	host_hang two
	caller <<<'assert Caller().final().status == 302' &
	call=$!
	wait_until has_timeouts $((before + 2)) || status=1
	host_wake one
	host_wake two
	wait "$call"
	[ "$status" -eq 0 ]
	WAIT_BOUND=60 wait_until both_serve
}

@test "a call ends where no host answers" {
	local before status=0

	before=$(timeouts)
	host_hang one
	host_hang two
	caller <<<'assert Caller().final().status == 408' || status=1
	host_wake one
	host_wake two
	[ "$status" -eq 0 ]
	[ "$(timeouts)" -eq $((before + 3)) ]
	WAIT_BOUND=60 wait_until both_serve
}

# Kamailio has found the hosts again.
both_serve()
{
	caller <<-'END' >/dev/null 2>&1
		c = Caller()
		answers = [c.final() for _ in range(2)]
		assert {a.one('X-Host') for a in answers} == {'one', 'two'}
	END
}

# How often a host was given up for an INVITE.
timeouts()
{
	grep -c '408 from .* for INVITE' "$BATS_FILE_TMPDIR/front.out" || :
}

has_timeouts()
{
	[ "$(timeouts)" -ge "$1" ]
}

@test "a flood from one address is dropped, and nobody else's calls" {
	caller <<-'END'
		flood, other = Caller(source='192.0.2.8'), Caller(source='192.0.2.9')
		for _ in range(400):
		    flood.send('OPTIONS')
		assert other.final().status == 302
		answers = 0
		while flood.receive(bound=3):
		    answers += 1
		assert 0 < answers < 200, answers
		# It is heard again, once it has been quiet.
		end = time.monotonic() + BOUND
		while not flood.receive(bound=3):
		    assert time.monotonic() < end
		    flood.send('OPTIONS')
	END
}

@test "a peer in address.list may send any number of calls" {
	caller <<-'END'
		c = Caller()
		assert all(c.final('OPTIONS').status == 302 for _ in range(200))
	END
}

@test "Kamailio is no relay for strangers" {
	caller <<-'END'
		victim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		victim.bind(('192.0.2.9', 0))
		where = '%s:%d' % victim.getsockname()
		alias = '192.0.2.9~%d~1' % victim.getsockname()[1]
		c = Caller()
		for more in (
		        dict(uri='sip:' + where),
		        dict(uri='sip:bob@192.0.2.1;alias=' + alias),
		        dict(fields=['Route: <sip:%s;lr>' % where]),
		        dict(fields=['Route: <sip:192.0.2.1;lr>, <sip:%s;lr>' % where])):
		    answer = c.final(**more)
		    assert answer.one('X-Heard'), answer
		# A user that looks like the end of a phone's address, and comes
		# back in a redirection: that is for the caller.
		answer = c.final(uri='sip:b;alias=' + alias + '@moved.example')
		assert answer.status == 302, answer
		# As if within a call, which another has the key of.
		for key in '', ';key=', ';key=d41d8cd98f00b204e9800998ecf8427e':
		    for uri in 'sip:' + where, 'sip:b@192.0.2.1;alias=' + alias:
		        answer = c.final(
		            'BYE', uri, to='<sip:bob@example.com>;tag=1',
		            fields=['Route: <sip:192.0.2.1;lr%s>' % key])
		        assert answer.status == 403, answer
		# An address of another's to be called at.
		for contact in ('<sip:b@x;alias=%s>' % alias,
		                '<sip:b@x>, <sip:b@y;alias=%s>' % alias,
		                '<sip:b@x>\r\nm: <sip:b@y;ALIAS=%s>' % alias):
		    answer = c.final('REGISTER', fields=['Contact: ' + contact])
		    assert answer.status == 400, answer
		victim.settimeout(0.5)
		try:
		    raise AssertionError(victim.recv(65536))
		except socket.timeout:
		    pass
	END
}

# ---- WebSocket

# A phone at URL $1 that registers user $2; with $3 it calls that. It takes the
# place of this shell.
browser()
{
	NODE_PATH=/usr/share/nodejs exec ip netns exec "$FRONTS-peer" \
	    timeout 120 node "$BATS_TEST_DIRNAME/websocket.js" "$@" 3>&-
}

# The same in the background, registered. What it says goes to the file
# said.$2.
browser_start()
{
	browser "$1" "$2" >"said.$2" 2>&1 &
	BROWSER=$!
	WAIT_BOUND=60 wait_until has_said "$2" registered || {
		cat "said.$2" "$BATS_FILE_TMPDIR"/*.out
		return 1
	}
}

has_said()
{
	grep -qx "$2" "said.$1"
}

# All that the phone of user $1 has said is the words that follow. ACK, BYE and
# what else comes by different ways may overtake each other.
said()
{
	diff <(printf '%s\n' "${@:2}" | sort) <(sort "said.$1")
}

@test "a phone on a WebSocket is called by Kamailio itself" {
	browser_start ws://192.0.2.1:8080 bob
	caller <<-'END'
		c = Caller()
		invite = c.send('INVITE', 'sip:bob@phones.example',
		                fields=['Contact: <sip:alice@%s>' % c.address])
		while True:
		    answer = c.receive()
		    if answer.status >= 200:
		        break
		assert answer.status == 200, answer
		assert 'transport=ws' in answer.one('Contact'), answer
		more = dict(uri=answer.one('Contact').strip('<>'),
		            to=answer.one('To'),
		            call_id=answer.one('Call-ID'),
		            fields=['Route: ' + route for route in
		                    reversed(answer.all('Record-Route'))])
		c.send('ACK', **more)
		c.send('BYE', cseq=2, **more)
		bye = c.receive()
		assert bye.status == 200, bye
		text = c.final('MESSAGE', 'sip:bob@phones.example')
		assert text.status == 200, text
	END
	WAIT_BOUND=60 wait_until has_said bob BYE
	WAIT_BOUND=60 wait_until has_said bob MESSAGE
	stop "$BROWSER"
	said bob registered acknowledged BYE MESSAGE
}

@test "a call to a WebSocket that nobody takes is cancelled there" {
	browser_start ws://192.0.2.1:8080 bob
	caller <<-'END'
		c = Caller()
		invite = c.send('INVITE', 'sip:bob@phones.example',
		                fields=['Subject: ring'])
		while c.receive().status != 180:
		    pass
		c.socket.send(varied(invite, 'CANCEL'))
		answers = {c.receive().status, c.receive().status}
		assert answers == {200, 487}, answers
	END
	WAIT_BOUND=60 wait_until has_said bob cancelled
	stop "$BROWSER"
}

@test "phones that have left without a word keep no other from ringing" {
	for _ in 1 2 3 4; do
		browser_start ws://192.0.2.1:8080 bob
		stop "$BROWSER"
	done
	caller <<-'END'
		answer = Caller().final(uri='sip:bob@phones.example')
		# 408 where Kamailio had yet to learn that they are gone.
		assert answer.status in (480, 408), answer
	END
	browser_start ws://192.0.2.1:8080 bob
	caller <<-'END'
		answer = Caller().final(uri='sip:bob@phones.example')
		assert answer.status == 200, answer
	END
	stop "$BROWSER"
}

@test "a phone on a WebSocket calls another, with TLS" {
	browser_start wss://192.0.2.1:8443 bob
	(browser wss://192.0.2.1:8443 carol sip:bob@phones.example) >said.carol
	stop "$BROWSER"
	said carol registered answered ended
	said bob registered acknowledged BYE
}
