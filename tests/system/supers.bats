#!/usr/bin/env bats
# The other super-servers, started by root as doc/super-servers.md says, each
# on the real port: the shipped entry of xinetd, openbsd-inetd, tcpserver and
# systemd-socket-activate.
# Runs alone.

bats_require_minimum_version 1.5.0
load system

HANDLER_THERE=/usr/local/libexec/sipcgi-handler

setup_file()
{
	system_start
	xinetd_install
	inside cp "$BUILD/super/openbsd-inetd/usr/sbin/inetd" /usr/sbin/inetd
	inside cp "$BUILD/super/ucspi-tcp/usr/bin/tcpserver" /usr/bin/tcpserver
}

teardown_file() { system_stop; }

teardown()
{
	inside systemctl stop super.service
	inside systemctl reset-failed
}

# What every one of them must do, over each of the addresses.
check_super()
{
	local address

	wait_until check_served
	for address; do
		check_peer "$address"
	done
	[[ $(ask ok -n 300 -p 8) == 'ok=300 '* ]]
	# What the script says on standard error is logged, and not sent.
	[[ $(ask fail) == 'ok=0 error=0 empty=1 '* ]]
	wait_until is_failure_logged
	wait_until is_logged exec
}

@test "xinetd with the shipped entry, IPv4 and IPv6" {
	xinetd_start
	check_super 127.0.0.1 ::1
}

@test "xinetd takes the entry up at a reload" {
	xinetd_start
	wait_until check_served
	inside sed -i 's/^\(.disable *=\).*/\1 yes/' \
	    /usr/local/etc/xinetd.d/sip-cgi
	inside systemctl kill --signal=HUP --kill-whom=main super
	wait_until is_refused
	inside sed -i 's/^\(.disable *=\).*/\1 no/' \
	    /usr/local/etc/xinetd.d/sip-cgi
	inside systemctl kill --signal=HUP --kill-whom=main super
	wait_until check_served
}

@test "xinetd says how a script ended, where the entry asks for it" {
	inside sed -i -e 's/^\(.log_on_success *=\).*/\1 EXIT PID/' -e 's/-T 30/-T 1/' \
	    /usr/local/etc/xinetd.d/sip-cgi
	xinetd_start
	wait_until check_served
	ask hang -t 1
	# The alarm of -T.
	wait_until inside journalctl --quiet -n 1 -t xinetd \
	    --grep='EXIT: sip-cgi signal=14 pid='
}

is_refused()
{
	[[ $(ask ok) == *' refused=1 '* ]]
}

@test "xinetd: 1000 silent connections do not keep out another address" {
	xinetd_start
	wait_until check_served
	inside "$CLIENT" -n 1000 -p 1000 -t 60 127.0.0.1 5060 \
	    >"$SHARED/silent" 3>&- &
	silent=$!
	wait_until has_handlers 16
	[[ $(ask ok -b 127.0.0.2 -n 5) == 'ok=5 '* ]]
	inside systemctl stop super
	wait "$silent"
	grep -q '^ok=0 error=0 ' "$SHARED/silent"
}

has_handlers()
{
	[ "$(inside pgrep -c -u sip-cgi sipcgi-handler)" -eq "$1" ]
}

@test "openbsd-inetd, IPv4 and IPv6" {
	echo "5060 stream tcp nowait.60000 sip-cgi $HANDLER_THERE" \
	    'sipcgi-handler -T 30' |
	    inside tee /etc/inetd.conf >/dev/null
	super_run /usr/sbin/inetd -i /etc/inetd.conf
	check_super 127.0.0.1 ::1
}

@test "tcpserver" {
	super_run tcpserver -RHl0 -c 64 -b 4096 \
	    -u "$(inside id -u sip-cgi)" -g "$(inside id -g sip-cgi)" \
	    0 5060 "$HANDLER_THERE" -T 30
	check_super 127.0.0.1
}

@test "systemd-socket-activate, IPv4 and IPv6" {
	super_run --property=User=sip-cgi systemd-socket-activate --accept \
	    --inetd --listen=5060 "$HANDLER_THERE" -T 30
	check_super 127.0.0.1 ::1
}
