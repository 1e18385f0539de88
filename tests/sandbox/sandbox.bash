# For the tests of the sandbox: commands are tried in a script that a handler
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
ME=$(id -un)

# bats' hooks. One directory for all tests of a file, which the ordinary user
# must reach: bats' own directories and a checkout in a home do not allow that.
setup_file()
{
	WORLD=$(mktemp -d "${TMPDIR:-/tmp}/sandbox.XXXXXX") &&
	    chmod 755 "$WORLD" && cd "$WORLD" &&
	    cp "$BUILD/tests/sandbox/probe" "$BUILD/tests/sandbox/lack" \
	    "$BUILD/tests/sandbox/terminal" .
	export WORLD
}

teardown_file() { cd / && rm -rf "${WORLD:?}"; }

setup()
{
	cd "$WORLD" && rm -f file.log || return
	[ -e handler ] || cp "$HANDLER" handler
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

	for pid in ${NEIGHBOURS:-}; do
		stop "$pid"
	done
}

as()
{
	local user=$1

	shift
	if [ "$user" = "$ME" ]; then
		"$@"
	else
		setpriv --reuid="$user" --regid="$(id -g "$user")" \
		    --clear-groups "$@"
	fi
}

# A process of user $1 that the script did not start, in a session of its own.
# Its number is in NEIGHBOUR.
start_neighbour()
{
	rm -f "$WORLD/neighbour"
	as "$1" perl -MPOSIX -e '$| = 1; POSIX::setsid(); print "$$\n";
	    sleep 60' >"$WORLD/neighbour" 3>&- &
	wait_until test -s "$WORLD/neighbour"
	NEIGHBOUR=$(<"$WORLD/neighbour")
	NEIGHBOURS="$NEIGHBOURS $!"
}

# A listener on loopback or, with a name, on an abstract socket. Its port is in
# PORT.
start_listener()
{
	rm -f "$WORLD/listener"
	perl -MSocket -e '$| = 1;
	    my $name = shift;
	    socket(S, defined $name ? AF_UNIX : AF_INET, SOCK_STREAM, 0) &&
	    bind(S, defined $name ? pack_sockaddr_un("\0$name") :
	        sockaddr_in(0, INADDR_LOOPBACK)) && listen(S, 64) or die $!;
	    print defined $name ? "up" : (sockaddr_in(getsockname(S)))[0], "\n";
	    sleep 60' "$@" >"$WORLD/listener" 3>&- &
	NEIGHBOURS="$NEIGHBOURS $!"
	wait_until test -s "$WORLD/listener"
	PORT=$(<"$WORLD/listener")
}

# fresh USER [N]: make anew, N times, what a script may break: everything is
# the user's own, so that nothing but the sandbox is in the way.
fresh()
{
	local user=$1 n files=() directories=()

	for ((n = 1; n <= ${2:-1}; n++)); do
		directories+=("beside/$n"/{empty,full} "writable/$n"/{one,two})
		files+=("beside/$n"/{file,full/file} "writable/$n"/{file,one/file}
		    "scripts/$n.cgi")
	done
	rm -rf beside writable
	mkdir -p scripts "${directories[@]}"
	tee "${files[@]}" <<<precious >/dev/null
	chmod 755 scripts/*
	[ "$user" = "$ME" ] ||
	    chown -R "$user:$(id -gn "$user")" beside writable scripts
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
	mkdir -p scripts
	{
		printf '#!%s\nW=%s N=%s\n' "${SHELL_UNDER_TEST:-/bin/sh}" \
		    "$WORLD" "${NEIGHBOUR:-}"
		cat
	} >"$WORLD/scripts/default.cgi"
	chmod 755 "$WORLD/scripts/default.cgi"
}

# Run the script as user $1 with the handler's options "$2...". Leaves what it
# printed in OUT, and the log and standard error in $WORLD/log. VIA is a
# command that runs the handler.
run_script()
{
	local user=$1

	shift
	# shellcheck disable=SC2086	# VIA has arguments
	OUT=$(request | as "$user" ${VIA:-} ./handler -d "$WORLD/scripts" \
	    -l stderr "$@" 2>log)
}

# The commands on standard input, a line each, as COMMANDS.
read_commands()
{
	mapfile -t COMMANDS
	[ ${#COMMANDS[@]} -gt 0 ]
}

# Run all COMMANDS in one script. Each is a process of a shell and has its own
# of what fresh makes: $B in beside/, $V in writable/, $S in scripts/. OUT has
# the outcomes, "done" or "denied", a line each.
try_all()
{
	local user=$1 n

	shift
	{
		cat <<-'EOS'
		try() {
		B=$W/beside/$1 V=$W/writable/$1 S=$W/scripts/$1.cgi
		if (eval "$2") >/dev/null 2>&1; then echo done
		else echo denied; fi; }
		EOS
		for n in "${!COMMANDS[@]}"; do
			printf 'try %d %q\n' $((n + 1)) "${COMMANDS[n]}"
		done
	} | script
	fresh "$user" ${#COMMANDS[@]}
	run_script "$user" "$@"
}

# tries USER WANT [OPTION...]: all COMMANDS have the outcome WANT.
tries()
{
	local user=$1 want=$2 n outcomes failed=0

	shift 2
	try_all "$user" "$@"
	mapfile -t outcomes <<<"$OUT"
	for n in "${!COMMANDS[@]}"; do
		[ "${outcomes[n]:-}" != "$want" ] || continue
		echo "$user, ${*:-no sandbox}: ${COMMANDS[n]}:" \
		    "'${outcomes[n]:-}', not '$want'"
		failed=1
	done
	[ $failed -eq 0 ] || cat log
	return $failed
}

denied_with_each()
{
	local user=$1 options

	shift
	for options; do
		# shellcheck disable=SC2086	# a set of options
		tries "$user" denied $options || return
	done
}

# prevents OPTIONS... <COMMANDS: they succeed without the sandbox and fail with
# each of the sets of options, for each of $USERS.
prevents()
{
	local user

	read_commands || return
	for user in ${ONLY:-$USERS}; do
		tries "$user" 'done' || return
		denied_with_each "$user" "$@" || return
	done
}

# The same where this machine, a container perhaps, may deny it anyway: what it
# denies is left out, and nothing is to be seen when it denies everything.
prevents_if_possible()
{
	local user n outcomes all tried=0

	read_commands || return
	all=("${COMMANDS[@]}")
	for user in ${ONLY:-$USERS}; do
		COMMANDS=("${all[@]}")
		try_all "$user"
		mapfile -t outcomes <<<"$OUT"
		for n in "${!all[@]}"; do
			[ "${outcomes[n]:-}" = 'done' ] || unset "COMMANDS[n]"
		done
		COMMANDS=("${COMMANDS[@]}")
		[ ${#COMMANDS[@]} -gt 0 ] || continue
		tried=$((tried + ${#COMMANDS[@]}))
		tries "$user" 'done' || return
		denied_with_each "$user" "$@" || return
	done
	[ $tried -gt 0 ] ||
	    skip "${ONLY:-$USERS} cannot do this here without a sandbox either"
}

# permits OPTIONS... <COMMANDS: they succeed with each of the sets of options.
permits()
{
	local user options

	read_commands || return
	for user in ${ONLY:-$USERS}; do
		for options; do
			# shellcheck disable=SC2086
			tries "$user" 'done' $options || return
		done
	done
}

# The kernel's version of Landlock, as the handler under test sees it.
landlock_abi()
{
	script <<<''
	request | ./handler -n --sandbox=try -d "$WORLD/scripts" |
	    sed -n 's/^sandbox: .*landlock\([0-9]*\).*/\1/p'
}

# needs_landlock ABI: older kernels do not have what is tested, see SECURITY.md.
needs_landlock()
{
	local abi

	abi=$(landlock_abi)
	[ "$abi" -ge "$1" ] ||
	    skip "needs Landlock ABI $1, this kernel has $abi"
}

only_root()
{
	[ "$(id -u)" -eq 0 ] || skip "needs root to begin with"
}
