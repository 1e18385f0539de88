#!/usr/bin/env bats
# The handler under systemd-socket-activate: what systemd does with Accept=yes,
# without a running systemd.

load super

teardown() { super_stop; }

@test "socket-activate, IPv4: sipp's OPTIONS is answered 200" {
	super_start socket-activate 127.0.0.1
	check_options
}

@test "socket-activate, IPv4: sipp's INVITE is answered 302, and the script sees the ACK" {
	super_start socket-activate 127.0.0.1
	check_invite
}

@test "socket-activate, IPv4: a plain client gets the answer and nothing of standard error" {
	super_start socket-activate 127.0.0.1
	check_bytes
}

@test "socket-activate, IPv4: an ACK is answered by nothing" {
	super_start socket-activate 127.0.0.1
	check_ack
}

@test "socket-activate, IPv4: a bad request gets 400, and the next one is served" {
	super_start socket-activate 127.0.0.1
	check_refusal
}

@test "socket-activate, IPv6: sipp's OPTIONS is answered 200" {
	super_start socket-activate ::1
	check_options
}

@test "socket-activate, IPv6: sipp's INVITE is answered 302, and the script sees the ACK" {
	super_start socket-activate ::1
	check_invite
}

@test "socket-activate, IPv6: a plain client gets the answer and nothing of standard error" {
	super_start socket-activate ::1
	check_bytes
}

@test "socket-activate, IPv6: an ACK is answered by nothing" {
	super_start socket-activate ::1
	check_ack
}

@test "socket-activate, IPv6: a bad request gets 400, and the next one is served" {
	super_start socket-activate ::1
	check_refusal
}
