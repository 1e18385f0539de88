#!/usr/bin/env bats
# The work of the libraries for values that are hard for them.

bats_require_minimum_version 1.5.0

load ../helpers/helper

# The shells that scripts are written for: make check-all tries them all.
SHELLS=(dash)
[ "${CHECK-}" != all ] || SHELLS=(dash bash 'busybox sh' mksh ksh93)

@test "the work of the libraries, and of message, grows with their input alone" {
	/usr/bin/python3 -B "$TOP/tests/unit/growth.py" "$TOP/lib" \
	    "${SHELLS[@]}"
}
