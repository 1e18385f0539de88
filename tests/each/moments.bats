# sipcgi-each: CANCEL, repeats and resets at moments that nobody chose: before
# a script has begun, while it speaks, as it ends, and after.

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
