# A journal of the test's own, to be loaded by bats after helper.bash.
# shellcheck shell=bash
#
# systemd-journal-remote makes journal files from journalctl's export format,
# with any time in them; tests/packages unpacks it, it is never installed.

bats_require_minimum_version 1.5.0

export LOG=$BUILD/sipcgi-log

# Of each kind of event.
declare -gA MESSAGE_IDS
while read -r event id; do
	MESSAGE_IDS[$event]=$id
done < <(sed -n 's/.*{ "\([a-z]*\)", "\([0-9a-f]*\)" },/\1 \2/p' "$TOP/event.c")
unset event id

# One entry in export format: at second $1 since 1970, of event $2, with the
# fields NAME=VALUE that follow. Values may hold any octet but a line feed.
entry()
{
	local seconds=$1 id name length

	id=${MESSAGE_IDS[$2]:-$2}
	printf '__REALTIME_TIMESTAMP=%s\n__MONOTONIC_TIMESTAMP=%s\n' \
	    "${seconds}000000" "$((seconds - 1700000000))000000"
	printf '_BOOT_ID=%032d\nMESSAGE_ID=%s\nSIPCGI_EVENT=%s\n' 1 "$id" "$2"
	shift 2
	for name; do
		# A value that is not text goes with its length before it, as
		# 64 bits in little endian.
		case ${name#*=} in
		*[![:print:]]*)
			length=$(printf %s "${name#*=}" | wc -c)
			printf '%s\n' "${name%%=*}"
			printf '%b' "$(printf '\\x%02x\\x%02x' \
			    $((length % 256)) $((length / 256)))"
			printf '\0\0\0\0\0\0%s\n' "${name#*=}" ;;
		*)	printf '%s\n' "$name" ;;
		esac
	done
	echo
}

# Make the journal file $1 of entries on stdin.
write_journal()
{
	local remote

	for remote in "$BUILD"/super/systemd-journal-remote/{usr/,}lib/systemd; do
		[ ! -d "$remote" ] || break
	done
	timeout 60 "$remote/systemd-journal-remote" --output="$1" - \
	    >/dev/null 2>"$1.errors" || {
		cat "$1.errors" >&2
		return 1
	}
}
