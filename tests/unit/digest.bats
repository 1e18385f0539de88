#!/usr/bin/env bats
# Digest authentication by the three libraries.

bats_require_minimum_version 1.5.0

load ../helpers/helper

# The shells that scripts are written for: make check-all tries them all.
SHELLS=(dash)
[ "${CHECK-}" != all ] || SHELLS=(dash bash 'busybox sh' mksh ksh93)

@test "the Digest helpers of the three libraries agree" {
	/usr/bin/python3 -B "$TOP/tests/unit/digest.py" "$TOP/lib" \
	    "${SHELLS[@]}"
}
