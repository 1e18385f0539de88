#!/usr/bin/env bats
# sip-cgi.socket and sip-cgi@.service, as installed, under a real systemd.
# Runs alone.

bats_require_minimum_version 1.5.0
load system

setup_file() { system_start; }
teardown_file() { system_stop; }

setup() { inside systemctl start sip-cgi.socket; }
teardown() { units_reset; }

@test "the socket is activated over IPv4, and the script sees the peer" {
	check_peer 127.0.0.1
}

@test "the socket is activated over IPv6, and the script sees the peer" {
	check_peer ::1
}

@test "800 connections in a row do not end the socket unit" {
	[[ $(ask ok -n 800 -p 8) == 'ok=800 '* ]]
	inside systemctl is-active sip-cgi.socket
}

@test "1000 bad requests are answered and leave no failed unit" {
	message ok | grep -v ^Call-ID: >"$SHARED/bad.sip"
	run inside "$CLIENT" -n 1000 -p 8 127.0.0.1 5060 "$SHARED/bad.sip"
	[[ $output == 'ok=0 error=1000 '* ]]
	[ -z "$(inside systemctl --failed --no-legend)" ]
	check_served
}

@test "scripts that fail leave no failed unit, and a line in the journal" {
	[[ $(ask fail -n 20 -p 4) == 'ok=0 error=0 empty=20 '* ]]
	[ -z "$(inside systemctl --failed --no-legend)" ]
	[ "$(inside systemctl is-system-running)" = running ]
	wait_until is_failure_logged
	check_served
}

@test "stopping the socket lets a running request end, and takes no more" {
	ask_on slow
	wait_until instances_are 1
	inside systemctl stop sip-cgi.socket
	[[ $(ask ok) == *' refused=1 '* ]]
	inside touch /tmp/answer-now
	wait "$ASKING"
	inside rm /tmp/answer-now
	[[ $(cat "$SHARED/asked") == 'ok=1 '* ]]
}

@test "stopping the instances ends requests with their children" {
	ask_on hang -n 3 -p 3
	wait_until instances_are 3
	inside systemctl stop 'sip-cgi@*.service'
	wait "$ASKING"
	[[ $(cat "$SHARED/asked") == 'ok=0 error=0 empty=3 '* ]]
	run ! inside pgrep -u sip-cgi
	check_served
}

@test "requests are served while journald restarts" {
	ask_on ok -n 400 -p 8
	wait_until has_requests 20
	inside systemctl restart systemd-journald
	wait "$ASKING"
	[[ $(cat "$SHARED/asked") == 'ok=400 '* ]]
	check_served
}

has_requests()
{
	[ "$(inside journalctl --quiet --output=cat \
	    --grep="^exec .*call-id=$CALL_ID" | wc -l)" -ge "$1" ]
}
