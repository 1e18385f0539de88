#!/usr/bin/env bats
# What sip-cgi(7) shows works as it stands there.

load examples

# The lines of the manual as a reader sees them, without indentation.
manual()
{
	mandoc -T ascii "$TOP/man/sip-cgi.7" | sed 's/.\x08//g; s/^ *//' >manual
}

# between FIRST LAST: the lines of the manual between those two.
between()
{
	awk -v first="$1" -v last="$2" '
	    $0 == last { found = 0 }
	    found
	    $0 == first { found = 1 }' manual
}

# A script from the manual under the name $1, with the library of this tree.
script()
{
	sed "s|/usr/local/share/sip-cgi|$TOP/lib|" >"$SCRIPTS/$1"
	chmod 755 "$SCRIPTS/$1"
}

# Run the handler on the manual's message.
explain_and_run()
{
	between '$ cat >invite.sip' '^D' | sed 's/$/\r/' >invite.sip
	grep -q '^INVITE' invite.sip
	"$HANDLER" --explain -d "$SCRIPTS" <invite.sip >explained
	"$HANDLER" -l stderr -d "$SCRIPTS" <invite.sip >answer
	IFS= read -r STATUS <answer
	STATUS=${STATUS%$'\r'}
}

@test "manual: the script and the message of the worked example" {
	manual
	between '# cat >bob@pbx.example.com' '^D' | script bob@pbx.example.com
	explain_and_run
	grep -q '^exec' explained
	answered '302 Moved Temporarily'
	has 'Contact: <sip:bob@192.0.2.7;transport=tcp>'
	serve
	ask OPTIONS sip:bob@pbx.example.com
	is '200 OK'
	ask CANCEL sip:bob@pbx.example.com
	is '481 Call/Transaction Does Not Exist'
	ask REGISTER sip:bob@pbx.example.com
	is '405 Method Not Allowed'
}

@test "manual: every example is in the list, and has a header that says how to install it" {
	local name

	manual
	for name in "$TOP"/examples/*; do
		[ -f "$name" ] || continue
		grep -Eq "(^|[ ,])${name##*/}( |,|$)" manual
		[ ! -d "$name" ] || continue
		grep -q '^#* *Install: ' "$name"
		case $name in
		*.conf | *.py) [ ! -x "$name" ] ;;
		*) [ -x "$name" ] ;;
		esac
	done
}
