#!/usr/bin/env bats
# The examples registrar, locate and domain, which runs the two.

load examples

registrar() { "$SCRIPTS/registrar" "$@"; }

# A domain with the users alice and bob; the arguments are serve's.
served()
{
	example domain @b.example
	example registrar
	example locate
	# As `make install` does.
	sed -i "s|/usr/local/libexec/sipcgi-handler|$HANDLER|" \
	    "$SCRIPTS/registrar"
	registrar add bob@b.example <<<secret
	registrar add alice@b.example <<<"sEcret: %&\"ü"
	serve "$@"
}

# Register with the arguments of register.py; like ask.
register()
{
	/usr/bin/python3 "$TOP/tests/examples/register.py" "$PORT" "$@" >answer
	IFS= read -r STATUS <answer || :
	STATUS=${STATUS%$'\r'}
}

# The Contacts of the answer, one a line, without what time does to expires.
contacts() { tr -d '\r' <answer | sed -n 's/^Contact: //p'; }

# The value of a database query.
db() { sqlite3 "$STATE_DIRECTORY/registrar.db" "$1"; }

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

@test "registrar: bindings are added, refreshed and removed by their URI" {
	served
	register cseq=1 contact='<sip:bob@192.0.2.7>' \
	    contact='"B" <sip:bob@192.0.2.8;transport=tcp>;q=0.5;expires=60'
	is '200 OK'
	[ "$(contacts | sed 's/expires=60/expires=59/')" = \
'<sip:bob@192.0.2.7>;expires=3600;q=1
<sip:bob@192.0.2.8;transport=tcp>;expires=59;q=0.5' ]
	# The same by RFC 3261 19.1.4, so one binding.
	register cseq=3 contact='<sip:%62ob@192.0.2.8;x=1;Transport=TCP>;q=0.7'
	[ "$(db 'SELECT count(*) FROM binding')" -eq 2 ]
	contacts | grep -q ';q=0.7$'
	register cseq=5 contact='<sip:bob@192.0.2.7>;expires=0'
	[ "$(db 'SELECT count(*) FROM binding')" -eq 1 ]
	# Without a Contact it is a question.
	register cseq=7
	is '200 OK'
	[ "$(contacts | wc -l)" -eq 1 ]
}

@test "registrar: Contact: * removes all, but only with Expires: 0" {
	served
	register cseq=1 contact='<sip:a@192.0.2.7>, <sip:b@192.0.2.7>'
	[ "$(contacts | wc -l)" -eq 2 ]
	register cseq=3 contact='*'
	is '400 Contact: * needs Expires: 0'
	register cseq=5 contact='*' expires=60
	is '400 Contact: * needs Expires: 0'
	[ "$(db 'SELECT count(*) FROM binding')" -eq 2 ]
	register cseq=7 contact='*' expires=0
	is '200 OK'
	[ "$(contacts | wc -l)" -eq 0 ]
}

@test "registrar: a lower CSeq of the same Call-ID changes nothing" {
	served
	register cseq=10 contact='<sip:a@192.0.2.7>'
	is '200 OK'
	# All of a request or nothing: b is not added either.
	register cseq=8 contact='<sip:b@192.0.2.7>' \
	    contact='<sip:a@192.0.2.7>;expires=0'
	is '500 CSeq is not higher than before'
	[ "$(db 'SELECT uri FROM binding')" = 'sip:a@192.0.2.7' ]
	register cseq=1 call_id=other contact='<sip:a@192.0.2.7>;expires=0'
	is '200 OK'
	[ "$(db 'SELECT count(*) FROM binding')" -eq 0 ]
}

@test "registrar: lifetimes are bounded, and what is malformed is an hour" {
	served
	register contact='<sip:a@192.0.2.7>;expires=59'
	is '423 Interval Too Brief'
	has 'Min-Expires: 60'
	register expires=5 contact='<sip:a@192.0.2.7>'
	is '423 Interval Too Brief'
	register expires=999999999999 contact='<sip:a@192.0.2.7>'
	[ "$(contacts)" = '<sip:a@192.0.2.7>;expires=7200;q=1' ]
	register cseq=3 contact='<sip:a@192.0.2.7>;expires=soon'
	[ "$(contacts)" = '<sip:a@192.0.2.7>;expires=3600;q=1' ]
	db 'UPDATE binding SET expires = expires - 3601'
	register cseq=5
	is '200 OK'
	[ -z "$(contacts)" ]
}

@test "registrar: what is no binding gets 400, too many 403" {
	local contact

	served
	for contact in 'sip:' '<tel:+49123>' '"open <sip:a@b>' '<sip:a@b' \
	    '<sip:a@b>;q=2' '<sip:a@b>;q=x' '<sip:a@b>;q=0.1234' \
	    '<sip:a>b@c>' '*, <sip:a@b>'; do
		register contact="$contact"
		answered '400 Bad *'
	done
	register contact="$(seq -s, -f '<sip:a@192.0.2.%.0f>' 11)"
	is '403 Too many contacts'
	[ "$(db 'SELECT count(*) FROM binding')" -eq 0 ]
	ask REGISTER sip:c.example
	answered '500 *'	# no script for this domain
	register header='Require: path'
	is '420 Bad Extension'
	has 'Unsupported: path'
}

@test "locate: 302 to all bindings, the best first; 480, 404, 481" {
	served
	ask INVITE sip:bob@b.example
	is '480 Temporarily Unavailable'
	ask INVITE sip:carol@b.example
	is '404 Not Found'
	register contact='<sip:b1@192.0.2.7;transport=tcp>;q=0.3' \
	    contact='<sip:b2@192.0.2.7>;q=0.9'
	ask INVITE sip:bob@b.example
	is '302 Moved Temporarily'
	[ "$(contacts)" = '<sip:b2@192.0.2.7>;q=0.9
<sip:b1@192.0.2.7;transport=tcp>;q=0.3' ]
	sipp_calls redirect 60 -s bob -key domain b.example -key caller alice
	TO='<sip:bob@b.example>;tag=1' ask BYE sip:bob@b.example
	is '481 Call/Transaction Does Not Exist'
	request ACK sip:bob@b.example | send >answer
	[ ! -s answer ]
	db 'UPDATE binding SET expires = expires - 3601'
	ask INVITE sip:bob@b.example
	is '480 Temporarily Unavailable'
}

@test "registrar: of 24 phones that register at a time none is lost" {
	local i pids=()

	served
	for i in $(seq 24); do
		registrar add "u$i@b.example" <<<secret
	done
	for i in $(seq 24); do
		mkdir "p$i"
		(cd "p$i" && register user="u$((i % 12 + 1))" same=yes \
		    call_id="c$i" contact="<sip:p$i@192.0.2.7>") &
		pids+=($!)
	done
	wait "${pids[@]}"
	[ "$(head -qn 1 p*/answer | grep -c ' 200 OK')" -eq 24 ]
	[ "$(db 'SELECT count(*) FROM binding')" -eq 24 ]
	[ "$(db 'SELECT max(n) FROM (SELECT count(*) AS n FROM binding
	    GROUP BY name)')" -eq 2 ]
}

@test "registrar: sipp registers 40 times, eight at a time, by MD5" {
	served
	sed -i -e 's/^OFFERED = .*/OFFERED = ("MD5",)/' \
	    -e 's/^MAX_BINDINGS = .*/MAX_BINDINGS = 40/' "$SCRIPTS/registrar"
	sipp_calls register 40 -s bob -key domain b.example -auth_uri b.example
	[ "$(db 'SELECT count(*) FROM binding')" -eq 40 ]
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
	[[ $STATUS != 'SIP/2.0 500 '* ]] ||
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
