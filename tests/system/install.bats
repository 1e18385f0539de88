#!/usr/bin/env bats
# From nothing to nothing: install, enable, serve, uninstall.
# Runs alone.
#
# What is quoted is for a shell in the box:
# shellcheck disable=SC2016

bats_require_minimum_version 1.5.0
load system

# The box is started without the project, which system_start would install.
setup_file()
{
	box_start
}

teardown_file() { system_stop; }

# Every file that installation could have touched, and every directory of the
# project: those that the GNU standards name stay, if empty.
everything()
{
	inside find /usr/local /etc /var/lib /usr/lib/systemd \
	    /usr/lib/sysusers.d /usr/lib/tmpfiles.d -xdev \
	    \( ! -type d -o -name '*sip*' -o -name '*xinetd*' \) \
	    -printf '%p %l\n' | sort
}

@test "install, enable, serve sipp, uninstall: nothing is left" {
	everything >"$SHARED/before"
	inside make -s -C "$TOP" BUILD="$BUILD" install
	inside systemd-sysusers
	inside systemd-tmpfiles --create sip-cgi.conf
	inside systemctl daemon-reload
	everything >"$SHARED/installed"
	[ "$(inside stat -c '%U %a' /var/lib/sip-cgi)" = 'sip-cgi 750' ]
	# Installing starts nothing.
	run ! inside systemctl is-active sip-cgi.socket
	[[ $(ask ok) == *' refused=1 '* ]]

	inside systemctl enable --now sip-cgi.socket
	inside install -m 755 "$TOP/tests/super/script.sh" \
	    "$SCRIPTS/default.cgi"
	sed 's|>>../seen|>>/var/lib/sip-cgi/seen|' "$TOP/tests/super/script.sh" |
	    sh_inside 'cat >"$1/service@127.0.0.1"; chmod 755 "$1"/*' - \
	    "$SCRIPTS"
	sh_inside 'cd /tmp && TERM=dumb timeout 60 sipp -t tn \
	    -max_socket 100 -sf "$1/tests/super/options.xml" -s service \
	    -i 127.0.0.1 -m 20 -l 8 -nostdin 127.0.0.1:5060 >sipp.out 2>&1 ||
	    { cat sipp.out; exit 1; }' - "$TOP"
	[ "$(inside grep -c '^OPTIONS 127.0.0.1 ' /var/lib/sip-cgi/seen)" -eq 20 ]

	# The administrator's steps, and ours.
	inside systemctl disable --now sip-cgi.socket
	inside rm "$SCRIPTS/default.cgi" "$SCRIPTS/service@127.0.0.1"
	inside make -s -C "$TOP" BUILD="$BUILD" uninstall
	inside userdel sip-cgi
	inside rm -r /var/lib/sip-cgi /run/sip-cgi
	inside systemctl daemon-reload
	everything >"$SHARED/after"
	# userdel and systemd-sysusers keep a copy of what they change.
	for file in before after; do
		grep -Ev '^/etc/((passwd|group|shadow|gshadow|subuid|subgid)-|.*\.lock) ' \
		    "$SHARED/$file" >"$SHARED/$file.ours"
	done
	diff "$SHARED/before.ours" "$SHARED/after.ours"
}
