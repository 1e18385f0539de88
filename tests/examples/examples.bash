# Functions for the tests of the examples: each is installed as its header
# says, with the library of the source tree, and served over TCP on loopback
# by systemd-socket-activate.
# shellcheck shell=bash

bats_require_minimum_version 1.5.0

# shellcheck source=../helper.bash
. "${BASH_SOURCE[0]%/*}/../helper.bash"

# bats' hooks: every test has a directory of scripts and one for their state.
setup()
{
	cd "$BATS_TEST_TMPDIR" || return
	SCRIPTS=$BATS_TEST_TMPDIR/sip-cgi-bin
	export STATE_DIRECTORY=$BATS_TEST_TMPDIR/state
	CONFIG=$BATS_TEST_TMPDIR/config
	mkdir "$SCRIPTS" "$STATE_DIRECTORY" "$CONFIG"
	PIDS=()
}

teardown()
{
	local pid

	for pid in "${PIDS[@]}"; do
		stop "$pid"
	done
}

# example NAME [ADDRESS]: install examples/NAME as the script of ADDRESS.
example()
{
	sed "s|/usr/local/share/sip-cgi|$TOP/lib|" "$TOP/examples/$1" \
	    >"$SCRIPTS/${2:-$1}"
	chmod 755 "$SCRIPTS/${2:-$1}"
}

# serve [OPTION]...: serve the scripts, with options for the handler. Sets PORT.
serve()
{
	local try pid

	for try in 1 2 3 4 5; do
		PORT=$(free_port)
		systemd-socket-activate --accept --inetd \
		    --listen="127.0.0.1:$PORT" \
		    -E "STATE_DIRECTORY=$STATE_DIRECTORY" \
		    -E "CONFIGURATION_DIRECTORY=$CONFIG" \
		    "$HANDLER" -d "$SCRIPTS" -l "$BATS_TEST_TMPDIR/log" "$@" \
		    </dev/null >server.log 2>&1 3>&- &
		pid=$!
		wait_until is_listening_or_gone "$PORT" "$pid"
		if is_listening "$PORT"; then
			PIDS+=("$pid")
			return 0
		fi
	done
	cat server.log >&2
	echo "no super-server after $try tries" >&2
	return 1
}

# request METHOD URI [HEADER]...: a request on standard output. $FROM, $TO,
# $CALL_ID, $CSEQ and $BODY change what they say.
request()
{
	local method=$1 uri=$2

	shift 2
	printf '%s\r\n' "$method $uri SIP/2.0" \
	    'Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1' \
	    "From: ${FROM:-<sip:alice@a.example>};tag=f" \
	    "To: ${TO:-<$uri>}" "Call-ID: ${CALL_ID:-c@a.example}" \
	    "CSeq: ${CSEQ:-1} $method" "$@" \
	    "Content-Length: $(printf %s "${BODY:-}" | wc -c)" ''
	printf %s "${BODY:-}"
}

# send: send the message on standard input to the server, and write
# what comes back until the connection is closed.
send()
{
	# shellcheck disable=SC2016
	timeout 20 bash -c 'exec 4<>"/dev/tcp/127.0.0.1/$1" && cat >&4 &&
	    cat <&4' - "$PORT"
}

# ask METHOD URI [HEADER]...: send a request, keep the answer in the file
# answer and its status line in STATUS.
ask()
{
	request "$@" | send >answer
	IFS= read -r STATUS <answer || :
	STATUS=${STATUS%$'\r'}
}

# Does the answer have just this line?
has()
{
	tr -d '\r' <answer | grep -Fxq -e "$1" || {
		cat answer >&2
		echo "no line: $1" >&2
		return 1
	}
}

# is STATUS: the last answer was whole, and this.
is()
{
	[ "$STATUS" = "SIP/2.0 $1" ] || {
		cat answer log server.log >&2
		echo "expected: $1" >&2
		return 1
	}
	has 'Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1;received=127.0.0.1'
	grep -q $'^To: .*;tag=.*\r$' answer
	tail -n 1 answer | cmp - <(printf '\r\n')
}

# answered PATTERN...: the status line is one of these.
answered()
{
	local pattern

	for pattern; do
		# shellcheck disable=SC2053
		[[ $STATUS = SIP/2.0\ $pattern ]] && return
	done
	echo "not expected: $STATUS" >&2
	return 1
}

# sipp_calls SCENARIO COUNT [OPTION]...: each call on a connection of its own,
# eight at a time; all must go as the scenario says.
sipp_calls()
{
	local scenario=$1 count=$2

	shift 2
	TERM=dumb timeout 100 sipp -t tn -max_socket 100 -nostdin \
	    -sf "$TOP/tests/examples/$scenario.xml" -i 127.0.0.1 \
	    -m "$count" -l 8 -r 200 -trace_err -error_file sipp.err "$@" \
	    "127.0.0.1:$PORT" >sipp.out 2>&1 3>&- </dev/null || {
		tail -n 30 sipp.out sipp.err >&2
		return 1
	}
}

# Header values that do something where a script treats them as code.
# shellcheck disable=SC2016,SC2034
HOSTILE=(
	'"; DROP TABLE user; --" <sip:x@a.example>'
	"<sip:x'%20OR%20'1'='1@a.example>"
	"' OR 1=1 --"
	'$(touch pwned) <sip:$(touch%20pwned)@a.example>'
	'`touch pwned`'
	'<sip:a@b>;tag=$(touch pwned)'
	'"\"" <sip:../../etc/passwd@../..>'
	'%s%n%x \r\nEvil: 1'
	'-e -n -rf --help'
	'*'
	$'"\xff\xfe" <sip:a@a.example>'
	$'<sip:\xff@a.example>'
)

# None of them was taken for a command.
nobody_was_pwned()
{
	[ -z "$(find "$BATS_TEST_TMPDIR" -name 'pwned*')" ]
}
