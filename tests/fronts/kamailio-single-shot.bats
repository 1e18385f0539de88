#!/usr/bin/env bats
# Kamailio with examples/front/kamailio, in front of hosts that serve one
# request for each connection.
# Runs alone: it measures how many calls there can be.

load kamailio

setup_file()
{
	local example=$TOP/examples/front/kamailio

	hosts_up
	kamailio_install kamailio
	# README's commands.
	echo '#!define SINGLE_SHOT' >>"$ETC/kamailio/local.cfg"
	on front nft -f "$example/single-shot.nft"
	on front sysctl -qw net.netfilter.nf_conntrack_tcp_timeout_time_wait=5
	whole_script
	handler_start one
	handler_start two
	kamailio_start one two
}

# Nobody completes what it answers.
whole_script()
{
	cat >"$SCRIPTS/default.cgi" <<-'END'
		#!/bin/sh
		printf '%s\r\n' 'SIP/2.0 302 Moved Temporarily' \
		    "Via: $SIP_VIA" "From: $SIP_FROM" \
		    "To: $SIP_TO;tag=$SIPCGI_TO_TAG" "Call-ID: $SIP_CALL_ID" \
		    "CSeq: $SIP_CSEQ" 'Contact: <sip:bryan@example.org>' \
		    'Content-Length: 0' ''
	END
	chmod 755 "$SCRIPTS/default.cgi"
}

teardown_file()
{
	hosts_down
}

setup()
{
	cd "$BATS_TEST_TMPDIR" || return
}

@test "10,000 calls over UDP, a connection for each request: none is lost" {
	# Half of it is too near where a machine has other work, too: each call
	# is a connection and three processes.
	none_lost_at_one_in 4
	[ "$(connections one)" -gt 5000 ]
	[ "$(connections two)" -gt 5000 ]
}
