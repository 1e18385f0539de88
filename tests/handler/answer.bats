# our own answers, octet by octet, and the exit status.

# Each test is a subshell of its own, and shares variables with blackbox.bash:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153

load ../helpers/blackbox

# The answer is exactly the lines on standard input, with CRLF.
answer_is()
{
	sed 's/$/\r/' >expected
	cmp expected "$ANSWER" || explain_failure "another answer"
}

server()
{
	"$HANDLER" --version | sed 's|^\([^ ]*\) |\1/|'
}

@test "a 400 octet by octet" {
	printf '%s\r\n' 'INVITE sip:bob@example.com SIP/2.0' \
	    'v: SIP/2.0/TCP h;branch=z9hG4bK1,SIP/2.0/UDP i' \
	    'Subject: not repeated' 'f:	"A" <sip:alice@example.net>;tag=1  ' \
	    'Via:' ' SIP/2.0/UDP j' 'T: <sip:bob@example.com>;tag=2' \
	    'CSEQ: 1' '  INVITE' '' >message
	handle_on <message
	[ "$STATUS" -eq 0 ]
	answer_is <<-END
		SIP/2.0 400 Missing Call-ID header
		Via: SIP/2.0/TCP h;branch=z9hG4bK1;received=127.0.0.1,SIP/2.0/UDP i
		Via: SIP/2.0/UDP j
		From: "A" <sip:alice@example.net>;tag=1
		To: <sip:bob@example.com>;tag=2
		CSeq: 1 INVITE
		Server: $(server)
		Content-Length: 0

	END
}

@test "a 505 octet by octet" {
	START='INVITE sip:bob@example.com SIP/3.0' request >message
	handle <message
	[ "$STATUS" -eq 0 ]
	grep -q '^To: Bob <sip:bob@example.com>;tag=[^;]*.$' "$ANSWER"
	answer_is <<-END
		SIP/2.0 505 Version Not Supported
		Via: SIP/2.0/TCP client.example.net:5060;branch=z9hG4bK74b43
		From: Alice <sip:alice@example.net>;tag=9fxced76sl
		$(grep '^To: ' "$ANSWER" | tr -d '\r')
		Call-ID: 3848276298220188511@example.net
		CSeq: 1 INVITE
		Server: $(server)
		Content-Length: 0

	END
}

@test "a 500 octet by octet" {
	rm "$DIR/default.cgi"
	printf '%s\r\n' 'INVITE sip:bob@example.com SIP/2.0' \
	    'Via: SIP/2.0/TCP 127.0.0.1' 'From: a' 'To: b;tag=1' \
	    'Call-ID: c' 'CSeq: 1 INVITE' '' >message
	handle_on <message
	answer_is <<-END
		SIP/2.0 500 Server Internal Error
		Via: SIP/2.0/TCP 127.0.0.1
		From: a
		To: b;tag=1
		Call-ID: c
		CSeq: 1 INVITE
		Server: $(server)
		Content-Length: 0

	END
}

# A pipe with O_DIRECT keeps writes apart: one read(2) returns one of them.
@test "an answer is one write" {
	request Bad >message
	/usr/bin/python3 -IS - "$HANDLER" -d "$DIR" -l none >"$ANSWER" <<-'END'
		import os, subprocess, sys
		r, w = os.pipe2(os.O_DIRECT)
		with open('message') as message:
		    subprocess.run(sys.argv[1:], stdin=message, stdout=w)
		os.close(w)
		sys.stdout.buffer.write(os.read(r, 65536))
		sys.exit(os.read(r, 65536) != b'')
	END
	grep -q '^SIP/2.0 400 ' "$ANSWER"
	[ "$(tail -n 1 "$ANSWER")" = $'\r' ]
}

@test "the answer's To has the tag that the script of the same call has" {
	request >message
	handle_on <message
	has_variable SIPCGI_TO_TAG
	rm "$DIR/default.cgi"
	handle_on <message
	answered 500
	grep -qx "To: Bob <sip:bob@example.com>;tag=$VALUE." "$ANSWER"
}

# bats test_tags=P15
@test "nothing is echoed that did not arrive whole and clean" {
	# The To is cut off in the middle; X-Last is not ours to echo.
	printf '%s\r\n' 'INVITE sip:bob@example.com SIP/2.0' \
	    'Via: SIP/2.0/TCP h' 'From: a' 'Call-ID: c' >message
	printf 'To: <sip:bo' >>message
	handle <message
	answered 400 incomplete-head
	run ! grep -q '^To:' "$ANSWER"
	grep -q '^Call-ID: c.$' "$ANSWER"
	# A value with a control is left out, HTAB is not one.
	printf '%b' 'INVITE sip:bob@example.com SIP/2.0\r\n' \
	    'Via: SIP/2.0/TCP\th\r\nVia: SIP/2.0/UDP \001\r\nFrom: \033x\r\n' \
	    'To: \0177\r\nCall-ID: c\b\r\n\r\n' >message
	handle <message
	answer_is <<-END
		SIP/2.0 400 Missing CSeq header
		Via: SIP/2.0/TCP	h
		Server: $(server)
		Content-Length: 0

	END
}

# bats test_tags=P15
@test "an ACK or CANCEL that fails is never answered, whatever failed" {
	local method text

	for method in ACK CANCEL; do
		for text in "$method " "$method x" "$method sip:b@h" \
		    "$method sip:b@h SIP/9.9\r\n\r\n" \
		    "$method  sip:b@h SIP/2.0\r\n\r\n" "$method \0" \
		    "$method sip:b@h SIP/2.0\r\nA\r\n\r\n" \
		    "\r\n\n$method sip:b@h SIP/2.0\r\n\r\n" \
		    "$method sip:b@h SIP/2.0\r\nl: 9999999999\r\n\r\n"; do
			printf '%b' "$text" >message
			ON=--then=half-close handle_on <message
			[ "$STATUS" -eq 0 ] || explain_failure "$text"
			unanswered
			no_script_ran
			logged why=
		done
	done
}

# bats test_tags=P15
@test "nor is one for which there is no script or no directory" {
	local method

	for method in ACK CANCEL; do
		START="$method sip:bob@example.com SIP/2.0" request >message
		DIR=$PWD/missing handle_on <message
		unanswered
		logged directory-missing
		[ "$STATUS" -eq 78 ]
		echo '#!/no/such/interpreter' | script default.cgi
		handle_on <message
		unanswered
		logged exec-failed
		rm "$DIR/default.cgi"
		handle_on <message
		unanswered
		logged no-script
		cp "$PROBE" "$DIR/default.cgi"
		chmod o+w "$DIR/default.cgi"
		handle_on <message
		unanswered
		logged script-writable
		rm "$DIR/default.cgi"
	done
}

@test "a method that is not exactly ACK or CANCEL is answered" {
	local method

	for method in ACKS XACK ack Ack CANCELS cancel; do
		START="$method sip:bob@example.com SIP/2.0" request Bad >message
		handle_on <message
		answered 400 missing-colon
	done
}

@test "a valid CANCEL runs the script, which may answer" {
	START='CANCEL sip:bob@example.com SIP/2.0' request >message
	handle_on <message
	ran
	variable REQUEST_METHOD CANCEL
}

@test "the answer reaches a peer that is still sending: no reset" {
	# The body is refused unread and comes all the same. A reset takes from
	# many a peer what it has not read by then.
	{
		request 'Content-Length: 99999999'
		head -c 400000 /dev/zero
	} >message
	ON=--no-read handle_on <message
	[ "$STATUS" -eq 0 ] || explain_failure
	answered 400 body-too-large
	[ "$(tail -c 4 "$ANSWER" | od -An -c | tr -d ' ')" = '\r\n\r\n' ]
}

@test "a peer that has closed before the answer does no harm" {
	request Bad >message
	for ON in --then=close --then=reset '--on=unix --then=close' \
	    '--on=pipe --then=close'; do
		handle_on <message
		[ "$STATUS" -eq 0 ] || explain_failure "$ON"
		logged why=
	done
}

@test "exit status: a bad peer is not a failed service, an unusable setup is" {
	request Bad >message
	handle_on <message
	[ "$STATUS" -eq 0 ]
	printf 'SIP/2.0 200 OK\r\n\r\n' >message
	handle_on <message
	[ "$STATUS" -eq 0 ]
	request >message
	chmod o+w "$DIR"
	handle_on <message
	[ "$STATUS" -eq 78 ]
}

@test "exit status 71: a failure of the operating system, answered 500" {
	head -c 100000 /dev/zero >body
	{ request 'Content-Length: 100000'; cat body; } >message
	STATUS=0
	(
		ulimit -f 16
		exec "$HANDLER" -d "$DIR" -l stderr
	) <message >"$ANSWER" 2>"$LOG" || STATUS=$?
	answered 500 system-error
	logged EFBIG
	[ "$STATUS" -eq 71 ] || explain_failure
	no_script_ran
}
