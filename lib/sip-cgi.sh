# shellcheck shell=sh
# sip-cgi.sh - answer SIP requests from a POSIX shell script.
#
#	#!/bin/sh
#	. /usr/local/share/sip-cgi/sip-cgi.sh
#	sip_reply 302 "Contact: <sip:bob@192.0.2.7>"
#
# sip_reply [-b TEXT | -f FILE] CODE [REASON] [HEADER...]
#	Write one complete response: Via, From, To with its tag, Call-ID
#	and CSeq from the request, the HEADERs ("Name: value", one line
#	each) and Content-Length.  REASON defaults to the registered
#	phrase.  An argument that reads "Name:..." is a HEADER, so a REASON
#	may hold no colon directly after its first word.  A body is sent
#	only when -b or -f gives one; it is text/plain unless a HEADER
#	says otherwise.  Nothing is written for an ACK.  Returns 0, or 1
#	after writing a 500 because an argument cannot be sent.
# sip_body
#	Write the request's body, octet for octet.
# sip_header NAME
#	Write each row of a header field of the request on a line of its
#	own, unfolded.  For what is not in the environment, such as
#	Authorization; for all else $SIP_NAME is cheaper.  Returns 1 when
#	there is none.
# sip_uri VALUE
#	Write the URI in one From, To, Contact or Route value.
# sip_uri_user VALUE, sip_uri_host VALUE
#	Write the user without its password, or the host without its port,
#	of a sip: or sips: URI or of a value that holds one, spelled as in
#	SIPCGI_USER and SIPCGI_HOST.  Return 1 when there is none.
# sip_param NAME VALUE
#	Write a parameter of a header field value (what follows the ">"),
#	or of a bare URI.  Returns 1 when it is absent.
#
# Everything comes from the environment that sipcgi-handler builds.  No
# function changes a variable whose name does not begin with _sip_, reads
# the script's standard input or moves its offset.  They work with set -e,
# -f and -u, any IFS and any locale, under dash, bash, busybox ash, mksh
# and ksh93; hence no local variables.

_sip_blank=' 	'	# SP and HTAB
_sip_letters=AaBbCcDdEeFfGgHhIiJjKkLlMmNnOoPpQqRrSsTtUuVvWwXxYyZz
# Longer values are refused by what takes them apart: time that grows with
# the square of what a stranger sends must have a bound.
_sip_value_max=2048

# To the log, on one line whatever a stranger put into $1.
_sip_say()
{
	_sip_is_clean "$1" ||
	    set -- "$(printf %s "$1" | tr '\000-\037\177' '[?*]')"
	printf 'sip-cgi.sh: %s\n' "$1" >&2
}

# Run a command in the C locale: only there are lengths octets and classes
# ASCII.  An LC_ALL of the script's own comes back afterwards.
_sip_in_c()
{
	_sip_lc_set=${LC_ALL+set}
	_sip_lc=${LC_ALL-}
	LC_ALL=C
	"$@"
	_sip_status=$?
	if [ -n "$_sip_lc_set" ]; then
		LC_ALL=$_sip_lc
	else
		unset LC_ALL
	fi
	return "$_sip_status"
}

# The reason phrase that IANA's registry has for a status code; for any
# other code the name of its class (RFC 3261 section 7.2).
_sip_phrase()
{
	case $1 in
	100) _sip_phrase='Trying' ;;
	180) _sip_phrase='Ringing' ;;
	181) _sip_phrase='Call Is Being Forwarded' ;;
	182) _sip_phrase='Queued' ;;
	183) _sip_phrase='Session Progress' ;;
	199) _sip_phrase='Early Dialog Terminated' ;;
	200) _sip_phrase='OK' ;;
	202) _sip_phrase='Accepted' ;;
	204) _sip_phrase='No Notification' ;;
	300) _sip_phrase='Multiple Choices' ;;
	301) _sip_phrase='Moved Permanently' ;;
	302) _sip_phrase='Moved Temporarily' ;;
	305) _sip_phrase='Use Proxy' ;;
	380) _sip_phrase='Alternative Service' ;;
	400) _sip_phrase='Bad Request' ;;
	401) _sip_phrase='Unauthorized' ;;
	402) _sip_phrase='Payment Required' ;;
	403) _sip_phrase='Forbidden' ;;
	404) _sip_phrase='Not Found' ;;
	405) _sip_phrase='Method Not Allowed' ;;
	406) _sip_phrase='Not Acceptable' ;;
	407) _sip_phrase='Proxy Authentication Required' ;;
	408) _sip_phrase='Request Timeout' ;;
	410) _sip_phrase='Gone' ;;
	412) _sip_phrase='Conditional Request Failed' ;;
	413) _sip_phrase='Request Entity Too Large' ;;
	414) _sip_phrase='Request-URI Too Long' ;;
	415) _sip_phrase='Unsupported Media Type' ;;
	416) _sip_phrase='Unsupported URI Scheme' ;;
	417) _sip_phrase='Unknown Resource-Priority' ;;
	420) _sip_phrase='Bad Extension' ;;
	421) _sip_phrase='Extension Required' ;;
	422) _sip_phrase='Session Interval Too Small' ;;
	423) _sip_phrase='Interval Too Brief' ;;
	424) _sip_phrase='Bad Location Information' ;;
	425) _sip_phrase='Bad Alert Message' ;;
	428) _sip_phrase='Use Identity Header' ;;
	429) _sip_phrase='Provide Referrer Identity' ;;
	430) _sip_phrase='Flow Failed' ;;
	433) _sip_phrase='Anonymity Disallowed' ;;
	436) _sip_phrase='Bad Identity Info' ;;
	437) _sip_phrase='Unsupported Credential' ;;
	438) _sip_phrase='Invalid Identity Header' ;;
	439) _sip_phrase='First Hop Lacks Outbound Support' ;;
	440) _sip_phrase='Max-Breadth Exceeded' ;;
	469) _sip_phrase='Bad Info Package' ;;
	470) _sip_phrase='Consent Needed' ;;
	480) _sip_phrase='Temporarily Unavailable' ;;
	481) _sip_phrase='Call/Transaction Does Not Exist' ;;
	482) _sip_phrase='Loop Detected' ;;
	483) _sip_phrase='Too Many Hops' ;;
	484) _sip_phrase='Address Incomplete' ;;
	485) _sip_phrase='Ambiguous' ;;
	486) _sip_phrase='Busy Here' ;;
	487) _sip_phrase='Request Terminated' ;;
	488) _sip_phrase='Not Acceptable Here' ;;
	489) _sip_phrase='Bad Event' ;;
	491) _sip_phrase='Request Pending' ;;
	493) _sip_phrase='Undecipherable' ;;
	494) _sip_phrase='Security Agreement Required' ;;
	500) _sip_phrase='Server Internal Error' ;;
	501) _sip_phrase='Not Implemented' ;;
	502) _sip_phrase='Bad Gateway' ;;
	503) _sip_phrase='Service Unavailable' ;;
	504) _sip_phrase='Server Time-out' ;;
	505) _sip_phrase='Version Not Supported' ;;
	513) _sip_phrase='Message Too Large' ;;
	555) _sip_phrase='Push Notification Service Not Supported' ;;
	580) _sip_phrase='Precondition Failure' ;;
	600) _sip_phrase='Busy Everywhere' ;;
	603) _sip_phrase='Decline' ;;
	604) _sip_phrase='Does Not Exist Anywhere' ;;
	606) _sip_phrase='Not Acceptable' ;;
	607) _sip_phrase='Unwanted' ;;
	608) _sip_phrase='Rejected' ;;
	1*) _sip_phrase='Provisional' ;;
	2*) _sip_phrase='Success' ;;
	3*) _sip_phrase='Redirection' ;;
	4*) _sip_phrase='Client Error' ;;
	5*) _sip_phrase='Server Error' ;;
	*) _sip_phrase='Global Failure' ;;
	esac
}

# Does $1 begin with a header field name and a colon?
_sip_is_field()
{
	case ${1%%:*} in
	'' | "$1" | *[!]A-Za-z0-9.!%*_+\`\'~-]*) return 1 ;;
	esac
}

# A value may hold no control character but HTAB: the one check that keeps
# a CR or LF out of our answer, and so a stranger's line out of it.
_sip_is_clean()
{
	case $1 in
	*[[:cntrl:]]*) ;;
	*) return 0 ;;
	esac
	# Rare, so a fork is no loss; the x keeps a final newline in.
	case $(printf %s "$1" | tr '\t' ' ' && printf x) in
	*[[:cntrl:]]* | '') return 1 ;;
	esac
}

# Check one HEADER argument and note whether it is the Content-Type.
_sip_check_field()
{
	if ! _sip_is_field "$1"; then
		_sip_error="not a header field (Name: value): $1"
		return 1
	fi
	if ! _sip_is_clean "$1"; then
		_sip_error="control character in header field ${1%%:*}"
		return 1
	fi
	case ${1%%:*} in
	[Cc] | [Cc][Oo][Nn][Tt][Ee][Nn][Tt]-[Tt][Yy][Pp][Ee])
		_sip_typed=yes ;;
	[Vv] | [Vv][Ii][Aa] | \
	[Ff] | [Ff][Rr][Oo][Mm] | \
	[Tt] | [Tt][Oo] | \
	[Ii] | [Cc][Aa][Ll][Ll]-[Ii][Dd] | \
	[Cc][Ss][Ee][Qq] | \
	[Ll] | [Cc][Oo][Nn][Tt][Ee][Nn][Tt]-[Ll][Ee][Nn][Gg][Tt][Hh])
		_sip_error="${1%%:*} is written by sip_reply itself"
		return 1 ;;
	esac
}

# Read CODE [REASON] [HEADER...] into _sip_code, _sip_reason and
# _sip_skip, how many of them come before the headers.
_sip_check()
{
	_sip_typed=
	_sip_skip=1
	case ${1-} in
	[1-6][0-9][0-9]) _sip_code=$1 ;;
	*)
		_sip_error="not a status code from 100 to 699: ${1-(none)}"
		return 1 ;;
	esac
	_sip_phrase "$_sip_code"
	_sip_reason=$_sip_phrase
	shift
	if [ "$#" -gt 0 ] && ! _sip_is_field "$1"; then
		_sip_reason=${1:-$_sip_phrase}
		_sip_skip=2
		shift
	fi
	case $_sip_reason in
	-*)
		_sip_error="options come before the status code: $_sip_reason"
		return 1 ;;
	esac
	if ! _sip_is_clean "$_sip_reason"; then
		_sip_error='control character in the reason phrase'
		return 1
	fi
	for _sip_arg; do
		_sip_check_field "$_sip_arg" || return 1
	done
}

# Header fields of the request that only some responses copy.
_sip_extra()
{
	_sip_route=
	_sip_timestamp=
	case ${REQUEST_METHOD-}.$_sip_code in
	*.100)	# RFC 3261 section 8.2.6.1
		_sip_timestamp=${SIP_TIMESTAMP-} ;;
	INVITE.[12]* | SUBSCRIBE.2* | REFER.2*)	# section 12.1.1
		_sip_route=${SIP_RECORD_ROUTE-} ;;
	esac
}

# Lines that end in CRLF, then $_sip_text as it is; all in one write.
_sip_write()
{
	case ${KSH_VERSION-} in
	*MIRBSD*)
		# printf is not built in there, and a program's argument
		# has a size limit.
		# shellcheck disable=SC3003
		_sip_cr=$'\r'
		_sip_out=
		for _sip_arg; do
			_sip_out="$_sip_out$_sip_arg$_sip_cr
"
		done
		print -nr -- "$_sip_out$_sip_text"
		return ;;
	esac
	_sip_format=
	for _sip_arg; do
		_sip_format="$_sip_format%s\\r\\n"
	done
	# A format of nothing but %s\r\n: how many depends on the answer.
	# shellcheck disable=SC2059
	printf "$_sip_format%s" "$@" "$_sip_text"
}

# _sip_send LENGTH HEADER...
_sip_send()
{
	_sip_length=$1
	shift
	for _sip_arg in VIA FROM TO CALL_ID CSEQ; do
		eval "_sip_value=\${SIP_$_sip_arg-}"
		[ -n "$_sip_value" ] || _sip_say "SIP_$_sip_arg is not set"
	done
	if [ "$_sip_length" -gt 0 ] && [ -z "$_sip_typed" ]; then
		set -- "$@" 'Content-Type: text/plain;charset=UTF-8'
	fi
	_sip_to=${SIP_TO-}${SIPCGI_TO_TAG:+";tag=$SIPCGI_TO_TAG"}
	_sip_extra
	_sip_write "SIP/2.0 $_sip_code $_sip_reason" \
	    ${SIP_VIA+"Via: $SIP_VIA"} \
	    ${SIP_FROM+"From: $SIP_FROM"} \
	    ${SIP_TO+"To: $_sip_to"} \
	    ${SIP_CALL_ID+"Call-ID: $SIP_CALL_ID"} \
	    ${SIP_CSEQ+"CSeq: $SIP_CSEQ"} \
	    ${_sip_timestamp:+"Timestamp: $_sip_timestamp"} \
	    ${_sip_route:+"Record-Route: $_sip_route"} \
	    "$@" "Content-Length: $_sip_length" ''
}

# Instead of an answer that cannot be sent: a caller that gets none tries
# again and again.
_sip_refuse()
{
	_sip_say "$1; answering 500 instead"
	_sip_check 500
	_sip_text=
	_sip_send 0
	return 1
}

# The body is a file: standard input here.  Its size is taken through a
# second open file, so that the offset stays; a name would be looked up
# twice, and could be another file by then.  A file that grows meanwhile is
# cut at the length that was announced.
_sip_send_file()
{
	if ! _sip_size=$(wc -c </proc/self/fd/0); then
		_sip_refuse 'cannot take the size of the body file'
		return 1
	fi
	_sip_send "$((_sip_size))" "$@" && head -c "$((_sip_size))"
}

_sip_answer()
{
	if ! _sip_check "$@"; then
		_sip_refuse "$_sip_error"
		return 1
	fi
	shift "$_sip_skip"
	if [ -n "$_sip_file" ]; then
		_sip_send_file "$@" <"$_sip_file"
	else
		_sip_send "${#_sip_text}" "$@"
	fi
}

sip_reply()
{
	_sip_error=
	_sip_text=
	_sip_file=
	while [ "$#" -gt 0 ]; do
		case $1 in
		-b) _sip_text=${2-} ;;
		-f) _sip_file=${2:-(no name)} ;;
		-*)
			_sip_error="unknown option: $1"
			break ;;
		*) break ;;
		esac
		if [ "$#" -lt 2 ]; then
			_sip_error="$1 needs an argument"
			break
		fi
		shift 2
	done
	# Whatever the script says: an ACK has no answer.
	[ "${REQUEST_METHOD-}" != ACK ] || return 0
	if [ -n "$_sip_file" ] && ! { [ -f "$_sip_file" ] && [ -r "$_sip_file" ]; }
	then
		_sip_error="cannot read the body file: $_sip_file"
	fi
	if [ -n "$_sip_error" ]; then
		_sip_in_c _sip_refuse "$_sip_error"
	else
		_sip_in_c _sip_answer "$@"
	fi
}

# The request on standard input, from its start whatever was read before:
# opening it anew gives an offset of its own.
_sip_stdin=/proc/self/fd/0

sip_body()
{
	tail -c "${CONTENT_LENGTH:-0}" <"$_sip_stdin"
}

sip_header()
{
	awk -v name="$1" '
	function row()
	{
		if (have && tolower(field) == tolower(name)) {
			sub(/[ \t]+$/, "", value)
			print value
			found = 1
		}
		have = 0
	}
	{ sub(/\r$/, "") }
	$0 == "" { exit }
	/^[ \t]/ {
		sub(/^[ \t]+/, "")
		sub(/[ \t]+$/, "", value)
		value = value (value == "" || $0 == "" ? "" : " ") $0
		next
	}
	{
		row()
		colon = index($0, ":")
		field = substr($0, 1, colon - 1)
		sub(/[ \t]+$/, "", field)
		value = substr($0, colon + 1)
		sub(/^[ \t]+/, "", value)
		have = colon > 0
	}
	END { row(); exit !found }
	' <"$_sip_stdin"
}

# $1 without blanks at its ends, in _sip_value.
_sip_trim()
{
	_sip_value=${1#"${1%%[!"$_sip_blank"]*}"}
	_sip_value=${_sip_value%"${_sip_value##*[!"$_sip_blank"]}"}
}

# Take the quoted string that _sip_value begins with off it; what was
# between the quotes goes to _sip_quoted.
_sip_unquote()
{
	_sip_quoted=
	_sip_value=${_sip_value#?}
	while :; do
		case $_sip_value in
		*[\"\\]*) ;;
		*) return 1 ;;
		esac
		_sip_plain=${_sip_value%%[\"\\]*}
		_sip_quoted=$_sip_quoted$_sip_plain
		_sip_value=${_sip_value#"$_sip_plain"}
		case $_sip_value in
		'"'*)
			_sip_value=${_sip_value#?}
			return 0 ;;
		esac
		_sip_value=${_sip_value#?}
		_sip_quoted=$_sip_quoted${_sip_value%%"${_sip_value#?}"}
		_sip_value=${_sip_value#?}
	done
}

# Split a value into _sip_uri and _sip_params, the text that follows it.
_sip_split()
{
	[ "${#1}" -le "$_sip_value_max" ] || return 1
	_sip_trim "$1"
	case $_sip_value in
	'"'*)
		# A display name may hold "<" and ";" between its quotes.
		_sip_unquote || return 1
		case $_sip_value in
		*'<'*) ;;
		*) return 1 ;;
		esac ;;
	esac
	case $_sip_value in
	*'<'*'>'*)
		_sip_value=${_sip_value#*<}
		_sip_uri=${_sip_value%%>*}
		_sip_params=${_sip_value#*>} ;;
	*'<'*)
		return 1 ;;
	*)
		# "a;b" may be a user, so parameters start behind the "@".
		_sip_uri=
		case $_sip_value in
		*@*)
			_sip_uri=${_sip_value%%@*}@
			_sip_value=${_sip_value#*@} ;;
		esac
		_sip_params=${_sip_value#"${_sip_value%%[;,]*}"}
		_sip_trim "${_sip_value%%[;,]*}"
		_sip_uri=$_sip_uri$_sip_value ;;
	esac
}

# The rest of a sip: or sips: URI, without scheme, in _sip_uri.
_sip_split_uri()
{
	_sip_split "$1" || return 1
	case $_sip_uri in
	[Ss][Ii][Pp]:* | [Ss][Ii][Pp][Ss]:*) _sip_uri=${_sip_uri#*:} ;;
	*) return 1 ;;
	esac
}

# $1 with its capital letters small, in _sip_lower.  "%%" where "%" would
# do: it finds a long suffix at once, "%" tries every shorter one first.
_sip_lower()
{
	_sip_lower=
	_sip_rest=$1
	while :; do
		_sip_plain=${_sip_rest%%[ABCDEFGHIJKLMNOPQRSTUVWXYZ]*}
		_sip_lower=$_sip_lower$_sip_plain
		_sip_rest=${_sip_rest#"$_sip_plain"}
		[ -n "$_sip_rest" ] || return 0
		# The small letter stands behind its capital.
		_sip_char=${_sip_rest%%"${_sip_rest#?}"}
		_sip_char=${_sip_letters#*"$_sip_char"}
		_sip_lower=$_sip_lower${_sip_char%%"${_sip_char#?}"}
		_sip_rest=${_sip_rest#?}
	done
}

# Write $1 with each %HH decoded that stands for an unreserved character,
# every other one with upper-case digits: as SIPCGI_USER is made.
_sip_canonical()
{
	_sip_rest=$1
	while :; do
		printf %s "${_sip_rest%%\%*}"
		case $_sip_rest in
		*%*) _sip_rest=${_sip_rest#*%} ;;
		*) return 0 ;;
		esac
		_sip_hex=${_sip_rest%%"${_sip_rest#??}"}
		case $_sip_hex in
		2[1789AaDdEe] | 3[0-9] | [46][1-9A-Fa-f] | \
		[57][0-9Aa] | 5[Ff] | 7[Ee])
			_sip_char=$((0x$_sip_hex))
			# A format of one octal escape.
			# shellcheck disable=SC2059
			printf "\\$((_sip_char / 64))$((_sip_char / 8 % 8\
			))$((_sip_char % 8))" ;;
		[0-9A-Fa-f][0-9A-Fa-f])
			printf '%%%02X' "$((0x$_sip_hex))" ;;
		*)
			printf %%
			continue ;;
		esac
		_sip_rest=${_sip_rest#??}
	done
}

_sip_print_uri()
{
	_sip_split "$1" || return 1
	printf '%s\n' "$_sip_uri"
}

_sip_print_user()
{
	_sip_split_uri "$1" || return 1
	case $_sip_uri in
	*@*) ;;
	*) return 1 ;;
	esac
	_sip_uri=${_sip_uri%%@*}
	_sip_canonical "${_sip_uri%%:*}"
	printf '\n'
}

_sip_print_host()
{
	_sip_split_uri "$1" || return 1
	_sip_uri=${_sip_uri#*@}
	_sip_uri=${_sip_uri%%[;?]*}
	case $_sip_uri in
	'['*']'*) _sip_uri=${_sip_uri%%]*}] ;;
	*) _sip_uri=${_sip_uri%%:*} ;;
	esac
	_sip_lower "${_sip_uri%.}"
	[ -n "$_sip_lower" ] || return 1
	printf '%s\n' "$_sip_lower"
}

# Take one parameter off the front of _sip_params: its name, in small
# letters, goes to _sip_lower and its value to _sip_quoted.
_sip_next_param()
{
	_sip_trim "$_sip_params"
	case $_sip_value in
	';'*) _sip_params=${_sip_value#?} ;;
	*) return 1 ;;	# a comma: the next value begins
	esac
	_sip_trim "${_sip_params%%[;,=]*}"
	_sip_lower "$_sip_value"
	_sip_params=${_sip_params#"${_sip_params%%[;,=]*}"}
	_sip_quoted=
	case $_sip_params in
	=*) ;;
	*) return 0 ;;
	esac
	_sip_trim "${_sip_params#=}"
	case $_sip_value in
	'"'*)
		_sip_unquote || return 1
		_sip_params=$_sip_value ;;
	*)
		_sip_params=${_sip_value#"${_sip_value%%[;,]*}"}
		_sip_trim "${_sip_value%%[;,]*}"
		_sip_quoted=$_sip_value ;;
	esac
}

_sip_print_param()
{
	_sip_lower "$1"
	_sip_name=$_sip_lower
	_sip_split "$2" || return 1
	while _sip_next_param; do
		if [ "$_sip_lower" = "$_sip_name" ]; then
			printf '%s\n' "$_sip_quoted"
			return 0
		fi
	done
	return 1
}

sip_uri()
{
	_sip_in_c _sip_print_uri "$1"
}

sip_uri_user()
{
	_sip_in_c _sip_print_user "$1"
}

sip_uri_host()
{
	_sip_in_c _sip_print_host "$1"
}

sip_param()
{
	_sip_in_c _sip_print_param "$1" "$2"
}
