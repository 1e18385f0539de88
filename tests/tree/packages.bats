#!/usr/bin/env bats
# tests/packages, with stand-ins for dpkg and apt-get that write down how they
# were called: nothing is installed here.

load ../helpers/helper


setup()
{
	BUILD=$BATS_TEST_TMPDIR/build
	calls=$BATS_TEST_TMPDIR/calls
	bin=$BATS_TEST_TMPDIR/bin
	super=$BATS_TEST_TMPDIR/top/build/super
	mkdir -p "$bin" "$BUILD" "$BATS_TEST_TMPDIR/top"
	: >"$calls"
	stand_in id 'echo ${FAKE_ID:-0}'
	stand_in sleep 'echo sleep >>"$CALLS"'
	# All that tests/packages names is installed but $MISSING, and
	# $INSTALLED.
	export SCRIPT=$TOP/tests/packages
	stand_in dpkg-query '
		tr -cs "a-z0-9.+-" "\n" <"$SCRIPT" | grep "^[a-z0-9]" |
		    while read -r p; do
			[ "$p" = "$MISSING" ] || echo "ii  $p, "
		done
		echo "rc  purged, "
		echo "ii  $INSTALLED"'
	# Another one holds a lock for the first $LOCKED calls.
	stand_in apt-get '
		echo "apt-get $*" >>"$CALLS"
		if [ "$(wc -l <"$CALLS")" -le "${LOCKED:-0}" ]; then
			echo "E: Could not get lock /var/lib/apt/lists/lock."
			exit 100
		fi
		case " $* " in
		*" update "*) touch "$CALLS.updated" ;;
		*" download "*) : >x.deb ;;
		*" -s "*)
			if [ -n "$STALE" ] && [ ! -e "$CALLS.updated" ]; then
				echo "E: stale"
				exit 100
			fi
			[ -z "$REMOVES" ] || echo "Remv $REMOVES [1.0]" ;;
		esac'
	stand_in dpkg-deb '
		mkdir -p "$3/usr/sbin" "$3/DEBIAN"
		printf "Package: %s\nProvides: %s\nDepends: %s\n" one \
		    "$PROVIDES" "${DEPENDS:-make}" >"$3/DEBIAN/control"'
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
	grep -q -- '--no-install-recommends --no-remove satisfy musl-tools$' \
	    "$calls"
	[ "$(grep -c ' satisfy ' "$calls")" -eq 2 ]
	grep -q -- ' -s ' "$calls"
	run ! grep -q update "$calls"
}

@test "what would remove a package is not installed" {
	MISSING=musl-tools REMOVES=theirs packages demo
	[ "$status" -eq 1 ]
	[[ $output == *'would remove theirs'* ]]
	run ! grep -v -- ' -s ' "$calls"
}

@test "package lists that are stale are fetched, once" {
	MISSING=musl-tools STALE=yes packages demo
	[ "$status" -eq 0 ]
	[ "$(grep -c ' update$' "$calls")" -eq 1 ]
	tail -n 1 "$calls" | grep -q 'satisfy musl-tools$'
}

@test "what cannot be installed is an error that shows apt-get's own" {
	stand_in apt-get 'echo "E: no such $*"; exit 100'
	MISSING=musl-tools packages demo
	[ "$status" -eq 1 ]
	[[ $output == *'cannot install musl-tools'*'E: no such '* ]]
}

@test "another apt-get is waited for, within a bound" {
	MISSING=musl-tools LOCKED=5 packages demo
	[ "$status" -eq 0 ]
	[[ $output == *'waiting for another apt-get'* ]]
	tail -n 1 "$calls" | grep -q 'satisfy musl-tools$'
	: >"$calls"
	MISSING=musl-tools LOCKED=1000 LOCK_TIMEOUT=3 packages demo
	[ "$status" -eq 1 ]
	[[ $output == *'Could not get lock'* ]]
	[ "$(wc -l <"$calls")" -le 20 ]
}

@test "without root it says what to install, and fails" {
	MISSING=musl-tools FAKE_ID=1000 packages demo
	[ "$status" -eq 1 ]
	[[ $output == *"apt-get satisfy --no-install-recommends 'musl-tools'"* ]]
	[ ! -s "$calls" ]
}

@test "super-servers are unpacked, never installed" {
	packages check
	echo "$output"
	[ "$status" -eq 0 ]
	for name in xinetd openbsd-inetd ucspi-tcp; do
		[ -d "$BUILD/super/$name/usr/sbin" ]
		grep -q "download $name\$" "$calls"
	done
	run ! grep -q ' satisfy' "$calls"
	: >"$calls"
	packages check
	[ "$status" -eq 0 ]
	[ ! -s "$calls" ]
}

@test "what the unpacked ones depend on is installed, whatever provides it" {
	export DEPENDS='absent:any (>= 1) | gone, purged, make:any, libold (= 2)'
	INSTALLED='libnew, libother, libold (= 2)' packages check
	echo "$output"
	[ "$status" -eq 0 ]
	tail -n 1 "$calls" | grep -q ' satisfy absent | gone,purged$'
	: >"$calls"
	INSTALLED='libold, purged (= 1), gone' packages check
	[ "$status" -eq 0 ]
	[ ! -s "$calls" ]
	INSTALLED='libold, gone' FAKE_ID=1000 packages check
	[ "$status" -eq 1 ]
	[[ $output == *" --no-install-recommends 'purged'"* ]]
}

@test "what an unpacked one is, or provides, is not installed for another" {
	DEPENDS='one, an-abi-1, make' PROVIDES='another, an-abi-1 (= 3)' \
	    packages check
	echo "$output"
	[ "$status" -eq 0 ]
	run ! grep -q ' satisfy' "$calls"
}

@test "a super-server that cannot be fetched is an error, and leaves nothing" {
	stand_in apt-get 'echo "E: no mirror"; exit 100'
	packages check
	[ "$status" -eq 1 ]
	[[ $output == *'cannot fetch xinetd'*'E: no mirror'* ]]
	[ ! -e "$super/xinetd" ]
	FAKE_ID=1000 packages check
	[ "$status" -eq 1 ]
	[[ $output == *'as root, run apt-get update'* ]]
}

@test "an unknown purpose is an error" {
	packages wishes
	[ "$status" -ne 0 ]
	[[ $output == *wishes* ]]
}

@test "make asks for packages, and with PACKAGES=no never" {
	local targets=(check check-all demo run coverage fuzz load bench
	    bench-each bench-growing bench-log bench-sandbox bench-parse bench-peers
	    check-system check-fronts)

	run -0 make -C "$TOP" -n "${targets[@]}"
	[ "$(grep -c 'tests/packages' <<<"$output")" -eq "${#targets[@]}" ]
	run -0 make -C "$TOP" -n "${targets[@]}" PACKAGES=no
	[[ $output == *tests/run* && $output != *tests/packages* ]]
}
