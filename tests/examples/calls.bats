#!/usr/bin/env bats
# Many calls by sipp to each example behind a super-server, eight at a time,
# each on a connection of its own; all must go as the scenario says. Under
# CHECK=all there are many.
#
# Runs early: it takes long.

load registrar.bash

CALLS=$([ "${CHECK:-}" = all ] && echo 100 || echo 10)

# sipp_calls SCENARIO [OPTION]...: the calls, to the server at $PORT.
sipp_calls()
{
	local scenario=$1

	shift
	TERM=dumb timeout 100 sipp -t tn -max_socket 100 -nostdin \
	    -sf "$TOP/tests/examples/$scenario.xml" -i 127.0.0.1 \
	    -m "$CALLS" -l 8 -r 200 -trace_err -error_file sipp.err "$@" \
	    "127.0.0.1:$PORT" >sipp.out 2>&1 3>&- </dev/null || {
		tail -n 30 sipp.out sipp.err >&2
		return 1
	}
}

@test "default.cgi: sipp asks for OPTIONS" {
	example default.cgi
	serve
	sipp_calls options -s anybody -key domain b.example
}

@test "redirect: sipp calls" {
	example redirect bryan@foo.com
	mkdir cgi-bin
	echo 'sip:me@192.0.2.7;transport=tcp' >cgi-bin/forwardfile
	serve
	sipp_calls redirect -s bryan -key domain foo.com -key caller alice
}

@test "reject: sipp calls" {
	example reject me@b.example
	echo '*@caller.example 302 sip:desk@192.0.2.8' >"$CONFIG/callers"
	serve
	sipp_calls redirect -s me -key domain b.example -key caller friend
}

@test "message: sipp sends many, none lost and none half-written" {
	local box=$STATE_DIRECTORY/mail/bob@b.example

	example message @b.example
	mkdir -p "$box/cur" "$box/new" "$box/tmp"
	serve
	sipp_calls message -s bob -key domain b.example -key caller alice
	[ -z "$(ls "$box/tmp")" ]
	[ "$(tail -qn 1 "$box"/new/* | sort -u | grep -c '^Message [0-9]*')" \
	    -eq "$CALLS" ]
}

@test "lcr: sipp calls, all are in the log" {
	example lcr @gw.example
	"$SCRIPTS/@gw.example" load /dev/stdin <<<49,carrier.example,1
	serve
	sipp_calls redirect -s +4912345678 -key domain gw.example \
	    -key caller alice
	[ "$(cat log server.log | grep -Ec '^lcr: 4912345678: prefix 49, 1 carriers, [0-9]+ us$')" \
	    -eq "$CALLS" ]
}

@test "screen: sipp calls as many callers" {
	example screen me@b.example
	"$SCRIPTS/me@b.example" target me@b.example sip:me@192.0.2.7
	serve
	sipp_calls redirect -s me -key domain b.example -key caller friend
}

@test "locate: sipp calls" {
	domain_of_two
	serve
	register contact='<sip:b1@192.0.2.7>'
	sipp_calls redirect -s bob -key domain b.example -key caller alice
}

@test "registrar: sipp registers, eight at a time, by MD5" {
	domain_of_two
	kept serve
	registrar offer MD5
	# An answer has at most 100 header fields.
	sed -i 's/^MAX_BINDINGS = .*/MAX_BINDINGS = 50/' "$SCRIPTS/registrar"
	sipp_calls register -s bob -key domain b.example -auth_uri b.example
	[ "$(db 'SELECT count(*) FROM contact')" -eq \
	    $((CALLS < 50 ? CALLS : 50)) ]
}
