#!/usr/bin/env bats
# tests/fresh, as far as it goes without bootstrapping a system.

load ../helpers/helper

bats_require_minimum_version 1.5.0

setup()
{
	cd "$BATS_TEST_TMPDIR" || return
	mkdir -p bin top/tests/helpers
	cp "$TOP/README" top
	cp "$TOP/tests/fresh" "$TOP/tests/packages" top/tests
	cp "$TOP/tests/helpers/mirror.bash" top/tests/helpers
}

stand_in()
{
	printf '#!/bin/sh\n%s\n' "$2" >"bin/$1"
	chmod 755 "bin/$1"
}

fresh()
{
	run -0 env PATH="$PWD/bin:$PATH" TOP="$PWD/top" \
	    top/tests/fresh "$@"
	echo "$output"
	[ "${lines[-1]}" = "0 passed, 0 failed, $# skipped" ]
}

@test "without root every system is skipped, and that is said" {
	stand_in id 'echo 1000'
	fresh trixie sid
	[ "${lines[0]}" = 'skipped: trixie: needs root' ]
	[ "${lines[1]}" = 'skipped: sid: needs root' ]
}

@test "what debootstrap or mounts are missing for is skipped" {
	stand_in id 'echo 0'
	printf '#!/bin/sh\nexit 1\n' >top/tests/packages
	PATH=$PWD/nothing:/usr/bin:/bin
	stand_in unshare 'exit 1'
	stand_in debootstrap ''
	stand_in apt-config ''
	fresh trixie
	[[ $output == *'skipped: trixie: needs mounts of its own'* ]]
}
