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
