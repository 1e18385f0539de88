#!/usr/bin/env bats
# The service check of doc/watching.md: its lines as they stand there, with
# Nagios's exit statuses.
# shellcheck disable=SC2154 # the helpers set variables

load examples.bash

# check tcp|udp [SECONDS]: the line for it, with this test's address. The
# document's ten times half a second become so many.
check()
{
	local line

	line=$(grep '^    sipsak ' "$TOP/doc/watching.md" | case $1 in
	tcp) grep -e '-E tcp' ;;
	udp) grep -v -e '-E tcp' ;;
	esac)
	line=${line/HOST/127.0.0.1:$PORT}
	# shellcheck disable=SC2086 # words of the line
	set -- ${line/-D 10/-D ${2:-10}}
	shift
	run_sipsak "$@"
}

# checked STATUS TEXT CHECK...
checked()
{
	local status=0 want=$1 text=$2

	shift 2
	check "$@" || status=$?
	cat sipsak.out
	[ "$status" -eq "$want" ]
	grep -qx "$text" sipsak.out
}

up_and_down()
{
	checked 0 'SIP ok' "$1"
	# Another answer.
	printf '#!/bin/sh\n. %s/lib/sip-cgi.sh\nsip_reply 404\n' "$TOP" \
	    >"$SCRIPTS/default.cgi"
	checked 2 'SIP failure' "$1"
	# A script that hangs.
	printf '#!/bin/sh\nexec sleep 60\n' >"$SCRIPTS/default.cgi"
	checked 2 'SIP failure' "$1" 1
	# None.
	rm "$SCRIPTS/default.cgi"
	checked 2 'SIP failure' "$1"
	# Nobody who listens.
	stop_all
	checked 2 'SIP failure' "$1"
}

@test "the check over TCP is 0 while OPTIONS is answered, else 2" {
	example default.cgi
	serve
	up_and_down tcp
}

@test "the check over UDP is 0 while OPTIONS is answered, else 2" {
	example default.cgi
	datagrams kept serve
	up_and_down udp
}
