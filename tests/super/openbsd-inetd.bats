#!/usr/bin/env bats
# The handler under openbsd-inetd. Standard error is the connection there, and
# the environment is empty.

load super

teardown() { super_stop; }

@test "inetd, IPv4: sipp's OPTIONS is answered 200" {
	super_start openbsd-inetd 127.0.0.1
	check_options
}

@test "inetd, IPv4: sipp's INVITE is answered 302, and the script sees the ACK" {
	super_start openbsd-inetd 127.0.0.1
	check_invite
}

@test "inetd, IPv4: a plain client gets the answer and nothing of standard error" {
	super_start openbsd-inetd 127.0.0.1
	check_bytes
}

@test "inetd, IPv4: an ACK is answered by nothing" {
	super_start openbsd-inetd 127.0.0.1
	check_ack
}

@test "inetd, IPv4: a bad request gets 400, and the next one is served" {
	super_start openbsd-inetd 127.0.0.1
	check_refusal
}

@test "inetd, IPv6: sipp's OPTIONS is answered 200" {
	super_start openbsd-inetd ::1
	check_options
}

@test "inetd, IPv6: sipp's INVITE is answered 302, and the script sees the ACK" {
	super_start openbsd-inetd ::1
	check_invite
}

@test "inetd, IPv6: a plain client gets the answer and nothing of standard error" {
	super_start openbsd-inetd ::1
	check_bytes
}

@test "inetd, IPv6: an ACK is answered by nothing" {
	super_start openbsd-inetd ::1
	check_ack
}

@test "inetd, IPv6: a bad request gets 400, and the next one is served" {
	super_start openbsd-inetd ::1
	check_refusal
}
