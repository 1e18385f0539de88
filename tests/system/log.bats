#!/usr/bin/env bats
# The log of the installed units, under a real systemd: its fields, what
# sipcgi-log and the catalogue make of them, counters for node_exporter, and 64
# requests at once.
# Runs alone.

bats_require_minimum_version 1.5.0
load system

setup_file()
{
	system_start
	inside journalctl --update-catalog
}
teardown_file() { system_stop; }

teardown() { units_reset; }

# So many requests of this test for the script of user $2 were run, by the
# installed sipcgi-log's count.
logged()
{
	[[ $(inside /usr/local/bin/sipcgi-log --summary --json \
	    "SIPCGI_SCRIPT=$2@box" "SIP_CALL_ID=$CALL_ID") == \
	    "{\"requests\":$1,\"exec\":$1,"* ]]
}

@test "a unit's request is in the journal with its fields, and explained" {
	inside systemctl start sip-cgi.socket
	[[ $(ask ok) == 'ok=1 '* ]]
	wait_until logged 1 ok
	run -0 inside /usr/local/bin/sipcgi-log --list SIPCGI_SCRIPT=ok@box
	[[ $output == *' exec    127.0.0.1:'*' OPTIONS sip:ok@box -> ok@box' ]]
	run -0 inside journalctl --quiet -x SIPCGI_SCRIPT=ok@box
	[[ $output == *'OPTIONS request given to the script ok@box'* ]]
}

# The command of README, with `--quiet` for none of journalctl's own words.
failures()
{
	inside journalctl --quiet -p warning -u 'sip-cgi*'
}

fails_twice()
{
	failures | grep -q "sip-cgi@.*Failed with result 'exit-code'" &&
	    failures | grep -q ': done .* uri=sip:fail@box .* exit=1 '
}

@test "README's command shows the scripts that failed, through every unit" {
	grep -qF "journalctl -p warning -u 'sip-cgi*'" "$TOP/README"
	inside systemctl start sip-cgi.socket
	ask ok
	[ -z "$(failures)" ]
	ask fail
	inside systemctl start sip-cgi-each.socket
	ask fail
	wait_until fails_twice
}

@test "64 requests at once: none is lost, with a unit for each" {
	drop_in sip-cgi.socket Socket MaxConnections=128 \
	    MaxConnectionsPerSource=128
	inside systemctl start sip-cgi.socket
	[[ $(ask shell -n 64 -p 64) == 'ok=64 '* ]]
	wait_until logged 64 shell
}

@test "64 requests at once: none is lost in the fast lane, nor their stderr" {
	xinetd_install
	inside sed -i 's/^\(.\(instances\|per_source\) *=\).*/\1 128/' \
	    /usr/local/etc/sip-cgi-inetd.conf
	inside systemctl start sip-cgi-inetd.service
	wait_until check_served
	[[ $(ask fail -n 64 -p 64) == *' empty=64 '* ]]
	wait_until logged 64 fail
	# xinetd gives the connection as fd 2: the journal has it instead.
	has_64()
	{
		[ "$(inside journalctl --quiet -o cat -t fail@box \
		    --grep="also for $CALL_ID" | wc -l)" -eq 64 ]
	}
	wait_until has_64
}

PROM=/var/lib/prometheus/node-exporter/sip-cgi.prom

# The counter for the script of user $2 is $1.
counts()
{
	inside systemctl start sip-cgi-metrics.service
	inside grep -qx "sipcgi_requests_total{method=\"OPTIONS\",script=\"$2@box\"} $1" \
	    "$PROM"
}

@test "the timer's service counts on, each time with a whole file" {
	inside systemctl start sip-cgi.socket
	[[ $(ask perl) == 'ok=1 '* ]]
	wait_until logged 1 perl
	# Nothing is done where node_exporter has no directory.
	inside systemctl start sip-cgi-metrics.service
	inside test ! -e "${PROM%/*}"
	inside mkdir -p "${PROM%/*}"
	counts 1 perl
	# The journal forgets what was counted.
	inside journalctl --quiet --rotate --vacuum-size=1
	logged 0 perl
	[[ $(ask perl) == 'ok=1 '* ]]
	wait_until logged 1 perl
	counts 2 perl
	[ "$(inside stat -c '%U %a' "$PROM")" = 'root 644' ]
	[ "$(inside ls -A "${PROM%/*}")" = sip-cgi.prom ]
	run -0 inside journalctl --quiet -o cat -u sip-cgi-metrics.service
	[ -z "$output" ]
	# What goes wrong is told, and the file stays.
	echo | inside tee "$PROM" >/dev/null
	run ! inside systemctl start sip-cgi-metrics.service
	inside journalctl --quiet -o cat -u sip-cgi-metrics.service |
	    grep 'sip-cgi.prom is not what --openmetrics wrote'
	[ "$(inside cat "$PROM")" = '' ]
	inside rm "$PROM"
}

@test "the timer's service writes through no link of node_exporter's user" {
	inside mkdir -p "${PROM%/*}"
	inside ln -sf /root/victim "${PROM%.prom}.new"
	inside systemctl start sip-cgi-metrics.service
	inside test ! -e /root/victim
	inside test -f "$PROM"
	[ "$(inside ls -A "${PROM%/*}")" = sip-cgi.prom ]
	inside rm "$PROM"
}

prom_is_new()
{
	inside test -s "$PROM"
}

@test "the timer is off, and enabled it starts the service" {
	run ! inside systemctl is-enabled --quiet sip-cgi-metrics.timer
	inside mkdir -p "${PROM%/*}"
	inside rm -f "$PROM"
	inside systemctl enable --quiet sip-cgi-metrics.timer
	# No test waits for a minute.
	drop_in sip-cgi-metrics.timer Timer OnCalendar= 'OnCalendar=*:*:*' \
	    AccuracySec=1ms
	inside systemctl start sip-cgi-metrics.timer
	wait_until prom_is_new
	inside systemctl disable --quiet --now sip-cgi-metrics.timer
}
