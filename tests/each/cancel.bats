# sipcgi-each: CANCEL (RFC 3261 9.2) and ACK (17.1.1.3, 13.2.2.4) at every
# moment, over UDP and on a connection.

load each

# An INVITE's script: it rings, and waits for a file `go`.
ringing()
{
	answerer <<-'END'
		trap 'echo term >>term; exit 1' TERM
		case $REQUEST_METHOD in
		INVITE) ;;
		*) printf 'SIP/2.0 200 %s\n\n' "$REQUEST_METHOD"; exit ;;
		esac
		[ "$SIPCGI_USER" = quiet ] ||
		    printf 'SIP/2.0 180 Ringing\nTo: %s;tag=mine\n\n' "$SIP_TO"
		i=0
		until [ -e go ] || [ $((i += 1)) -gt 1000 ]; do sleep 0.02; done
		printf 'SIP/2.0 486 Busy Here\nTo: %s;tag=mine\n\n' "$SIP_TO"
	END
}

# Each of these is done over UDP and on a connection: TRANSPORT and `to`, which
# opens one, are set.
both()
{
	cat >both.py
	for transport in UDP TCP; do
		rm -f runs go term
		: >"$LOG"
		{
			echo "TRANSPORT = '$transport'"
			echo "to = datagrams if TRANSPORT == 'UDP' else stream"
			cat both.py
		} | peer || return
	done
}

@test "a CANCEL while the script runs: 200, 487 at once, TERM to the script" {
	ringing
	both <<-'END'
	with to() as p:
	    invite = request('INVITE', transport=TRANSPORT)
	    p.send(invite)
	    ringing = p.receive()
	    assert ringing.status == 180
	    p.send(varied(invite, 'CANCEL'))
	    a, b = p.receive(), p.receive()
	    assert a.status == 200 and a.one('CSeq') == '1 CANCEL', a
	    assert b.status == 487 and b.one('CSeq') == '1 INVITE', b
	    # Of the dialog that the 180 began.
	    assert b.one('To') == ringing.one('To') == a.one('To'), (a, b)
	    p.send(varied(invite, 'ACK', b.one('To')))
	    d = p.done()[0]
	    assert d['status'] == '487' and d['by'] == 'each', d
	    assert exists('term') and runs() == 1
	END
}

@test "a CANCEL before the script has said anything: 487 with the computed tag" {
	ringing
	both <<-'END'
	with to() as p:
	    invite = request('INVITE', uri='sip:quiet@x', transport=TRANSPORT)
	    p.send(invite + varied(invite, 'CANCEL') if TRANSPORT == 'TCP'
	           else invite)
	    if TRANSPORT == 'UDP':
	        p.send(varied(invite, 'CANCEL'))
	    a, b = p.receive(), p.receive()
	    assert (a.status, b.status) == (200, 487), (a, b)
	    assert a.one('To') == b.one('To') and ';tag=' in a.one('To'), (a, b)
	END
}

@test "a script that ignores TERM after a CANCEL is killed, its output dropped" {
	answerer <<-'END'
		trap 'echo term >>term' TERM
		printf 'SIP/2.0 180 Ringing\n\n'
		until [ -e term ]; do sleep 0.02; done
		printf 'SIP/2.0 200 OK\n\n'
		while :; do sleep 60 & wait; done
	END
	both <<-'END'
	with to() as p:
	    invite = request('INVITE', transport=TRANSPORT)
	    p.send(invite)
	    p.receive()
	    p.send(varied(invite, 'CANCEL'))
	    a, b = p.receive(), p.receive()
	    assert (a.status, b.status) == (200, 487), (a, b)
	    p.send(varied(invite, 'ACK', b.one('To')))
	    d = p.done()[0]
	    assert d['signal'] == '9' and d['status'] == '487', d
	    if TRANSPORT == 'TCP':
	        p.half_close()
	        assert p.ends()
	    else:
	        assert p.silent()
	END
}

@test "a CANCEL of an answered INVITE, or of another method: 200, no effect" {
	ringing
	both <<-'END'
	with to() as p:
	    open('go', 'w').close()
	    invite = request('INVITE', uri='sip:quiet@x', transport=TRANSPORT)
	    p.send(invite)
	    last = p.receive()
	    assert last.status == 486
	    p.send(varied(invite, 'ACK', last.one('To')))
	    p.send(varied(invite, 'CANCEL'))
	    r = p.receive()
	    assert r.status == 200 and r.one('CSeq') == '1 CANCEL', r
	    other = request('OPTIONS', transport=TRANSPORT)
	    p.send(other)
	    assert p.receive().phrase == 'OPTIONS'
	    p.send(varied(other, 'CANCEL'))
	    # On a connection what is answered needs no memory of it.
	    assert p.receive().status == (200 if TRANSPORT == 'UDP' else 481)
	    assert sorted(text('runs').split()) == ['INVITE', 'OPTIONS']
	END
}

# bats test_tags=P35
@test "a CANCEL of nothing known, also on another connection: 481" {
	ringing
	both <<-'END'
	with to() as p:
	    invite = request('INVITE', transport=TRANSPORT)
	    p.send(varied(invite, 'CANCEL'))
	    r = p.receive()
	    assert r.status == 481 and ';tag=' in r.one('To'), r
	    assert r.one('CSeq') == '1 CANCEL' and runs() == 0
	    if TRANSPORT == 'TCP':
	        p.send(invite)
	        assert p.receive().status == 180
	        with to() as q:
	            q.send(varied(invite, 'CANCEL'))
	            assert q.receive().status == 481
	        assert not exists('term')
	        open('go', 'w').close()
	        assert p.receive().status == 486
	END
}

@test "a final answer that waits in the pipe goes before the CANCEL's 487" {
	# The process is stopped while the script answers, so that both are there.
	answerer <<-'END'
		printf 'SIP/2.0 180 Ringing\n\n'
		until [ -e go ]; do sleep 0.02; done
		printf 'SIP/2.0 302 Moved\n\n'
		echo said >said
		exec sleep 1
	END
	both <<-'END'
	if exists('said'):
	    os.unlink('said')
	with to() as p:
	    invite = request('INVITE', transport=TRANSPORT)
	    p.send(invite)
	    assert p.receive().status == 180
	    p.process.send_signal(signal.SIGSTOP)
	    open('go', 'w').close()
	    p.until(lambda: exists('said'))
	    p.send(varied(invite, 'CANCEL'))
	    p.process.send_signal(signal.SIGCONT)
	    got = {p.receive().line, p.receive().line}
	    assert got == {'SIP/2.0 302 Moved', 'SIP/2.0 200 OK'}, got
	    assert p.done()[0]['status'] == '302'
	END
}

@test "on a connection: the ACK of a failure is absorbed, of a 2xx runs PROGRAM" {
	answerer <<-'END'
		case $SIPCGI_USER in
		good) printf 'SIP/2.0 200 OK\n\n' ;;
		*) printf 'SIP/2.0 486 Busy Here\n\n' ;;
		esac
	END
	peer <<-'END'
	with stream() as p:
	    for user in 'bad', 'good':
	        invite = request('INVITE', uri='sip:%s@x' % user, transport='TCP')
	        p.send(invite)
	        r = p.receive()
	        p.send(varied(invite, 'ACK', r.one('To')))
	    p.until(lambda: runs() == 3)
	    p.half_close()
	    # The script of an ACK answers, too, but nobody hears it.
	    assert p.ends() and p.wait() == 0
	    assert text('runs').split() == ['INVITE', 'INVITE', 'ACK']
	END
}
