#!/usr/bin/env bats
# What `make demo` and `make run` start: it works, ends, and leaves nothing.

load ../helpers/helper

# One demo is enough for all that look at what it shows and leaves.
setup_file()
{
	out=$BATS_FILE_TMPDIR/out
	export out
	mkdir "$BATS_FILE_TMPDIR/tmp"
	TMPDIR=$BATS_FILE_TMPDIR/tmp timeout 60 "$TOP/tests/demo/run" \
	    >"$out" 2>&1 3>&- || {
		cat "$out"
		return 1
	}
}

teardown()
{
	[ -z "${server:-}" ] || stop "$server"
}

# Does anything run that has $1 in its command line?
is_running()
{
	local file files=()

	for file in /proc/[0-9]*/cmdline; do
		[ "$file" = "/proc/$$/cmdline" ] || files+=("$file")
	done
	# Not grep's own, which is later than the list.
	grep -sqaF -- "$1" "${files[@]}"
}

@test "the demo shows the page's request, the script and its 302" {
	grep -qx '    INVITE sip:bryan@foo.com:5060;user=IP SIP/2.0' "$out"
	grep -qx '    #!/bin/sh' "$out"
	grep -qx '    SIP/2.0 302 Moved Temporarily' "$out"
	grep -qx '    Contact: user<sip:new.foo.com:5060>' "$out"
	grep -q '^    [^ ].* exec .*method=INVITE' "$out"
}

# The lines of the demo from the one that begins with $1, $2 of them, with one
# space where there are several.
block()
{
	tr -s ' ' <"$out" | grep -m 1 -A "$(($2 - 1))" "^ $1"
}

@test "the demo shows each example with its answer" {
	block options 2 | cmp - <(cat <<-'END'
	 options OPTIONS sip:ping@example.com 200 OK
	 Allow: OPTIONS
	END
	)
	block reject 2 | cmp - <(cat <<-'END'
	 reject INVITE from ann@friends.example 302 Moved Temporarily
	 INVITE from x@spam.example 607 Unwanted
	END
	)
	block default.cgi 1 | grep -q ' 404 Nobody has this address here$'
	block lcr 3 | cmp - <(cat <<-'END'
	 lcr INVITE sip:+4930123456@example.com 302 Moved Temporarily
	 Contact: <sip:+4930123456@one.carrier.example>;q=1.0
	 Contact: <sip:+4930123456@two.carrier.example>;q=0.9
	END
	)
	block screen 2 | cmp - <(cat <<-'END'
	 screen INVITE from ann@friends.example 302 Moved Temporarily
	 INVITE from x@spam.example 607 Unwanted
	END
	)
	block registrar 2 | cmp - <(cat <<-'END'
	 registrar REGISTER of sip:bob@example.com 401 Unauthorized
	 again, with his password by Digest 200 OK
	END
	)
	block locate 2 | cmp - <(cat <<-'END'
	 locate INVITE sip:bob@example.com 302 Moved Temporarily
	 Contact: <sip:bob@192.0.2.9:5060>;q=1
	END
	)
	block message 2 | cmp - <(cat <<-'END'
	 message MESSAGE sip:inbox@example.com 202 Accepted
	 a mail in the Maildir: The door is open.
	END
	)
}

@test "the demo shows a fault, and what --explain says of it" {
	grep -qx "    400 CSeq method is not the request's" "$out"
	grep -A 1 '^    fault:' "$out" | cmp - <(cat <<-'END'
	    fault:    CSeq: 1 BYE
	                      ^
	END
	)
}

@test "the demo leaves no file and no process" {
	[ -z "$(ls -A "$BATS_FILE_TMPDIR/tmp")" ]
	run ! is_running "$BATS_FILE_TMPDIR"
}

@test "the demo fails when the handler does, and leaves nothing" {
	TMPDIR=$BATS_TEST_TMPDIR HANDLER=/bin/false run -1 timeout 60 \
	    "$TOP/tests/demo/run"
	[ -z "$(ls -A "$BATS_TEST_TMPDIR")" ]
	run ! is_running "$BATS_TEST_TMPDIR"
}

# Start tests/demo/serve with the directory $1, or none, and wait for it.
serve()
{
	port=$(free_port)
	TMPDIR=$BATS_TEST_TMPDIR "$TOP/tests/demo/serve" "$port" "$@" \
	    >"$BATS_TEST_TMPDIR.out" 2>&1 3>&- &
	server=$!
	wait_until is_listening "$port"
}

# ask URI METHOD: the status line of the answer.
ask()
{
	local line

	exec 4<>"/dev/tcp/127.0.0.1/$port"
	sed "s|sip:bryan@[^ ]*|$1|; s/INVITE/$2/g" "$TOP/tests/demo/invite.sip" \
	    >&4
	# Not a 100, which comes first where this machine is slow.
	while IFS= read -r -t 20 line <&4; do
		[[ $line != SIP/2.0\ [2-6]* ]] || break
	done
	echo "${line%$'\r'}"
	exec 4>&-
}

@test "make run serves a directory until it is told to end" {
	printf '#!/bin/sh\nprintf "SIP/2.0 486 Busy Here\\r\\n\\r\\n"\n' \
	    >"$BATS_TEST_TMPDIR/default.cgi"
	chmod 755 "$BATS_TEST_TMPDIR/default.cgi"
	serve "$BATS_TEST_TMPDIR"
	[ "$(ask sip:bob@127.0.0.1 OPTIONS)" = 'SIP/2.0 486 Busy Here' ]
	stop "$server"
	run ! is_listening "$port"
}

@test "make run serves the examples of the tree, and leaves no file" {
	serve ''
	[ "$(ask sip:ping@127.0.0.1 OPTIONS)" = 'SIP/2.0 200 OK' ]
	[ "$(ask sip:bryan@127.0.0.1 INVITE)" = \
	    'SIP/2.0 302 Moved Temporarily' ]
	[ "$(ask sip:me@127.0.0.1 INVITE)" = 'SIP/2.0 603 Decline' ]
	[ "$(ask sip:+4930123456@127.0.0.1 INVITE)" = \
	    'SIP/2.0 302 Moved Temporarily' ]
	[ "$(ask sip:127.0.0.1 REGISTER)" = 'SIP/2.0 401 Unauthorized' ]
	[ "$(ask sip:bob@127.0.0.1 INVITE)" = \
	    'SIP/2.0 480 Temporarily Unavailable' ]
	[ "$(ask sip:inbox@127.0.0.1 OPTIONS)" = 'SIP/2.0 200 OK' ]
	[ "$(ask sip:nobody@example.org INVITE)" = \
	    'SIP/2.0 404 Nobody has this address here' ]
	stop "$server"
	[ -z "$(ls -A "$BATS_TEST_TMPDIR")" ]
	run ! is_running "$BATS_TEST_TMPDIR"
}
