#!/usr/bin/env bats
# The shipped units, as `make install` would put them there.
# `systemd-analyze verify` exits 0 on unknown keys and bad values, so any line
# that it prints is a failure.

# shellcheck source=tests/helpers/helper.bash
. "$BATS_TEST_DIRNAME/../helpers/helper.bash"

# Those with a drop-in hardened.conf.
HARDENED=(sip-cgi-inetd.service sip-cgi-each@.service sip-cgi-udp.service)

# Make the units with paths of this test, and variables, in $dir.
make_units()
{
	local file
	local -a targets=()

	dir=$BATS_TEST_TMPDIR/build
	for file in "$TOP"/systemd/*.in "$TOP"/xinetd.d/*.in; do
		file=${file#"$TOP"/}
		targets+=("$dir/${file%.in}")
	done
	make -s -C "$TOP" BUILD="$dir" libexecdir="$BATS_TEST_TMPDIR" \
	    bindir="$BATS_TEST_TMPDIR" sipdir="$BATS_TEST_TMPDIR" \
	    xinetd="$BUILD/super/xinetd/usr/sbin/xinetd" "$@" "${targets[@]}"
	for file in "${HARDENED[@]}"; do
		mkdir -p "$dir/systemd/$file.d"
		cp "$TOP/systemd/hardened.conf" "$dir/systemd/$file.d"
	done
	ln -sf "$HANDLER" "$BATS_TEST_TMPDIR/sipcgi-handler"
	ln -sf "$EACH" "$BATS_TEST_TMPDIR/sipcgi-each"
	# Where libsystemd is missing there is none, and its unit is not installed.
	ln -sf /bin/true "$BATS_TEST_TMPDIR/sipcgi-log"
}

verify()
{
	local status=0

	systemd-analyze verify --man=no "$@" >"$BATS_TEST_TMPDIR/out" 2>&1 ||
	    status=$?
	cat "$BATS_TEST_TMPDIR/out"
	[ "$status" -eq 0 ] && [ ! -s "$BATS_TEST_TMPDIR/out" ]
}

@test "systemd-analyze verify has nothing to say about the units" {
	make_units
	for unit in "$dir"/systemd/*.socket "$dir"/systemd/*.service \
	    "$dir"/systemd/*.timer; do
		verify "$unit"
	done
}

@test "the hardened services' exposure is at most 1.6" {
	local unit

	make_units
	for unit in "${HARDENED[@]}"; do
		# In tenths.
		systemd-analyze security --offline=yes --threshold=16 \
		    "$dir/systemd/$unit"
		rm "$dir/systemd/$unit.d/hardened.conf"
		run ! systemd-analyze security --offline=yes --threshold=16 \
		    "$dir/systemd/$unit"
	done
	# This one has it in itself.
	systemd-analyze security --offline=yes --threshold=16 \
	    "$dir/systemd/sip-cgi-metrics.service"
}

@test "systemd-analyze verify names an unknown key and a missing program" {
	make_units
	sed -i 's/^NoDelay=/NoDalay=/' "$dir/systemd/sip-cgi.socket"
	run ! verify "$dir/systemd/sip-cgi.socket"
	grep -q NoDalay "$BATS_TEST_TMPDIR/out"
	rm "$BATS_TEST_TMPDIR/sipcgi-handler"
	run ! verify "$dir/systemd/sip-cgi@.service"
	grep -q 'sipcgi-handler' "$BATS_TEST_TMPDIR/out"
}

@test "the poll limit is off where systemd has one, and not named before" {
	make_units SYSTEMD=255
	grep -q '^PollLimitIntervalSec=0$' "$dir/systemd/sip-cgi.socket"
	make_units SYSTEMD=252
	run ! grep -q '^PollLimit' "$dir/systemd/sip-cgi.socket"
	make_units SYSTEMD=
	run ! grep -q '^PollLimit' "$dir/systemd/sip-cgi.socket"
}

@test "no placeholder is left in what is made from templates" {
	make_units
	run ! grep -rn '@[a-zA-Z]*@' "$dir/systemd" "$dir/xinetd.d"
}

@test "systemd-sysusers makes the user of the units" {
	make_units
	root=$BATS_TEST_TMPDIR/root
	mkdir -p "$root/etc"
	systemd-sysusers --root="$root" "$dir/systemd/sip-cgi.sysusers"
	grep -q '^sip-cgi:.*:/var/lib/sip-cgi:/usr/sbin/nologin$' \
	    "$root/etc/passwd"
}
