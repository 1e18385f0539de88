#!/usr/bin/env bats
# The libraries for Python and Perl, and that all three write the same.


load ../helpers/helper

# Another Python may come first in PATH; the scripts name this one.
PYTHON=/usr/bin/python3

python_tests() { $PYTHON -B "$TOP/tests/unit/sipcgi_test.py" "$1"; }

@test "sipcgi: replies are complete, checked and silent for ACK" {
	python_tests Reply
}

@test "sipcgi: body and header fields come from standard input" {
	python_tests Input
}

@test "sipcgi: values are taken apart" {
	python_tests Values
}

@test "sipcgi: run() always leaves an answer" {
	python_tests Run
}

@test "sipcgi: Digest authentication" {
	python_tests Digest
}

@test "sipcgi passes mypy --strict" {
	mypy --strict --cache-dir="$BATS_FILE_TMPDIR" \
	    --python-executable "$PYTHON" "$TOP/lib/sipcgi"
}

@test "the examples in Python pass mypy --strict" {
	local file name files=()

	for file in "$TOP"/examples/*; do
		[ -f "$file" ] || continue
		[[ $file = *.py ]] || head -n 1 "$file" | grep -q python ||
		    continue
		name=$(basename "$file" .py).py
		cp "$file" "$BATS_TEST_TMPDIR/$name"
		files+=("$BATS_TEST_TMPDIR/$name")
	done
	[ "${#files[@]}" -gt 0 ]
	MYPYPATH=$TOP/lib mypy --strict --cache-dir="$BATS_FILE_TMPDIR" \
	    --python-executable "$PYTHON" "${files[@]}"
}

@test "sipcgi imports nothing that costs time at the start" {
	run -0 "$PYTHON" -IBc 'import sys
before = set(sys.modules)
sys.path.insert(0, sys.argv[1])
import sipcgi
print(*sorted(set(sys.modules) - before))' "$TOP/lib"
	[ "$output" = "__future__ atexit sipcgi" ]
}

@test "SipCgi.pm: what it promises" {
	perl "$TOP/tests/unit/sipcgi.pl"
}

METHODS='INVITE OPTIONS SUBSCRIBE REFER MESSAGE'
CODES='100 180 200 202 299 302 404 487 500 607 666'

# each_language PROGRAM-FOR-SH -FOR-PERL -FOR-PYTHON: run them with the library
# and a request that the guard does not watch over; they must write the same.
each_language()
{
	local name

	cd "$BATS_TEST_TMPDIR" || return
	set -- "$1" "$2" "import sys
sys.path.insert(0, '$TOP/lib')
import sipcgi
$3"
	request=(PATH="$PATH" SIP_VIA='SIP/2.0/TCP a' SIP_FROM=$'f\xff'
	    SIP_TO='<sip:b>' SIPCGI_TO_TAG=1 SIP_CALL_ID='*' SIP_CSEQ='1 X'
	    SIP_TIMESTAMP=5 SIP_RECORD_ROUTE='<sip:p;lr>'
	    METHODS="$METHODS" CODES="$CODES")
	env -i "${request[@]}" sh -euc ". '$TOP/lib/sip-cgi.sh'; $1" >sh.out
	env -i "${request[@]}" perl "-I$TOP/lib" -MSipCgi -e "$2" >perl.out
	env -i "${request[@]}" "$PYTHON" -ISBc "$3" >python.out
	for name in perl python; do
		cmp sh.out "$name.out"
	done
}

# shellcheck disable=SC2016
@test "the three libraries write the same octets" {
	each_language '
	for REQUEST_METHOD in $METHODS; do
		for code in $CODES; do
			sip_reply -b "grün" "$code" "A: b" "Content-Type: x/y"
		done
	done' '
	for my $method (split / /, $ENV{METHODS}) {
		$ENV{REQUEST_METHOD} = $method;
		sip_reply($_, "A: b", "Content-Type: x/y", { body => "grün" })
		    for split / /, $ENV{CODES};
	}' '
import os
for method in os.environ["METHODS"].split():
    os.environ["REQUEST_METHOD"] = method
    for code in os.environ["CODES"].split():
        sipcgi.Request().reply(int(code), headers=[("A", "b")], body="grün",
                               content_type="x/y")'
	[ "$(grep -ao 'SIP/2.0 [1-6]' sh.out | wc -l)" -eq 55 ]
}

# Each library has a copy of the registry's phrases: they must not differ.
@test "the three libraries have the same reason phrases" {
	sed -n "s/^	\([1-6][0-9][0-9]\)) _sip_phrase='\(.*\)' ;;/\1 \2/p" \
	    "$TOP/lib/sip-cgi.sh" >"$BATS_TEST_TMPDIR/sh"
	sed -n "s/^	\([1-6][0-9][0-9]\) => '\(.*\)',/\1 \2/p" \
	    "$TOP/lib/SipCgi.pm" >"$BATS_TEST_TMPDIR/perl"
	sed -n 's/^    \([1-6][0-9][0-9]\): "\(.*\)",/\1 \2/p' \
	    "$TOP/lib/sipcgi/__init__.py" >"$BATS_TEST_TMPDIR/python"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/sh")" -eq 75 ]
	cmp "$BATS_TEST_TMPDIR/sh" "$BATS_TEST_TMPDIR/perl"
	cmp "$BATS_TEST_TMPDIR/sh" "$BATS_TEST_TMPDIR/python"
}

@test "the handler reads values as the three libraries do" {
	run -0 "$BUILD/tests/unit/reading" <"$TOP/tests/unit/values.txt"
	[[ $output =~ ^([0-9]+)\ readings\ compared$ ]]
	[ "${BASH_REMATCH[1]}" -ge 70 ]
}

@test "pip installs the Python library, without a network" {
	cd "$BATS_TEST_TMPDIR" || return
	# A build leaves its files in the source.
	cp -R "$TOP/lib" source
	"$PYTHON" -m pip install --quiet --no-build-isolation --no-index \
	    --no-deps --root-user-action=ignore --target site ./source
	rm -r source
	cmp "$TOP/lib/sipcgi/digest.py" site/sipcgi/digest.py
	# With its types.
	printf 'from sipcgi import Uri\nport: str = Uri("sip:a@b").port\n' >x.py
	MYPYPATH=site run -1 mypy --strict --cache-dir=cache x.py
	[[ $output == *'"int | None"'* || $output == *'"Optional[int]"'* ]]
}

@test "the manuals of the Perl library are well-formed and name all it has" {
	local name

	for name in SipCgi SipCgi/Digest; do
		podchecker "$TOP/lib/$name.pm"
		perldoc -U -T "$TOP/lib/$name.pm" | grep -q '^ *SipCgi'
	done
	for name in $(perl "-I$TOP/lib" -MSipCgi -e 'print "@SipCgi::EXPORT"'); do
		grep -q "^=item .*\b$name(" "$TOP/lib/SipCgi.pm"
		grep -q "^$name()$" "$TOP/lib/sip-cgi.sh"
		grep -q "^# .*\b$name\b" "$TOP/lib/sip-cgi.sh"
	done
}

@test "the libraries have the version of the program" {
	local version

	version=$(sed -n 's/^VERSION = //p' "$TOP/Makefile")
	[ "$(cat "$TOP"/lib/pyproject.toml "$TOP"/lib/SipCgi.pm \
	    "$TOP/lib/SipCgi/Digest.pm" |
	    grep -Ec "^(version|our .VERSION) = ['\"]${version}['\"]")" -eq 3 ]
}
