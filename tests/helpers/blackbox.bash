# For the black-box tests: octets in; answer, exit status, log and the
# script's view out. Loaded by bats.
# shellcheck shell=bash
# What a test leaves in these is read by the tests that load this:
# shellcheck disable=SC2034

load ../helpers/helper

CONNECT=$BUILD/tests/helpers/connect
PROBE=$BUILD/tests/helpers/probe

# bats' hook: each test has a directory of scripts whose default.cgi is the
# probe (probe.c), and files for what comes out.
setup()
{
	cd "$BATS_TEST_TMPDIR" || return
	DIR=$BATS_TEST_TMPDIR/scripts
	ANSWER=$BATS_TEST_TMPDIR/answer
	LOG=$BATS_TEST_TMPDIR/log
	umask 022
	mkdir "$DIR"
	cp "$PROBE" "$DIR/default.cgi"
}

# One more script in the directory: the probe under the name $1.
probe()
{
	cp "$PROBE" "$DIR/$1"
}

# A script of the lines on standard input under the name $1.
script()
{
	local lines

	IFS= read -r -d '' lines || :
	printf %s "$lines" >"$DIR/$1"
	chmod 755 "$DIR/$1"
}

# A request with the header lines "$@" after those that it must have, its
# start line from $START, and $BODY after the empty line.
request()
{
	local start=${START:-INVITE sip:bob@example.com SIP/2.0}

	printf '%s\r\n' "$start" \
	    'Via: SIP/2.0/TCP client.example.net:5060;branch=z9hG4bK74b43' \
	    'From: Alice <sip:alice@example.net>;tag=9fxced76sl' \
	    'To: Bob <sip:bob@example.com>' \
	    'Call-ID: 3848276298220188511@example.net' \
	    "CSeq: 1 ${start%% *}" "$@" ''
	printf %s "${BODY:-}"
}

# Run the handler with the options "$@" on the message on standard input, a
# file, pipe or whatever that is. Sets STATUS; leaves $ANSWER and $LOG.
handle()
{
	STATUS=0
	"$HANDLER" -d "$DIR" -l stderr "$@" >"$ANSWER" 2>"$LOG" || STATUS=$?
}

# The same on a connection. ON is a list of options for connect.
handle_on()
{
	STATUS=0
	# shellcheck disable=SC2086
	"$CONNECT" ${ON:-} -- "$HANDLER" -d "$DIR" -l stderr "$@" \
	    >"$ANSWER" 2>"$LOG" || STATUS=$?
}

# Fail with what is known of the last request.
explain_failure()
{
	echo "$*"
	echo "status $STATUS"
	echo "answer: $(head -c 2000 "$ANSWER" | cat -v)"
	echo "log: $(head -c 4000 "$LOG" | cat -v)"
	return 1
}

# The answer begins with status line "SIP/2.0 $1", a pattern, and why=$2 is in the log.
answered()
{
	local line

	IFS= read -r line <"$ANSWER" || :
	# shellcheck disable=SC2053
	[[ $line == "SIP/2.0 "$1* ]] ||
	    explain_failure "not answered $1" || return
	[ $# -eq 1 ] || logged "why=$2"
}

unanswered()
{
	[ ! -s "$ANSWER" ] || explain_failure "answered"
}

# A script ran, and answered.
ran()
{
	if [ ! -e "$DIR/probe.env" ] || [ "$STATUS" -ne 0 ]; then
		explain_failure "no script ran"
	else
		answered 200
	fi
}

no_script_ran()
{
	[ ! -e "$DIR/probe.env" ] || explain_failure "a script ran"
}

# The words "$@" are in the log.
logged()
{
	local word log

	IFS= read -r -d '' log <"$LOG" || :
	for word; do
		[[ $log == *"$word"* ]] ||
		    explain_failure "no $word in the log" || return
	done
}

# None of the words "$@" is in the log.
not_logged()
{
	local word log

	IFS= read -r -d '' log <"$LOG" || :
	for word; do
		[[ $log != *"$word"* ]] ||
		    explain_failure "$word is in the log" || return
	done
}

# Is variable $1 in the script's environment? Its value is put into VALUE.
has_variable()
{
	local string

	VALUE=
	while IFS= read -r -d '' string; do
		case $string in
		"$1="*) VALUE=${string#*=}; return 0 ;;
		esac
	done <"$DIR/probe.env"
	return 1
}

# Variable $1 of the script's environment has the value $2.
variable()
{
	has_variable "$1" || explain_failure "$1 is not set" || return
	[ "$VALUE" = "$2" ] || explain_failure "$1 is '$VALUE', not '$2'"
}

no_variable()
{
	! has_variable "$1" || explain_failure "$1 is '$VALUE'"
}
