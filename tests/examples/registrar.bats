#!/usr/bin/env bats
# The example registrar: who may register, and what nobody can.

load registrar.bash

@test "registrar: a challenge offers SHA-256, then MD5" {
	served
	register password= contact='<sip:bob@192.0.2.7>'
	is '401 Unauthorized'
	[ "$(tr -d '\r' <answer | sed -n 's/^WWW-Authenticate: Digest \(.*\)nonce="[^"]*"\(.*\)/\1\2/p')" = \
'realm="b.example", , algorithm=SHA-256, qop="auth"
realm="b.example", , algorithm=MD5, qop="auth"' ]
	[ "$(db 'SELECT count(*) FROM binding')" -eq 0 ]
	# A challenge costs no memory.
	[ "$(db 'SELECT count(*) FROM nonce')" -eq 0 ]
}

@test "registrar: MD5 and SHA-256, on a new connection and on the same" {
	local algorithm same

	served
	for algorithm in MD5 SHA-256; do
		for same in no yes; do
			register algorithm=$algorithm same=$same \
			    call_id=$algorithm$same \
			    contact="<sip:bob@$algorithm.$same.example>"
			is '200 OK'
			grep -q '^Date: ' answer
		done
	done
	[ "$(contacts | wc -l)" -eq 4 ]
	register user=alice password=$'sEcret: %&"ü' \
	    contact='<sip:alice@192.0.2.8>'
	is '200 OK'
}

@test "registrar: who does not know the password gets another challenge" {
	served
	register password=wrong contact='<sip:x@192.0.2.7>'
	is '401 Unauthorized'
	run ! grep -q stale answer
	register user=nobody contact='<sip:x@192.0.2.7>'
	is '401 Unauthorized'
	# Nobody has no hash, which is not an empty one.
	register user=nobody ha1= contact='<sip:x@192.0.2.7>'
	is '401 Unauthorized'
	# Credentials of RFC 2069, which has no count to tell a replay by.
	ask REGISTER sip:b.example 'Authorization: Digest username="bob", '"$(
	    )"'realm="b.example", nonce="1-1-1", uri="sip:b.example", response="1"'
	is '401 Unauthorized'
	register qop=auth-int contact='<sip:x@192.0.2.7>'
	is '401 Unauthorized'
	register contact='<sip:x@192.0.2.7>' nc=1
	is '401 Unauthorized'
	[ "$(db 'SELECT count(*) FROM binding')" -eq 0 ]
	[ "$(db 'SELECT count(*) FROM nonce')" -eq 0 ]
}

@test "registrar: only one's own address, and the URI that was asked" {
	served
	register to='<sip:alice@b.example>' contact='<sip:x@192.0.2.7>'
	is '403 Not your address'
	register to='<sip:bob@c.example>' contact='<sip:x@192.0.2.7>'
	is '403 Not your address'
	register uri=sip:c.example contact='<sip:x@192.0.2.7>'
	is '400 Authorization is for another URI'
	ask REGISTER sip:b.example 'Authorization: Digest realm="b.example'
	is '400 Bad Authorization header'
	[ "$(db 'SELECT count(*) FROM binding')" -eq 0 ]
}

@test "registrar: a request that was overheard is worth nothing" {
	served
	register contact='<sip:bob@192.0.2.7>'
	is '200 OK'
	register nonce="$(cat nonce)" cseq=9 contact='<sip:thief@192.0.2.9>'
	is '401 Unauthorized'
	grep -q ', stale=true' answer
	# The phone goes on with the next count.
	register nonce="$(cat nonce)" nc=00000002 cseq=10
	is '200 OK'
	[ "$(contacts | sed 's/;.*//')" = '<sip:bob@192.0.2.7>' ]
	register nonce="$(cat nonce)" nc=00000001 cseq=11
	is '401 Unauthorized'
}

@test "registrar: a nonce that is old or somebody's own is refused" {
	local old

	served
	register contact='<sip:bob@192.0.2.7>'
	is '200 OK'
	# One that this server made 301 seconds ago.
	old=$(/usr/bin/python3 -IB - "$SCRIPTS/registrar" <<-'END'
		import sys, time
		source = open(sys.argv[1]).read()
		sys.argv[1:] = ["list"]
		sys.stdout, shown = open("/dev/null", "w"), sys.stdout
		exec(source)
		print(make_nonce("b.example", time.time() - 301), file=shown)
	END
	)
	register nonce="$old" contact='<sip:x@192.0.2.7>'
	is '401 Unauthorized'
	grep -q ', stale=true' answer
	for forged in "$(printf %x "$(date +%s)")-0123" x "$(cat nonce)0" '-' \
	    "ffffffffffffffffffffffff-1-1" "1--" "$(printf '\377')"; do
		register nonce="$forged" nc=00000003
		is '401 Unauthorized'
		run ! grep -q stale answer
	done
	run ! grep -q Traceback log server.log
}

@test "registrar, locate: hostile values do nothing" {
	local value users

	served
	users=$(registrar list)
	for value in "${HOSTILE[@]}"; do
		FROM=$value ask REGISTER sip:b.example "Contact: $value"
		answered '401 *' '400 *'
		register authuser="$value" contact="$value" \
		    call_id="${value// /}"
		answered '401 *' '400 *'
		register to="$value" contact="$value"
		answered '400 *' '403 *'
		FROM=$value ask INVITE sip:bob@b.example
		is '480 Temporarily Unavailable'
	done
	# shellcheck disable=SC2016
	for value in "x'%20OR%20'1'='1" '$(touch%20pwned)' '%00' '..%2f' '*' \
	    $'\xff'; do
		ask INVITE "sip:$value@b.example"
		answered '404 *' '400 *'
	done
	[ "$(registrar list)" = "$users" ]
	run ! grep -q Traceback log server.log
	nobody_was_pwned
}

@test "registrar: its files are nobody else's to read, and no password is in them" {
	served
	[ "$(stat -c %a "$STATE_DIRECTORY"/registrar.{db,secret} | sort -u)" = 600 ]
	[ "$(stat -c %s "$STATE_DIRECTORY/registrar.secret")" -eq 32 ]
	run ! grep -q secret "$STATE_DIRECTORY/registrar.db"
	registrar add bob@b.example <<<new
	register contact='<sip:bob@192.0.2.7>'
	is '401 Unauthorized'
	register password=new contact='<sip:bob@192.0.2.7>'
	is '200 OK'
	registrar remove bob@b.example
	[ "$(registrar list)" = 'alice@b.example -' ]
}

# As the shipped units and the xinetd entry have it.
@test "all examples that keep something work in the sandbox" {
	example lcr @gw.example
	example screen me@c.example
	example message @d.example
	"$SCRIPTS/@gw.example" load /dev/stdin <<<49,carrier.example,1
	"$SCRIPTS/me@c.example" target me@c.example sip:me@192.0.2.7
	mkdir -p "$STATE_DIRECTORY"/mail/bob@d.example/{cur,new,tmp}
	served --sandbox=full -w "$STATE_DIRECTORY"
	register same=yes contact='<sip:bob@192.0.2.7>'
	! grep -q sandbox-unavailable log || skip 'no Landlock or seccomp'
	is '200 OK'
	ask INVITE sip:bob@b.example
	is '302 Moved Temporarily'
	ask INVITE sip:+4930@gw.example
	is '302 Moved Temporarily'
	ask INVITE sip:me@c.example
	is '302 Moved Temporarily'
	BODY=x ask MESSAGE sip:bob@d.example 'Content-Type: text/plain'
	is '202 Accepted'
	[ -n "$(ls "$STATE_DIRECTORY/mail/bob@d.example/new")" ]
}
