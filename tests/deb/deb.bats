#!/usr/bin/env bats
# The Debian packages: built, checked, installed, upgraded under traffic,
# removed and purged, in a box with a systemd of its own; and the same upgrades
# from what make install has put there.
# Runs alone.
#
# What is quoted is for a shell in the box:
# shellcheck disable=SC2016

bats_require_minimum_version 1.5.0
load ../system/system

DEBS=$BUILD/deb
# The last version without packages, built, and its packages (tests/deb/run).
OLD_TREE=$BUILD/deb-old.tree
OLD_DEBS=$BUILD/deb-old

setup_file()
{
	[ -d "$DEBS" ] || skip 'the packages are not built: make check-deb'
	box_start
	inside mkdir -p "$SCRIPTS"
	# A container's image forbids packages to start and stop services.
	inside rm -f /usr/sbin/policy-rc.d
}

teardown_file() { system_stop; }

SCRIPTS=/etc/sip-cgi/scripts

dpkg_inside()
{
	inside env DEBIAN_FRONTEND=noninteractive dpkg --force-confold "$@" \
	    >"$BATS_TEST_TMPDIR/dpkg.log" 2>&1 || {
		cat "$BATS_TEST_TMPDIR/dpkg.log"
		return 1
	}
}

package()
{
	echo "$DEBS"/"$1"_*_"$(dpkg --print-architecture)".deb
}

# The answer to sipp, from the script of a user that the test installs.
answers_sipp()
{
	sh_inside 'cd /tmp && TERM=dumb timeout 60 sipp -t tn \
	    -max_socket 100 -sf "$1/tests/super/options.xml" -s service \
	    -i 127.0.0.1 -m 20 -l 8 -nostdin 127.0.0.1:5060 >sipp.out 2>&1 ||
	    { cat sipp.out; exit 1; }' - "$TOP"
}

install_ok()
{
	inside install -m 755 "$TOP/tests/system/scripts/ok" "$1/ok@box"
}

# Requests without end for the script of user ok, until traffic_ends.
traffic_begins()
{
	rm -f "$SHARED/enough"
	: >"$SHARED/asked"
	{
		until [ -e "$SHARED/enough" ]; do
			ask ok -n 50 -p 2
		done
	} >>"$SHARED/asked" 3>&- &
	ASKING=$!
	wait_until grep -q ok= "$SHARED/asked"
}

# Each of them has been answered, and there were some all the time.
traffic_ends()
{
	touch "$SHARED/enough"
	wait "$ASKING"
	cat "$SHARED/asked"
	[ "$(wc -l <"$SHARED/asked")" -ge 2 ]
	run ! grep -v '^ok=50 ' "$SHARED/asked"
}

# has_version DIRECTORY: the handler there is the one that was built here.
has_version()
{
	[[ $(inside "$1/sipcgi-handler" --version) == \
	    "$("$HANDLER" --version)" ]]
}

@test "lintian has nothing to say" {
	run lintian --fail-on error,warning "$DEBS"/*.changes
	echo "$output"
	[ "$status" -eq 0 ]
	run ! grep -E '^[EW]:' <<<"$output"
}

@test "the package's version is the program's" {
	[[ $(dpkg-deb -f "$(package sipcgi-handler)" Version) == \
	    "$("$HANDLER" --version | sed '1s/.* //;q')-"* ]]
}

@test "a second build makes the same packages, octet for octet" {
	for deb in "$DEBS"/*.deb; do
		cmp "$BUILD/deb-first/${deb##*/}" "$deb"
	done
}

@test "the build runs tests, and none where they are not wanted" {
	grep -Eq '^[1-9][0-9]* passed, 0 failed$' "$BUILD/deb.log"
	run ! grep -q ' passed' "$BUILD/deb-first.log"
}

@test "the build takes Debian's flags" {
	grep -E '(gcc|cc) .* -o (build/|sipcgi-)' "$BUILD/deb.log" |
	    grep -v /tests/ >"$BATS_TEST_TMPDIR/commands"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/commands")" -gt 30 ]
	run ! grep -v -- ' -ffile-prefix-map=' "$BATS_TEST_TMPDIR/commands"
	grep -e '-o sipcgi-each' -e '-o build/sipcgi-log' \
	    "$BATS_TEST_TMPDIR/commands" >"$BATS_TEST_TMPDIR/links"
	[ "$(grep -c -- ' -Wl,-z,relro -Wl,-z,now' \
	    "$BATS_TEST_TMPDIR/links")" -eq 2 ]
}

@test "sipcgi-log alone needs libsystemd" {
	run ! grep -q systemd0 <<<"$(dpkg-deb -f "$(package sipcgi-handler)" \
	    Depends)"
	grep -q libsystemd0 <<<"$(dpkg-deb -f "$(package sipcgi-log)" Depends)"
	# The units that run it come with it.
	[ "$(dpkg-deb -c "$(package sipcgi-log)" | grep -c 'sip-cgi-metrics\.')" -eq 2 ]
	run ! grep -q sip-cgi-metrics <<<"$(dpkg-deb -c \
	    "$(package sipcgi-handler)")"
}

@test "install starts nothing; enabled, it answers" {
	dpkg_inside -i "$(package sipcgi-handler)" "$(package sipcgi-log)"
	inside id sip-cgi
	[ "$(inside stat -c '%U %a' /var/lib/sip-cgi)" = 'sip-cgi 750' ]
	for unit in sip-cgi.socket sip-cgi-inetd.service sip-cgi-metrics.timer; do
		run ! inside systemctl is-active --quiet "$unit"
		run ! inside systemctl is-enabled --quiet "$unit"
	done
	install_ok "$SCRIPTS"
	inside systemctl enable --now sip-cgi.socket
	check_served
	inside sipcgi-log --version
	# The manuals and the catalog are found where they are.
	inside man -w sipcgi-handler.8
	inside journalctl --list-catalog | grep -q sipcgi-handler ||
	    inside sh -c 'journalctl --update-catalog && journalctl --list-catalog' |
	    grep -q 'SIP request'
}

@test "an upgrade keeps what was changed, and what is enabled" {
	echo '# changed by the administrator' |
	    inside tee -a "$SCRIPTS/default.cgi" >/dev/null
	inside sed -i 's/\(instances *=\).*/\1 7/' /etc/sip-cgi-inetd.conf
	dpkg_inside -i "$(package sipcgi-handler)"
	inside grep -q 'changed by the administrator' "$SCRIPTS/default.cgi"
	inside grep -q '= 7$' /etc/sip-cgi-inetd.conf
	inside systemctl is-enabled --quiet sip-cgi.socket
	check_served
}

# The last version, packaged in the same way, where this clone has it.
@test "an upgrade under traffic loses no request" {
	[ -d "$OLD_DEBS" ] || skip 'this clone has no older version'
	dpkg_inside -i "$OLD_DEBS"/sipcgi-handler_*.deb
	run ! has_version /usr/libexec
	check_served
	traffic_begins
	dpkg_inside -i "$(package sipcgi-handler)"
	traffic_ends
	has_version /usr/libexec
}

@test "removed while it is enabled, it is stopped and disabled first" {
	dpkg_inside -r sipcgi-handler
	run ! inside systemctl is-active --quiet sip-cgi.socket
	[[ $(ask ok) == *' refused=1 '* ]]
	inside test ! -e /etc/systemd/system/sockets.target.wants/sip-cgi.socket
	# Configuration and state stay until the purge.
	inside test -e "$SCRIPTS/default.cgi" -a -d /var/lib/sip-cgi
}

@test "a purge leaves the administrator's own scripts and nothing else" {
	inside systemctl enable --quiet --now sip-cgi-metrics.timer
	inside mkdir -p /var/lib/prometheus/node-exporter
	inside systemctl start sip-cgi-metrics.service
	inside test -s /var/lib/prometheus/node-exporter/sip-cgi.prom
	dpkg_inside -P sipcgi-handler sipcgi-log
	run ! inside systemctl is-active --quiet sip-cgi-metrics.timer
	# node_exporter would show the last counters for ever.
	inside test ! -e /var/lib/prometheus/node-exporter/sip-cgi.prom
	inside test ! -e /var/lib/sip-cgi
	inside test ! -e "$SCRIPTS/default.cgi"
	inside test -e "$SCRIPTS/ok@box"
	[ -z "$(inside find /usr /lib /etc/systemd -name '*sip-cgi*' \
	    -not -path '*/doc/*')" ]
}

# The rest is of a machine with make install.
OLD_SCRIPTS=/usr/local/lib/sip-cgi-bin
CHANGED=/usr/local/etc/sip-cgi-inetd.conf
OURS=/usr/local/lib/systemd/system

@test "make install over an older one, under traffic: nothing is lost" {
	[ -d "$OLD_TREE" ] || skip 'this clone has no older version'
	inside make -s -C "$OLD_TREE" install
	inside systemd-sysusers
	inside systemd-tmpfiles --create sip-cgi.conf
	install_ok "$OLD_SCRIPTS"
	for file in "$OLD_SCRIPTS/default.cgi" "$CHANGED"; do
		echo '# changed by the administrator' |
		    inside tee -a "$file" >/dev/null
	done
	sh_inside 'mkdir "$1" && printf "[Socket]\nMaxConnections=77\n" \
	    >"$1/limits.conf"' - /etc/systemd/system/sip-cgi.socket.d
	inside systemctl daemon-reload
	inside systemctl enable --now sip-cgi.socket
	check_served
	run ! has_version /usr/local/libexec
	traffic_begins
	inside make -s -C "$TOP" BUILD="$BUILD" install
	inside systemctl daemon-reload
	traffic_ends
	has_version /usr/local/libexec
	for file in "$OLD_SCRIPTS/default.cgi" "$CHANGED"; do
		inside grep -q 'changed by the administrator' "$file"
	done
	inside systemctl is-enabled --quiet sip-cgi.socket
	[ "$(inside systemctl show -P MaxConnections sip-cgi.socket)" = 77 ]
}

# The commands of README.Debian's last section.
commands_to_the_package()
{
	sed '1,/^From make install/d' "$TOP/packaging/debian/README.Debian" |
	    sed -n "s|^    make -C SOURCE|make -s -C '$TOP' BUILD='$BUILD'|p
		t
		s/^    //p"
}

@test "from make install to the package, under traffic: nothing is lost" {
	inside test -d "$OURS" || skip 'this clone has no older version'
	traffic_begins
	dpkg_inside -i "$(package sipcgi-handler)"
	sh_inside "set -e; $(commands_to_the_package)"
	traffic_ends
	inside test ! -e /usr/local/libexec/sipcgi-handler
	[[ $(inside systemctl show -P FragmentPath sip-cgi.socket) == \
	    */lib/systemd/system/sip-cgi.socket ]]
	inside systemctl is-enabled --quiet sip-cgi.socket
	[ "$(inside systemctl show -P MaxConnections sip-cgi.socket)" = 77 ]
	inside grep -q 'changed by the administrator' "$SCRIPTS/default.cgi"
	# As after a boot.
	inside systemctl restart sip-cgi.socket
	check_served
}
