# sipcgi-each under super-servers, called by sipp in each of its ways: one
# socket for all calls or one for each, UDP and TCP.
# Runs early: four times many calls.

load each

# Under CHECK=all as many calls as a busy hour has.
CALLS=$([ "${CHECK:-}" = all ] && echo 10000 || echo 100)

setup_script()
{
	answerer <<-'END'
		case $REQUEST_METHOD-$SIPCGI_USER in
		INVITE-moved)
			printf 'SIP/2.0 302 Moved\nContact: <sip:b@192.0.2.9>\n\n' ;;
		INVITE-*)
			printf 'SIP/2.0 180 Ringing\n\n'
			printf 'SIP/2.0 200 OK\nContact: <sip:b@192.0.2.9>\n\n' ;;
		*) printf 'SIP/2.0 200 OK\n\n' ;;
		esac
	END
}

# All methods that a script ran for, with how often, but for the ACK of 302.
count_runs()
{
	sort runs | uniq -c | tr -s '\n ' ' '
}

all_ran()
{
	[ "$(count_runs)" = \
	    " $CALLS ACK $CALLS BYE $((2 * CALLS)) INVITE $CALLS OPTIONS " ]
}

# Call a service that is started by systemd-socket-activate with the options
# before --, with sipp's options after it.
call()
{
	local -a activate=()
	local port pid status=0

	while [ "$1" != -- ]; do
		activate+=("$1")
		shift
	done
	shift
	setup_script
	for _ in 1 2 3 4 5; do
		port=$(free_port)
		systemd-socket-activate "${activate[@]}" -l "127.0.0.1:$port" \
		    "$EACH" -p 64 -l "$LOG" "$HANDLER" -d "$DIR" -l none \
		    >server.log 2>&1 </dev/null 3>&- &
		pid=$!
		wait_until is_bound "$port" "$pid"
		is_gone "$pid" || break
	done
	TERM=dumb timeout 280 sipp "$@" -sf "$BATS_TEST_DIRNAME/call.xml" \
	    -i 127.0.0.1 -m "$CALLS" -l 16 -r 1000 -nostdin -trace_err \
	    -error_file sipp.err "127.0.0.1:$port" >sipp.out 2>&1 3>&- \
	    </dev/null || status=$?
	wait_until all_ran || { count_runs; status=1; }
	stop "$pid"
	[ "$status" -eq 0 ] || tail -n 40 sipp.out sipp.err server.log >&2
	grep -c 'why=' "$LOG" && return 1
	return "$status"
}

# Somebody has the port, of TCP or UDP; or the process has ended.
is_bound()
{
	is_listening_or_gone "$1" "$2" || is_bound_udp "$1"
}

@test "sipp over UDP, one socket for all calls: none is lost" {
	call --datagram -- -t u1
}

@test "sipp over UDP, a socket for each call: none is lost" {
	call --datagram -- -t un -max_socket 100
}

@test "sipp over TCP, one connection for all calls: none is lost" {
	call --accept --inetd -- -t t1
}

@test "sipp over TCP, a connection for each call: none is lost" {
	call --accept --inetd -- -t tn -max_socket 100
}
