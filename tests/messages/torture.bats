# The torture messages of RFC 4475 and RFC 5118 and a hundred more, where they
# are at hand: their text is not ours to distribute. The rules that they are
# for have message files of our own in messages/.

load ../helpers/blackbox

# What is to come out otherwise than the tables say, and why.
exceptions()
{
	cat <<-'END'
		rfc4475/inv2543.dat file EXEC RFC 4475 3.4.1: no Content-Length; the end of a file ends the body, as a datagram does
		handmade/path-backup.sip both EXEC a copy beside a script is not run: default.cgi answers
		handmade/cl-missing-type.sip file EXEC RFC 3261 18.3: the same, with a Content-Type
	END
}

@test "the torture messages, over a socket and from a file" {
	local messages=${TORTURE:-$TOP/../shared/messages}

	[ -r "$messages/torture.tsv" ] ||
	    skip "the torture messages are not at hand"
	exceptions >argued
	run "$TOP/tests/messages/check-torture" "$CONNECT" "$HANDLER" "$PROBE" "$messages" \
	    argued
	echo "$output"
	[ "$status" -eq 0 ]
	echo "# torture messages: ${lines[-1]}" >&3
}
