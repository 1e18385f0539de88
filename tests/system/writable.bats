#!/usr/bin/env bats
# The sandbox of sip-cgi@.service, as installed, under a real systemd.
# Runs alone.

load system

setup_file() { system_start; }
teardown_file() { system_stop; }

setup() { inside systemctl start sip-cgi.socket; }
teardown() { units_reset; }

# The first line of the answer to a request for the script of user write.
where_it_writes()
{
	message write >"$SHARED/request"
	inside bash -c 'exec 4<>/dev/tcp/127.0.0.1/5060; cat >&4; cat <&4' \
	    <"$SHARED/request" | sed -n '1s/\r$//p'
}

no_temporary_directories()
{
	[ -z "$(inside sh -c 'ls /run/sip-cgi 2>/dev/null')" ]
}

@test "a script writes to its state and its temporary directory alone" {
	line=$(where_it_writes)
	[[ $line == 'SIP/2.0 200 state temporary tmp=/run/sip-cgi/'* ]]
	wait_until is_logged exec sandbox=full,landlock
	inside test -e /var/lib/sip-cgi/by-script
	# Without the sandbox /tmp is writable, too.
	drop_in sip-cgi@.service Service ExecStart= \
	    'ExecStart=/usr/local/libexec/sipcgi-handler'
	line=$(where_it_writes)
	[[ $line == 'SIP/2.0 200 beside state tmp='* ]]
}

@test "the temporary directory ends with the request" {
	[[ $(ask write -n 40 -p 4) == 'ok=40 '* ]]
	wait_until no_temporary_directories
}
