# Functions for the tests that drive the handler through real super-servers.
# shellcheck shell=bash
#
# A test file loads this, calls `super_start KIND ADDRESS` and `super_stop`, and
# uses the checks at the end. Everything runs as the user who runs the tests,
# on a loopback port that the kernel picks. State is in $BATS_TEST_TMPDIR:
#     scripts/default.cgi  what the handler runs (script.sh)
#     seen                 one line for each run of it
#     handler.log          the handler's log, and the script's standard error
#     server.log           what the super-server printed
# SUPER_ARGS are more options for the handler.

# shellcheck source=../helpers/helper.bash
. "${BASH_SOURCE[0]%/*}/../helpers/helper.bash"

SUPER_ARGS=()

# Debian's xinetd and openbsd-inetd exclude each other and would start when
# installed, so tests/packages unpacks them into the build tree.
super_program()
{
	case $1 in
	xinetd) echo "$BUILD/super/xinetd/usr/sbin/xinetd" ;;
	openbsd-inetd) echo "$BUILD/super/openbsd-inetd/usr/sbin/inetd" ;;
	socket-activate) command -v systemd-socket-activate ;;
	socat) echo "$BUILD/super/socat/usr/bin/socat" ;;
	stunnel) echo "$BUILD/super/stunnel4/usr/bin/stunnel4" ;;
	tcpserver)
		command -v tcpserver ||
		    echo "$BUILD/super/ucspi-tcp/usr/bin/tcpserver"
		;;
	esac
}

has_lines()
{
	[ -e "$2" ] && [ "$(wc -l <"$2")" -ge "$1" ]
}

super_start()
{
	local kind=$1 address=$2 program try

	program=$(super_program "$kind")
	[ -x "$program" ] || skip "$kind is not here: run tests/packages"
	[ "$address" != ::1 ] || needs_ipv6
	ADDRESS=$address
	mkdir -p "$BATS_TEST_TMPDIR/scripts"
	cp "$BATS_TEST_DIRNAME/script.sh" \
	    "$BATS_TEST_TMPDIR/scripts/default.cgi"
	chmod 755 "$BATS_TEST_TMPDIR/scripts/default.cgi"
	# Another program may take the port between its choice and its use.
	for try in 1 2 3 4 5; do
		PORT=$(free_port)
		super_launch "$kind" "$program"
		wait_until is_listening_or_gone "$PORT" "$SUPER_PID"
		is_listening "$PORT" && return 0
	done
	cat "$BATS_TEST_TMPDIR/server.log" >&2
	echo "$kind did not listen after $try tries" >&2
	return 1
}

super_launch()
{
	local kind=$1 program=$2 conf=$BATS_TEST_TMPDIR/conf command
	local -a args=(-d "$BATS_TEST_TMPDIR/scripts"
	    -l "$BATS_TEST_TMPDIR/handler.log" "${SUPER_ARGS[@]}")

	case $kind in
	xinetd)
		xinetd_conf "${args[*]}" >"$conf"
		command=(-dontfork -f "$conf" -filelog /dev/stderr
		    -pidfile "$BATS_TEST_TMPDIR/xinetd.pid")
		;;
	openbsd-inetd)
		printf '%s stream %s nowait.100000 %s %s %s %s\n' \
		    "$ADDRESS:$PORT" \
		    "$([ "$ADDRESS" = ::1 ] && echo tcp6 || echo tcp4)" \
		    "$(id -un)" "$HANDLER" "${HANDLER##*/}" "${args[*]}" \
		    >"$conf"
		command=(-i "$conf")
		;;
	socket-activate)
		command=("--listen=$(host_port)" --accept --inetd
		    "$HANDLER" "${args[@]}")
		;;
	tcpserver)
		command=(-RHl0 "$ADDRESS" "$PORT" "$HANDLER" "${args[@]}")
		;;
	esac
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$program" "${command[@]}" \
	    </dev/null >"$BATS_TEST_TMPDIR/server.log" 2>&1 3>&- &
	SUPER_PID=$!
}

host_port()
{
	case $ADDRESS in
	*:*) echo "[$ADDRESS]:$PORT" ;;
	*) echo "$ADDRESS:$PORT" ;;
	esac
}

# The shipped entry with this test's paths, so that a mistake in it shows. It
# binds every address; a test keeps to loopback.
xinetd_conf()
{
	local family=IPv4
	local -a sanitized=()

	[ "$ADDRESS" != ::1 ] || family=IPv6
	# The address sanitizer reserves terabytes that it does not use.
	! grep -q __asan_init "$HANDLER" || sanitized=(-e '/rlimit_as/d')
	sed "${sanitized[@]}" -e "s|@libexecdir@/sipcgi-handler|$HANDLER|" \
	    -e "s|^\(.server_args *\)=.*|\1= $1|" \
	    -e "s|^\(.port *\)=.*|\1= $PORT\n\tbind = $ADDRESS|" \
	    -e "s|^\(.flags *= \)IPv6|\1$family|" \
	    -e "s|^\(.user *\)=.*|\1= $(id -un)|" \
	    -e "s|^\(.group *\)=.*|\1= $(id -gn)|" \
	    -e 's|^\(.disable *\)=.*|\1= no|' \
	    "$TOP/xinetd.d/sip-cgi.in"
}

super_stop()
{
	[ -z "${SUPER_PID:-}" ] || stop "$SUPER_PID"
	unset SUPER_PID
}

# Send the file $1 and keep what comes back, until the server closes, in $2.
plain_client()
{
	# shellcheck disable=SC2016
	timeout 10 bash -c 'exec 4<>"/dev/tcp/$1/$2" && cat "$3" >&4 &&
	    cat <&4' - "$ADDRESS" "$PORT" "$1" >"$2"
}

# sipp, one TCP connection for each call: `sipp_calls SCENARIO COUNT [OPTION]...`
sipp_calls()
{
	local scenario=$1 count=$2

	shift 2
	(
		cd "$BATS_TEST_TMPDIR" || exit
		TERM=dumb timeout 60 sipp -t tn -max_socket 100 \
		    -sf "$BATS_TEST_DIRNAME/$scenario.xml" -s service \
		    -cid_str 'call-%u@tester' \
		    -i "$ADDRESS" -m "$count" -l 8 -r 100 -nostdin \
		    -trace_err -error_file sipp.err "$@" "$(host_port)" \
		    >sipp.out 2>&1 3>&- </dev/null || {
			tail -n 40 sipp.out sipp.err >&2
			exit 1
		}
	)
}

# ---- the checks: each runs against the super-server that super_start started

# Every call is answered, and the script ran once for each.
check_options()
{
	sipp_calls options 20
	wait_until has_lines 20 "$BATS_TEST_TMPDIR/seen"
	[ "$(grep -c "^OPTIONS $ADDRESS $PORT " \
	    "$BATS_TEST_TMPDIR/seen")" -eq 20 ]
	[ "$(wc -l <"$BATS_TEST_TMPDIR/seen")" -eq 20 ]
}

# Every call is redirected, and its ACK reaches the script too.
check_invite()
{
	sipp_calls invite 20
	# The end of the connection after an ACK is not a failure of the call.
	sipp_calls ack 20 -max_reconnect 100 -reconnect_close false \
	    -reconnect_sleep 0
	wait_until has_lines 40 "$BATS_TEST_TMPDIR/seen"
	grep '^INVITE ' "$BATS_TEST_TMPDIR/seen" | cut -d' ' -f4 | sort \
	    >"$BATS_TEST_TMPDIR/invites"
	grep '^ACK ' "$BATS_TEST_TMPDIR/seen" | cut -d' ' -f4 | sort \
	    >"$BATS_TEST_TMPDIR/acks"
	[ "$(uniq "$BATS_TEST_TMPDIR/acks" | wc -l)" -eq 20 ]
	cmp "$BATS_TEST_TMPDIR/invites" "$BATS_TEST_TMPDIR/acks"
}

# A plain client gets the script's answer and not an octet more, although the
# script writes to standard error; that goes to the log where standard error
# is the connection, else where the super-server's goes.
check_bytes()
{
	message OPTIONS >"$BATS_TEST_TMPDIR/request"
	plain_client "$BATS_TEST_TMPDIR/request" "$BATS_TEST_TMPDIR/answer"
	sed 's/;tag=[^;]*\r$/;tag=TAG\r/' "$BATS_TEST_TMPDIR/answer" \
	    >"$BATS_TEST_TMPDIR/got"
	crlf 'SIP/2.0 200 OK' 'Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1'"$(
	    )"";received=$ADDRESS" 'From: <sip:tester@example.org>;tag=TAG' \
	    'To: <sip:service@example.com>;tag=TAG' 'Call-ID: plain@test' \
	    'CSeq: 1 OPTIONS' 'Contact: <sip:new@127.0.0.1>' \
	    'Content-Length: 0' '' >"$BATS_TEST_TMPDIR/want"
	cmp "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/got"
	grep -q 'noise from the script' "$BATS_TEST_TMPDIR/handler.log" \
	    "$BATS_TEST_TMPDIR/server.log"
	grep -q ': exec .*method=OPTIONS' "$BATS_TEST_TMPDIR/handler.log"
}

# An ACK runs the script, and the peer gets nothing.
check_ack()
{
	message ACK >"$BATS_TEST_TMPDIR/request"
	plain_client "$BATS_TEST_TMPDIR/request" "$BATS_TEST_TMPDIR/answer"
	[ ! -s "$BATS_TEST_TMPDIR/answer" ]
	wait_until has_lines 1 "$BATS_TEST_TMPDIR/seen"
	grep -q "^ACK $ADDRESS " "$BATS_TEST_TMPDIR/seen"
}

# A bad request is answered 400, runs nothing, and the next one is served.
check_refusal()
{
	message OPTIONS | grep -v '^Call-ID:' >"$BATS_TEST_TMPDIR/request"
	plain_client "$BATS_TEST_TMPDIR/request" "$BATS_TEST_TMPDIR/answer"
	head -n 1 "$BATS_TEST_TMPDIR/answer" >"$BATS_TEST_TMPDIR/got"
	crlf 'SIP/2.0 400 Missing Call-ID header' >"$BATS_TEST_TMPDIR/want"
	cmp "$BATS_TEST_TMPDIR/want" "$BATS_TEST_TMPDIR/got"
	[ ! -e "$BATS_TEST_TMPDIR/seen" ]
	check_bytes
}

crlf()
{
	printf '%s\r\n' "$@"
}

# A request of the given method, as a plain client would write it.
message()
{
	crlf "$1 sip:service@example.com SIP/2.0" \
	    'Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1' \
	    'From: <sip:tester@example.org>;tag=1' \
	    'To: <sip:service@example.com>' 'Call-ID: plain@test' \
	    "CSeq: 1 $1" 'Content-Length: 0' ''
}
