# the command line.

# Each test is a subshell of its own, and shares variables with blackbox.bash:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153

load ../helpers/blackbox

# Bad usage "$@": exit 64 and one line on stderr that names the option $1.
refuses()
{
	local name=$1 lines

	shift
	STATUS=0
	"$HANDLER" "$@" </dev/null >"$ANSWER" 2>"$LOG" || STATUS=$?
	[ "$STATUS" -eq 64 ] || explain_failure "accepted: $*" || return
	unanswered || return
	mapfile -t lines <"$LOG"
	[ "${#lines[@]}" -eq 1 ] || explain_failure "$*" || return
	logged "$name"
}

@test "-h and --help print the options to standard output, exit 0" {
	local help option

	for help in -h --help; do
		"$HANDLER" "$help" >"$ANSWER" 2>"$LOG"
		[ ! -s "$LOG" ]
		for option in directory request-timeout script-timeout \
		    max-body env log log-level explain help version; do
			grep -q -e "-., --$option" "$ANSWER"
		done
	done
}

@test "-V and --version print name and version to standard output" {
	"$HANDLER" -V >"$ANSWER" 2>"$LOG"
	"$HANDLER" --version | cmp - "$ANSWER"
	[ ! -s "$LOG" ]
	grep -Eqx 'sipcgi-handler [0-9]+\.[0-9]+\.[0-9]+.*' "$ANSWER"
}

@test "a bad number exits 64 and names the option" {
	local value

	for value in 0 x '' -1 1x 1.5 99999999999999999999; do
		refuses --request-timeout -t "$value"
		refuses --request-timeout "--request-timeout=$value"
	done
	for value in x '' -1 1x 99999999999999999999; do
		refuses --script-timeout -T "$value"
	done
	for value in x '' -1 1G 1KK 1025M 1073741825 18446744073709551616; do
		refuses --max-body -b "$value"
	done
}

@test "a bad place, level or directory exits 64 and names the option" {
	refuses --log -l elsewhere
	refuses --log -l relative/file
	refuses --log -l ''
	refuses --log-level -v debug
	refuses --log-level --log-level=
	refuses --directory -d ''
}

@test "an unknown option, argument or missing value exits 64 and names it" {
	refuses -x -x
	refuses --nonsense --nonsense
	refuses --nonsense --nonsense=1
	refuses stray stray
	refuses stray -d / -- stray
	refuses -d -d
	refuses --directory --directory
	refuses --help --help=x
	refuses ' -x:' --explain -xn
	refuses "letter: unknown" $'-\xff'
}

@test "all programs say alike which option they do not have" {
	local program name bad

	for program in "$HANDLER" "$EACH" "$BUILD/sipcgi-check" \
	    "$BUILD/sipcgi-log"; do
		[ -x "$program" ] || continue
		name=${program##*/}
		for bad in --nonsense=1 --nonsense -Y --help=x $'-\xff'; do
			STATUS=0
			"$program" "$bad" </dev/null 2>&1 >"$ANSWER" |
			    sed "s|^$name: ||" >>"words.$name"
			[ "${PIPESTATUS[0]}" -eq 64 ] && unanswered || return
		done
		[ "$(wc -l <"words.$name")" -eq 5 ]
		diff "words.${HANDLER##*/}" "words.$name"
	done
}

@test "a bad number and an unknown option are told apart" {
	refuses --max-body -b x
	not_logged unknown
	refuses -x -x
	grep -q unknown "$LOG"
	not_logged number
}

# bats test_tags=P17
@test "bad usage is never written to a connection, nor help and version" {
	local option

	for option in -x '-t x' --help --version '-l stderr -x'; do
		STATUS=0
		# shellcheck disable=SC2086
		"$CONNECT" --stderr=connection -- "$HANDLER" $option \
		    </dev/null >"$ANSWER" 2>"$LOG" || STATUS=$?
		unanswered
		case $option in
		--*) [ "$STATUS" -eq 0 ] ;;
		*) [ "$STATUS" -eq 64 ] ;;
		esac
	done
}

@test "-d: the scripts, also relative to where the handler starts" {
	mkdir other
	cp "$PROBE" other/default.cgi
	request | "$HANDLER" -d other -l none >"$ANSWER"
	DIR=$PWD/other
	variable SCRIPT_FILENAME "$PWD/other/default.cgi"
	rm "$DIR/probe.env"
	request | "$HANDLER" --directory=./other/ -l none >"$ANSWER"
	has_variable SCRIPT_FILENAME
	[ "$VALUE" -ef other/default.cgi ]
	[[ $VALUE == /* ]]
}

@test "without -d the compiled-in directory is used" {
	local compiled

	compiled=$("$HANDLER" --help |
	    sed -n 's/.*--directory=DIR.*\[\(.*\)\].*/\1/p')
	[[ $compiled == /* ]]
	request >message
	"$HANDLER" -n -l none <message >"$ANSWER" || :
	"$HANDLER" -n -l none -d "$compiled" <message | cmp - "$ANSWER"
}

@test "-T: the script has an alarm of so many seconds, by default none" {
	request | handle -T 3000
	grep -Eq '^alarm (3000|29..)$' "$DIR/probe.world"
	request | handle --script-timeout=0
	grep -qx 'alarm 0' "$DIR/probe.world"
	request | handle
	grep -qx 'alarm 0' "$DIR/probe.world"
}

@test "-T: a script that takes longer is ended by SIGALRM" {
	script default.cgi <<-'END'
		#!/bin/sh
		while :; do :; done
	END
	request >message
	handle -T 1 <message
	[ "$STATUS" -eq $((128 + $(kill -l ALRM))) ]
}

# bats test_tags=P21
@test "-b: a body up to the limit passes, a larger one is refused unread" {
	local size

	BODY=$(printf '%01024d' 0)
	request 'Content-Length: 1024' >message
	for size in 1024 1K 1k 1M 1024M; do
		handle -b "$size" <message
		ran
		rm "$DIR/probe.env"
	done
	for size in 0 1023; do
		handle "--max-body=$size" <message
		answered 400 body-too-large
		no_script_ran
	done
	# The octets that are announced never come: it does not wait for them.
	BODY=
	request 'Content-Length: 1048577' >message
	ON=--bound=10 handle_on -t 60 <message
	answered 400 body-too-large
}

@test "-b 0 takes a message without a body" {
	request 'Content-Length: 0' >message
	handle -b 0 <message
	ran
}

@test "-b holds for a body that only the end of a file bounds" {
	BODY=12345
	request >message
	handle -b 5 <message
	ran
	rm "$DIR/probe.env"
	handle -b 4 <message
	answered 400 body-too-large
	no_script_ran
}

@test "-e NAME=VALUE and -e NAME give the script variables; the last holds" {
	request >message
	INHERITED='of us' NOT_NAMED=1 handle -e GIVEN=a=b -e EMPTY= \
	    --env=INHERITED -e ABSENT -e TWICE=1 -e TWICE=2 <message
	ran
	variable GIVEN a=b
	variable EMPTY ''
	variable INHERITED 'of us'
	variable TWICE 2
	no_variable ABSENT
	no_variable NOT_NAMED
}

@test "-e PATH=, TZ= and LANG= replace ours" {
	request >message
	TZ=UTC LANG=C handle -e PATH=/opt/bin -e TZ=Asia/Tokyo -e LANG=xx \
	    <message
	variable PATH /opt/bin
	variable TZ Asia/Tokyo
	variable LANG xx
}

@test "-e refuses every name that is not the administrator's to give" {
	local name

	for name in GATEWAY_INTERFACE SERVER_SOFTWARE SERVER_NAME \
	    SERVER_PORT SERVER_PROTOCOL REMOTE_ADDR REMOTE_PORT \
	    REQUEST_METHOD REQUEST_URI CONTENT_LENGTH CONTENT_TYPE \
	    SIP_ANYTHING SIP_ SCRIPT_FILENAME SIPCGI_USER SIPCGI_ANYTHING \
	    TMPDIR STATE_DIRECTORY CACHE_DIRECTORY RUNTIME_DIRECTORY \
	    LOGS_DIRECTORY CONFIGURATION_DIRECTORY CREDENTIALS_DIRECTORY \
	    INVOCATION_ID JOURNAL_STREAM AUTH_TYPE REMOTE_HOST \
	    REMOTE_IDENT REMOTE_USER REGISTRATIONS REQUEST_TOKEN \
	    RESPONSE_STATUS RESPONSE_REASON RESPONSE_TOKEN SCRIPT_COOKIE; do
		refuses --env -e "$name=1"
		refuses --env -e "$name"
	done
	for name in '' = =x 1A=x A-B=x 'A B=x' 'é=1'; do
		refuses --env -e "$name"
	done
}
