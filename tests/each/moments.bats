# sipcgi-each: CANCEL, repeats and resets at moments that nobody chose: before
# a script has begun, while it speaks, as it ends, and after. And resets at
# moments that somebody did choose.
#
# Runs early: it takes long.

load each

# Scripts that ring, and answer a moment later.
speaking()
{
	answerer <<-'END'
		[ "$REQUEST_METHOD" != ACK ] || exit 0
		printf 'SIP/2.0 180 Ringing\n\n'
		sleep 0.03
		printf 'SIP/2.0 200 OK\n\n'
	END
}

# One final answer to each INVITE whatever the moment, and the log's word for
# it; a CANCEL is answered always.
CALLS='
import select

def take(p, invites, finals):
    """One response: a final one is kept, and that of an INVITE confirmed."""
    r = p.receive()
    if r.status < 200:
        return
    key = r.one("Call-ID"), r.one("CSeq").split()[1]
    finals.setdefault(key, set()).add(r.octets)
    if key[1] == "INVITE" and r.status >= 300:
        p.send(varied(invites[key[0]], "ACK", r.one("To")))

def arrives(p, seconds):
    return bool(select.select([p.socket], [], [], seconds)[0])

def run(p, transport, moments, repeat):
    invites, finals = {}, {}
    for i, moment in enumerate(moments):
        call = "c%d" % i
        invite = request("INVITE", transport=transport, call_id=call)
        cancel = varied(invite, "CANCEL")
        invites[call] = invite
        p.send(invite)
        if repeat and i % 3 == 0:
            p.send(invite)
        time.sleep(moment)
        p.send(cancel)
        if repeat and i % 2 == 0:
            p.send(invite)
            p.send(cancel)
        while arrives(p, 0):
            take(p, invites, finals)
    wanted = {(call, m) for call in invites for m in ("INVITE", "CANCEL")}
    while set(finals) != wanted:
        # A datagram may be lost on a machine that is busy.
        for call, method in wanted - set(finals):
            if repeat and not p.buffer and not arrives(p, 2):
                p.send(varied(invites[call], method))
        take(p, invites, finals)
    return finals

def check(p, finals, n):
    for (call, method), octets in finals.items():
        if method == "INVITE":
            assert len(octets) == 1, octets
        assert all(Response(o).status == 200 for o in octets
                   if method == "CANCEL"), octets
    statuses = {call: str(Response(next(iter(octets))).status)
                for (call, method), octets in finals.items()
                if method == "INVITE"}
    done = {d["call-id"]: d["status"] for d in p.done(n)}
    assert done == statuses, (done, statuses)
    assert set(statuses.values()) <= {"200", "487"}, statuses
    # A script that is cancelled before it begins does not.
    begun = [line.split("call-id=")[1].split()[0] for line in p.lines("exec")]
    assert len(set(begun)) == len(begun) <= n and runs() <= len(begun), begun
    assert len(p.lines("done")) == n
'

@test "a CANCEL at any moment, over UDP with repeats: one final answer, one run" {
	speaking
	peer <<-END
	$CALLS
	moments = [i * 0.006 for i in range(25)] + [0.0] * 15
	with datagrams("-p", "64") as p:
	    check(p, run(p, "UDP", moments, True), len(moments))
	END
}

@test "a CANCEL at any moment, on a connection: one final answer, one run" {
	speaking
	peer <<-END
	$CALLS
	moments = [i * 0.006 for i in range(25)] + [0.0] * 15
	with stream() as p:
	    check(p, run(p, "TCP", moments, False), len(moments))
	    p.half_close()
	    assert p.ends() and p.wait() == 0
	END
}

# Scripts that ring, wait for the file `go`, and say much; each has a child that
# would stay. Their process ids are in `pids`, a line of `ends` each when they
# come to their end.
waiting()
{
	answerer <<-'END'
		sleep 60 &
		echo $$ $! >>pids
		printf 'SIP/2.0 180 Ringing\n\n'
		until [ -e go ]; do sleep 0.02; done
		printf 'SIP/2.0 200 OK\nContent-Type: a/b\n\n'
		head -c 100000 /dev/zero
		echo end >>ends
	END
}

# Nothing of sipcgi-each may be left after a reset, whatever runs.
RESETS='
def words(name):
    return text(name).split() if exists(name) else []

def exists_process(pid):
    try:
        return "Z" not in text("/proc/%s/stat" % pid)
    except OSError:     # it may end while it is looked at
        return False

def ended(p):
    """Exit 0, every script has come to its end, and nothing is left."""
    assert p.wait() == 0, p.log()
    begun = runs()
    assert len(words("ends")) == begun, (begun, words("ends"))
    assert len(p.lines("exec")) == len(p.lines("done")) == begun, p.log()
    assert not [line for line in p.lines("done") if " exit=0 " not in line]
    p.until(lambda: not [pid for pid in words("pids") if exists_process(pid)])
    for name in "runs", "ends", "pids", "go":
        if exists(name):
            os.remove(name)
    with open(LOG, "w"):
        pass
    return begun

def go():
    open("go", "w").close()
'

@test "a reset during a request: it is not run, exit 0" {
	waiting
	peer <<-END
	$RESETS
	whole = request('INVITE', transport='TCP', body=b'x' * 400000)
	bad = whole.replace(b'Call-ID', b'X-Call-ID')
	for octets in (b'', b'\r\n', whole[:1], whole[:100], whole[:399],
	               whole[:1000], whole[:200000], whole[:-1], bad[:1000],
	               bad[:200000], b'BAD LINE\r\n\r\n'):
	    for before in 0, 1:
	        with stream() as p:
	            if before:
	                go()
	                p.send(request(transport='TCP'))
	                p.receive()
	            p.send(octets)
	            p.reset()
	            assert ended(p) == before, octets[:500]
	with stream('-P') as p:
	    p.send(b'PROXY TCP4 192')
	    p.reset()
	    assert ended(p) == 0
	END
}

@test "a reset while scripts run: they finish, their answers are dropped" {
	waiting
	peer <<-END
	$RESETS
	def invite(n=1):
	    return b''.join(request('INVITE', transport='TCP')
	                    for i in range(n))
	def rings(p):
	    p.until(lambda: runs() == 1)
	def has_rung(p):
	    while p.receive().status != 180:
	        pass
	def half_closed(p):
	    p.half_close()
	    has_rung(p)
	def sends_next(p):
	    has_rung(p)
	    p.send(invite()[:-10])
	def speaks(p):
	    has_rung(p)
	    go()
	    p.socket.recv(100)
	for moment in rings, has_rung, half_closed, sends_next, speaks:
	    with stream(rcvbuf=4096) as p:
	        p.send(invite())
	        moment(p)
	        p.reset()
	        go()
	        assert ended(p) == 1
	# Those that have no slot yet are not begun.
	with stream('-c', '2') as p:
	    p.send(invite(6))
	    p.until(lambda: runs() == 2)
	    p.reset()
	    go()
	    assert ended(p) == 2
	# Answers of several are queued, since nobody reads.
	with stream(rcvbuf=4096) as p:
	    p.send(invite(8))
	    go()
	    p.until(lambda: runs() == 8)
	    p.socket.recv(100)
	    p.reset()
	    assert ended(p) == 8
	# Between requests.
	with stream() as p:
	    go()
	    p.send(invite())
	    while p.receive().status != 200:
	        pass
	    p.done()
	    p.reset()
	    assert ended(p) == 1
	END
}

@test "a reset at any moment: exit 0, and what has begun finishes" {
	answerer <<-'END'
		sleep 60 &
		echo $$ $! >>pids
		printf 'SIP/2.0 180 Ringing\n\n'
		sleep 0.03
		printf 'SIP/2.0 200 OK\n\n'
		echo end >>ends
	END
	peer <<-END
	$RESETS
	for i in range(30):
	    with stream('-c', '2') as p:
	        p.send(b''.join(request('INVITE', transport='TCP')
	                        for j in range(5)))
	        time.sleep(i * 0.005)
	        p.reset()
	        assert ended(p) <= 5
	END
}
