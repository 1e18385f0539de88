#!/usr/bin/env bats
# An IPv6 network counts as one peer, by what doc/limits.md says to do
# in the packet filter: the super-servers count addresses, of which one peer
# has 2^64.
# Runs alone.

bats_require_minimum_version 1.5.0
load system

SERVER=2001:db8:f::1
HONEST=2001:db8:2::1
HOSTILE='2001:db8:1::1 2001:db8:1::2 2001:db8:1::3 2001:db8:1::4'

setup_file()
{
	system_start
	xinetd_install
	for address in $SERVER $HONEST $HOSTILE; do
		inside ip address add "$address/64" dev lo nodad
	done
}

teardown_file() { system_stop; }

teardown()
{
	attack_stop
	inside nft flush ruleset
	units_reset
}

attack_start()
{
	# Word splitting is meant:
	# shellcheck disable=SC2086
	inside "$TOP/tests/system/dribble" "$SERVER" 5060 16 $HOSTILE 3>&- &
	ATTACK=$!
}

attack_stop()
{
	[ -n "${ATTACK:-}" ] || return 0
	inside pkill -f tests/system/dribble
	wait "$ATTACK" || :
	ATTACK=
}

# The rules, as the page has them.
rules()
{
	sed -n 's/^    //; /^table inet sip {$/,/^}$/p' \
	    "$TOP/doc/limits.md"
}

handlers()
{
	inside pgrep -c -u sip-cgi sipcgi-handler || :
}

handlers_are_at_least()
{
	[ "$(handlers)" -ge "$1" ]
}

handlers_are_at_most()
{
	[ "$(handlers)" -le "$1" ]
}

# How many of 22 honest requests are answered, each given two seconds.
honest()
{
	ask ok -b "$HONEST" -n 22 -p 1 -t 2
}

# Four addresses take all places; counted as one, a quarter of them.
check_attack()
{
	attack_start
	wait_until handlers_are_at_least 60
	[[ $(honest) != 'ok=22 '* ]]
	rules | inside nft -f -
	# What stands is not cut off, but ends at the deadline.
	wait_until handlers_are_at_most 16
	[[ $(honest) == 'ok=22 '* ]]
	handlers_are_at_least 1
}

# bats test_tags=P70
@test "sip-cgi.socket: four addresses of one network are one peer to nftables" {
	inside systemctl start sip-cgi.socket
	check_attack
}

# bats test_tags=P70
@test "sip-cgi-inetd: four addresses of one network are one peer to nftables" {
	inside systemctl start sip-cgi-inetd
	check_attack
}
