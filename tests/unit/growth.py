#!/usr/bin/python3
"""growth.py - does the work of the libraries grow with their input alone?

usage: growth.py LIB SHELL...

Every function of each library reads values that are hard for it: each at two
lengths, the second twice the first. CPU time is measured, and may be 2.5 times
as much. Prints what grows faster, and exits 1 then.
"""

import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

# One longer than what is taken apart (2048 octets), one not.
LENGTHS = 1000, 8000
MOST = 2.5
# The speed of a machine drifts: the one and the other by turns, and the
# ratio in the middle.
ROUNDS = 5
TRIES = 4

# Octets to begin with, to repeat, and to end with.
HARD = {
    "blanks inside": ("x", " ", "y"),
    "blanks at the end": ("<sip:a@b>;a=1", " ", ""),
    "blanks and tabs": ("", " \t", "x"),
    "quoted strings": ("", '"a"', "<sip:a@b>"),
    "quotes that stay open": ("", '" "', '"'),
    "quoted pairs": ('"', "\\\\", '" <sip:a@b>'),
    "quoted quotes": ('Digest a="', '\\"', '"'),
    "backslashes": ("sip:", "\\", "@b"),
    "brackets": ("", "<", ">"),
    "brackets in turn": ("", "<>", ""),
    "parameters": ("<sip:a@b>", ";a1=b", ";a=1"),
    "quoted parameters": ("<sip:a@b>", ';a="b"', ""),
    "credentials": ("Digest b=1", ',a="b"', ""),
    "one name each": ("Digest b=1", ",%d=1", ""),
    "commas": ("a", ",", "b"),
    "escapes": ("sip:", "%41", "@b"),
    "bad escapes": ("sip:", "%", "@b"),
    "capital letters": ("sip:a@", "A", ""),
    "at signs": ("sip:", "@", "b"),
    "labels": ("sip:a@b", ".b", ""),
    "zeros": ("sip:a@b:", "0", "5060"),
    "a number": ("tel:+", "1-", ""),
    "colons": ("", "a:", ""),
    "equals signs": ("Digest a", "=", ""),
    "control characters": ("a", "\x01", ""),
    "folds": ("a", "\r\n b", ""),
    "empty folds": ("a", "\r\n ", "b"),
    "rows": ("a", "\r\nX: b", ""),
}


def value(name, length):
    first, repeated, last = HARD[name]
    if "%d" in repeated:
        return first + "".join(repeated % i for i in range(length // 5)) + last
    return first + repeated * (length // len(repeated)) + last


PYTHON = r"""
import os, sys, time
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
import sipcgi
null = os.open("/dev/null", os.O_WRONLY)
def functions(value, stdin):
    request = sipcgi.Request({"REQUEST_METHOD": "X", "SIP_REQUIRE": value},
                             stdin, null)
    yield lambda: sipcgi.split_list(value)
    yield lambda: sipcgi.parse_credentials(value)
    yield lambda: sipcgi.Address(value)
    yield lambda: sipcgi.Uri(value)
    yield lambda: sipcgi.canonical(value)
    yield lambda: sipcgi.quote(value)
    yield lambda: request.reply(480, value)
    yield lambda: request.require("a")
    request = sipcgi.Request({"REQUEST_METHOD": "X"}, stdin, null)
    yield lambda: request.reply(480, headers=[("X", value)], body=value)
    yield lambda: request.rows("x")
sys.stderr = None
def work(path):
    value = open(path + ".value", newline="").read()
    begin = time.process_time()
    with open(path, "rb") as message:
        for function in functions(value, message.fileno()):
            try:
                function()
            except ValueError:
                pass
    return time.process_time() - begin
paths = iter(sys.argv[2:])
for one, two in zip(paths, paths):
    print(sorted(1 / work(one) * work(two) for _ in range(ROUNDS))
          [ROUNDS // 2])
"""

PERL = r"""
use strict;
use warnings;
use Time::HiRes qw(clock);
use lib shift;
use SipCgi;
open STDERR, '>', '/dev/null' or die;
open my $out, '>&', \*STDOUT or die;
open STDOUT, '>', '/dev/null' or die;
sub work
{
	my ($path) = @_;
	open my $file, '<', "$path.value" or die;
	local $/;
	my $value = <$file>;
	open STDIN, '<', $path or die;
	$ENV{SIP_REQUIRE} = $value;
	my $begin = clock();
	my @ignored = (sip_uri($value), sip_uri_user($value),
	    sip_uri_host($value), sip_uri_number($value),
	    sip_uri_context($value), sip_param('a', $value),
	    sip_split_list($value), sip_parse_credentials($value),
	    sip_quote($value), sip_reply(480, $value),
	    sip_reply(480, "X: $value", { body => $value }),
	    sip_require('a'), sip_header('x'));
	return clock() - $begin;
}
while (my ($one, $two) = splice @ARGV, 0, 2) {
	my @ratios = sort { $a <=> $b }
	    map { 1 / work($one) * work($two) } 1..ROUNDS;
	print $out "$ratios[ROUNDS / 2]\n";
}
"""

SHELL = r"""
. "$1/sip-cgi.sh"
value=$(cat "$2.value"; echo .)
value=${value%.}
SIP_REQUIRE=$value
for function in sip_uri sip_uri_user sip_uri_host sip_uri_number \
    sip_uri_context 'sip_param a' sip_split_list sip_parse_credentials \
    sip_quote 'sip_reply 480' 'sip_reply -b x 480 OK'; do
	$function "$value" || :
done
sip_reply 480 "X: $value"
sip_require a
sip_header x
"""


def in_process(command, program, lib, pairs):
    """How much more work the second of each pair is."""
    paths = [path for pair in pairs for path in pair]
    out = subprocess.run([*command, program, lib, *paths], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return [float(line) for line in out.splitlines()]


def of_processes(shell, program, lib, pairs):
    def work(path):
        with open(path, "rb") as message:
            process = subprocess.Popen(
                [*shell.split(), program, lib, path], stdin=message,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        return usage.ru_utime + usage.ru_stime

    return [1 / work(one) * work(two) for one, two in pairs]


def of_message(example, lib, state, pairs):
    """The same for the example that stores a message."""
    def work(path):
        with open(path + ".value", encoding="utf-8") as file:
            value = file.read()
        environ = {**os.environ, "STATE_DIRECTORY": state,
                   "REQUEST_METHOD": "MESSAGE", "SIPCGI_TO_TAG": "t",
                   "REQUEST_URI": "sip:bob@b.example", "CONTENT_LENGTH": "0",
                   "CONTENT_TYPE": "text/plain", "SIPCGI_USER": "bob",
                   "SIPCGI_HOST": "b.example", "SIP_SUBJECT": value,
                   "SIP_FROM": value}
        with open(path, "rb") as message:
            process = subprocess.Popen(
                ["perl", "-I" + lib, example], stdin=message, env=environ,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        return usage.ru_utime + usage.ru_stime

    return [1 / work(one) * work(two) for one, two in pairs]


def write(directory, name, length):
    text = value(name, length)
    path = os.path.join(directory, f"{name} {length}")
    with open(path + ".value", "w", encoding="utf-8", newline="") as file:
        file.write(text.replace("\r\n", ""))
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(f"X: {text}\r\nY{' ' * length}: 1\r\n\r\n")
    return path


def measure(runs, label, names, length):
    """Print what grows too fast; how many do."""
    with tempfile.TemporaryDirectory() as directory:
        pairs = {name: (write(directory, name, length),
                        write(directory, name, 2 * length))
                 for name in names}
        # Again where it seems to grow.
        for _ in range(TRIES):
            ratios = dict(zip(pairs, runs(pairs.values())))
            pairs = {name: pairs[name] for name in pairs
                     if ratios[name] > MOST}
            if not pairs:
                break
        for name in pairs:
            print(f"{label}: {name}: {ratios[name]:.1f} times the work for "
                  f"{2 * length} octets in place of {length}")
        return len(pairs)


def main():
    lib, *shells = sys.argv[1:]
    environ = {"PATH": os.environ["PATH"], "SIP_VIA": "v", "SIP_FROM": "f",
               "SIP_TO": "t", "SIP_CALL_ID": "i", "SIP_CSEQ": "1 X"}
    os.environ.clear()
    os.environ.update(environ)
    bad = 0
    with tempfile.TemporaryDirectory() as directory:
        programs = {}
        for name, text in (("py", PYTHON), ("pl", PERL), ("sh", SHELL)):
            programs[name] = os.path.join(directory, name)
            with open(programs[name], "w", encoding="utf-8") as file:
                file.write(text.replace("ROUNDS", str(ROUNDS)))
        languages = [
            ("Python", lambda pairs: in_process(
                ["/usr/bin/python3", "-IS"], programs["py"], lib, pairs)),
            ("Perl", lambda pairs: in_process(
                ["perl"], programs["pl"], lib, pairs))]
        for shell in list(shells):
            languages.append((shell, lambda pairs, shell=shell: of_processes(
                shell, programs["sh"], lib, pairs)))
        example = os.path.join(lib, "..", "examples", "message")
        for name in "new", "tmp", "cur":
            os.makedirs(os.path.join(directory, "mail/bob@b.example", name))
        languages.append(("the example message", lambda pairs: of_message(
            example, lib, directory, pairs)))
        shells.append(languages[-1][0])
        for label, runs in languages:
            # What starts a program for each value costs that, most of all.
            for length in LENGTHS[1:] if label in shells else LENGTHS:
                bad += measure(runs, label, HARD, length)
    return bad > 0


sys.exit(main())
