#!/usr/bin/env bats
# The fast lane: sip-cgi-inetd.service, an unprivileged xinetd inside one
# hardened service.
# Runs alone.
#
# What is quoted is for a shell in the box:
# shellcheck disable=SC2016

bats_require_minimum_version 1.5.0
load system

CONF=/usr/local/etc/sip-cgi-inetd.conf

setup_file()
{
	system_start
	xinetd_install
	inside cp "$CONF" /tmp/conf
}

teardown_file() { system_stop; }

teardown()
{
	units_reset
	inside cp /tmp/conf "$CONF"
}

start()
{
	inside systemctl start sip-cgi-inetd
	wait_until check_served
}

# Change the attribute $1 of the entry to $2.
attribute()
{
	inside sed -i "s|^\(.$1 *=\).*|\1 $2|" "$CONF"
	inside grep -q "^.$1 *= $2\$" "$CONF"
}

handlers()
{
	inside pgrep -c -u sip-cgi "$1" || :
}

handlers_are()
{
	[ "$(handlers "$1")" -eq "$2" ]
}

@test "fast lane: requests are served over IPv4 and IPv6" {
	start
	check_peer 127.0.0.1
	check_peer ::1
}

@test "fast lane: nothing in it runs as root" {
	start
	[ "$(inside systemctl show -p User --value sip-cgi-inetd)" = sip-cgi ]
	[ "$(inside ps -o user= -C xinetd)" = sip-cgi ]
}

@test "fast lane: what a failing script says is in the journal" {
	start
	[[ $(ask fail) == 'ok=0 error=0 empty=1 '* ]]
	wait_until is_failure_logged
	wait_until is_logged exec
}

@test "fast lane: it and the socket take each other's place" {
	inside systemctl start sip-cgi.socket
	start
	run ! inside systemctl is-active sip-cgi.socket
	inside systemctl start sip-cgi.socket
	run ! inside systemctl is-active sip-cgi-inetd
	check_served
}

@test "fast lane: 800 connections in a row do not turn the service off" {
	start
	[[ $(ask ok -n 800 -p 8) == 'ok=800 '* ]]
	# A limit like xinetd's own does.
	attribute cps '5 10'
	inside systemctl reload sip-cgi-inetd
	wait_until is_turned_off
}

# Ten connections are too many for a second.
is_turned_off()
{
	[[ $(ask ok -n 10 -p 10 -t 1) != 'ok=10 '* ]]
}

@test "fast lane: instances: one more is closed at once" {
	attribute instances 3
	start
	ask_on hang -n 3 -p 3
	wait_until handlers_are hang 3
	[[ $(ask ok) =~ ^ok=0\ error=0\ (empty=1\ reset=0|empty=0\ reset=1) ]]
	inside pkill -u sip-cgi 'hang|sleep'
	wait "$ASKING"
	check_served
}

@test "fast lane: per_source: one address over it, another is served" {
	attribute per_source 2
	start
	ask_on hang -n 2 -p 2
	wait_until handlers_are hang 2
	[[ $(ask ok) =~ ^ok=0\ error=0\ (empty=1\ reset=0|empty=0\ reset=1) ]]
	[[ $(ask ok -b 127.0.0.2) == 'ok=1 '* ]]
	inside pkill -u sip-cgi 'hang|sleep'
	wait "$ASKING"
}

@test "fast lane: 1000 silent connections do not keep out another address" {
	start
	inside "$CLIENT" -n 1000 -p 1000 -t 60 127.0.0.1 5060 \
	    >"$SHARED/silent" 3>&- &
	silent=$!
	wait_until handlers_are sipcgi-handler 16
	[[ $(ask ok -b 127.0.0.2 -n 5) == 'ok=5 '* ]]
	inside systemctl stop sip-cgi-inetd
	wait "$silent"
	grep -q '^ok=0 error=0 ' "$SHARED/silent"
}

@test "fast lane: -T: a script that hangs is ended" {
	start
	inside sed -i 's/-T 30/-T 1/' "$CONF"
	inside systemctl reload sip-cgi-inetd
	# Its children are not, and hold the connection: only the end of the
	# service ends those.
	ask_on hang
	wait_until handlers_are hang 1
	wait_until handlers_are hang 0
	handlers_are sleep 2
	inside systemctl stop sip-cgi-inetd
	wait "$ASKING"
	handlers_are sleep 0
}

@test "fast lane: MemoryMax ends the script and not the service" {
	drop_in sip-cgi-inetd.service Service MemoryMax=200M
	start
	pid=$(inside systemctl show -p MainPID --value sip-cgi-inetd)
	[[ $(ask memory) =~ ^ok=0\ error=0\ (empty=1|empty=0\ reset=1) ]]
	check_served
	[ "$(inside systemctl show -p MainPID --value sip-cgi-inetd)" = "$pid" ]
	units_reset
	start
	[[ $(ask memory) == 'ok=1 '* ]]
}

@test "fast lane: TasksMax holds for all scripts together" {
	drop_in sip-cgi-inetd.service Service TasksMax=50
	start
	# The children that it could start hold the connection.
	[[ $(ask fork -t 2) == 'ok=0 '*' timeout=1 '* ]]
	handlers=$(inside pgrep -c -u sip-cgi sleep)
	[ "$handlers" -gt 10 ]
	[ "$handlers" -lt 50 ]
	inside pkill -u sip-cgi sleep
	check_served
}

@test "fast lane: xinetd comes back when it ends" {
	start
	sh_inside 'kill -KILL "$(systemctl show -p MainPID --value \
	    sip-cgi-inetd)"'
	wait_until check_served
}

@test "fast lane: stopping it mid-request ends everything" {
	start
	ask_on hang -n 3 -p 3
	wait_until handlers_are hang 3
	inside systemctl stop sip-cgi-inetd
	wait "$ASKING"
	[[ $(cat "$SHARED/asked") == 'ok=0 error=0 empty=3 '* ]]
	run ! inside pgrep -u sip-cgi
	[[ $(ask ok) == *' refused=1 '* ]]
}
