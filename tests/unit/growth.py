#!/usr/bin/python3
"""growth.py - does the work of the libraries grow with their input alone?

usage: growth.py LIB SHELL...

Every function of each library reads values that are hard for it: each at two
lengths, the second twice the first. CPU time is measured, the least of a few
runs, and may be 2.5 times as much. Prints what grows faster, and exits 1 then.
"""

import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True

# One longer than what is taken apart (2048 octets), one not.
LENGTHS = 1000, 8000
MOST = 2.5
TRIES = 6

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
for path in sys.argv[2:]:
    value = open(path + ".value", newline="").read()
    begin = time.process_time()
    with open(path, "rb") as message:
        for function in functions(value, message.fileno()):
            try:
                function()
            except ValueError:
                pass
    print(time.process_time() - begin)
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
for my $path (@ARGV) {
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
	print $out clock() - $begin, "\n";
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


def in_process(command, program, lib, paths):
    """The CPU time for each of the paths."""
    out = subprocess.run([*command, program, lib, *paths], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    return [float(line) for line in out.splitlines()]


def of_processes(shell, program, lib, paths):
    times = []
    for path in paths:
        with open(path, "rb") as message:
            process = subprocess.Popen(
                [*shell.split(), program, lib, path], stdin=message,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        times.append(usage.ru_utime + usage.ru_stime)
    return times


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
        least = {}
        # Again where it seems to grow: others work on this machine, too.
        for _ in range(TRIES):
            paths = [path for pair in pairs.values() for path in pair]
            for path, cpu in zip(paths, runs(paths)):
                least[path] = min(cpu, least.get(path, cpu))
            pairs = {name: (one, two) for name, (one, two) in pairs.items()
                     if least[two] > MOST * least[one]}
            if not pairs:
                break
        for name, (one, two) in pairs.items():
            print(f"{label}: {name}: {least[two] / least[one]:.1f} times the "
                  f"work for {2 * length} octets in place of {length}")
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
                file.write(text)
        languages = [
            ("Python", lambda paths: in_process(
                ["/usr/bin/python3", "-IS"], programs["py"], lib, paths)),
            ("Perl", lambda paths: in_process(
                ["perl"], programs["pl"], lib, paths))]
        for shell in shells:
            languages.append((shell, lambda paths, shell=shell: of_processes(
                shell, programs["sh"], lib, paths)))
        for label, runs in languages:
            # What starts a program for each value costs that, most of all.
            for length in LENGTHS[1:] if label in shells else LENGTHS:
                bad += measure(runs, label, HARD, length)
    return bad > 0


sys.exit(main())
