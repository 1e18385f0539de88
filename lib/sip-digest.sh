# shellcheck shell=sh
# sip-digest.sh - Digest authentication for shell scripts (RFC 3261 section 22,
# RFC 7616, RFC 8760).  To be read after sip-cgi.sh:
#
#	sip_digest example.com "$STATE_DIRECTORY/digest.key" || exit
#	user=$(sip_digest_verify find_ha1) || {
#		sip_digest_refuse "$?"
#		exit
#	}
#
# A nonce holds its time and a proof of it that only who has the key can make,
# so a challenge costs no memory.  The key is a file, made when it is not
# there: 64 hexadecimal digits.  The libraries for Python and Perl can share
# it, and take each other's nonces.  Store no passwords but their hashes.
#
# sip_digest [-p] [-a ALGORITHMS] [-l SECONDS] REALM KEY
#	Say for what realm the functions below are, and the path of the key
#	file.  ALGORITHMS are MD5, SHA-256 and SHA-512-256, in the order in
#	which they are offered, at first 'SHA-256 MD5': a phone takes the
#	first that it knows, and some give up on the first that they do not.
#	SHA-512-256 needs openssl(1).  SECONDS is the lifetime of a nonce,
#	300.  With -p it is 407 and Proxy-Authorization in place of 401 and
#	Authorization.  Returns 1, with a line in the log, when the key can
#	be neither read nor made.
# sip_digest_verify FIND_HA1 [IS_FRESH]
#	Write the name of the user who sent the request.  FIND_HA1 is a
#	command that is called with user name and algorithm, and writes the
#	stored hash; nothing for a user who does not exist.  IS_FRESH is one
#	that is called with nonce and count (eight hexadecimal digits) when
#	the password was right: has no request with this nonce and a count
#	as high been let in?  Without it whoever overhears a request can send
#	it again for the lifetime of its nonce.  Returns a status for
#	sip_digest_refuse: 1 denied, 2 denied although the password is right,
#	3 malformed, 4 for another URI.
# sip_digest_refuse STATUS
#	Answer 401 or 407 with the challenge, or 400.
# sip_digest_challenge [stale]
#	Write the header fields of a challenge, each on a line.
# sip_digest_ha1 USER REALM PASSWORD [ALGORITHM]
#	Write the hash of a password, to be stored for each algorithm that is
#	offered.  Whoever has it can be that user in that realm, as with the
#	password.

# Text without a line end.  No program gets it as an argument, which everybody
# could see in ps(1).
_sip_put()
{
	case ${KSH_VERSION-} in
	*MIRBSD*)
		# shellcheck disable=SC3045
		print -nr -- "$1" ;;
	*) printf %s "$1" ;;
	esac
}

# The hash of standard input by algorithm $1.
_sip_hash()
{
	case $1 in
	MD5) md5sum ;;
	SHA-256) sha256sum ;;
	SHA-512-256) openssl dgst -sha512-256 -r ;;
	esac | {
		read -r _sip_line _sip_rest
		_sip_put "$_sip_line"
	}
}

sip_digest_ha1()
{
	_sip_put "$1:$2:$3" | _sip_hash "${4:-SHA-256}"
}

# The octets that pairs of hexadecimal digits stand for.
_sip_octets()
{
	_sip_hex=$1
	_sip_format=
	while [ -n "$_sip_hex" ]; do
		_sip_rest=${_sip_hex#??}
		_sip_value=$((0x${_sip_hex%"$_sip_rest"}))
		_sip_format="$_sip_format\\$((_sip_value / 64))$((_sip_value \
		    / 8 % 8))$((_sip_value % 8))"
		_sip_hex=$_sip_rest
	done
	# A format of octal escapes.
	# shellcheck disable=SC2059
	printf "$_sip_format"
}

# HMAC-SHA-256 of $1 (RFC 2104).  The key is as long as a block: each digit of
# it becomes itself xor 36, or xor 5C hexadecimal.
_sip_hmac()
{
	_sip_inner=$({
		_sip_put "$_sip_key" | tr 0123456789abcdef \
		    '\006\007\004\005\002\003\000\001\016\017WTURSP'
		_sip_put "$1"
	} | _sip_hash SHA-256)
	{
		_sip_put "$_sip_key" | tr 0123456789abcdef 'lmnohijkde=>?89:'
		_sip_octets "$_sip_inner"
	} | _sip_hash SHA-256
}

# $1 random octets, as hexadecimal digits.
_sip_random()
{
	od -An -v -tx1 -N "$1" /dev/urandom | tr -d ' \n'
}

# Whole or not at all, and never a second one.
_sip_make_key()
{
	_sip_temporary=$1.$(_sip_random 8)
	(umask 077 && _sip_random 32 >"$_sip_temporary") 2>/dev/null &&
	    { ln "$_sip_temporary" "$1" 2>/dev/null || [ -e "$1" ]; }
	_sip_status=$?
	rm -f "$_sip_temporary"
	return "$_sip_status"
}

sip_digest()
{
	_sip_algorithms='SHA-256 MD5'
	_sip_lifetime=300
	_sip_proxy=
	while :; do
		case ${1-} in
		-p)
			_sip_proxy=yes
			shift
			continue ;;
		-a) _sip_algorithms=${2-} ;;
		-l) _sip_lifetime=${2-} ;;
		*) break ;;
		esac
		[ "$#" -lt 2 ] || shift
		shift
	done
	_sip_realm=${1-}
	_sip_key=
	if ! { [ -e "${2-}" ] || _sip_make_key "${2-}"; } ||
	    ! { read -r _sip_key <"$2" || [ -n "$_sip_key" ]; }; then
		_sip_say "cannot read or make the key: ${2-}"
		return 1
	fi
	case ${#_sip_key}$_sip_key in
	*[!0-9a-f]*) ;;
	64*) return 0 ;;
	esac
	_sip_say "not a key of 64 hexadecimal digits: $2"
	return 1
}

# The nonce that was made at $1, in hexadecimal seconds, with the salt $2: two
# phones in one second must not share one, or the count of one would be the
# replay of the other.
_sip_nonce()
{
	_sip_put "$1-$2-$(_sip_hmac "$1-$2 $_sip_realm")"
}

sip_digest_challenge()
{
	_sip_header=WWW-Authenticate
	[ -z "$_sip_proxy" ] || _sip_header=Proxy-Authenticate
	_sip_nonce=$(_sip_nonce "$(printf %x "$(date +%s)")" "$(_sip_random 8)")
	_sip_quoted=$(sip_quote "$_sip_realm")
	_sip_list="$_sip_algorithms "
	while [ -n "$_sip_list" ]; do
		printf '%s\n' "$_sip_header: Digest realm=$_sip_quoted, nonce=\"\
$_sip_nonce\", algorithm=${_sip_list%% *}, qop=\"auth\"${1:+, stale=true}"
		_sip_list=${_sip_list#* }
	done
}

sip_digest_refuse()
{
	_sip_header=Authorization
	[ -z "$_sip_proxy" ] || _sip_header=Proxy-Authorization
	case $1 in
	3) sip_reply 400 "Bad $_sip_header header" ;;
	4) sip_reply 400 "$_sip_header is for another URI" ;;
	*)
		_sip_stale=
		[ "$1" != 2 ] || _sip_stale=stale
		_sip_rows=$(sip_digest_challenge "$_sip_stale")
		_sip_end='
'
		set -- 401
		[ -z "$_sip_proxy" ] || set -- 407
		_sip_rows=$_sip_rows$_sip_end
		while [ -n "$_sip_rows" ]; do
			set -- "$@" "${_sip_rows%%"$_sip_end"*}"
			_sip_rows=${_sip_rows#*"$_sip_end"}
		done
		sip_reply "$@" ;;
	esac
}

# Do two URIs mean the same (RFC 3261 section 22.4)?  Phones leave out the port
# or the parameters, or write the host otherwise.
_sip_same_resource()
{
	[ "$1" != "$2" ] || return 0
	if ! { _sip_one=$(sip_uri_host "<$1>") &&
	    _sip_other=$(sip_uri_host "<$2>"); }; then
		[ "$(_sip_put "$1" | tr '[:upper:]' '[:lower:]')" = \
		    "$(_sip_put "$2" | tr '[:upper:]' '[:lower:]')" ]
		return
	fi
	_sip_one=$(sip_uri_user "<$1>")@$_sip_one
	_sip_other=$(sip_uri_user "<$2>")@$_sip_other
	[ "$_sip_one" = "$_sip_other" ] || return 1
	_sip_port "$1"
	_sip_one=$_sip_port
	_sip_port "$2"
	[ "${_sip_one:-0}" -eq 0 ] || [ "${_sip_port:-0}" -eq 0 ] ||
	    [ "$_sip_one" -eq "$_sip_port" ]
}

# The port of a URI that is well-formed, in _sip_port.
_sip_port()
{
	_sip_port=${1#*:}
	_sip_port=${_sip_port##*@}
	_sip_port=${_sip_port%%[;?]*}
	_sip_port=${_sip_port##*]}
	case $_sip_port in
	*:*) _sip_port=${_sip_port##*:} ;;
	*) _sip_port= ;;
	esac
}

# The credentials for the realm, as _sip_take_apart writes those that are
# named.  Rows of other schemes and realms may stand beside them, and whether
# those are well-formed is not for us to judge.
_sip_credentials()
{
	sip_header "$1" | {
		_sip_status=1
		while IFS= read -r _sip_row; do
			if ! _sip_text=$(_sip_take_apart credentials \
			    "$_sip_row" "realm username nonce uri response nc \
cnonce qop algorithm"); then
				case $_sip_row in
				[Dd][Ii][Gg][Ee][Ss][Tt]*) _sip_status=3 ;;
				esac
				continue
			fi
			case $_sip_text in
			"digest
=$_sip_realm
"*)
				printf '%s\n' "$_sip_text"
				exit 0 ;;
			esac
		done
		exit "$_sip_status"
	}
}

# Was the nonce $1 made here for this realm?
_sip_is_ours()
{
	# Before "-" the time, behind it the salt, both short and clean.
	case $1 in
	*[!0-9a-f-]* | *-*-*-* | ?????????????*-*-*) return 1 ;;
	?*-????????????????-*) ;;
	*) return 1 ;;
	esac
	_sip_salt=${1#*-}
	[ "$1" = "$(_sip_nonce "${1%%-*}" "${_sip_salt%%-*}")" ]
}

# Is $1 one of the algorithms that are offered?
_sip_is_offered()
{
	case $1 in
	MD5 | SHA-256 | SHA-512-256) ;;
	*) return 1 ;;
	esac
	case " $_sip_algorithms " in
	*" $1 "*) ;;
	*) return 1 ;;
	esac
}

# In a subshell, whose IFS and -f are its own.
sip_digest_verify()
(
	_sip_header=Authorization
	[ -z "$_sip_proxy" ] || _sip_header=Proxy-Authorization
	_sip_find=$1
	_sip_fresh=${2-}
	_sip_text=$(_sip_credentials "$_sip_header") || exit
	set -f
	_sip_ifs=$IFS
	IFS='
'
	# One line each, an equals sign before it.
	# shellcheck disable=SC2086
	set -- $_sip_text
	IFS=$_sip_ifs
	_sip_user=${3#=}
	_sip_nonce=${4#=}
	_sip_uri=${5#=}
	_sip_response=$(_sip_put "${6#=}" | tr A-F a-f)
	_sip_nc=${7#=}
	_sip_cnonce=${8#=}
	_sip_qop=${9#=}
	shift 9
	_sip_algorithm=$(_sip_put "${1#=}" | tr '[:lower:]' '[:upper:]')
	_sip_algorithm=${_sip_algorithm:-MD5}
	_sip_is_offered "$_sip_algorithm" || exit 1
	# Without qop there is no count to tell a replay by.
	case $_sip_qop in
	[Aa][Uu][Tt][Hh]) ;;
	*) exit 1 ;;
	esac
	case ${#_sip_nc}:$_sip_nc in
	*:*[!0-9A-Fa-f]*) exit 1 ;;
	8:*) ;;
	*) exit 1 ;;
	esac
	for _sip_arg in "$_sip_user" "$_sip_nonce" "$_sip_uri" \
	    "$_sip_response" "$_sip_cnonce"; do
		[ -n "$_sip_arg" ] || exit 1
	done
	_sip_same_resource "$_sip_uri" "${REQUEST_URI-}" || exit 4
	_sip_ha1=$("$_sip_find" "$_sip_user" "$_sip_algorithm") || _sip_ha1=
	# An unknown user takes the same time.
	_sip_ha2=$(_sip_put "${REQUEST_METHOD-}:$_sip_uri" |
	    _sip_hash "$_sip_algorithm")
	_sip_good=$(_sip_put "$_sip_ha1:$_sip_nonce:$_sip_nc:$_sip_cnonce:\
$_sip_qop:$_sip_ha2" | _sip_hash "$_sip_algorithm")
	[ -n "$_sip_ha1" ] || exit 1
	_sip_denied=1
	[ "$_sip_response" != "$_sip_good" ] || _sip_denied=2
	_sip_is_ours "$_sip_nonce" || exit "$_sip_denied"
	[ "$_sip_denied" = 2 ] || exit 1
	_sip_age=$(($(date +%s) - 0x${_sip_nonce%%-*}))
	[ "$_sip_age" -ge 0 ] && [ "$_sip_age" -le "$_sip_lifetime" ] || exit 2
	[ -z "$_sip_fresh" ] || "$_sip_fresh" "$_sip_nonce" "$_sip_nc" || exit 2
	_sip_put "$_sip_user"
	echo
)
