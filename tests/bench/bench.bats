#!/usr/bin/env bats
# The tools of `make bench` measure what they say. No time is judged here.

load ../helpers/helper

setup_file()
{
	export TOOLS=$BATS_FILE_TMPDIR
	local cc

	cc=$(command -v musl-gcc || command -v cc)
	"$cc" -std=c11 -O2 -static -o "$TOOLS/compare" "$TOP/tests/bench/compare.c"
	"$cc" -std=c11 -O2 -static -o "$TOOLS/floor" "$TOP/tests/bench/floor.c"
	"$cc" -std=c11 -O2 -static -DCONTRACT -o "$TOOLS/contract" \
	    "$TOP/tests/bench/floor.c"
	cat >"$TOOLS/default.cgi" <<-'END'
	#!/bin/sh
	printf 'SIP/2.0 302 %s\r\n\r\n' "$(wc -c)"
	END
	chmod 755 "$TOOLS/default.cgi"
}

setup()
{
	cd "$BATS_TEST_TMPDIR" || exit
}

@test "make-message makes valid messages of the size that is asked for" {
	for size in "7 0 0" "100 0 0" "100 65536 0" "10 512 0" "20 0 1048576"; do
		# shellcheck disable=SC2086 # three arguments
		"$TOP/tests/bench/make-message" $size >message
		run -0 "$HANDLER" -n -d "$TOOLS" <message
		[ "${lines[0]}" = exec ]
	done
	[ "$("$TOP/tests/bench/make-message" 10 8192 0 | wc -c)" -eq 8192 ]
	[ "$("$TOP/tests/bench/make-message" 10 8192 77 | grep -c ': ')" -eq 10 ]
}

@test "the floors hand the whole message on, of any length" {
	for body in 0 77 1048576; do
		"$TOP/tests/bench/make-message" 10 0 "$body" >message
		printf 'SIP/2.0 302 %s\r\n\r\n' "$(wc -c <message)" >expected
		for floor in floor contract; do
			"$TOOLS/$floor" "$(wc -c <message)" \
			    "$TOOLS/default.cgi" <message >answer
			cmp answer expected
		done
	done
}

# calls COMMAND...: the system calls of its own that it makes before it
# executes the script.
calls()
{
	"$BUILD/tests/helpers/connect" --on=unix --early -- strace -o calls "$@" \
	    <"$TOP/tests/bench/messages/page.sip" >answer
	grep -q '^execve(.*default\.cgi' calls
	sed '1d; /^execve/,$d; s/(.*//; s/^recvfrom$/read/' calls | sort
}

@test "the floor with the contract makes the handler's calls" {
	if readelf -lW "$HANDLER" | grep -q INTERP; then
		skip 'a dynamic linker makes calls, too'
	fi
	mkdir scripts
	# One that is not text has no interpreter to be asked for.
	cp "$(type -P true)" scripts/default.cgi
	calls "$TOOLS/contract" "$(wc -c <"$TOP/tests/bench/messages/page.sip")" \
	    "$PWD/scripts/default.cgi" >floor
	calls "$HANDLER" -l none -d "$PWD/scripts" 2>/dev/null >handler
	diff floor handler
}

@test "compare runs each command and reports its answer" {
	local message=$TOP/tests/bench/messages/page.sip

	run -0 "$TOOLS/compare" -n 5 "$message" \
	    "$TOOLS/floor $(wc -c <"$message") $TOOLS/default.cgi" \
	    "$HANDLER -l none -d $TOOLS"
	[ "${#lines[@]}" -eq 2 ]
	for line in "${lines[@]}"; do
		[[ $line =~ ^5\ ([0-9.]+\ ){7}SIP/2.0_302$ ]]
	done
	# The handler maps more than nothing before it executes the script.
	read -r _ _ _ _ _ _ _ kib _ <<<"${lines[1]}"
	[ "$kib" -gt 0 ]
}

@test "compare -m gives the first command a message of its own" {
	# The connection stays open: no more is read than either message has.
	cat >beginning <<-'END'
	#!/bin/sh
	printf 'begins: %s' "$(head -c 3)"
	END
	chmod 755 beginning
	printf 'one' >short
	printf 'fifteen octets!' >long
	run -0 "$TOOLS/compare" -n 5 -m short long "$PWD/beginning" \
	    "$PWD/beginning"
	[[ ${lines[0]} == *'begins:_one' ]]
	[[ ${lines[1]} == *'begins:_fif' ]]
}

@test "compare stops when a command fails" {
	run -1 "$TOOLS/compare" -n 5 "$TOP/tests/bench/messages/page.sip" \
	    /bin/true /bin/false
	[[ $output == *"/bin/false: ended with status 0x100"* ]]
}
