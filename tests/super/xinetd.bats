#!/usr/bin/env bats
# The handler under Debian's xinetd, with the shipped entry. Standard error is
# the connection there.

load super

teardown() { super_stop; }

@test "xinetd, IPv4: sipp's OPTIONS is answered 200" {
	super_start xinetd 127.0.0.1
	check_options
}

@test "xinetd, IPv4: sipp's INVITE is answered 302, and the script sees the ACK" {
	super_start xinetd 127.0.0.1
	check_invite
}

@test "xinetd, IPv4: a plain client gets the answer and nothing of standard error" {
	super_start xinetd 127.0.0.1
	check_bytes
}

@test "xinetd, IPv4: an ACK is answered by nothing" {
	super_start xinetd 127.0.0.1
	check_ack
}

@test "xinetd, IPv4: a bad request gets 400, and the next one is served" {
	super_start xinetd 127.0.0.1
	check_refusal
}

@test "xinetd, IPv6: sipp's OPTIONS is answered 200" {
	super_start xinetd ::1
	check_options
}

@test "xinetd, IPv6: sipp's INVITE is answered 302, and the script sees the ACK" {
	super_start xinetd ::1
	check_invite
}

@test "xinetd, IPv6: a plain client gets the answer and nothing of standard error" {
	super_start xinetd ::1
	check_bytes
}

@test "xinetd, IPv6: an ACK is answered by nothing" {
	super_start xinetd ::1
	check_ack
}

@test "xinetd, IPv6: a bad request gets 400, and the next one is served" {
	super_start xinetd ::1
	check_refusal
}
