#!/usr/bin/env bats
# C has 80 columns; a tab goes to the next multiple of eight.

load ../helpers/helper

@test "no line of C has more than 80 columns" {
	local file

	cd "$BATS_TEST_TMPDIR"
	find "$TOP" -path "$TOP/build" -prune -o -name '*.[ch]' -print >files
	grep -qx "$TOP/sipmsg.c" files
	while read -r file; do
		expand "$file" | grep -nE '.{81}' | sed "s|^|$file:|"
	done <files >wide
	diff /dev/null wide
}
