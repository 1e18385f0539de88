#!/usr/bin/env bats
# The seccomp program for aarch64, whose calls have other numbers, by a cross
# compiler and an emulator.

load ../helpers/helper

@test "the filter for aarch64 answers as the one for this machine" {
	[ "${CHECK:-}" = all ] || skip "for make check-all"
	program=$BATS_TEST_TMPDIR/seccomp
	aarch64-linux-gnu-gcc -std=c11 -D_GNU_SOURCE -Werror -static -I "$TOP" \
	    -o "$program" "$TOP/tests/unit/seccomp.c" "$TOP/seccomp.c"
	SECCOMP="qemu-aarch64 $program" MACHINE=aarch64 \
	    bats --tap "$TOP/tests/unit/seccomp.bats" >"$BATS_TEST_TMPDIR/tap" || {
		cat "$BATS_TEST_TMPDIR/tap"
		return 1
	}
}
