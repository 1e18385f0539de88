#!/usr/bin/env bats
# haproxy with examples/front/haproxy, in front of sipcgi-each -P on two hosts.
# Runs early: hosts are away for seconds.

load fronts
load streams.bash

setup_file()
{
	streams_prepare
	mkdir "$ETC/haproxy"
	cp "$TOP/examples/front/haproxy/haproxy.cfg" \
	    "$BATS_FILE_TMPDIR/sip.pem" "$ETC/haproxy"
	streams_up
	proxied_start two
	haproxy_start haproxy.cfg
	wait_until host_listens front 5061
}

teardown_file()
{
	hosts_down
}

setup()
{
	cd "$BATS_TEST_TMPDIR" || return
	host_listens one 5070 || proxied_start one
}

haproxy_start()
{
	DIRECTORIES=/var/lib/haproxy stream_start haproxy -- \
	    haproxy -db -f "/etc/haproxy/$1"
}

# What haproxy.cfg says to the hosts is said otherwise: `variant SED-SCRIPT`.
variant()
{
	host_kill front
	sed "$1" "$ETC/haproxy/haproxy.cfg" >"$ETC/haproxy/variant.cfg"
	run ! cmp -s "$ETC/haproxy/haproxy.cfg" "$ETC/haproxy/variant.cfg"
	haproxy_start variant.cfg
	wait_until host_listens front 5061
}

# bats test_tags=P34
@test "the script sees the caller, over TCP and TLS" {
	sees_callers
}

# bats test_tags=P34
@test "strangers get nowhere, and hold no connection" {
	withstands_strangers
}

@test "a host is killed" {
	calls_while host_kill
}

@test "a host is cut off, and stays so" {
	calls_while host_cut
	host_join one
}

@test "a host hangs" {
	OVER=host_wake calls_while host_hang
}

# bats test_tags=P34
@test "the script sees the caller by version 1" {
	variant s/send-proxy-v2/send-proxy/
	sees_callers
}

# bats test_tags=P34
@test "the script sees the caller by version 2 with TLVs" {
	variant 's/send-proxy-v2/send-proxy-v2-ssl-cn proxy-v2-options ssl,cert-cn,ssl-cipher,cert-sig,cert-key,authority,crc32c/'
	sees_callers
}

@test "a check without a message is nothing to worry about" {
	: >"$BATS_FILE_TMPDIR/one.log"
	variant /tcp-check/d
	wait_until grep -q ' discard.* why=peer-gone$' "$BATS_FILE_TMPDIR/one.log"
	sees_callers
	run ! grep ' error \| reject ' "$BATS_FILE_TMPDIR/one.log"
}

@test "a caller over its share is closed, others are served" {
	variant 's/gt 128/gt 1/'
	counts_callers
}
