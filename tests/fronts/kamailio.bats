#!/usr/bin/env bats
# Kamailio with examples/front/kamailio, in front of sipcgi-each on two hosts.
# Runs alone: it measures how many calls there can be.

load fronts

setup_file()
{
	export ETC=$BATS_FILE_TMPDIR/etc SCRIPTS=$BATS_FILE_TMPDIR/scripts
	mkdir -p "$ETC"
	cp -R "$TOP/examples/front/kamailio" "$ETC/kamailio"
	smallest_script
	hosts_up
	# README's commands.
	echo '#!define KEY "0123456789abcdef"' >"$ETC/kamailio/key.cfg"
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=192.0.2.1 \
	    -keyout "$ETC/kamailio/sip.key" -out "$ETC/kamailio/sip.pem" \
	    2>/dev/null
	each_start one
	each_start two
	kamailio_start
}

teardown_file()
{
	hosts_down
}

setup()
{
	cd "$BATS_TEST_TMPDIR" || return
}

kamailio_start()
{
	front_start kamailio kamailio-tls-modules kamailio-websocket-modules -- \
	    sh -c 'mkdir /run/kamailio && exec kamailio -DD -E -m 128 -M 8 \
	    -f /etc/kamailio/kamailio.cfg'
	wait_until host_listens front 8443
}

@test "a call over UDP is redirected by a script behind Kamailio" {
	calls 1 1
}

# All calls of $1 at half of what was found to be the most; says how late
# they were. More options are sipp's.
none_lost_at_half()
{
	local capacity

	calls 3000 100000 -l 32
	capacity=$CALLED
	calls "$1" $((capacity / 2))
	figure "$1 calls at $((capacity / 2))/s, half of $capacity/s: $(lateness)"
}

# The TCP connections that host $1 has been asked for and has accepted.
accepted()
{
	on "$1" awk '/^Tcp: [0-9]/ { print $7 }' /proc/net/snmp
}

@test "10,000 calls over UDP to two hosts, by one kept connection each" {
	none_lost_at_half 10000
	[ "$(accepted one)" -eq 1 ]
	[ "$(accepted two)" -eq 1 ]
}

# 2000 calls, and in the middle of them `$1 one`, then `$2 one`.
none_lost_when()
{
	local pid status=0

	calls 2000 100 &
	pid=$!
	WAIT_BOUND=200 wait_until has_answers 500
	"$1" one
	WAIT_BOUND=200 wait_until has_answers 1300
	"$2" one
	wait "$pid" || return
	figure "$1, $2: $(lateness)"
}

has_answers()
{
	[ "$(cat ./*_rtt.csv 2>/dev/null | wc -l)" -gt "$1" ]
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
