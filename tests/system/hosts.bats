#!/usr/bin/env bats
# Virtual hosts: several ports for one directory of scripts, and another
# directory on a port of its own, as doc/super-servers.md says.
# Runs alone.
#
# What is quoted is for a shell in the box:
# shellcheck disable=SC2016

bats_require_minimum_version 1.5.0
load system

setup_file() { system_start; }
teardown_file() { system_stop; }
teardown() { units_reset; }

# What the administrator of a second host does: a socket of another name, a
# service that is a link to ours, and a drop-in with its directory. A link to
# the unit in systemd's own path would make an alias: the drop-in would apply to
# both. So there is a second copy of the unit to link to.
second_host()
{
	sh_inside 'set -e
		cd /etc/systemd/system
		mkdir -p /srv/sip "sip-second@.service.d"
		cp "$1/ok@box" /srv/sip/second@box
		sed "s/5060/5070/" /usr/local/lib/systemd/system/sip-cgi.socket \
		    >sip-second.socket
		ln -sfn /usr/local/share/sip-cgi/sip-cgi@.service \
		    sip-second@.service
		printf "[Service]\nEnvironment=SIPCGI_DIRECTORY=/srv/sip\n" \
		    >sip-second@.service.d/directory.conf
		systemctl daemon-reload' - "$SCRIPTS"
}

@test "several ports serve one directory" {
	drop_in sip-cgi.socket Socket ListenStream=127.0.0.1:5061
	inside systemctl start sip-cgi.socket
	check_served
	PORT=5061 check_served
}

@test "another port, as README has it, is served over IPv4 and IPv6 alone" {
	drop_in sip-cgi.socket Socket ListenStream= \
	    ListenStream=0.0.0.0:5080 'ListenStream=[::]:5080'
	inside systemctl start sip-cgi.socket
	PORT=5080 check_served
	PORT=5080 SERVER=::1 check_served
	[[ $(ask ok) == *' refused=1 '* ]]
}

# The drop-in of doc/limits.md whose section $1 has a line $2.
page_drop_in()
{
	awk -v section="    [$1]" -v line="    $2" '
	/^    / { block = block substr($0, 5) "\n"
		if (first == "") first = $0
		if ($0 == line) found = 1
		next }
	{ if (found && first == section) printf "%s", block
	  block = first = ""; found = 0 }' "$TOP/doc/limits.md"
}

# edit UNIT: what `systemctl edit` does with standard input.
edit()
{
	sh_inside 'mkdir -p "$1" && cat >"$1/override.conf"' - \
	    "/run/systemd/system/$1.d"
	inside systemctl daemon-reload
}

@test "port, directory and options are changed as doc/limits.md says" {
	page_drop_in Socket ListenStream= | edit sip-cgi.socket
	page_drop_in Service Environment=SIPCGI_DIRECTORY=/srv/sip |
	    tee "$SHARED/directory.conf" | edit sip-cgi@.service
	page_drop_in Service ExecStart= | edit sip-cgi-udp.service
	sh_inside 'mkdir -p /srv/sip && cp "$1/ok@box" /srv/sip/changed@box &&
	    install -d -o sip-cgi /srv/state' - "$SCRIPTS"
	inside systemctl start sip-cgi.socket
	[[ $(PORT=5080 ask changed) == 'ok=1 '* ]]
	[[ $(ask changed) == *' refused=1 '* ]]
	[ "$(inside systemctl show -P MaxConnectionsPerSource \
	    sip-cgi.socket)" = 64 ]
	# UDP's script writes where nothing but -w lets it.
	printf '%s\n' '#!/bin/sh' 'echo >/srv/state/written || exit' \
	    "printf 'SIP/2.0 200 OK\n\n'" |
	    sh_inside 'cat >"$1/writer@box" && chmod 755 "$1/writer@box"' - \
	    "$SCRIPTS"
	inside systemctl start sip-cgi-udp.service
	# Its answer goes to the port that Via names.
	ask writer -u -t 1
	wait_until inside test -e /srv/state/written
	inside pgrep -fx '.*/sipcgi-each -c 128 -p 128 .*'
}

@test "who may call is changed as doc/limits.md says, by the packet filter" {
	inside systemctl start sip-cgi.socket
	inside ip address add 198.51.100.1/32 dev lo
	[[ $(SERVER=198.51.100.1 ask ok -b 198.51.100.1) == 'ok=1 '* ]]
	sed -n 's/^    //; /^table inet callers {$/,/^}$/p' \
	    "$TOP/doc/limits.md" | inside nft -f -
	[[ $(SERVER=198.51.100.1 ask ok -b 198.51.100.1 -t 1) == \
	    'ok=0 '*' timeout=1 '* ]]
	check_served
	inside nft flush ruleset
}

@test "who may call is changed by IPAddressAllow=, where the kernel can" {
	[ "$(inside stat -fc %T /sys/fs/cgroup)" = cgroup2fs ] ||
	    skip 'this kernel has control groups of version 1'
	page_drop_in Socket ListenStream= |
	    grep -e Socket -e IPAddress | edit sip-cgi.socket
	inside systemctl start sip-cgi.socket
	inside ip address add 198.51.100.2/32 dev lo
	check_served
	[[ $(SERVER=198.51.100.2 ask ok -b 198.51.100.2 -t 1) == \
	    'ok=0 '*' timeout=1 '* ]]
}

@test "a second host serves its own directory beside the first" {
	second_host
	inside systemctl start sip-cgi.socket sip-second.socket
	[[ $(PORT=5060 ask ok) == 'ok=1 '* ]]
	[[ $(PORT=5070 ask second) == 'ok=1 '* ]]
	# Neither has the other's script.
	[[ $(PORT=5060 ask second) != 'ok=1 '* ]]
	[[ $(PORT=5070 ask ok) != 'ok=1 '* ]]
	# Both at once.
	ask_on ok -n 100 -p 4
	[[ $(PORT=5070 ask second -n 100 -p 4) == 'ok=100 '* ]]
	wait "$ASKING"
	[[ $(cat "$SHARED/asked") == 'ok=100 '* ]]
	inside systemctl stop sip-second.socket
}

@test "uninstall leaves what the administrator made" {
	second_host
	inside make -s -C "$TOP" BUILD="$BUILD" uninstall
	inside test ! -e /usr/local/lib/systemd/system/sip-cgi.socket
	for file in sip-second.socket sip-second@.service \
	    sip-second@.service.d/directory.conf; do
		inside test -L "/etc/systemd/system/$file" -o \
		    -e "/etc/systemd/system/$file"
	done
	inside test -x /srv/sip/second@box
	inside make -s -C "$TOP" BUILD="$BUILD" install
}
