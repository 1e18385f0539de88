#!/usr/bin/env bats
# The guard of the three libraries: every request that is owed a final answer
# gets one, and one only, however its script ends.

bats_require_minimum_version 1.5.0

load ../helpers/helper

# The shells that scripts are written for: make check-all tries them all.
shells=(dash bash)
[ "${CHECK-}" != all ] || shells=(dash bash 'busybox sh' mksh ksh93)

setup()
{
	cd "$BATS_TEST_TMPDIR" || return
	printf '#!/bin/sh\n. %s/lib/sip-cgi.sh\nsip_reply 302\n' "$TOP" >by-sh
	cat >by-python <<-END
		#!/usr/bin/python3 -IBS
		import sys
		sys.path.insert(0, "$TOP/lib")
		import sipcgi
		sipcgi.run(lambda request: request.reply(302))
	END
	cat >by-perl <<-END
		#!/usr/bin/perl
		use lib '$TOP/lib';
		use SipCgi;
		sip_reply(302);
	END
	printf '#!/bin/sh\nprintf "SIP/2.0 302 Moved Temporarily\\r\\n\\r\\n"\n' >by-hand
	chmod 755 by-*
}

# answer_of COMMAND...: run it as for a request, with the script on its
# standard input. The status lines it writes are then in $answers.
answer_of()
{
	STATUS=0
	env -i PATH="$PATH" REQUEST_METHOD="${METHOD-INVITE}" SIP_VIA=v \
	    SIP_FROM=f SIP_TO=t SIP_CALL_ID=i SIP_CSEQ="1 INVITE" "$@" \
	    >out 2>err </dev/null || STATUS=$?
	answers=$(tr -d '\r' <out | sed -n 's/^SIP\/2.0 //p')
}

# run_sh SHELL BODY, run_python BODY, run_perl BODY
run_sh()
{
	printf '. "%s/lib/sip-cgi.sh"\n%s\n' "$TOP" "$2" >script
	# shellcheck disable=SC2086 # busybox sh
	answer_of $1 script
}

run_python()
{
	printf '%s\n' import\ sys "sys.path.insert(0, '$TOP/lib')" \
	    import\ sipcgi "$1" >script
	answer_of /usr/bin/python3 -IBS script
}

run_perl()
{
	printf '%s\n' "use lib '$TOP/lib'; use SipCgi;" "$1" >script
	answer_of perl script
}

# is ANSWER...: these were written, and no others.
is()
{
	if [ "$answers" != "$(printf '%s\n' "$@")" ]; then
		printf '%s\n' "answers: $answers" "expected: $*" >&2
		cat script err >&2
		return 1
	fi
}

FAILED='500 Server Internal Error'
MOVED='302 Moved Temporarily'

@test "guard: a shell script that ends without an answer is answered 500" {
	local shell body

	for shell in "${shells[@]}"; do
		while read -r body; do
			run_sh "$shell" "$body"
			is "$FAILED"
			grep -q 'without a final answer; answering 500' err
		done <<-'END'
			:
			exit 0
			set -e; false
			set -e; nonsense
			set -u; : "$nothing"
			: "${nothing?is not set}"
			. ./absent
			(exit 3); case
			f() { exit 3; }; f
			IFS=5/0; set -f; exit
			LC_ALL=C.UTF-8; exit
			x=$(sip_reply 180); exit
			sip_answer 200
			sip_uri x | cat
		END
		run_sh "$shell" 'sip_reply 180; exit 3'
		is '180 Ringing' "$FAILED"
		[ "$STATUS" -eq 3 ]
	done
}

@test "guard: so is a Python script, with the cause in the log" {
	while IFS='|' read -r body cause; do
		run_python "$body"
		is "$FAILED"
		grep -q 'without a final answer; answering 500' err
		grep -q -e "$cause" err
	done <<-'END'
		pass|
		raise KeyError("gone")|KeyError: 'gone'
		sys.exit("no more")|no more
		sys.exit(3)|
		nothing()|NameError
		sipcgi.run(lambda request: None)|
		sipcgi.run(lambda request: request.reply(200, "a\nb"))|control character
		sipcgi.run(lambda request: sys.exit("enough"))|enough
		sipcgi.run(lambda request: 1 / 0)|ZeroDivisionError
		import nothing|ModuleNotFoundError
	END
	run_python 'sipcgi.Request().reply(180); sys.exit(3)'
	is '180 Ringing' "$FAILED"
	[ "$STATUS" -eq 3 ]
}

@test "guard: so is a Perl script, with the cause in the log" {
	while IFS='|' read -r body cause; do
		run_perl "$body"
		is "$FAILED"
		grep -q 'without a final answer; answering 500' err
		grep -q -e "$cause" err
	done <<-'END'
		1;|
		die 'gone'|gone at script
		exit 3;|
		nothing();|Undefined subroutine
		use strict; $x = 1;|Global symbol
		if (|syntax error
		use Nothing;|Nothing.pm
	END
	run_perl 'sip_reply(180); exit 3;'
	is '180 Ringing' "$FAILED"
	[ "$STATUS" -eq 3 ]
}

@test "guard: an answer counts where it comes from a part of a shell script" {
	local shell body

	for shell in "${shells[@]}"; do
		while read -r body; do
			run_sh "$shell" "$body"
			is "$MOVED"
			[ ! -s err ]
		done <<-'END'
			sip_reply 302
			sip_reply 302; set -e; false
			(sip_reply 302)
			sip_reply 302 | cat
			sip_reply 302 & wait
			x=$(sip_reply 302); printf '%s\n' "$x"
			{ sip_reply 302; } >out2; cat out2
			exec ./by-hand
			exec ./by-sh
			exec ./by-python
			exec ./by-perl
			./by-hand; sip_answered
			sip_answered; ./by-hand
		END
	done
}

@test "guard: an answer counts where it comes from a program with a library" {
	local shell program

	for shell in "${shells[@]}"; do
		# Those close what they have opened before they run a program.
		case $shell in mksh | ksh93) continue ;; esac
		for program in by-sh by-python by-perl; do
			run_sh "$shell" "./$program"
			is "$MOVED"
			[ ! -s err ]
		done
	done
	for program in by-sh by-python by-perl; do
		run_python "import os; os.system('./$program')"
		is "$MOVED"
		run_perl "system './$program';"
		is "$MOVED"
		run_python "import os; os.execv('./$program', ['x'])"
		is "$MOVED"
		run_perl "exec './$program';"
		is "$MOVED"
		[ ! -s err ]
	done
}

@test "guard: an answer counts where it comes from a child process" {
	run_python '
import os
if os.fork() == 0:
    sipcgi.Request().reply(302)
    sys.exit()
os.wait()'
	is "$MOVED"
	# A child that ends first has said nothing for its parent.
	run_python '
import os
if os.fork() == 0:
    sys.exit()
os.wait()
sipcgi.Request().reply(302)'
	is "$MOVED"
	# shellcheck disable=SC2016
	run_perl 'unless (fork) { sip_reply(302); exit } wait;'
	is "$MOVED"
	run_perl 'unless (fork) { exit } wait; sip_reply(302);'
	is "$MOVED"
	run_python 'sipcgi.Request().answered = True'
	is
	run_perl 'sip_answered();'
	is
	[ ! -s err ]
}

@test "guard: a second final answer is refused, with a line in the log" {
	local shell code

	for code in 180 200 500; do
		for shell in "${shells[@]}"; do
			run_sh "$shell" "sip_reply 302; sip_reply $code ||
			    echo refused"
			is "$MOVED"
			grep -q '^refused$' out
			grep -q "$code comes after the final answer" err
			run_sh "$shell" "sip_reply 302; sip_reply x || :"
			is "$MOVED"
			[ "$code" = 180 ] ||
			    run_sh "$shell" "(sip_reply 302); sip_reply $code"
			is "$MOVED"
		done
		run_python "r = sipcgi.Request(); r.reply(302); r.reply($code)
sipcgi.Request().reply($code)"
		is "$MOVED"
		[ "$(grep -c "$code comes after the final answer" err)" -eq 2 ]
		run_perl "sip_reply(302); sip_reply($code) or print 'refused'"
		is "$MOVED"
		grep -q refused out
		grep -q "$code comes after the final answer" err
	done
}

@test "guard: an ACK stays silent, and so does a command without a request" {
	local shell

	for METHOD in ACK ''; do
		for shell in "${shells[@]}"; do
			run_sh "$shell" 'set -e; false'
			is
			[ ! -s err ]
		done
		run_python 'sys.exit(1)'
		is
		run_perl 'exit 1;'
		is
		[ ! -s err ]
	done
}

@test "guard: a script with a trap of its own calls sip_guard" {
	local shell

	for shell in "${shells[@]}"; do
		run_sh "$shell" 'trap "echo tidied; sip_guard" EXIT; exit 3'
		is "$FAILED"
		[ "$(head -n 1 out)" = tidied ]
		[ "$STATUS" -eq 3 ]
	done
}

@test "guard: a script that takes the descriptor of the mark does no harm" {
	local shell

	for shell in "${shells[@]}"; do
		run_sh "$shell" 'exec 8</dev/null; sip_reply 302'
		is "$MOVED"
		run_sh "$shell" 'exec 8</dev/null'
		is "$FAILED"
		run_sh "$shell" 'exec 8>&-; sip_reply 302'
		is "$MOVED"
		printf 'theirs\n' >file
		printf 'exec 8<file\n. "%s/lib/sip-cgi.sh"\nread -r x <&8
		    sip_reply 302 "$x"\n' "$TOP" >script
		# shellcheck disable=SC2086
		answer_of $shell script
		is '302 theirs'
	done
}

@test "guard: a handler's caller gets the 500, in the sandbox too" {
	mkdir scripts
	printf '#!/bin/sh\n. %s/lib/sip-cgi.sh\nset -e\nfalse\n' "$TOP" \
	    >scripts/default.cgi
	chmod 755 scripts/default.cgi
	printf '%s\r\n' 'INVITE sip:b@a.example SIP/2.0' \
	    'Via: SIP/2.0/TCP a.example;branch=z9hG4bK1' \
	    'From: <sip:a@a.example>;tag=1' 'To: <sip:b@a.example>' \
	    'Call-ID: 1' 'CSeq: 1 INVITE' '' >message
	STATUS=0
	"$HANDLER" -l none -d scripts <message >out || STATUS=$?
	[ "$STATUS" -eq 1 ]
	[ "$(head -n 1 out)" = "SIP/2.0 $FAILED"$'\r' ]
	printf '#!/bin/sh\n. %s/lib/sip-cgi.sh\n(sip_reply 302)\n' "$TOP" \
	    >scripts/default.cgi
	"$HANDLER" --sandbox=try -l none -d scripts <message >out
	[ "$(grep -c '^SIP/2.0 ' out)" -eq 1 ]
	[ "$(head -n 1 out)" = "SIP/2.0 $MOVED"$'\r' ]
}
