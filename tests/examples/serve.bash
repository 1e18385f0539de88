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
	    -e "s|/usr/local/libexec/sipcgi-handler|$HANDLER|" \
	    "$TOP/examples/$1" >"$SCRIPTS/${2:-$1}"
	chmod 755 "$SCRIPTS/${2:-$1}"
}

# serve [OPTION]...: serve the scripts, with options for the handler. Sets PORT.
# Another program may take the port that was found before it is used.
serve()
{
	local try pid

	# Descriptor 3 is bats' own, which waits for all who have it.
	for try in 1 2 3 4 5; do
		PORT=$(free_port)
		systemd-socket-activate --accept --inetd \
		    --listen="127.0.0.1:$PORT" \
		    -E "STATE_DIRECTORY=$STATE_DIRECTORY" \
		    -E "CONFIGURATION_DIRECTORY=$CONFIG" \
		    "$HANDLER" -d "$SCRIPTS" -l "$PWD/log" "$@" \
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

# Set STATUS to the status line in the file answer.
read_status()
{
	IFS= read -r STATUS <answer || :
	STATUS=${STATUS%$'\r'}
}

# ask METHOD URI [HEADER]...: send a request, keep the answer in the file
# answer and its status line in STATUS.
ask()
{
	request "$@" | send >answer
	read_status
}
