#!/usr/bin/env bats
# tests/packages, with stand-ins for dpkg and apt-get that write down how they
# were called: nothing is installed here.

load ../helpers/helper

setup()
{
	BUILD=$BATS_TEST_TMPDIR/build
	calls=$BATS_TEST_TMPDIR/calls
	bin=$BATS_TEST_TMPDIR/bin
	mkdir -p "$bin" "$BUILD" "$BATS_TEST_TMPDIR/top"
	: >"$calls"
	stand_in id 'echo ${FAKE_ID:-0}'
	# All is installed but $MISSING.
	stand_in dpkg-query '
		shift 3
		for p; do [ "$p" = "$MISSING" ] || echo "ii  $p"; done'
	stand_in apt-get '
		echo "apt-get $*" >>"$CALLS"
		case " $* " in
		*" update "*) touch "$CALLS.updated" ;;
		*" -s "*)
			[ -z "$STALE" ] || [ -e "$CALLS.updated" ] || exit 100
			[ -z "$REMOVES" ] || echo "Remv $REMOVES [1.0]" ;;
		esac'
	export CALLS=$calls
}

stand_in()
{
	printf '#!/bin/sh\n%s\n' "$2" >"$bin/$1"
	chmod 755 "$bin/$1"
}

packages()
{
	run env PATH="$bin:$PATH" TOP="$BATS_TEST_TMPDIR/top" BUILD="$BUILD" \
	    "$TOP/tests/packages" "$@"
}

@test "nothing is missing: apt-get is not called" {
	packages demo
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[ ! -s "$calls" ]
}

@test "what is missing is installed, without what is only recommended" {
	MISSING=musl-tools packages demo
	[ "$status" -eq 0 ]
	grep -q -- '--no-install-recommends .*install musl-tools$' "$calls"
	[ "$(grep -c 'install ' "$calls")" -eq 2 ]
	grep -q -- ' -s ' "$calls"
	run ! grep -q update "$calls"
}

@test "what would remove a package is not installed" {
	MISSING=musl-tools REMOVES=theirs packages demo
	[ "$status" -eq 1 ]
	[[ $output == *theirs* ]]
	run ! grep -v -- ' -s ' "$calls"
}

@test "package lists that are stale are fetched, once" {
	MISSING=musl-tools STALE=yes packages demo
	[ "$status" -eq 0 ]
	[ "$(grep -c ' update$' "$calls")" -eq 1 ]
	tail -n 1 "$calls" | grep -q 'install musl-tools$'
}

@test "without root it says what to install, and fails" {
	MISSING=musl-tools FAKE_ID=1000 packages demo
	[ "$status" -eq 1 ]
	[[ $output == *'apt-get install --no-install-recommends musl-tools'* ]]
	[ ! -s "$calls" ]
}

@test "super-servers are unpacked, never installed" {
	stand_in dpkg 'echo "dpkg $*" >>"$CALLS"; mkdir -p "$3/usr/sbin"'
	stand_in apt-get 'echo "apt-get $*" >>"$CALLS"; : >"$6.deb"'
	packages check
	echo "$output"
	[ "$status" -eq 0 ]
	for name in xinetd openbsd-inetd ucspi-tcp; do
		[ -d "$BUILD/super/$name/usr/sbin" ]
		grep -q "download $name\$" "$calls"
	done
	run ! grep -q ' install' "$calls"
	: >"$calls"
	packages check
	[ "$status" -eq 0 ]
	[ ! -s "$calls" ]
}

@test "a super-server that cannot be fetched is an error, and leaves nothing" {
	stand_in apt-get 'exit 100'
	packages check
	[ "$status" -eq 1 ]
	[[ $output == *'cannot fetch xinetd'* ]]
	[ ! -e "$BATS_TEST_TMPDIR/top/build/super/xinetd" ]
}

@test "an unknown purpose is an error" {
	packages wishes
	[ "$status" -ne 0 ]
	[[ $output == *wishes* ]]
}
