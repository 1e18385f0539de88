# For the tests of the sandbox: a command is tried in a script that a handler
# runs, without the sandbox and with it, by each user. Loaded by bats.
# shellcheck shell=bash
# shellcheck disable=SC2034	# what is set here is read by the tests

load ../helpers/helper

# Run by root, the tests try everything as root and as an ordinary user.
ORDINARY=nobody
if [ "$(id -u)" -eq 0 ]; then
	USERS="root $ORDINARY"
else
	ORDINARY=$(id -un)
	USERS=$ORDINARY
fi

# bats' hook. The ordinary user must reach all of it, which bats' own
# directories and a checkout in a home do not allow.
setup()
{
	WORLD=$(mktemp -d "${TMPDIR:-/tmp}/sandbox.XXXXXX") &&
	    chmod 755 "$WORLD" && cd "$WORLD" &&
	    cp "$HANDLER" handler &&
	    cp "$BUILD/tests/sandbox/probe" probe &&
	    mkdir scripts beside writable || return
	as "$ORDINARY" test -x "$WORLD/probe" ||
	    skip "$ORDINARY cannot run what is in ${TMPDIR:-/tmp}"
	NEIGHBOURS=
	# A sanitized handler looks for leaks by tracing itself, which the
	# sandbox forbids. It has no allocator that could leak.
	export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
}

teardown()
{
	local pid

	for pid in $NEIGHBOURS; do
		stop "$pid"
	done
	cd / && rm -rf "${WORLD:?}"
}

as()
{
	local user=$1

	shift
	if [ "$user" = "$(id -un)" ]; then
		"$@"
	else
		setpriv --reuid="$user" --regid="$(id -g "$user")" \
		    --clear-groups "$@"
	fi
}

# A process of user $1 that the script did not start. Its number is in
# NEIGHBOUR.
start_neighbour()
{
	as "$1" perl -e '$| = 1; print "$$\n"; sleep 60' \
	    >"$WORLD/neighbour.$1" 3>&- &
	wait_until test -s "$WORLD/neighbour.$1"
	NEIGHBOUR=$(cat "$WORLD/neighbour.$1")
	NEIGHBOURS="$NEIGHBOURS $NEIGHBOUR"
}

# Make anew, for user $1, what a script may break: everything is the user's
# own, so that nothing but the sandbox is in the way.
fresh()
{
	rm -rf beside writable
	mkdir -p beside/empty beside/full writable/one writable/two
	echo precious | tee beside/file beside/full/file writable/file \
	    writable/one/file scripts/other.cgi >/dev/null
	chmod 755 scripts/*
	[ "$1" = "$(id -un)" ] ||
	    chown -R "$1:$(id -gn "$1")" beside writable scripts
}

request()
{
	printf '%s\r\n' 'OPTIONS sip:service@example.com SIP/2.0' \
	    'Via: SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1' \
	    'From: <sip:tester@example.org>;tag=1' \
	    'To: <sip:service@example.com>' 'Call-ID: sandbox@test' \
	    'CSeq: 1 OPTIONS' ''
}

# Write the script that is run. $W is $WORLD in it, $N the neighbour.
script()
{
	{
		printf '#!%s\nW=%s N=%s\n' "${SHELL_UNDER_TEST:-/bin/sh}" \
		    "$WORLD" "${NEIGHBOUR:-}"
		cat
	} >"$WORLD/scripts/default.cgi"
	chmod 755 "$WORLD/scripts/default.cgi"
}

# Run the script as user $1 with the handler's options "$2...". Leaves what it
# printed in OUT, and the log and standard error in $WORLD/log.
run_script()
{
	local user=$1

	shift
	OUT=$(request | as "$user" ./handler -d "$WORLD/scripts" -l stderr \
	    "$@" 2>log)
}

# tries USER COMMAND WANT [OPTION...]: does the command of a shell succeed?
# WANT is "done" or "denied".
tries()
{
	local user=$1 command=$2 want=$3

	shift 3
	script <<-EOS
	if { $command
	} >/dev/null 2>&1; then echo done; else echo denied; fi
	EOS
	fresh "$user"
	run_script "$user" "$@"
	[ "$OUT" = "$want" ] || {
		echo "$user, ${*:-no sandbox}: $command: '$OUT', not '$want'"
		cat log
		return 1
	}
}

# The command succeeds without the sandbox and fails with each of the sets of
# options "$2...", for each of $USERS.
prevents()
{
	local command=$1 user options

	shift
	for user in ${ONLY:-$USERS}; do
		tries "$user" "$command" 'done' || return
		for options; do
			# shellcheck disable=SC2086	# a set of options
			tries "$user" "$command" denied $options || return
		done
	done
}

# The same where this machine, a container perhaps, may deny it anyway: then
# there is nothing to be seen.
prevents_if_possible()
{
	local user

	for user in ${ONLY:-$USERS}; do
		tries "$user" "$1" 'done' >/dev/null ||
		    skip "$user cannot do this here without a sandbox either"
	done
	prevents "$@"
}

# The command succeeds with each of the sets of options.
permits()
{
	local command=$1 user options

	shift
	for user in ${ONLY:-$USERS}; do
		for options; do
			# shellcheck disable=SC2086
			tries "$user" "$command" 'done' $options || return
		done
	done
}

# The kernel's version of Landlock, as the handler under test sees it.
landlock_abi()
{
	request | ./handler -n --sandbox=try -d "$WORLD/scripts" |
	    sed -n 's/^sandbox: .*landlock\([0-9]*\).*/\1/p'
}

# needs_landlock ABI: older kernels do not have what is tested, see SECURITY.md.
needs_landlock()
{
	local abi

	script <<<''
	abi=$(landlock_abi)
	[ "$abi" -ge "$1" ] ||
	    skip "needs Landlock ABI $1, this kernel has $abi"
}

only_root()
{
	[ "$(id -u)" -eq 0 ] || skip "needs root to begin with"
}
