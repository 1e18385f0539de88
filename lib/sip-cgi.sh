# shellcheck shell=sh
# sip-cgi.sh - answer SIP requests from a POSIX shell script.
#
#	#!/bin/sh
#	. /usr/local/share/sip-cgi/sip-cgi.sh
#	sip_allow INVITE ACK CANCEL || exit 0
#	sip_reply 302 "Contact: <sip:bob@192.0.2.7>"
#
# A script that ends without a final answer, by set -e or otherwise, is
# answered 500, with a line in the log: an EXIT trap does that.  A script with
# one of its own calls sip_guard in it.  Programs that it runs may answer in
# its place, with any of the three libraries, or be followed by sip_answered.
#
# sip_reply [-b TEXT | -f FILE] CODE [REASON] [HEADER...]
#	Write one complete response: Via, From, To with its tag, Call-ID
#	and CSeq from the request, the HEADERs ("Name: value", one line
#	each) and Content-Length.  REASON defaults to the registered
#	phrase.  An argument that reads "Name:..." is a HEADER, so a REASON
#	may hold no colon directly after its first word.  A body is sent
#	only when -b or -f gives one; it is text/plain unless a HEADER
#	says otherwise.  Nothing is written for an ACK.  Returns 0, or 1
#	after writing a 500 because an argument cannot be sent; or because a
#	final answer has been written already, when nothing is.
# sip_allow METHOD...
#	Is the request's method one of these?  If not, answer 405 with them
#	as Allow and return 1.
# sip_require [EXTENSION...]
#	Does the request require nothing but these extensions?  If not,
#	answer 420 with the others as Unsupported and return 1.
# sip_answered
#	Say that the final answer has been written in another way, by printf
#	or by a program without a library.
# sip_body
#	Write the request's body, octet for octet.
# sip_header NAME
#	Write each row of a header field of the request on a line of its
#	own, unfolded.  For what is not in the environment, such as
#	Authorization; for all else $SIP_NAME is cheaper.  Returns 1 when
#	there is none.
#
# Those that follow write what they find, and return 1 when there is nothing,
# or the value is malformed or over 2048 octets.
#
# sip_uri VALUE
#	The URI in the first value of a From, To, Contact or Route.
# sip_uri_user VALUE, sip_uri_host VALUE
#	The user without its password, or the host without its port, of a
#	sip: or sips: URI or of a value that holds one, spelled as in
#	SIPCGI_USER and SIPCGI_HOST.
# sip_uri_number VALUE, sip_uri_context VALUE
#	The telephone number of a tel: URI, or of a SIP URI whose user is
#	one: digits, "*" and "#", after a "+" where it is global, without
#	visual separators.  Its phone-context.
# sip_param NAME VALUE
#	A parameter of the first value (what follows the ">"), or of a bare
#	URI, without its quotes.
# sip_split_list VALUE
#	The values between commas, but for those in quotes and angle
#	brackets, each on a line.  Of any length.
# sip_parse_credentials VALUE
#	The scheme of a row of Authorization, in small letters, and each
#	parameter as name=value, the name in small letters, without quotes;
#	each on a line.  Credentials of another form, as those of Basic, are
#	the parameter token68.  At most 8192 octets.
# sip_quote TEXT
#	A quoted string.
#
# sip-digest.sh, to be read after this one, has Digest authentication.
#
# Everything comes from the environment that sipcgi-handler builds.  No
# function changes a variable whose name does not begin with _sip_, reads
# the script's standard input or moves its offset.  They work with set -e,
# -f and -u, any IFS and any locale, under dash, bash, busybox ash, mksh
# and ksh93; hence no local variables.

_sip_blank=' 	'	# SP and HTAB

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

# ---- The guard: a caller that gets no answer tries again and again

# Whoever reads the mark first writes the final answer: processes that inherit
# the open file, subshells too, share its offset.  A variable alone would not
# come back from them.  Its number and name are in _sip_mark, for the programs
# that a script runs have the libraries, too.  Not under mksh and ksh93, which
# close it for those.
_sip_open_mark()
{
	# shellcheck disable=SC3013 # all five have -ef
	case ${_sip_mark-} in
	[3-9]' /proc/'*)
		[ ! "/proc/self/fd/${_sip_mark%% *}" -ef "${_sip_mark#* }" ] ||
		    return 0 ;;
	esac
	_sip_mark=
	if [ -r "/proc/$$/oom_score_adj" ] && [ ! -e /proc/self/fd/8 ]; then
		exec 8<"/proc/$$/oom_score_adj"
		export _sip_mark="8 /proc/$$/oom_score_adj"
	fi
}

# May a final answer be written?
_sip_take()
{
	[ -n "$_sip_guarded" ] || return 0
	[ -z "$_sip_taken" ] || return 1
	_sip_taken=yes
	# shellcheck disable=SC3013
	if [ -n "$_sip_mark" ] &&
	    [ "/proc/self/fd/${_sip_mark%% *}" -ef "${_sip_mark#* }" ]; then
		# Nothing is left when somebody has read it.
		read -r _sip_line <&"${_sip_mark%% *}"
	fi
}

sip_answered()
{
	_sip_take || :
}

sip_guard()
{
	if [ -n "$_sip_guarded" ] && [ "${REQUEST_METHOD-}" != ACK ] &&
	    _sip_take; then
		_sip_say 'the script ended without a final answer; answering 500'
		_sip_text=
		_sip_check 500
		_sip_in_c _sip_send 0
	fi
}

_sip_taken=
_sip_guarded=
# Only where a request is, and not for an administrator's command.
if [ -n "${REQUEST_METHOD-}" ]; then
	_sip_guarded=yes
	_sip_open_mark
	trap sip_guard EXIT
fi

# ---- The answer

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

# Does $1 begin with a header field name and a colon?  The name goes to
# _sip_name.
_sip_is_field()
{
	_sip_name=${1%%:*}
	if [ "$_sip_name" = "$1" ] || [ "${#_sip_name}" -gt 128 ]; then
		return 1
	fi
	_sip_name=${_sip_name%"${_sip_name##*[!"$_sip_blank"]}"}
	case $_sip_name in
	'' | *[!]A-Za-z0-9.!%*_+\`\'~-]*) return 1 ;;
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

# Check one HEADER argument and note whether it is the Content-Type, or has
# blanks before its colon.
_sip_check_field()
{
	if ! _sip_is_field "$1"; then
		_sip_error="not a header field (Name: value): $1"
		return 1
	fi
	if ! _sip_is_clean "$1"; then
		_sip_error="control character in header field $_sip_name"
		return 1
	fi
	[ "$_sip_name" = "${1%%:*}" ] || _sip_loose=yes
	case $_sip_name in
	[Cc] | [Cc][Oo][Nn][Tt][Ee][Nn][Tt]-[Tt][Yy][Pp][Ee])
		if [ -n "$_sip_typed" ]; then
			_sip_error='Content-Type is given twice'
			return 1
		fi
		_sip_typed=yes ;;
	[Vv] | [Vv][Ii][Aa] | \
	[Ff] | [Ff][Rr][Oo][Mm] | \
	[Tt] | [Tt][Oo] | \
	[Ii] | [Cc][Aa][Ll][Ll]-[Ii][Dd] | \
	[Cc][Ss][Ee][Qq] | \
	[Ll] | [Cc][Oo][Nn][Tt][Ee][Nn][Tt]-[Ll][Ee][Nn][Gg][Tt][Hh])
		_sip_error="$_sip_name is written by sip_reply itself"
		return 1 ;;
	esac
}

# Is it none of a header field that lost its colon, which would reach nobody?
_sip_check_reason()
{
	case $1 in
	-*)
		_sip_error="options come before the status code: $1"
		return 1 ;;
	*[\<\>\"\{\}\|\\^\`#]* | *[Ss][Ii][Pp]:* | *[Ss][Ii][Pp][Ss]:*) ;;
	*["$_sip_blank"]*)
		case ${1%%["$_sip_blank"]*} in
		[Aa]ccept-[Ee]ncoding | [Aa]ccept-[Ll]anguage | \
		[Aa]lert-[Ii]nfo | [Aa]llow | [Aa]llow-[Ee]vents | \
		[Aa]uthentication-[Ii]nfo | [Cc]all-[Ii]nfo | \
		[Cc]ontent-[Dd]isposition | [Cc]ontent-[Ee]ncoding | \
		[Cc]ontent-[Ll]anguage | [Cc]ontent-[Tt]ype | \
		[Ee]rror-[Ii]nfo | [Ee]xpires | [Mm]in-[Ee]xpires | \
		[Mm]in-[Ss][Ee] | [Pp]roxy-[Aa]uthenticate | \
		[Rr]ecord-[Rr]oute | [Rr]etry-[Aa]fter | \
		[Ss]ession-[Ee]xpires | [Uu]nsupported | \
		[Ww][Ww][Ww]-[Aa]uthenticate) ;;
		*) return 0 ;;
		esac ;;
	*) return 0 ;;
	esac
	_sip_error="not a reason phrase: $1 (a header field reads Name: value)"
	return 1
}

# Read CODE [REASON] [HEADER...] into _sip_code, _sip_reason and
# _sip_skip, how many of them come before the headers.
_sip_check()
{
	_sip_typed=
	_sip_loose=
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
		_sip_check_reason "$1" || return 1
		_sip_reason=${1:-$_sip_phrase}
		_sip_skip=2
		shift
	fi
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

# Instead of an answer that cannot be sent.
_sip_refuse()
{
	_sip_say "$1; answering 500 instead"
	_sip_take || return 1
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
		_sip_say 'cannot take the size of the body file'
		_sip_check 500
		_sip_text=
		_sip_send 0
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
	if [ -n "$_sip_loose" ]; then
		for _sip_arg; do
			_sip_is_field "$_sip_arg"
			shift
			set -- "$@" "$_sip_name:${_sip_arg#*:}"
		done
	fi
	case $_sip_code in
	1*) [ -z "$_sip_taken" ] ;;
	*) _sip_take ;;
	esac || {
		_sip_say "$_sip_code comes after the final answer; not sent"
		return 1
	}
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

sip_allow()
{
	_sip_list=
	for _sip_arg; do
		[ "$_sip_arg" != "${REQUEST_METHOD-}" ] || return 0
		_sip_list=$_sip_list${_sip_list:+, }$_sip_arg
	done
	sip_reply 405 "Allow: $_sip_list" || :
	return 1
}

sip_require()
{
	case ${REQUEST_METHOD-}:${SIP_REQUIRE-} in
	ACK:* | CANCEL:* | *:) return 0 ;;
	esac
	if _sip_list=$(_sip_take_apart missing "$SIP_REQUIRE" "$*"); then
		sip_reply 420 "Unsupported: $_sip_list" || :
		return 1
	fi
}

# ---- The request

# On standard input, from its start whatever was read before: opening it anew
# gives an offset of its own.
_sip_stdin=/proc/self/fd/0

sip_body()
{
	tail -c "${CONTENT_LENGTH:-0}" <"$_sip_stdin"
}

sip_header()
{
	_sip_op=header _sip_arg=$1 LC_ALL=C awk "$_sip_awk" <"$_sip_stdin"
}

# ---- Values

# For awk, which takes them apart in time that grows with their length alone,
# where most shells try a pattern at every place; and a program in quotes
# costs a script that needs none the least.
# shellcheck disable=SC2016
_sip_awk='
function fail()
{
	failed = 1
	exit 1
}

# Without blanks at its ends.  A search for blanks before the end would begin
# at each of them.
function trim(s, rest, n, part)
{
	sub(/^[ \t]+/, "", s)
	if (s !~ /[ \t]$/)
		return s
	rest = s
	gsub(/[^ \t]/, "\n", rest)
	n = split(rest, part, "\n")
	return substr(s, 1, length(s) - length(part[n]))
}

# The value with each quoted string as a lone quotation mark, and what they
# hold in string[]: what is left can be cut at any delimiter.
function flatten(s, n, i, token, flat, open)
{
	# Text and special octets by turns.
	gsub(/["\\]/, "\n&\n", s)
	n = split(s, token, "\n")
	for (i = 1; i <= n; i++) {
		if (i % 2 == 0 && token[i] == "\"") {
			open = !open
			if (open) {
				flat = flat "\""
				string[++strings] = ""
			}
		} else if (!open)
			flat = flat token[i]
		else if (i % 2 == 1)
			string[strings] = string[strings] token[i]
		else if (token[i + 1] == "" && i + 2 <= n) {
			i += 2
			string[strings] = string[strings] token[i]
		}
	}
	if (open)
		fail()
	return flat
}

function count(s)
{
	return gsub(/"/, "", s)
}

# The text before the first c, and in rest the text after it.
function cut(s, c, at)
{
	at = index(s, c)
	found = at > 0
	rest = found ? substr(s, at + 1) : ""
	return found ? substr(s, 1, at - 1) : s
}

# The first value of the list: uri, empty where there is something else, as
# in a Via; the parameters, flattened, and the number of strings before them.
function parse(s, before, angle, comma)
{
	if (length(s) > 2048)
		fail()
	s = flatten(s)
	angle = index(s, "<")
	comma = index(s, ",")
	bare = !angle || comma && comma < angle
	before = cut(s, bare ? "," : "<")
	if (bare) {
		params = before
		uri = ""
		# "a;b" may be a user of a SIP URI: parameters start behind
		# the "@".
		if (tolower(before) ~ /^[ \t]*sips?:.*@/) {
			uri = cut(before, "@") "@"
			params = rest
		}
		uri = uri cut(params, ";")
		params = found ? ";" rest : ""
	} else {
		uri = cut(rest, ">")
		params = trim(cut(rest, ","))
		# An unquoted name has none of these; something else may have.
		if (before ~ /[:;>]/ || index(s, ">") == 0 ||
		    params ~ /^[^;]/)
			fail()
		skipped = count(before)
	}
	if (uri ~ /["<>]/ || params ~ /[<>]/)
		fail()
	uri = trim(uri)
	if (uri ~ /[ \t]/)
		uri = ""
}

# name[=value] of a flattened text, whose strings are the next: sets param,
# in small letters, and value.
function parameter(s, nth)
{
	nth = skipped + 1
	skipped += count(s)
	param = tolower(trim(cut(s, "=")))
	value = trim(rest)
	if (param !~ /^[]A-Za-z0-9.!%*_+`\047~-]+$/ || param ~ /\]/)
		return 0
	if (value == "\"")
		value = string[nth]
	else if (value ~ /[ \t"]/)
		return 0
	return 1
}

function find(name, n, i, item)
{
	n = split(params, item, ";")
	for (i = 1; i <= n; i++)
		if (parameter(item[i]) && param == name)
			return 1
	return 0
}

# User, raw, and host of a sip: or sips: URI.  As the handler judges a
# Request-URI, but for the octets of a user.
function split_uri(s)
{
	if (uri !~ /^[Ss][Ii][Pp][Ss]?:/ || uri ~ /[^!-~]/)
		fail()
	sub(/^[^:]*:/, "", uri)
	user = cut(uri, "@")
	if (found) {
		host = rest
		user = cut(user, ":")
		if (user == "")
			fail()
	} else {
		host = uri
		user = ""
	}
	if (host ~ /@/)
		fail()
	sub(/[?;].*/, "", host)
	host = tolower(host)
	port = ""
	if (match(host, /^\[[0-9a-f:.]+\]/)) {
		port = substr(host, RLENGTH + 1)
		host = substr(host, 1, RLENGTH)
	} else {
		if (match(host, /:/)) {
			port = substr(host, RSTART)
			host = substr(host, 1, RSTART - 1)
		}
		sub(/\.$/, "", host)
		if (host !~ /^[a-z0-9._-]+$/ || length(host) > 255 ||
		    host ~ /^[.-]|[.-]$|\.\.|\.-|-\./)
			fail()
	}
	sub(/^:0+/, ":0", port)
	if (port != "" && port !~ /^:0?[0-9]?[0-9]?[0-9]?[0-9]?[0-9]$/ ||
	    substr(port, 2) + 0 > 65535)
		fail()
}

# Each %HH decoded that stands for an unreserved character, every other one
# with upper-case digits, as SIPCGI_USER is made.
function canonical(s, n, i, part, hex, char, digits, code)
{
	digits = "0123456789ABCDEF"
	n = split(s, part, "%")
	s = part[1]
	for (i = 2; i <= n; i++) {
		hex = toupper(substr(part[i], 1, 2))
		if (hex !~ /^[0-9A-F][0-9A-F]$/) {
			s = s "%" part[i]
			continue
		}
		code = 16 * index(digits, substr(hex, 1, 1)) - 17
		code += index(digits, substr(hex, 2))
		char = sprintf("%c", code)
		if (hex < "21" || hex > "7E" ||
		    char !~ /^[A-Za-z0-9_.!~*\047()-]$/)
			char = "%" hex
		s = s char substr(part[i], 3)
	}
	return s
}

# A telephone number, whose parameters are then params (RFC 3966 section 3,
# RFC 3261 section 19.1.6).
function number(s)
{
	if (uri ~ /^[Tt][Ee][Ll]:/) {
		# A bare one has its own parameters behind it.
		s = substr(uri, 5) (bare ? params : "")
	} else {
		split_uri()
		s = canonical(user)
	}
	s = cut(s, ";")
	params = rest
	gsub(/%23/, "#", s)
	gsub(/[-.()]/, "", s)
	if (s !~ /^(\+[0-9]+|[0-9*#]+)$/)
		fail()
	return s
}

function put(s)
{
	if (s == "")
		fail()
	print s
}

# Print the value of the list that is made of the tokens from..to.
function put_item(token, from, to, i)
{
	sub(/^[ \t]+/, "", token[from])
	# Only at its end.
	token[to] = substr(trim("." token[to]), 2)
	if (from == to && token[from] == "")
		return
	for (i = from; i <= to; i++)
		printf "%s", token[i]
	print ""
	found = 1
}

function put_list(s, n, i, token, quoted, bracket, cuts, place, from)
{
	gsub(/[",<>\\]/, "\n&\n", s)
	n = split(s, token, "\n")
	for (i = 2; i < n; i += 2) {
		if (token[i] == "\"")
			quoted = !quoted
		else if (quoted)
			i += token[i] == "\\" && token[i + 1] == "" ? 2 : 0
		else if (token[i] == "<" || token[i] == ">")
			bracket = token[i] == "<"
		else if (token[i] == "," && !bracket)
			place[++cuts] = i
	}
	if (quoted || bracket)
		fail()
	place[++cuts] = n + 1
	found = 0
	from = 1
	for (i = 1; i <= cuts; i++) {
		put_item(token, from, place[i] - 1)
		from = place[i] + 1
	}
	if (!found)
		fail()
}

function put_quoted(s, n, i, token)
{
	gsub(/["\\]/, "\n&\n", s)
	n = split(s, token, "\n")
	s = ""
	for (i = 1; i <= n; i++)
		s = s (i % 2 ? "" : "\\") token[i]
	print "\"" s "\""
}

function put_credentials(s, n, i, item, out, seen)
{
	if (length(s) > 8192)
		fail()
	s = trim(flatten(s))
	gsub(/\t/, " ", s)
	out = tolower(cut(s, " "))
	s = trim(rest)
	if (out !~ /^[a-z0-9.!%*_+`\047~-]+$/)
		fail()
	if (s ~ /^[^ ,"=]+=*$/) {
		print out "\ntoken68=" s
		return
	}
	split("", seen)
	skipped = 0
	n = split(s, item, ",")
	for (i = 1; i <= n; i++) {
		if (item[i] ~ /^ *$/)
			continue
		if (!parameter(item[i]) || item[i] !~ /=/ || param in seen)
			fail()
		seen[param] = value
		out = out "\n" param "=" value
	}
	# For sip-digest.sh: those that are named, in this order.
	n = split(name, item, " ")
	if (n > 0)
		sub(/\n.*/, "", out)
	for (i = 1; i <= n; i++)
		out = out "\n=" seen[item[i]]
	print out
}

# The extensions of a Require that are not among the known.
function put_missing(s, known, n, i, item, missing)
{
	n = split(s, item, ",")
	for (i = 1; i <= n; i++) {
		s = trim(item[i])
		if (s != "" && index(" " known " ", " " tolower(s) " ") == 0)
			missing = missing (missing == "" ? "" : ", ") s
	}
	put(missing)
}

# A part of a row: a row may have many, so it is written as it comes.
function put_part(s)
{
	printf "%s%s", (s != "" && full ? " " : ""), s
	full = full || s != ""
}

function end_row()
{
	if (wanted)
		print ""
	wanted = full = 0
}

BEGIN {
	op = ENVIRON["_sip_op"]
	arg = ENVIRON["_sip_arg"]
	name = tolower(ENVIRON["_sip_name"])
	if (op == "header")
		name = tolower(arg)
	else if (op == "list")
		put_list(arg)
	else if (op == "credentials")
		put_credentials(arg)
	else if (op == "missing")
		put_missing(arg, name)
	else if (op == "quote")
		put_quoted(arg)
	else {
		parse(arg)
		if (op == "uri")
			put(uri)
		else if (op == "param") {
			if (!find(name))
				fail()
			print value
		} else if (op == "number")
			put(number())
		else if (op == "context") {
			number()
			skipped = 0
			if (!find("phone-context"))
				fail()
			put(tolower(value))
		} else {
			split_uri()
			put(op == "user" ? canonical(user) : host)
		}
	}
	if (op != "header")
		exit
	found = 0
}

{
	sub(/\r$/, "")
}

$0 == "" {
	exit
}

/^[ \t]/ {
	if (wanted)
		put_part(trim($0))
	next
}

{
	end_row()
	colon = index($0, ":")
	if (colon && tolower(trim(substr($0, 1, colon - 1))) == name) {
		got = wanted = 1
		put_part(trim(substr($0, colon + 1)))
	}
}

END {
	if (op == "header") {
		end_row()
		exit !got
	}
	exit failed + 0
}'

# _sip_take_apart OPERATION VALUE [NAME]
_sip_take_apart()
{
	_sip_op=$1 _sip_arg=$2 _sip_name=${3-} LC_ALL=C awk "$_sip_awk" \
	    </dev/null
}

sip_uri()
{
	_sip_take_apart uri "$1"
}

sip_uri_user()
{
	_sip_take_apart user "$1"
}

sip_uri_host()
{
	_sip_take_apart host "$1"
}

sip_uri_number()
{
	_sip_take_apart number "$1"
}

sip_uri_context()
{
	_sip_take_apart context "$1"
}

sip_param()
{
	_sip_take_apart param "$2" "$1"
}

sip_split_list()
{
	_sip_take_apart list "$1"
}

sip_parse_credentials()
{
	_sip_take_apart credentials "$1"
}

sip_quote()
{
	_sip_in_c _sip_is_clean "$1" || return 1
	_sip_take_apart quote "$1"
}
