# from the Request-URI to the script. The grammar and the names are
# in messages/*/uri-*; here are the files.

# Each test is a subshell of its own, and shares variables with blackbox.bash:
# shellcheck disable=SC2030,SC2031,SC2034,SC2153

load ../helpers/blackbox

# The script that ran is $1.
ran_script()
{
	ran || return
	variable SCRIPT_FILENAME "$DIR/$1" || return
	rm "$DIR/probe.env"
}

@test "user@host, then @host, then default.cgi" {
	request >message
	probe bob@example.com
	probe @example.com
	handle <message
	ran_script bob@example.com
	rm "$DIR/bob@example.com"
	handle <message
	ran_script @example.com
	rm "$DIR/@example.com"
	handle <message
	ran_script default.cgi
}

@test "a candidate that is not a regular file is skipped" {
	request >message
	mkdir "$DIR/bob@example.com"
	mkfifo "$DIR/@example.com"
	handle <message
	ran_script default.cgi
}

@test "a candidate that may not be executed is skipped" {
	request >message
	probe bob@example.com
	chmod a-x "$DIR/bob@example.com"
	handle <message
	ran_script default.cgi
}

@test "symbolic links are followed; a dangling one and a loop are skipped" {
	request >message
	cp "$PROBE" elsewhere
	ln -s ../elsewhere "$DIR/bob@example.com"
	handle <message
	ran_script bob@example.com
	ln -sf nowhere "$DIR/bob@example.com"
	handle <message
	ran_script default.cgi
	ln -sf bob@example.com "$DIR/bob@example.com"
	handle <message
	ran_script default.cgi
	# ENOTDIR
	ln -sf default.cgi/x "$DIR/bob@example.com"
	handle <message
	ran_script default.cgi
}

# bats test_tags=P2
@test "a name of 255 octets is a file, of 256 it is not looked for" {
	local user

	user=$(printf '%0243d' 0)
	probe "$user@example.com"
	START="INVITE sip:$user@example.com SIP/2.0" request >message
	handle <message
	ran_script "$user@example.com"
	probe @example.com
	START="INVITE sip:0$user@example.com SIP/2.0" request >message
	handle <message
	ran_script @example.com
}

# bats test_tags=P5
@test "a candidate that others may write ends the search: 500" {
	request >message
	probe bob@example.com
	chmod o+w "$DIR/bob@example.com"
	handle_on <message
	answered 500 script-writable
	no_script_ran
	[ "$STATUS" -eq 0 ]
	rm "$DIR/bob@example.com"
	chmod o+w "$DIR/default.cgi"
	handle <message
	answered 500 script-writable
	no_script_ran
}

# bats test_tags=P6
@test "a copy that an editor or a package manager left is not run" {
	local ending

	for ending in bak orig old rej swp swo tmp dpkg-old dpkg-dist dpkg-new \
	    dpkg-tmp dpkg-bak ucf-old ucf-dist ucf-new rpmsave rpmnew rpmorig \
	    pacsave pacnew apk-new; do
		probe "bob@example.com.$ending"
		START="INVITE sip:bob@example.com.$ending SIP/2.0" request >message
		handle <message
		ran_script default.cgi
		logged " skipped=bob@example.com.$ending skipped-why=copy "
	done
	probe @example.com.bak
	START='INVITE sip:carol@EXAMPLE.COM.BAK. SIP/2.0' request >message
	handle <message
	ran_script default.cgi
	logged ' skipped=@example.com.bak skipped-why=copy '
	rm "$DIR/default.cgi"
	handle <message
	answered 500 no-script
	logged ' skipped=@example.com.bak skipped-why=copy '
	no_script_ran
}

@test "what only looks like a copy is a script" {
	local name

	for name in bob.bak@example.com bob@bak.example.com bob@bak \
	    bob@example.save bob@example.com.backup; do
		probe "$name"
		START="INVITE sip:$name SIP/2.0" request >message
		handle <message
		ran_script "$name"
	done
	# Nor is one that is not there.
	START='INVITE sip:bob@example.com.bak SIP/2.0' request >message
	handle <message
	ran_script default.cgi
	[[ $(<"$LOG") != *skipped* ]]
}

@test "a copy whose ending no host can have answers nobody" {
	local name

	for name in 'bob@example.com~' 'bob@example.com,v' \
	    'bob@example.com.~1~' '#bob@example.com#'; do
		probe "$name"
		START="INVITE sip:$name SIP/2.0" request >message
		handle <message
		answered 400
		no_script_ran
	done
}

@test "the log says which name was passed over, and why there is none" {
	request >message
	probe bob@example.com
	chmod a-x "$DIR/bob@example.com"
	handle <message
	ran_script default.cgi
	logged ' script=default.cgi skipped=bob@example.com skipped-why=not-executable '
	handle -v warning <message
	logged ' skipped=bob@example.com skipped-why=not-executable '
	mkdir "$DIR/@example.com"
	rm "$DIR/bob@example.com"
	handle <message
	logged ' skipped=@example.com skipped-why=not-regular '
	rmdir "$DIR/@example.com"
	chmod a-x "$DIR/default.cgi"
	handle <message
	answered 500 no-script
	logged " why=no-script errno=EACCES directory=$DIR " \
	    ' skipped=default.cgi skipped-why=not-executable '
	rm "$DIR/default.cgi"
	handle <message
	logged " why=no-script errno=ENOENT directory=$DIR method="
}

@test "the log names what others may write, and a directory at fault" {
	request >message
	chmod o+w "$DIR/default.cgi"
	handle <message
	logged 'why=script-writable ' ' script=default.cgi '
	handle -d "$PWD/none" <message
	logged "why=directory-missing errno=ENOENT directory=$PWD/none "
	handle -d "$PWD/message" <message
	logged 'why=directory-not-a-directory ' " directory=$PWD/message "
	chmod o+w "$DIR"
	handle <message
	logged 'why=directory-writable ' " directory=$DIR "
	chmod o-w "$DIR"
}

# bats test_tags=P5
@test "a link to a file that others may write ends the search too" {
	request >message
	cp "$PROBE" elsewhere
	chmod o+w elsewhere
	ln -s ../elsewhere "$DIR/bob@example.com"
	handle <message
	answered 500 script-writable
	no_script_ran
}

@test "no usable script: 500, exit 0" {
	request >message
	rm "$DIR/default.cgi"
	handle_on <message
	answered 500 no-script
	[ "$STATUS" -eq 0 ]
}

@test "a directory that is missing, or none: 500, exit 78" {
	request >message
	DIR=$PWD/missing handle_on <message
	answered 500 directory-missing
	[ "$STATUS" -eq 78 ]
	DIR=$PWD/message handle_on <message
	answered 500 directory-not-a-directory
	[ "$STATUS" -eq 78 ]
}

# bats test_tags=P5
@test "a directory that others may write: 500, exit 78, no script" {
	request >message
	chmod o+w "$DIR"
	handle_on <message
	answered 500 directory-writable
	[ "$STATUS" -eq 78 ]
	no_script_ran
}

# Run the handler with the options "$@" as a user who may not read everything,
# as root may: on a copy, since the user may not reach this one.
handle_as_nobody()
{
	local as=()

	[ "$(id -u)" -ne 0 ] || as=(setpriv --reuid=65534 --regid=65534
	    --clear-groups)
	chmod 711 "$BATS_RUN_TMPDIR" "$BATS_TEST_TMPDIR" \
	    "${BATS_TEST_TMPDIR%/*}"
	cp "$HANDLER" handler
	STATUS=0
	"${as[@]}" "$PWD/handler" -l stderr "$@" <message >"$ANSWER" \
	    2>"$LOG" || STATUS=$?
}

@test "a directory that cannot be read: 500, exit 78" {
	mkdir -m 0 locked
	request >message
	handle_as_nobody -d "$PWD/locked"
	chmod 755 locked
	answered 500 directory-unreadable
	[ "$STATUS" -eq 78 ] || explain_failure
}

@test "a candidate that cannot be looked up is skipped" {
	mkdir -m 0 locked
	ln -s ../locked/script "$DIR/bob@example.com"
	request >message
	handle_as_nobody -d "$DIR" -n
	chmod 755 locked
	grep -q '^tried: *bob@example.com:.*skipped.*EACCES' "$ANSWER" ||
	    explain_failure
	grep -q '^tried: *default.cgi: *taken' "$ANSWER" || explain_failure
}

@test "a #! script sees its absolute path as \$0, with a relative -d too" {
	script default.cgi <<-'END'
		#!/bin/sh
		echo "$0" >name
	END
	request >message
	"$HANDLER" -d scripts -l none <message
	[ "$(cat "$DIR/name")" = "$PWD/scripts/default.cgi" ]
}

@test "argv of a program is its name alone" {
	request >message
	probe bob@example.com
	handle <message
	grep -qx 'argc 1' "$DIR/probe.world"
	grep -qx 'argv0 bob@example.com' "$DIR/probe.world"
}

# bats test_tags=P7
@test "execve fails: 500 with its errno, and no shell steps in" {
	local line errno

	request >message
	while read -r errno line; do
		# shellcheck disable=SC2059
		printf "$line\n" | script bob@example.com
		rm -f "$DIR/probe.env" "$DIR/pwned"
		handle_on <message
		answered 500 exec-failed
		logged "$errno"
		[ "$STATUS" -eq 0 ] || explain_failure
		[ ! -e "$DIR/pwned" ] || explain_failure "a shell ran it"
		no_script_ran
	done <<-'END'
		ENOEXEC touch pwned
		ENOENT #!/no/such/interpreter\ntouch pwned
		ENOENT #!/bin/sh\r\ntouch pwned
		EACCES #!/etc\ntouch pwned
	END
	: >"$DIR/bob@example.com"
	handle_on <message
	answered 500 exec-failed
	logged ENOEXEC
}

@test "an argument list that is too long is a 500 with E2BIG" {
	request "Subject: $(head -c 60000 /dev/zero | tr '\0' x)" >message
	# With a small stack the kernel takes 128 KiB of arguments and
	# environment: enough for the handler's, too little for the script's.
	STATUS=0
	(
		ulimit -s 512
		exec env -i "$HANDLER" -d "$DIR" -l stderr \
		    -e "BIG=$(head -c 100000 /dev/zero | tr '\0' x)"
	) <message >"$ANSWER" 2>"$LOG" || STATUS=$?
	answered 500 exec-failed
	logged E2BIG
	no_script_ran
}

@test "another scheme gets default.cgi, whatever else is there" {
	probe @example.com
	START='INVITE tel:+358-555-1234 SIP/2.0' request >message
	handle <message
	ran_script default.cgi
}
