#!/usr/bin/env bats
# make install, uninstall and dist. The program is built for it in a tree of
# its own, so that no other test's program changes under it.
#
# Runs early: it takes long.

load ../helpers/helper

setup_file()
{
	make_it all >"$BATS_FILE_TMPDIR/log" 2>&1 || {
		cat "$BATS_FILE_TMPDIR/log"
		return 1
	}
}

setup()
{
	D=$BATS_TEST_TMPDIR/root
	mkdir "$D"
}

make_it()
{
	make -C "$TOP" -s BUILD="$BATS_FILE_TMPDIR/build" CC=gcc STATIC=no \
	    CFLAGS=-O0 prefix=/opt/sip "$@"
}

# Every file and directory below $1 with its mode.
tree()
{
	(cd "$1" && find . -printf '%M %p %l\n' | sort)
}

@test "install puts the program, the units and the xinetd entry in place" {
	make_it install DESTDIR="$D"
	cmp "$BATS_FILE_TMPDIR/build/sipcgi-handler" \
	    "$D/opt/sip/libexec/sipcgi-handler"
	[ -x "$D/opt/sip/libexec/sipcgi-handler" ]
	[ -d "$D/opt/sip/lib/sip-cgi-bin" ]
	[ -s "$D/opt/sip/lib/systemd/system/sip-cgi.socket" ]
	[ -s "$D/opt/sip/lib/systemd/system/sip-cgi@.service" ]
	[ -s "$D/opt/sip/etc/xinetd.d/sip-cgi" ]
	[ -s "$D/opt/sip/share/doc/sipcgi-handler/LICENSE" ]
}

@test "the libraries are where Python and Perl look" {
	local link

	make_it install DESTDIR="$D" prefix=/usr/local
	link=$(find "$D" -name sipcgi -type l)
	[ "$(readlink "$link")" = /usr/local/share/sip-cgi/sipcgi ]
	/usr/bin/python3 -IBc 'import sys; print(*sys.path, sep="\n")' |
	    grep -Fxq "$(dirname "${link#"$D"}")"
	for name in SipCgi SipCgi.pm; do
		link=$(find "$D" -name "$name" -type l)
		[ "$(readlink "$link")" = "/usr/local/share/sip-cgi/$name" ]
		perl -e 'print "$_\n" for @INC' |
		    grep -Fxq "$(dirname "${link#"$D"}")"
	done
	[ -s "$D/usr/local/share/sip-cgi/sipcgi/__init__.py" ]
	[ -s "$D/usr/local/share/sip-cgi/SipCgi/Digest.pm" ]
	run ! grep -r -e 'sys\.path\.insert' -e 'use lib' \
	    "$D/usr/local/share/doc/sipcgi-handler/examples"
	# Again, over what is there.
	make_it install DESTDIR="$D" prefix=/usr/local
	make_it uninstall DESTDIR="$D" prefix=/usr/local
	[ -z "$(find "$D" ! -type d)" ]
	# Nobody looks below another prefix.
	make_it install DESTDIR="$D"
	[ -z "$(find "$D" -type l)" ]
}

@test "the default.cgi of a new installation answers" {
	local prefix=$BATS_TEST_TMPDIR/usr

	make_it install prefix="$prefix"
	"$prefix/libexec/sipcgi-handler" -l stderr \
	    <"$TOP/tests/demo/invite.sip" >"$BATS_TEST_TMPDIR/answer"
	[ "$(head -n 1 "$BATS_TEST_TMPDIR/answer")" = \
	    $'SIP/2.0 404 Nobody has this address here\r' ]
	sed 's/INVITE/OPTIONS/' "$TOP/tests/demo/invite.sip" |
	    "$prefix/libexec/sipcgi-handler" -l stderr |
	    grep -q '^SIP/2.0 200 OK'
}

@test "installed examples find their libraries where no language looks" {
	local prefix=$BATS_TEST_TMPDIR/usr examples

	make_it install prefix="$prefix"
	examples=$prefix/share/doc/sipcgi-handler/examples
	STATE_DIRECTORY=$BATS_TEST_TMPDIR "$examples/registrar" offer MD5
	perl -c "$examples/message"
	MANWIDTH=80 mandoc "$prefix/share/man/man7/sip-cgi.7" |
	    grep -F "sys.path.insert(0, \"$prefix/share/sip-cgi\")"
}

@test "what is installed names no place of another prefix" {
	local example mode

	make_it install DESTDIR="$D"
	for example in "$TOP"/examples/*; do
		case $example in
		*/front | */grafana) continue ;;
		*.conf | *.py) mode=644 ;;
		*) mode=755 ;;
		esac
		[ "$(stat -c %a "$D/opt/sip/share/doc/sipcgi-handler/examples/${example##*/}")" = "$mode" ]
	done
	[ -s "$D/opt/sip/share/doc/sipcgi-handler/examples/front/kamailio/kamailio.cfg" ]
	cmp "$D/opt/sip/lib/sip-cgi-bin/default.cgi" \
	    "$D/opt/sip/share/doc/sipcgi-handler/examples/default.cgi"
	grep -qF '. /opt/sip/share/sip-cgi/sip-cgi.sh' \
	    "$D/opt/sip/share/man/man7/sip-cgi.7"
	# The PATH of scripts is the same everywhere.
	grep -rI /usr/local "$D" | grep -v '/usr/local/bin:/usr/bin:/bin' \
	    >"$BATS_TEST_TMPDIR/other" || :
	diff /dev/null "$BATS_TEST_TMPDIR/other"
}

@test "install touches nothing outside DESTDIR" {
	local prefix=$BATS_TEST_TMPDIR/prefix

	make_it install DESTDIR="$D" prefix="$prefix"
	[ -e "$D$prefix/libexec/sipcgi-handler" ]
	[ ! -e "$prefix" ]
}

@test "what is installed names the configured paths, and no template's" {
	make_it install DESTDIR="$D"
	run ! grep -rIE '@[a-z]+(dir)?@|@VERSION@' "$D"
	grep -q '/opt/sip/libexec/sipcgi-handler' \
	    "$D/opt/sip/lib/systemd/system/sip-cgi@.service"
	grep -q '/opt/sip/libexec/sipcgi-handler' "$D/opt/sip/etc/xinetd.d/sip-cgi"
	"$D/opt/sip/libexec/sipcgi-handler" --help |
	    grep -qF '[/opt/sip/lib/sip-cgi-bin]'
}

@test "commands to type have the whole path of what no PATH finds" {
	local text=$BATS_TEST_TMPDIR/text

	make_it install DESTDIR="$D"
	"$D/opt/sip/libexec/sipcgi-handler" --help >"$text"
	"$D/opt/sip/libexec/sipcgi-each" --help >>"$text"
	cat "$D/opt/sip/lib/systemd/catalog/sip-cgi.catalog" \
	    "$D/opt/sip/share/doc/sipcgi-handler/SECURITY.md" >>"$text"
	[ "$(grep -c '^ */opt/sip/libexec/sipcgi-handler -d ' "$text")" -eq 3 ]
	run ! grep -rE '(^|[^/])sipcgi-(handler|each) +-[^t]' "$text" \
	    "$D/opt/sip/share/man"
}

@test "the other directories can be set one by one" {
	make_it install DESTDIR="$D" libexecdir=/usr/lib/sip \
	    sysconfdir=/etc sipdir=/srv/sip unitdir=/usr/lib/systemd/system
	[ -x "$D/usr/lib/sip/sipcgi-handler" ]
	[ -d "$D/srv/sip" ]
	grep -q '/usr/lib/sip/sipcgi-handler' "$D/etc/xinetd.d/sip-cgi"
	grep -q '/usr/lib/sip/sipcgi-handler' \
	    "$D/usr/lib/systemd/system/sip-cgi@.service"
}

@test "uninstall removes all that install put there" {
	make_it install DESTDIR="$D"
	# As the first Python script does that root runs.
	mkdir "$D/opt/sip/share/sip-cgi/sipcgi/__pycache__"
	touch "$D/opt/sip/share/sip-cgi/sipcgi/__pycache__/sipcgi.cpython-311.pyc"
	make_it uninstall DESTDIR="$D"
	tree "$D" >"$BATS_TEST_TMPDIR/left"
	run ! grep -v '^d' "$BATS_TEST_TMPDIR/left"
	run ! grep -E 'sip-cgi|sipcgi|systemd' "$BATS_TEST_TMPDIR/left"
}

@test "without libsystemd nothing of sipcgi-log is installed, and that is said last" {
	make_it install DESTDIR="$D"
	make_it install DESTDIR="$D/without" TOOL_LIBS= >"$BATS_TEST_TMPDIR/said"
	tail -n 1 "$BATS_TEST_TMPDIR/said" | grep '^libsystemd.*sipcgi-log$'
	make_it all TOOL_LIBS= | grep '^libsystemd.*sipcgi-log$'
	[ -z "$(find "$D/without" \( -name '*sipcgi-log*' -o -name '*metrics*' \))" ]
	# But it is uninstalled, where it was installed before.
	[ -e "$D/opt/sip/bin/sipcgi-log" ] || skip 'no libsystemd is here'
	make_it uninstall DESTDIR="$D" TOOL_LIBS=
	[ -z "$(find "$D/opt" ! -type d)" ]
}

@test "uninstall leaves what was there before as it was" {
	local dir

	for dir in bin etc lib libexec sbin share share/doc share/man \
	    share/man/man1 share/man/man7 share/man/man8 \
	    share/sip-cgi lib/sip-cgi-bin lib/systemd/system \
	    lib/systemd/system/sip-cgi@.service.d lib/sysusers.d \
	    lib/systemd/catalog lib/tmpfiles.d etc/xinetd.d; do
		mkdir -p "$D/opt/sip/$dir"
		echo theirs >"$D/opt/sip/$dir/other"
	done
	echo theirs >"$D/opt/sip/lib/sip-cgi-bin/@example.com"
	tree "$D" >"$BATS_TEST_TMPDIR/before"
	make_it install DESTDIR="$D"
	run ! cmp -s "$BATS_TEST_TMPDIR/before" <(tree "$D")
	make_it uninstall DESTDIR="$D"
	tree "$D" >"$BATS_TEST_TMPDIR/after"
	diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}

@test "a changed configuration file survives install and uninstall" {
	make_it install DESTDIR="$D"
	echo '# mine' >>"$D/opt/sip/etc/xinetd.d/sip-cgi"
	cp "$D/opt/sip/etc/xinetd.d/sip-cgi" "$BATS_TEST_TMPDIR/mine"
	make_it install DESTDIR="$D"
	cmp "$BATS_TEST_TMPDIR/mine" "$D/opt/sip/etc/xinetd.d/sip-cgi"
	make_it uninstall DESTDIR="$D"
	cmp "$BATS_TEST_TMPDIR/mine" "$D/opt/sip/etc/xinetd.d/sip-cgi"
}

@test "objects are made again when a flag changes, and only then" {
	local build=$BATS_FILE_TMPDIR/build then=$BATS_TEST_TMPDIR/then object
	# One of each rule.
	local objects=("$build/octet.o" "$build/options.o" "$build/sipcgi-log")

	[ -e "$build/sipcgi-log" ] || unset 'objects[2]'
	make_it all
	touch "$then"
	make_it all
	[ -z "$(find "$build" -name '*.o' -newer "$then")" ]
	# Only these know places.
	make_it all prefix=/elsewhere
	[ "$(find "$build" -name '*.o' -newer "$then" -printf '%f\n' | sort |
	    paste -s)" = $'options.o\toptions.o\tsipcgi-check.o' ]
	"$build/sipcgi-handler" --help |
	    grep -qF '[/elsewhere/lib/sip-cgi-bin]'
	make_it all
	touch "$then"
	make_it "${objects[@]}" CPPFLAGS=-DOTHER
	for object in "${objects[@]}"; do
		[ "$object" -nt "$then" ]
	done
	grep -qa /opt/sip/lib/sip-cgi-bin "$build/options.o"
}

@test "the tarball of dist holds what a build needs, and no build" {
	git -C "$TOP" rev-parse -q --verify HEAD >/dev/null 2>&1 ||
	    skip "this is not a git checkout"
	make_it dist TARBALL="$BATS_TEST_TMPDIR/dist.tar.gz"
	tar -xzf "$BATS_TEST_TMPDIR/dist.tar.gz" -C "$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR"/sipcgi-handler-*/
	[ ! -e build ] && [ ! -e sipcgi-handler ]
	# Not as the program under test was built.
	make -s -j2 CC=gcc STATIC=no CFLAGS=-O0 SANITIZE= BUILD=build
	./sipcgi-handler --version
}
