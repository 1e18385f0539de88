#!/usr/bin/env bats
# The proofs, as far as that goes without running them: make prove does.

load ../helpers/helper

harnesses()
{
	cd "$TOP/tests/prove" || return
	grep -l '^ \* Bound: ' -- *.c | sed 's/\.c$//'
}

@test "SECURITY.md says what is proved and to which bound, no more and no less" {
	for name in $(harnesses); do
		sed -n "s/^ \* Bound: \([0-9]* [a-z]*\).*/$name \1/p" \
		    "$TOP/tests/prove/$name.c"
	done | sort >"$BATS_TEST_TMPDIR/proved"
	awk -F ' *[|] *' '/^## What is proved/ { on = 1 } /^## How to/ { on = 0 }
	    on && $4 ~ /^[0-9]/ { print $2, $4 }' "$TOP/SECURITY.md" |
	    sort >"$BATS_TEST_TMPDIR/said"
	[ -s "$BATS_TEST_TMPDIR/said" ]
	diff "$BATS_TEST_TMPDIR/proved" "$BATS_TEST_TMPDIR/said"
}

@test "each proof has bounds, sources, and a fault that it must find" {
	for name in $(harnesses); do
		grep -Eq '^ \* Bound: [0-9]+ .*\(small: [0-9]+\)$' \
		    "$TOP/tests/prove/$name.c"
		grep -q '^ \* Sources: ' "$TOP/tests/prove/$name.c"
		grep -q '^ \* Unwind: ' "$TOP/tests/prove/$name.c"
		patch --dry-run -s -p1 -d "$TOP" <"$TOP/tests/prove/$name.patch"
	done
}

@test "where CBMC can't be had the proofs are skipped with the reason" {
	mkdir -p "$BATS_TEST_TMPDIR/top/tests/prove" "$BATS_TEST_TMPDIR/bin"
	cp "$TOP/tests/prove/run" "$BATS_TEST_TMPDIR/top/tests/prove"
	printf '#!/bin/sh\necho no mirror has it\nexit 1\n' \
	    >"$BATS_TEST_TMPDIR/top/tests/prove/get-cbmc"
	chmod 755 "$BATS_TEST_TMPDIR/top/tests/prove/get-cbmc"
	run -0 env TOP="$BATS_TEST_TMPDIR/top" BUILD="$BATS_TEST_TMPDIR" \
	    "$BATS_TEST_TMPDIR/top/tests/prove/run"
	[ "${lines[0]}" = 'skipped: the proofs: no mirror has it' ]
	[ "${lines[1]}" = '0 passed, 0 failed, 1 skipped' ]
}
