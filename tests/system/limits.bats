#!/usr/bin/env bats
# The limits of the units take hold, and what a client sees when they do. The
# tests set lower ones than the units do, to be quick, by drop-ins; each proves
# first, or beside it, that the same is served without the limit.
# Runs alone.

bats_require_minimum_version 1.5.0
load system

setup_file() { system_start; }
teardown_file() { system_stop; }
teardown() { units_reset; }

start()
{
	inside systemctl start sip-cgi.socket
}

# What the unit $1 has for the property $2.
property()
{
	inside systemctl show --property="$2" --value "$1"
}

@test "the installed units have limits" {
	for limit in MaxConnections=64 MaxConnectionsPerSource=16 \
	    TriggerLimitIntervalUSec=0 Backlog=4096; do
		[ "$(property sip-cgi.socket "${limit%=*}")" = \
		    "${limit#*=}" ]
	done
	for limit in RuntimeMaxUSec=30s MemoryMax=268435456 TasksMax=64 \
	    LimitNOFILE=1024 LimitCORE=0 NoNewPrivileges=yes User=sip-cgi; do
		[ "$(property sip-cgi@test.service "${limit%=*}")" = \
		    "${limit#*=}" ]
	done
}

@test "MaxConnections: one more is closed at once, and served later" {
	drop_in sip-cgi.socket Socket MaxConnections=3
	start
	ask_on hang -n 3 -p 3
	wait_until instances_are 3
	[[ $(ask ok) =~ ^ok=0\ error=0\ (empty=1\ reset=0|empty=0\ reset=1) ]]
	inside systemctl stop 'sip-cgi@*.service'
	wait "$ASKING"
	check_served
}

@test "MaxConnectionsPerSource: one address over it, another is served" {
	drop_in sip-cgi.socket Socket MaxConnectionsPerSource=2
	start
	ask_on hang -n 2 -p 2
	wait_until instances_are 2
	[[ $(ask ok) =~ ^ok=0\ error=0\ (empty=1\ reset=0|empty=0\ reset=1) ]]
	[[ $(ask ok -b 127.0.0.2) == 'ok=1 '* ]]
	inside systemctl stop 'sip-cgi@*.service'
	wait "$ASKING"
}

@test "1000 silent connections from one address do not keep out another" {
	start
	inside "$CLIENT" -n 1000 -p 1000 -t 60 127.0.0.1 5060 \
	    >"$SHARED/silent" 3>&- &
	silent=$!
	# Beyond the time for which the kernel keeps silent connections back.
	wait_until instances_are 16
	[[ $(ask ok -b 127.0.0.2 -n 5) == 'ok=5 '* ]]
	inside systemctl stop sip-cgi.socket 'sip-cgi@*.service'
	wait "$silent"
	grep -q '^ok=0 error=0 ' "$SHARED/silent"
}

@test "RuntimeMaxSec: a script that hangs is ended with its children" {
	drop_in sip-cgi@.service Service RuntimeMaxSec=1
	start
	[[ $(ask hang) == 'ok=0 error=0 empty=1 '* ]]
	wait_until instances_are 0
	run ! inside pgrep -u sip-cgi
	inside journalctl --quiet --grep='timeout' -u 'sip-cgi@*' -n 1
	check_served
}

@test "RuntimeMaxSec: a script that floods its answer is ended" {
	drop_in sip-cgi@.service Service RuntimeMaxSec=1
	start
	# It would last for as long as the client reads.
	run ask flood -t 9
	[[ $output == *' timeout=0 '* ]]
	wait_until instances_are 0
	check_served
}

@test "MemoryMax: a script that eats memory is ended" {
	start
	[[ $(ask memory) =~ ^ok=0\ error=0\ (empty=1|empty=0\ reset=1) ]]
	check_served
	drop_in sip-cgi@.service Service MemoryMax=1G
	[[ $(ask memory) == 'ok=1 '* ]]
}

@test "TasksMax: a script cannot start more processes" {
	start
	[[ $(ask fork) =~ ^ok=0\ error=0\ (empty=1|empty=0\ reset=1) ]]
	run ! inside pgrep -u sip-cgi
	check_served
	drop_in sip-cgi@.service Service TasksMax=200
	[[ $(ask fork) == 'ok=1 '* ]]
}

no_script_runs()
{
	! inside pgrep -u sip-cgi
}

# bats test_tags=P68
@test "a fork bomb ends with its request, and others are served meanwhile" {
	# It holds for the others, too, which such a bomb makes slow.
	drop_in sip-cgi@.service Service RuntimeMaxSec=8
	start
	ask_on bomb
	wait_until instances_are 1
	check_served
	wait "$ASKING"
	wait_until instances_are 0
	wait_until no_script_runs
	check_served
}

# A request for the script hang with a body as large as is taken.
large()
{
	printf '%s\r\n' 'MESSAGE sip:hang@box SIP/2.0' \
	    'Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1' \
	    'From: <sip:tester@example.org>;tag=1' 'To: <sip:hang@box>' \
	    "Call-ID: $CALL_ID" 'CSeq: 1 MESSAGE' \
	    'Content-Type: text/plain' 'Content-Length: 1048576' ''
	head -c 1048576 /dev/zero
}

# Has the script the body in each of them?
all_hang()
{
	[ "$(inside pgrep -c -u sip-cgi hang)" -eq 64 ]
}

# Octets of memory that all requests use together.
used()
{
	inside systemctl show --property=MemoryCurrent --value \
	    system-sip\\x2dcgi.slice
}

# bats test_tags=P69
@test "the bodies of as many large requests as are let in fit into memory" {
	drop_in sip-cgi.socket Socket MaxConnectionsPerSource=64
	drop_in sip-cgi@.service Service MemoryMax=8M
	start
	large >"$SHARED/large.sip"
	sh_inside 'for i in {1..64}; do
		(exec 4<>/dev/tcp/127.0.0.1/5060; cat "$1" >&4; read -r <&4) &
	done; wait' - "$SHARED/large.sip" 3>&- &
	wait_until instances_are 64
	wait_until all_hang
	# Each body is charged to its own request.
	[ "$(used)" -ge $((64 * 1048576)) ]
	[ "$(used)" -le $((64 * 8 * 1048576)) ]
	inside systemctl stop 'sip-cgi@*.service'
	wait "$!" || :
	check_served
}

@test "a trigger limit, as systemd has by default, ends the socket unit" {
	# The default is 200 in 2 s, which a busy machine does not start.
	drop_in sip-cgi.socket Socket TriggerLimitIntervalSec=60s \
	    TriggerLimitBurst=20
	start
	run ask ok -n 100 -p 8
	[[ $output != 'ok=100 '* ]]
	run ! inside systemctl is-active --quiet sip-cgi.socket
}
