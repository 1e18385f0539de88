#!/usr/bin/env bats
# The documents agree with the code. That what sip-cgi(7) shows works is in
# examples/manual.bats.

load ../helpers/helper

setup()
{
	cd "$BATS_TEST_TMPDIR" || return
}

# section FILE NAME: the source of a manual's section.
section()
{
	awk -v name="$2" '/^\.Sh / { inside = substr($0, 5) == name }
	    inside' "$TOP/man/$1"
}

# Sort two lists, and fail with what only one of them has.
same()
{
	sort "$1" >"$1.sorted"
	sort "$2" >"$2.sorted"
	[ -s "$1" ]
	diff "$1.sorted" "$2.sorted"
}

# helped PROGRAM: the options that its --help has, in the file help.
helped()
{
	"$1" --help | sed -En 's/^ +(-[A-Za-z], )?(--[a-z-]+).*/\1\2/p' |
	    tr -d ' ' | tr , '\n' >help
}

# documented FILE SECTION: the options in a manual's list, in the file manual.
documented()
{
	section "$1" "$2" | grep '^\.It Fl' | sed 's/\\-/-/g; s/ , \(Fl \)*/ Fl /g' |
	    grep -Eo 'Fl [A-Za-z-]+' | sed 's/^Fl /-/' >manual
}

# The manual $2 has the options of the --help of $1, and no others.
same_options()
{
	helped "$1"
	documented "$2" OPTIONS
	same help manual
	# The synopsis has the letters, and what has no letter.
	section "$2" SYNOPSIS |
	    sed -n 's/^\.Op Fl \(-*[A-Za-z-]*\).*/\1/p' |
	    sed '/^-/!s/./&\n/g' | sed '/./s/^/-/; /^$/d' >synopsis
	"$1" --help |
	    sed -En 's/^  (-[A-Za-z]), --.*/\1/p; s/^ {6}(--[a-z-]+).*/\1/p' >short
	same short synopsis
}

@test "sipcgi-handler(8) has the options of --help, and no others" {
	same_options "$HANDLER" sipcgi-handler.8
}

@test "sipcgi-each(8) has the options of --help, and no others" {
	same_options "$EACH" sipcgi-each.8
}

@test "sipcgi-check(1) has the options of --help, and no others" {
	helped "$BUILD/sipcgi-check"
	documented sipcgi-check.1 DESCRIPTION
	same help manual
}

@test "sipcgi-log(1) has the options of --help, and no others" {
	helped "$BUILD/sipcgi-log"
	documented sipcgi-log.1 DESCRIPTION
	same help manual
}

@test "the manuals have every reason of the table, and no others" {
	# None is not a reason.
	grep -Eo '(DISCARD|REJECT|EX_[A-Z]+)(\(|, )"[a-z0-9-]+"' "$TOP/why.c" |
	    sed 's/^[^"]*"//; s/"$//' | grep -vx none >table
	for page in sipcgi-handler.8 sipcgi-each.8; do
		section "$page" DIAGNOSTICS
	done | sed -n 's/^\.It Cm //p' |
	    sed 's/ , /\n/g' >manual
	same table manual
}

# The names of env.c but those it refuses to take from -e. The last two are
# parts of what it sets for the header fields.
variables()
{
	sed '/reserved\[\]/,/^};/d' "$TOP/env.c" | grep -Eo '"[A-Z_]+["=]' |
	    tr -d '"=' | grep -vE '_$|^SIP_' | sort -u
	echo CONTENT_LENGTH
	echo CONTENT_TYPE
}

@test "the manual has the variables that a script gets, and no others" {
	variables >code
	# What stands after "Set for the script:".
	section sipcgi-handler.8 ENVIRONMENT |
	    sed '1,/^Set for the script/d' | sed -n 's/^\.It Ev //p' |
	    sed 's/ , /\n/g' | grep -v '^SIP_ Ns' >manual
	same code manual
}

@test "sip-cgi(7) has the variables that a script gets, and no others" {
	variables >code
	sed '1,/^\.Ss Environment/d; /^\.Ss/,$d' "$TOP/man/sip-cgi.7" |
	    sed -n 's/^\.It Ev //p' | sed 's/ , /\n/g' | grep -v '^SIP_' >manual
	same code manual
}

@test "the manuals show no macro where they should show what it makes" {
	local manual

	for manual in "$TOP"/man/*.[178]; do
		# Bold is each letter twice, with a backspace between.
		mandoc -T ascii "$manual" | sed 's/.\x08//g' >shown
		[ -s shown ]
		run ! grep -nwE 'Ar|Cm|Ev|Fl|Ic|Ns|Pa|Pf|Ql|Sx|Va|Xr' shown
	done
}

@test "README is short" {
	[ "$(wc -l <"$TOP/README")" -lt 150 ]
}

@test "make has the targets that README and the Makefile's head name" {
	local target

	{
		sed -n '/^    /p' "$TOP/README" | grep -Eo '\bmake [a-z-]+'
		grep -Eo '`make [a-z-]+' "$TOP/README" || :
		sed '/^$/q' "$TOP/Makefile" |
		    sed -En 's/^#   make ([a-z-]+( [a-z-]+)*).*/\1/p' | tr ' ' '\n'
	} | sed 's/^`*make //' | sed '/^$/d' | sort -u >named
	grep -qx demo named
	grep -qx bench-peers named
	# 1: not up to date, which is all the same here.
	run -1 --separate-stderr make -C "$TOP" -qp install
	while read -r target; do
		grep -q "^$target:" <<<"$output" || {
			echo "no target $target"
			return 1
		}
	done <named
}

# What a document says to do once, before a unit is enabled.
set_up()
{
	sed -En 's/^(    |# )((systemd-sysusers|systemctl daemon-reload) &&.*)/\2/p' \
	    "$TOP/$1"
}

@test "the units are set up by the same commands in every document" {
	set_up README >readme
	[ "$(wc -l <readme)" -eq 2 ]
	for document in doc/super-servers.md man/sip-cgi.7; do
		diff readme <(set_up "$document")
	done
	# And wherever else somebody is told to.
	grep -rhEo 'systemd-sysusers &&[^`(]*' "$TOP"/{README,doc,man,xinetd.d} |
	    sed 's/ *$//' | sort -u >told
	diff <(head -n 1 readme) told
}

@test "README tells what each unit's port, directory and limits are set by" {
	local unit

	for unit in "$TOP"/systemd/*.socket.in; do
		unit=${unit##*/}
		grep -q "enable --now ${unit%.in}" "$TOP/README"
		sed -n '/^    port /,/^    limits /p' "$TOP/README" |
		    grep -q "${unit%.in}"
	done
	for unit in "$TOP"/systemd/*.service.in; do
		grep -q SIPCGI_DIRECTORY "$unit" || continue
		unit=${unit##*/}
		sed -n '/^    directory /,/^    who /p' "$TOP/README" |
		    grep -q "${unit%.in}"
	done
	grep -Eq '^ +.*ListenStream=$' "$TOP/README"
}

@test "what README says to look at is there" {
	local name

	sed '1,/^Where to look/d; /^License:/,$d' "$TOP/README" |
	    grep -Eo '^    [^ ]+( [^ ]+)*' | sed 's/,* /\n/g; s/,$//' |
	    sed '/^$/d' >named
	grep -qx '.ci/run' named
	while read -r name; do
		[ -e "$TOP/$name" ] || {
			echo "not there: $name"
			return 1
		}
	done <named
}

@test "the script of README answers" {
	mkdir scripts
	sed -n '/^    #!\/bin\/sh$/,/^$/p' "$TOP/README" |
	    sed "s/^    //; s|/usr/local/share/sip-cgi|$TOP/lib|" \
	    >scripts/bryan@foo.com
	chmod 755 scripts/bryan@foo.com
	"$HANDLER" -l stderr -d "$PWD/scripts" <"$TOP/tests/demo/invite.sip" \
	    >answer
	[ "$(head -n 1 answer)" = $'SIP/2.0 302 Moved Temporarily\r' ]
}
