#!/usr/bin/env bats
# Which scripts work under each variant of the units, and which each breaks.
# doc/limits.md has the same table.
# Runs alone.

bats_require_minimum_version 1.5.0
load system

setup_file()
{
	system_start
	xinetd_install
	inside install -d -o sip-cgi /srv/of-the-user
	inside mkdir -p /home/of-somebody
	echo hello | inside tee /home/of-somebody/file >/dev/null
}

teardown_file() { system_stop; }

teardown()
{
	inside systemctl stop super.service 2>/dev/null || :
	inside rm -f /tmp/by-a-script /srv/of-the-user/by-a-script
	units_reset
}

# Each script, named with + if it must work and with - if it must not.
check_scripts()
{
	local script answer

	for script; do
		answer=$(ask "${script#?}")
		case $script in
		+*) [[ $answer == 'ok=1 '* ]] ;;
		-*) [[ $answer == 'ok=0 '* ]] ;;
		esac || { echo "$script: $answer"; false; }
	done
}

# The handler's log says that its sandbox was on at the level $1.
check_sandbox()
{
	wait_until is_logged exec "sandbox=$1"
}

works=(+shell +perl +python +sqlite +tcp +logger)

@test "sip-cgi@.service: what works and what does not" {
	inside systemctl start sip-cgi.socket
	check_scripts "${works[@]}" +processes +home -slash-tmp -beside
	check_sandbox full
}

@test "sip-cgi@.service with -s no: what the sandbox breaks" {
	drop_in sip-cgi@.service Service ExecStart= \
	    'ExecStart=/usr/local/libexec/sipcgi-handler -T 30'
	inside systemctl start sip-cgi.socket
	check_scripts "${works[@]}" +processes +home +slash-tmp +beside
}

@test "sip-cgi@.service, hardened: what works and what does not" {
	harden
	inside systemctl start sip-cgi.socket
	check_scripts "${works[@]}" -processes -home -slash-tmp -beside
	check_sandbox full
}

@test "sip-cgi-inetd.service: what works and what does not" {
	inside systemctl start sip-cgi-inetd
	wait_until check_served
	check_scripts "${works[@]}" -processes -home +slash-tmp -beside
	check_sandbox full
	# Its /tmp is its own.
	inside test ! -e /tmp/by-a-script
}

@test "the entry of xinetd: what works and what does not" {
	xinetd_start
	wait_until check_served
	check_scripts "${works[@]}" +processes +home -slash-tmp -beside
	check_sandbox full
}

@test "the directories that scripts may write to are theirs alone" {
	inside rm -rf /run/sip-cgi /var/lib/sip-cgi
	inside systemctl start sip-cgi.socket
	[[ $(ask shell) == 'ok=1 '* ]]
	[[ $(ask shell) == 'ok=1 '* ]]
	[ "$(inside cat /var/lib/sip-cgi/count)" -eq 2 ]
	[ "$(inside stat -c '%U %a' /var/lib/sip-cgi)" = 'sip-cgi 750' ]
	# Nothing of the requests' own directories is left.
	wait_until instances_are 0
	[ -z "$(inside ls /run/sip-cgi)" ]
}
