#!/usr/bin/env bats
# Kamailio with examples/front/kamailio, in front of sipcgi-each: not a call is
# lost, whatever happens to a host. How late calls were is printed.
# Runs alone: it measures how many calls there can be.

load kamailio

setup_file()
{
	hosts_up
	kamailio_install kamailio
	smallest_script
	each_start one
	each_start two
	kamailio_start one two
}

teardown_file()
{
	hosts_down
}

setup()
{
	cd "$BATS_TEST_TMPDIR" || return
}

# 2000 calls, and in the middle of them `$1 one`, then `$2 one`.
none_lost_when()
{
	local rate pid

	rate=$(capacity)
	calls 2000 $((rate < 200 ? rate / 2 : 100)) &
	pid=$!
	WAIT_BOUND=200 wait_until has_answers 500
	"$1" one
	WAIT_BOUND=200 wait_until has_answers 1300
	"$2" one
	wait "$pid" || return
	figure "2000 calls, $1, $2: $(lateness)"
}

has_answers()
{
	[ "$(cat ./*_rtt.csv 2>/dev/null | wc -l)" -gt "$1" ]
}

@test "10,000 calls over UDP to two hosts, by a kept connection to each" {
	none_lost_at_one_in 2
	[ "$(connections one)" -eq 1 ]
	[ "$(connections two)" -eq 1 ]
}

@test "no call is lost when a host is killed, and when it is back" {
	none_lost_when host_kill each_start
}

@test "no call is lost when a host is cut off, and when it is back" {
	none_lost_when host_cut host_join
}

@test "no call is lost when a host hangs, and when it goes on" {
	none_lost_when host_hang host_wake
}

@test "10,000 calls over UDP to one sipcgi-each, by one kept connection" {
	local before

	host_kill front
	host_kill two
	before=$(connections one)
	sed -i /10.0.0.12/d "$ETC/kamailio/dispatcher.list"
	kamailio_start
	none_lost_at_one_in 2
	[ "$(connections one)" -eq $((before + 1)) ]
}
