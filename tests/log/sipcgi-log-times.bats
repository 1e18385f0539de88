#!/usr/bin/env bats
# The points in time that sipcgi-log takes, against systemd's own reading.

load ../helpers/helper
load journal

setup_file()
{
	entry 1764000000 exec | write_journal "$BATS_FILE_TMPDIR/j.journal"
}

setup()
{
	export LC_ALL=C
	J=$BATS_FILE_TMPDIR/j.journal
}

# What systemd makes of $1: seconds since 1970.
systemd_seconds()
{
	systemd-analyze timestamp -- "$1" | sed -n 's/.*UNIX seconds: @//p'
}

# Is $1 neither before $2 nor after $3? -S must not be after -U.
is_between()
{
	"$LOG" -l --file="$J" -S "$2" -U "$1" >/dev/null &&
	    "$LOG" -l --file="$J" -S "$1" -U "$3" >/dev/null
}

@test "dates and times read as systemd reads them" {
	local zone text want

	for zone in UTC Europe/Berlin Asia/Kolkata America/St_Johns; do
		export TZ=$zone
		for text in '2025-11-24 16:00:00' '2025-11-24 16:00' \
		    2025-11-24 '2025-11-24 16:00:00.25' '@1764000000' \
		    '2025-11-24 16:00:00 UTC' '2025-11-24 UTC' \
		    'Mon 2025-11-24 16:00:00' '2024-02-29' '1970-01-02' \
		    16:00 16:00:30 today yesterday tomorrow \
		    '2025-07-01 00:00:00' '2025-10-26 02:30:00' 23:59:59; do
			want=$(systemd_seconds "$text")
			[ -n "$want" ]
			is_between "$text" "@$want" "@$want" || {
				echo "$zone: $text is not @$want"
				false
			}
		done
	done
	# RFC 3339 in UTC, which systemd 252 does not know.
	is_between 2025-11-24T16:00:00Z @1764000000 @1764000000
	is_between 2025-11-24T16:00:00.5Z @1764000000.5 @1764000000.5
}

@test "relative times read as systemd reads them, the clock's running aside" {
	local text want

	for text in now -1h '-1h 30min' '1h30min ago' '10 min ago' +1d \
	    '2 days left' -90 '-1.5h' '-2w' '-1month' '-1y' '5 ago' \
	    '-100ms' '-1s5'; do
		want=$(systemd_seconds "$text")
		[ -n "$want" ]
		want=${want%.*}
		is_between "$text" "@$((want - 100))" "@$((want + 600))" || {
			echo "$text is not about @$want"
			false
		}
	done
}

@test "what is not a time is refused" {
	local text

	for text in '' soon '2025-02-29' '2025-06-31' '2025-13-01' 24:00 \
	    12:60 'Tue 2025-11-24' '-' ' ago' '3 apples ago' '-1h x' @ @x \
	    '2025-11-24 16' '2025-11-24 16:00.5' '-99999999y' '1h' \
	    '2025-11-24 16:00:00 CET' "$(printf '%0100d' 1)"; do
		run -64 "$LOG" -l --file="$J" --since="$text"
		[[ $output = *'not a time, as '* ]]
	done
}
