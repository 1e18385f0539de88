# one line a request, to the place that was asked for. The journal
# and syslog have fixed addresses that belong to the machine: see system/.

# Each test is a subshell of its own, and shares variables with blackbox.bash:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153

load ../helpers/blackbox

# The log is one line that matches the extended regular expression $1.
log_is()
{
	[ "$(wc -l <"$LOG")" -eq 1 ] || explain_failure "not one line" ||
	    return
	grep -Eqx "$1" "$LOG" || explain_failure "not $1"
}

@test "an IPv6 address stands in brackets" {
	needs_ipv6
	request >message
	ON=--on=inet6 handle_on <message
	log_is 'exec   peer=\[::1\]:[0-9]+ method=INVITE .*'
}

@test "the line of each kind of event" {
	local peer='127.0.0.1:[0-9]+'

	request >message
	handle_on <message
	log_is "exec   peer=$peer method=INVITE uri=sip:bob@example.com script=default.cgi call-id=3848276298220188511@example.net"
	handle <message
	log_is 'exec   peer=127.0.0.1 method=INVITE uri=sip:bob@example.com script=default.cgi call-id=.*'
	request Bad >message
	handle_on <message
	log_is "reject peer=$peer status=400 why=missing-colon method=INVITE uri=sip:bob@example.com call-id=.*"
	START='ACK sip:bob@example.com SIP/2.0' request Bad >message
	handle_on <message
	log_is "discard peer=$peer why=missing-colon method=ACK uri=.*"
	printf 'SIP/2.0 200 OK\r\n\r\n' >message
	handle_on <message
	log_is "discard peer=$peer why=response"
	request >message
	rm "$DIR/default.cgi"
	handle_on <message
	log_is "error  peer=$peer status=500 why=no-script errno=ENOENT directory=[^ ]* method=INVITE uri=sip:bob@example.com call-id=.*"
}

@test "--log-level: err, warning and info" {
	local level

	# What $1 does to the log at each level: a 1 for a line.
	lines()
	{
		local level got=

		for level in err warning info; do
			handle -v "$level" <message
			got+=$(wc -l <"$LOG")
		done
		[ "$got" = "$1" ] || explain_failure "$got, not $1"
	}
	request >message
	lines 001
	handle <message
	log_is 'exec .*'
	printf 'SIP/2.0 200 OK\r\n\r\n' >message
	lines 001
	request Bad >message
	lines 011
	START='ACK sip:bob@example.com SIP/2.0' request Bad >message
	lines 011
	request >message
	rm "$DIR/default.cgi"
	lines 111
}

@test "values are escaped: controls, quotes, spaces and non-ASCII" {
	printf '%b' 'INV\0310TE sip:b"\033[31mo\\b@h SIP/2.0\r\n' \
	    'Call-ID: "\001\303\251\0177"\r\n\r\n' >message
	handle <message
	log_is 'reject .* call-id=\\"\\x01\\xc3\\xa9\\x7f\\"'
	printf '%b' 'INVITE sip:b"\033[31mo\\b@h SIP/2.0\r\n\r\n' >message
	handle <message
	log_is 'reject .* uri=sip:b\\"\\x1b\[31mo\\\\b@h'
	printf 'INVITE sip:b@h  SIP/2.0 x\r\nCall-ID: a b\r\n\r\n' >message
	handle <message
	log_is 'reject .* call-id=a\\x20b'
	run ! grep -q '  *uri=[^ ]* [^c]' "$LOG"
}

# bats test_tags=P16
@test "a line is bounded, however long the values are" {
	local long

	long=$(head -c 8000 /dev/zero | tr '\0' '\001')
	printf 'INVITE sip:%s@h SIP/2.0\r\nCall-ID: %s\r\nTo: a\r\n\r\n' \
	    "$long" "$long$long" >message
	handle <message
	log_is 'reject .*'
	[ "$(wc -c <"$LOG")" -le 4096 ]
	long=$(head -c 8000 /dev/zero | tr '\0' x)
	START="INVITE sip:$long@h SIP/2.0" request "$(for i in {1..90}; do
		printf 'X_%s_%d: y\r\n' "${long:0:500}" "$i"
	done; printf 'X: y')" >message
	handle <message
	ran
	log_is 'exec .* dropped=.*'
	[ "$(wc -c <"$LOG")" -le 4096 ]
}

# bats test_tags=P16
@test "a password in a Request-URI is not logged" {
	local uri

	for uri in sip:bob:secret@h sips:bob:secret@h 'sip:bob:sec:ret@h' \
	    sip:bob:secret@h@h 'sip:bob:secret@-h' 'sip::secret@h' \
	    'sip:b|b:secret@h' sip:bob:secret@h:x; do
		START="INVITE $uri SIP/2.0" request >message
		handle <message
		not_logged secret sec:ret
		logged '***'
	done
}

# The lines of a file that begin with a time, the program and its process,
# without those.
unstamped()
{
	sed -nE 's/^[0-9-]{10}T[0-9:]{8}(Z|[+-][0-9:]{5}) sipcgi-handler\[[0-9]+\]: //p' "$1"
}

# The stamp of a line that is logged with these variables lies between two that
# date writes; $FORMAT is date's for the offset.
stamped_as_date()
{
	local before after stamp

	rm -f file.log
	before=$(env "$@" date "+%Y-%m-%dT%H:%M:%S$FORMAT")
	env -u TZ "$@" "$HANDLER" -d "$DIR" -l "$PWD/file.log" <message >"$ANSWER"
	after=$(env "$@" date "+%Y-%m-%dT%H:%M:%S$FORMAT")
	stamp=$(cut -d' ' -f1 file.log)
	[[ ! $stamp < $before && ! $after < $stamp ]] || {
		echo "$*: $stamp, not from $before to $after"
		return 1
	}
}

@test "a line in a file begins with the time, its offset, and the process" {
	local zone

	request >message
	FORMAT=Z stamped_as_date TZ=
	# Without TZ as well: then date would show the machine's zone.
	rm file.log
	env -u TZ "$HANDLER" -d "$DIR" -l "$PWD/file.log" <message >"$ANSWER"
	grep -Eq "^$(date -u +%Y-)[^ ]+Z sipcgi-handler\[[0-9]+\]: exec " file.log
	for zone in UTC EST5 CET-1CEST,M3.5.0,M10.5.0/3 '<+0545>-5:45' \
	    AEST-10AEDT,M10.1.0,M4.1.0/3; do
		FORMAT=%:z stamped_as_date "TZ=$zone"
	done
	if [ -e /usr/share/zoneinfo/Europe/Berlin ]; then
		FORMAT=%:z stamped_as_date TZ=Europe/Berlin
		FORMAT=%:z stamped_as_date TZ=:/usr/share/zoneinfo/Europe/Berlin
	fi
	# What is not a zone is UTC.
	FORMAT=Z
	for zone in ../../../../etc/passwd /dev/zero /proc/self/maps nonsense; do
		rm file.log
		TZ=$zone "$HANDLER" -d "$DIR" -l "$PWD/file.log" <message >"$ANSWER"
		[ "$(cut -d' ' -f1 file.log | tail -c 2)" = Z ]
	done
}

@test "the process in a file's line is the one that becomes the script" {
	request >message
	script default.cgi <<-'END'
		#!/bin/sh
		echo $$ >pid
	END
	"$HANDLER" -d "$DIR" -l "$PWD/file.log" <message >"$ANSWER"
	grep -q " sipcgi-handler\[$(cat "$DIR/pid")\]: exec " file.log
}

@test "a file is created and appended to, whole lines" {
	request >message
	handle -l "$PWD/file.log" <message
	handle -l "$PWD/file.log" <message
	[ ! -s "$LOG" ] || explain_failure "stderr is written to as well"
	[ "$(unstamped file.log | grep -c '^exec ')" -eq 2 ]
	[ "$(stat -c %a file.log)" = 640 ]
}

@test "lines of parallel requests do not mix" {
	local i pids=()

	request >message
	script default.cgi <<-'END'
		#!/bin/sh
	END
	for ((i = 0; i < 64; i++)); do
		"$HANDLER" -d "$DIR" -l "$PWD/file.log" <message &
		pids+=($!)
	done
	wait "${pids[@]}"
	[ "$(wc -l <file.log)" -eq 64 ]
	[ "$(unstamped file.log | sort -u | wc -l)" -eq 1 ]
}

@test "a process logs any number of lines, and to a new file once it is rotated" {
	"$BUILD/tests/unit/log-many" "$PWD/file.log" 2000
	[ "$(grep -c ' many\[[0-9]*\]: first$' file.log.1)" -eq 1000 ]
	[ "$(wc -l <file.log.1)" -eq 1000 ]
	[ "$(grep -c ' many\[[0-9]*\]: second$' file.log)" -eq 1000 ]
	[ "$(wc -l <file.log)" -eq 1000 ]
}

@test "-l none: nothing is written" {
	request Bad >message
	handle -l none <message
	[ ! -s "$LOG" ] || explain_failure
}

# bats test_tags=P26
@test "a log that is full, absent or not writable delays and fails nothing" {
	request >message
	handle -l /nonexistent/file.log <message
	ran
	# A FIFO that nobody reads, then one that is full.
	mkfifo fifo
	handle -l "$PWD/fifo" <message
	ran
	exec 9<>fifo
	dd if=/dev/zero of=fifo bs=4096 count=1000 oflag=nonblock \
	    2>/dev/null || :
	timeout 20 "$HANDLER" -d "$DIR" -l "$PWD/fifo" <message >"$ANSWER"
	answered 200
	timeout 20 "$HANDLER" -d "$DIR" -l stderr <message >"$ANSWER" 2>fifo
	answered 200
	exec 9>&-
}

@test "auto: fd 2 when it is not the connection" {
	request >message
	env -i "$HANDLER" -d "$DIR" <message >"$ANSWER" 2>"$LOG"
	log_is 'exec .*'
}

# bats test_tags=P17
@test "a fd 2 that is the same file as fd 0 or fd 1 is never written to" {
	request Bad >message
	cp message copy
	"$HANDLER" -d "$DIR" -l stderr <message >"$ANSWER" 2>&1
	answered 400
	run ! grep -q why= "$ANSWER"
	# shellcheck disable=SC2094 # that is what is tested
	"$HANDLER" -d "$DIR" -l stderr <message >"$ANSWER" 2>>message
	cmp message copy
	request >message
	script default.cgi <<-'END'
		#!/bin/sh
		echo for the log >&2
	END
	"$HANDLER" -d "$DIR" -l stderr <message >"$ANSWER" 2>&1
	[ ! -s "$ANSWER" ]
	# Nor by a script whose stdin is another file by then.
	cp message copy
	# shellcheck disable=SC2094
	"$HANDLER" -d "$DIR" -l stderr <message >"$ANSWER" 2>>message
	cmp message copy
	# shellcheck disable=SC2094
	"$HANDLER" -d "$DIR" -l none <message >"$ANSWER" 2>>message
	cmp message copy
}

@test "a fd 2 that is any Internet socket is never written to" {
	request Bad >message
	# fd 0 and 1 are files, so that no two descriptors are the same.
	/usr/bin/python3 -IS - "$HANDLER" -d "$DIR" -l stderr <<-'END'
		import socket, subprocess, sys
		with socket.create_server(('127.0.0.1', 0)) as server:
		    client = socket.create_connection(server.getsockname())
		    served = server.accept()[0]
		with open('message') as message, open('answer', 'w') as answer:
		    subprocess.run(sys.argv[1:], stdin=message, stdout=answer,
		                   stderr=served)
		served.close()
		sys.exit(client.recv(9) != b'')
	END
	answered 400
}

@test "but a terminal is: what is typed on it is not a connection" {
	type -P script >/dev/null || skip "script (bsdutils) is not here"
	request Bad >message
	cat >run.sh <<-END
		exec "$HANDLER" -d "$DIR" <"$PWD/message"
	END
	command script -qec "sh run.sh" /dev/null >"$ANSWER" </dev/null
	grep -q 'why=missing-colon' "$ANSWER"
}
