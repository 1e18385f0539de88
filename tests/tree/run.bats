#!/usr/bin/env bats
# The test runner: what it counts, and that nothing that fails is lost.

load ../helpers/helper

setup()
{
	cd "$BATS_TEST_TMPDIR" || return
	mkdir build
}

# The runner in a build tree of its own, since this is run by one itself.
run_tests()
{
	run env -u BATS_TEST_TMPDIR BUILD="$BATS_TEST_TMPDIR/build" \
	    "$TOP/tests/run" "$@"
	last=${lines[-1]}
}

# A bats file, with @ for @test: bats must not take it for a test of its own.
bats_file()
{
	sed 's/^@ /@test /' >"$1.bats"
}

shunit2_file()
{
	(echo '#!/bin/sh'; cat; echo '. shunit2') >"$1.sh"
	chmod 755 "$1.sh"
}

@test "tests that pass are counted, in bats and in shunit2" {
	bats_file a <<-'X'
	@ "one" { true; }
	@ "two" { true; }
	X
	shunit2_file b <<-'X'
	testOne() { assertEquals 1 1; }
	X
	run_tests ./a.bats ./b.sh
	[ "$status" -eq 0 ]
	[ "$last" = '3 passed, 0 failed' ]
}

@test "a failure is counted, named and explained" {
	bats_file a <<-'X'
	@ "good" { true; }
	@ "bad" { echo because; false; }
	X
	run_tests ./a.bats
	[ "$status" -eq 1 ]
	[ "$last" = '1 passed, 1 failed' ]
	[[ $output == *'FAILED: ./a.bats: bad'*because* ]]
}

@test "figures are shown" {
	bats_file a <<-'X'
	@ "measured" { echo '# figure: 12 of 10' >&3; echo '# not one' >&3; }
	X
	run_tests ./a.bats
	[ "$status" -eq 0 ]
	[[ $output == *'12 of 10'* && $output != *'not one'* ]]
}

# helper.bash has its own way to find out.
@test "a failure's line is named, also in a function that the test calls" {
	bats_file a <<-X
	load $TOP/tests/helpers/helper
	deeper() { false; }
	@ "bad" {
		true
		deeper
	}
	X
	run_tests ./a.bats
	[[ $output == *'deeper'*' line 2,'*' line 5)'* ]]
}

@test "a failure in shunit2 counts once for each test, not assertion" {
	shunit2_file a <<-'X'
	testGood() { assertEquals 1 1; }
	testBad() { assertEquals 1 2; assertEquals 2 3; }
	X
	run_tests ./a.sh
	[ "$status" -eq 1 ]
	[ "$last" = '1 passed, 1 failed' ]
	[[ $output == *'FAILED: ./a.sh: testBad'* ]]
}

@test "a skipped test says why, and is neither passed nor failed" {
	bats_file a <<-'X'
	@ "good" { true; }
	@ "later" { skip "not today"; }
	X
	run_tests ./a.bats
	[ "$status" -eq 0 ]
	[ "$last" = '1 passed, 0 failed, 1 skipped' ]
	[[ $output == *'skipped: ./a.bats: later: not today'* ]]
}

@test "tests that never ran are a failure: broken files" {
	bats_file syntax <<-'X'
	@ "x" { if
	X
	bats_file set-up <<-'X'
	setup_file() { false; }
	@ "x" { true; }
	X
	shunit2_file shunit <<-'X'
	exit 0
	testX() { assertEquals 1 1; }
	X
	for file in ./syntax.bats ./set-up.bats ./shunit.sh; do
		run_tests "$file"
		[ "$status" -eq 1 ]
		[[ $last =~ ^'0 passed, '[1-9]' failed'$ ]]
	done
}

@test "a file that does not end is a failure, within its limit" {
	bats_file a <<-'X'
	@ "hangs" { exec sleep 60; }
	X
	LIMIT=1 run_tests ./a.bats
	[ "$status" -eq 1 ]
	[ "$last" = '0 passed, 1 failed' ]
	[[ $output == *'not done in time'* ]]
}

@test "a sanitizer's report is a failure, though the test did not see it" {
	bats_file a <<-'X'
	@ "x" { echo overflow >"${ASAN_OPTIONS#log_path=}.123"; }
	X
	run_tests ./a.bats
	[ "$status" -eq 1 ]
	[ "$last" = '1 passed, 1 failed' ]
	[[ $output == *overflow* ]]
}

@test "no test at all is a failure" {
	bats_file a </dev/null
	run_tests ./a.bats
	[ "$status" -eq 1 ]
	run_tests ./missing.bats
	[ "$status" -eq 1 ]
}

@test "a directory stands for the tests in it" {
	mkdir area
	bats_file area/a <<-'X'
	@ "one" { true; }
	X
	shunit2_file area/b <<-'X'
	testTwo() { assertEquals 1 1; }
	X
	echo 'exit 1' >area/no-test.sh
	JOBS=1 run_tests ./area
	[ "$last" = '2 passed, 0 failed' ]
	[[ $output == *./area/a.bats*./area/b.sh* ]]
}

@test "a file that takes long is started before the others" {
	for file in a b c; do
		bats_file $file <<<'@ "x" { true; }'
	done
	sed -i '1i # Runs early: it takes long.' c.bats
	JOBS=1 run_tests ./a.bats ./b.bats ./c.bats
	[[ $output == *./c.bats*./a.bats*./b.bats* ]]
}

@test "files that must run alone do" {
	# Each makes the directory, and fails when another has it.
	for file in a b c; do
		bats_file $file <<-X
		# Runs alone
		@ "x" { mkdir "$PWD/lock"; sleep 0.2; rmdir "$PWD/lock"; }
		X
	done
	JOBS=3 run_tests ./a.bats ./b.bats ./c.bats
	[ "$last" = '3 passed, 0 failed' ]
}
