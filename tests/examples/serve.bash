# Install examples with the libraries and the handler of this tree, and ask
# them over TCP on loopback: for their tests, make demo and make run. The
# scripts are in ./sip-cgi-bin, what they keep in ./state, what they are told
# in ./config; the log is ./log.
# shellcheck shell=bash

# shellcheck source=../helpers/helper.bash
. "${BASH_SOURCE[0]%/*}/../helpers/helper.bash"

SCRIPTS=$PWD/sip-cgi-bin
CONFIG=$PWD/config
export STATE_DIRECTORY=$PWD/state
mkdir "$SCRIPTS" "$CONFIG" "$STATE_DIRECTORY"
# What has to be stopped.
PIDS=()

stop_all()
{
	local pid

	for pid in "${PIDS[@]}"; do
		stop "$pid"
	done
}

# example NAME [ADDRESS]: install examples/NAME as the script of ADDRESS.
example()
{
	sed -e "s|/usr/local/share/sip-cgi|$TOP/lib|" \
	    -e "s|^import sipcgi$|import sys; sys.path.insert(0, '$TOP/lib'); &|" \
	    -e "s|^use SipCgi;$|use lib '$TOP/lib'; &|" \
	    "$TOP/examples/$1" >"$SCRIPTS/${2:-$1}"
	chmod 755 "$SCRIPTS/${2:-$1}"
}

# client PORT | PROGRAM [ARGUMENT]...: start the client that ask and register
# talk to. Descriptor 3 is bats' own, which waits for all who have it.
client()
{
	coproc CLIENT {
		exec /usr/bin/python3 -IS "$TOP/tests/examples/client.py" \
		    "$@" 3>&-
	}
	# Bash forgets its own names for these when the client has ended.
	TO_CLIENT=${CLIENT[1]} FROM_CLIENT=${CLIENT[0]}
	# shellcheck disable=SC2153 # the name is the coproc's
	PIDS+=("$CLIENT_PID")
}

# What a super-server starts; "kept serve" and "kept direct" set it to
# sipcgi-each, which keeps the connection for the next request.
SERVER=("$HANDLER")
kept()
{
	local SERVER=("$EACH" -l "$PWD/log" "$HANDLER")

	"$@"
}

# direct [OPTION]...: let each connection start the handler with these options,
# without a super-server.
direct()
{
	export CONFIGURATION_DIRECTORY=$CONFIG
	client "${SERVER[@]}" -d "$SCRIPTS" -l "$PWD/log" "$@"
}

# How it listens; "datagrams kept serve" sets this to UDP, where there is no
# connection for the client.
LISTEN=(--accept --inetd)
datagrams()
{
	local LISTEN=(--datagram)

	"$@"
}

is_bound_or_gone() { "$1" "$2" || is_gone "$3"; }

# serve [OPTION]...: serve the scripts by a super-server, with options for the
# handler. Sets PORT. Another program may take the port that was found before
# it is used.
serve()
{
	local try pid bound=is_listening

	[ "${LISTEN[0]}" != --datagram ] || bound=is_bound_udp
	for try in 1 2 3 4 5; do
		PORT=$(free_port)
		systemd-socket-activate "${LISTEN[@]}" \
		    --listen="127.0.0.1:$PORT" \
		    -E "STATE_DIRECTORY=$STATE_DIRECTORY" \
		    -E "CONFIGURATION_DIRECTORY=$CONFIG" \
		    "${SERVER[@]}" -d "$SCRIPTS" -l "$PWD/log" "$@" \
		    </dev/null >server.log 2>&1 3>&- &
		pid=$!
		wait_until is_bound_or_gone "$bound" "$PORT" "$pid"
		if "$bound" "$PORT"; then
			PIDS+=("$pid")
			[ "$bound" = is_bound_udp ] || client "$PORT"
			return 0
		fi
	done
	cat server.log >&2
	echo "no super-server after $try tries" >&2
	return 1
}

# request METHOD URI [HEADER]...: set MESSAGE to a request. $FROM, $TO,
# $CALL_ID, $CSEQ and $BODY change what it says.
request()
{
	local method=$1 uri=$2 body=${BODY:-}
	local LC_ALL=C	# lengths are in octets

	shift 2
	printf -v MESSAGE '%s\r\n' "$method $uri SIP/2.0" \
	    'Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1' \
	    "From: ${FROM:-<sip:alice@a.example>};tag=f" \
	    "To: ${TO:-<$uri>}" "Call-ID: ${CALL_ID:-c@a.example}" \
	    "CSeq: ${CSEQ:-1} $method" "$@" "Content-Length: ${#body}" ''
	MESSAGE+=$body
}

# A command to the client, as client.py has them, on standard output.
command_for_client()
{
	printf '%s\0' $# "$@"
}

# tell COMMAND [WORD]...: tell the client. It leaves the answer in the file
# answer, and its status line in STATUS.
# shellcheck disable=SC2034
tell()
{
	command_for_client "$@" >&"$TO_CLIENT"
	IFS= read -r -t 120 STATUS <&"$FROM_CLIENT" || {
		echo "no answer from the client to: $*" >&2
		return 1
	}
}

# ask METHOD URI [HEADER]...: send a request.
ask()
{
	request "$@"
	tell send "$MESSAGE"
}

# Register; what may be given is in client.py.
register()
{
	tell register "$@"
}
