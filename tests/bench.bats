#!/usr/bin/env bats
# The tools of `make bench` measure what they say. No time is judged here.

load helper

setup_file()
{
	export TOOLS=$BATS_FILE_TMPDIR
	local cc

	cc=$(command -v musl-gcc || command -v cc)
	"$cc" -std=c11 -O2 -static -o "$TOOLS/compare" "$TOP/tests/bench/compare.c"
	"$cc" -std=c11 -O2 -static -o "$TOOLS/floor" "$TOP/tests/bench/floor.c"
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

@test "the floor hands the whole message on, of any length" {
	for body in 0 77 1048576; do
		"$TOP/tests/bench/make-message" 10 0 "$body" >message
		"$TOOLS/floor" "$(wc -c <message)" "$TOOLS/default.cgi" \
		    <message >answer
		printf 'SIP/2.0 302 %s\r\n\r\n' "$(wc -c <message)" >expected
		cmp answer expected
	done
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

@test "compare stops when a command fails" {
	run -1 "$TOOLS/compare" -n 5 "$TOP/tests/bench/messages/page.sip" \
	    /bin/true /bin/false
	[[ $output == *"/bin/false: ended with status 0x100"* ]]
}
