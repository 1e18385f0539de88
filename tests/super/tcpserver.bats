#!/usr/bin/env bats
# The handler under tcpserver (ucspi-tcp), which knows no IPv6 in Debian.

load super

teardown() { super_stop; }

@test "tcpserver, IPv4: sipp's OPTIONS is answered 200" {
	super_start tcpserver 127.0.0.1
	check_options
}

@test "tcpserver, IPv4: sipp's INVITE is answered 302, and the script sees the ACK" {
	super_start tcpserver 127.0.0.1
	check_invite
}

@test "tcpserver, IPv4: a plain client gets the answer and nothing of standard error" {
	super_start tcpserver 127.0.0.1
	check_bytes
}

@test "tcpserver, IPv4: an ACK is answered by nothing" {
	super_start tcpserver 127.0.0.1
	check_ack
}

@test "tcpserver, IPv4: a bad request gets 400, and the next one is served" {
	super_start tcpserver 127.0.0.1
	check_refusal
}
