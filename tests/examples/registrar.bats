#!/usr/bin/env bats
# The example registrar: who may register, and what nobody can.
#
# Runs early: it takes long.

load registrar.bash

@test "registrar: a challenge offers SHA-256, then MD5" {
	served
	register password= contact='<sip:bob@192.0.2.7>'
	is '401 Unauthorized'
	[ "$(tr -d '\r' <answer | sed -n 's/^WWW-Authenticate: Digest \(.*\)nonce="[^"]*"\(.*\)/\1\2/p')" = \
'realm="b.example", , algorithm=SHA-256, qop="auth"
realm="b.example", , algorithm=MD5, qop="auth"' ]
	[ "$(db 'SELECT count(*) FROM contact')" -eq 0 ]
	# A challenge costs no memory.
	[ "$(db 'SELECT count(*) FROM nonce')" -eq 0 ]
}

@test "registrar: MD5 and SHA-256, on a new connection and on the same" {
	local algorithm same

	domain_of_two
	kept direct
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
	[ "$(db 'SELECT count(*) FROM contact')" -eq 0 ]
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
	[ "$(db 'SELECT count(*) FROM contact')" -eq 0 ]
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
	old=$(/usr/bin/python3 -IB - "$TOP/lib" "$STATE_DIRECTORY" <<-'END'
		import sys, time
		sys.path.insert(0, sys.argv[1])
		from sipcgi.digest import Digest
		print(Digest("b.example", sys.argv[2] + "/registrar.key")._nonce(
		    int(time.time()) - 301, "0123456789abcdef"))
	END
	)
	register nonce="$old" contact='<sip:x@192.0.2.7>'
	is '401 Unauthorized'
	grep -q ', stale=true' answer
	for forged in "$(printf %x "$(date +%s)")-0123" x "$(cat nonce)0" '-' \
	    "ffffffffffffffffffffffff-1-1" "1--" "$(printf '\377')"; do
		register nonce="$forged" nc=00000003
		is '401 Unauthorized'
		register nonce="$forged" nc=00000003 password=wrong
		is '401 Unauthorized'
		run ! grep -q stale answer
	done
	run ! grep -q Traceback log server.log
}

@test "registrar, locate: hostile values do nothing" {
	local value users

	served
	users=$(registrar list)
	register
	for value in "${HOSTILE[@]}"; do
		FROM=$value ask REGISTER sip:b.example "Contact: $value"
		answered '401 *' '400 *'
		register goes_on=yes authuser="$value" contact="$value" \
		    call_id="${value// /}"
		answered '401 *' '400 *'
		register goes_on=yes to="$value" contact="$value"
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
	[ "$(stat -c %a "$STATE_DIRECTORY"/registrar.{db,key} | sort -u)" = 600 ]
	[ "$(stat -c %s "$STATE_DIRECTORY/registrar.key")" -eq 64 ]
	run ! grep -q secret "$STATE_DIRECTORY/registrar.db"
	registrar add bob@b.example <<<new
	register contact='<sip:bob@192.0.2.7>'
	is '401 Unauthorized'
	register password=new contact='<sip:bob@192.0.2.7>'
	is '200 OK'
	registrar remove bob@b.example
	[ "$(registrar list)" = 'alice@b.example -' ]
}

@test "registrar: who has no password waits for no lock, and makes nobody wait" {
	served
	lock registrar.db
	register password=
	is '401 Unauthorized'
	register password=wrong
	is '401 Unauthorized'
	# Nor with what was overheard, and was right once.
	unlock
	register contact='<sip:bob@192.0.2.7>'
	is '200 OK'
	lock registrar.db
	register nonce="$(cat nonce)" cseq=9
	is '401 Unauthorized'
	unlock
}

@test "registrar: zeros before a CSeq are zeros, however many" {
	served
	register contact='<sip:bob@192.0.2.7>'
	is '200 OK'
	register nonce="$(cat nonce)" nc=00000002 contact='<sip:bob@192.0.2.7>' \
	    cseq="$(printf %05000d 7)"
	is '200 OK'
	register nonce="$(cat nonce)" nc=00000003 contact='<sip:bob@192.0.2.7>' \
	    cseq="$(printf %05000d 6)"
	is '500 CSeq is not higher than before'
}

# The addresses that the filter finds in the log.
guessers()
{
	local root=$BUILD/super/fail2ban

	PYTHONPATH=$root/usr/lib/python3/dist-packages /usr/bin/python3 -B \
	    "$root/usr/bin/fail2ban-regex" -c "$root/etc/fail2ban" -o ip \
	    "$1" "$TOP/examples/fail2ban.conf"
}

@test "registrar: each guess leaves a line that fail2ban finds" {
	served
	register
	is '200 OK'
	register password=wrong
	register user=nobody
	# A nonce of one's own is not a way around it.
	register nonce=forged password=wrong
	# What a stranger writes is not a line of its own.
	register password=wrong authuser=$'x\" \xff registrar: wrong'
	[ "$(guessers log)" = $'127.0.0.1\n127.0.0.1\n127.0.0.1\n127.0.0.1' ]
	tail -n 1 log | grep -q \
	    ' domain=b.example user=x%22%20%FF%20registrar%3A%20wrong$'
	# Who is only asked again is not a guesser.
	register nonce="$(cat nonce)"
	register password=
	[ "$(grep -c 'wrong password' log)" -eq 4 ]
}

@test "fail2ban.conf: finds the lines of the journal, syslog and files, of IPv6 too" {
	cat >lines <<-'END'
		2026-11-29T14:00:00Z registrar: wrong password peer=192.0.2.1 domain=b.example user=bob
		2026-11-29T14:00:00Z registrar: wrong password peer=2001:db8::1 domain=b.example user=
		Nov 29 14:00:00 pbx sipcgi-handler[12]: 2026-11-29T14:00:00Z registrar: wrong password peer=192.0.2.2 domain=b.example user=a
		Nov 29 14:00:00 pbx registrar[12]: 2026-11-29T14:00:00Z members: wrong password peer=192.0.2.3 domain=b.example user=a
		2026-11-29T14:00:00Z sipcgi-handler[12]: exec peer=192.0.2.8:5 call-id=registrar: wrong password peer=192.0.2.9 domain=b user=a
		2026-11-29T14:00:00Z registrar: wrong password peer=- domain=b.example user=192.0.2.9
	END
	[ "$(guessers lines)" = $'192.0.2.1\n2001:db8::1\n192.0.2.2\n192.0.2.3' ]
}

@test "registrar: the credentials' URI may be written otherwise" {
	local uri

	served
	for uri in sip:b.example 'sip:B.Example;transport=TCP' \
	    sip:b.example:5060 sip:b.example. ; do
		register goes_on=yes uri="$uri" cseq=$((++cseq)) call_id="$uri" \
		    request_uri='sip:b.example;transport=tcp' \
		    contact='<sip:bob@192.0.2.7>'
		is '200 OK'
	done
	for uri in sip:b.example:5061 sip:bob@b.example tel:1 b.example; do
		register goes_on=yes uri="$uri" request_uri=sip:b.example:5060
		is '400 Authorization is for another URI'
	done
}

@test "registrar: a tab after Digest, and rows of other schemes" {
	served
	register scheme=$'Digest\t' contact='<sip:bob@192.0.2.7>'
	is '200 OK'
	register scheme=$'Digest \t' call_id=2 contact='<sip:bob@192.0.2.7>'
	is '200 OK'
	register header='Authorization: Bearer mF_9.B5f-4.1JqM==' call_id=3 \
	    contact='<sip:bob@192.0.2.7>'
	is '200 OK'
	register header='Authorization: Digest realm="c.example", nonce="1"' \
	    call_id=4 contact='<sip:bob@192.0.2.7>'
	is '200 OK'
	ask REGISTER sip:b.example 'Authorization: Bearer mF_9.B5f-4.1JqM=='
	is '401 Unauthorized'
	ask REGISTER sip:b.example 'Authorization: Basic Ym9iOnNlY3JldA=='
	is '401 Unauthorized'
}

@test "registrar: names that a URI has to escape, and names with their domain" {
	local login uri

	served
	for login in '9901#1' 'a b' 'jürgen' '100%' 'o"neil'; do
		registrar add "$login@b.example" <<<secret
	done
	registrar list >users
	while read -r login uri; do
		register goes_on=yes user="$uri" authuser="$login" call_id="$uri" \
		    contact='<sip:it@192.0.2.7>'
		is '200 OK'
		register goes_on=yes user="$uri" authuser="$login@b.example" call_id="2$uri" \
		    contact='<sip:it@192.0.2.7>'
		is '200 OK'
		register goes_on=yes user="$uri" call_id="3$uri" contact='<sip:it@192.0.2.7>'
		is '200 OK'
		grep -qFx "$uri@b.example -" users
		ask INVITE "sip:$uri@b.example"
		is '302 Moved Temporarily'
	done <<-'END'
		9901#1 9901%231
		jürgen j%C3%BCrgen
		100% 100%25
		o"neil o%22neil
		bob bob
	END
	register goes_on=yes user=a%20b authuser='a b' contact='<sip:it@192.0.2.7>'
	is '200 OK'
	# As some phones write it, and as the keys of a telephone have it.
	register goes_on=yes to='<sip:9901#1@b.example>' authuser='9901#1' \
	    contact='<sip:it@192.0.2.7>'
	is '200 OK'
	registrar remove '9901#1@b.example'
	run ! grep -q 9901 <(registrar list)
	ask INVITE sip:9901%231@b.example
	is '404 Not Found'
	run -1 registrar add bob@-b.example
	[[ $output = 'registrar: bad host in URI: '* ]]
}

@test "registrar: the administrator says which algorithms are offered, and in which order" {
	served
	registrar offer MD5 SHA-512-256
	register password=
	[ "$(sed -n 's/^WWW-Authenticate: .*algorithm=\([^,]*\).*/\1/p' answer)" = \
	    $'MD5\nSHA-512-256' ]
	register algorithm=SHA-512-256 contact='<sip:bob@192.0.2.7>'
	is '200 OK'
	# Credentials of one that is not offered are worth nothing.
	register nonce="$(cat nonce)" nc=00000002 algorithm=SHA-256
	is '401 Unauthorized'
	run -1 registrar offer SHA-1
	run -1 registrar offer
}

@test "registrar: passwords and tables of an older version are taken over" {
	local ha1

	domain_of_two
	rm "$STATE_DIRECTORY"/registrar.db*
	ha1=$(printf %s bob:b.example:secret | md5sum)
	sqlite3 "$STATE_DIRECTORY/registrar.db" "
	    CREATE TABLE user (name TEXT, domain TEXT, md5 TEXT NOT NULL,
		sha256 TEXT NOT NULL, PRIMARY KEY (name, domain)) WITHOUT ROWID;
	    CREATE TABLE binding (name TEXT, domain TEXT, uri TEXT);
	    INSERT INTO user VALUES ('bob', 'b.example', '${ha1%% *}', '')"
	[ "$(registrar list)" = 'bob@b.example -' ]
	direct
	register algorithm=MD5 contact='<sip:bob@192.0.2.7>'
	is '200 OK'
}

# As the shipped units and the xinetd entry have it.
@test "all examples that keep something work in the sandbox" {
	example lcr @gw.example
	example screen me@c.example
	example message @d.example
	"$SCRIPTS/@gw.example" load /dev/stdin <<<49,carrier.example,1
	"$SCRIPTS/me@c.example" target me@c.example sip:me@192.0.2.7
	mkdir -p "$STATE_DIRECTORY"/mail/bob@d.example/{cur,new,tmp}
	domain_of_two
	kept direct --sandbox=full -w "$STATE_DIRECTORY"
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
