# SECURITY.md numbers its promises; a test says by its tags which it holds.

load ../helpers/helper

@test "every promise of SECURITY.md has a test, and every test its promise" {
	cd "$BATS_TEST_TMPDIR"
	grep -Eo '\bP[0-9]+\.|\| P[0-9]+ \|' "$TOP/SECURITY.md" |
	    grep -Eo 'P[0-9]+' | sort >promised
	grep -rhs '^# bats test_tags=' "$TOP/tests" --include='*.bats' |
	    sed 's/.*=//' | tr , '\n' | grep -x 'P[0-9]*' | sort -u >tested
	[ "$(wc -l <promised)" -gt 50 ]
	# Each number once.
	[ -z "$(uniq -d promised)" ]
	diff promised tested
}

@test "a tag stands above a test" {
	diff /dev/null <(grep -rh -A 1 '^# bats test_tags=' "$TOP/tests" \
	    --include='*.bats' --no-group-separator |
	    grep -v -e '^# bats test_tags=' -e '^@test "')
}
