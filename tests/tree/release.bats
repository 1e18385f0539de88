#!/usr/bin/env bats
# What a release needs: one version, a map that is complete, and a tarball that
# is the same wherever it is made.

load ../helpers/helper

version()
{
	sed -n 's/^VERSION = //p' "$TOP/Makefile"
}

@test "the version stands in the Makefile, and NEWS begins with it" {
	[[ $(version) =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]]
	[ "$(grep -Em1 '^[0-9]' "$TOP/NEWS")" = "$(version)" ]
	"$HANDLER" --version | grep -qwF "$(version)"
}

@test "HACKING has every module of the program, and no others" {
	(cd "$TOP" && ls ./*.c) | sed 's|^\./||' | sort \
	    >"$BATS_TEST_TMPDIR/there"
	grep -Eo '^    [a-z-]+\.c\b' "$TOP/HACKING" | sed 's/^ *//' | sort \
	    >"$BATS_TEST_TMPDIR/named"
	diff "$BATS_TEST_TMPDIR/there" "$BATS_TEST_TMPDIR/named"
}

@test "HACKING and the pages of doc/ are short" {
	[ "$(wc -l <"$TOP/HACKING")" -lt 120 ]
	for page in "$TOP"/doc/*.md; do
		[ "$(wc -l <"$page")" -lt 170 ]
	done
}

@test "make dist gives the same tarball in every clone" {
	git -C "$TOP" rev-parse --verify -q HEAD >/dev/null ||
	    skip 'this tree is not a clone'
	for clone in one other; do
		git clone -q "$TOP" "$BATS_TEST_TMPDIR/$clone"
		# What the clock and the checkout say must not matter.
		find "$BATS_TEST_TMPDIR/$clone" -name '*.c' -exec touch {} +
		(cd "$BATS_TEST_TMPDIR/$clone" && umask "$([ $clone = one ] &&
		    echo 022 || echo 077)" && make -s dist)
	done
	cmp "$BATS_TEST_TMPDIR"/one/*.tar.gz "$BATS_TEST_TMPDIR"/other/*.tar.gz
}
