#!/usr/bin/python3
"""digest.py - do the Digest helpers of the three libraries agree?

usage: digest.py LIB SHELL...

A script in each language lets bob in. It is asked what a phone may send, by
credentials for its own challenge and for the others', with one key for all.
Prints what is answered otherwise than it should be; exits 1 then.
"""

import hashlib
import itertools
import os
import re
import subprocess
import sys
import tempfile

HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}
URI = "sip:bob@b.example"

SHELL = r"""
. "$LIB/sip-cgi.sh"
. "$LIB/sip-digest.sh"
find_ha1()
{
	[ "$1" != bob ] || sip_digest_ha1 bob b.example pass:word "$2"
}
is_fresh()
{
	# Each pair of nonce and count once: this needs no lock.
	mkdir "$SEEN/$1-$2" 2>/dev/null
}
sip_digest $PROXY -a "$ALGORITHMS" -l "$LIFETIME" b.example "$KEY" || exit
user=$(sip_digest_verify find_ha1 is_fresh) || {
	sip_digest_refuse "$?"
	exit
}
sip_reply 200 "$user"
"""

PERL = r"""
use strict;
use warnings;
use lib $ENV{LIB};
use SipCgi;
use SipCgi::Digest;
my $digest = SipCgi::Digest->new(realm => 'b.example', key => $ENV{KEY},
    algorithms => [split / /, $ENV{ALGORITHMS}],
    lifetime => $ENV{LIFETIME}, proxy => $ENV{PROXY} ne '');
my $who = $digest->verify(sub {
	my ($user, $algorithm) = @_;
	return $user eq 'bob' ? SipCgi::Digest::ha1('bob', 'b.example',
	    'pass:word', $algorithm) : undef;
}, sub {
	my ($nonce, $count) = @_;
	return mkdir sprintf '%s/%s-%08x', $ENV{SEEN}, $nonce, $count;
});
print STDERR 'why: ', $digest->why, "\n" unless $who;
$who ? sip_reply(200, $who->{username}) : sip_reply($digest->answer);
"""

PYTHON = r"""
import os, sys
sys.path.insert(0, os.environ["LIB"])
import sipcgi
from sipcgi.digest import Denied, Digest, ha1

def is_fresh(nonce, count):
    try:
        os.mkdir(f"{os.environ['SEEN']}/{nonce}-{count:08x}")
    except FileExistsError:
        return False
    return True

def main(request):
    digest = Digest("b.example", os.environ["KEY"],
                    os.environ["ALGORITHMS"].split(),
                    int(os.environ["LIFETIME"]), bool(os.environ["PROXY"]))
    try:
        who = digest.verify(request, lambda user, algorithm: ha1(
            "bob", "b.example", "pass:word", algorithm)
            if user == "bob" else None, is_fresh)
    except Denied as denied:
        print("why:", denied.why, file=sys.stderr)
        return request.reply(*denied.answer)
    request.reply(200, who.username)

sipcgi.run(main)
"""

# What is asked with which credentials: changes of them (None: left out), of
# the text, and the answer; "stale" where stale=true must be in a challenge.
CASES = (
    ("all in order", {}, (), "200 bob"),
    ("algorithm in small letters", {"algorithm": "md5"}, (), "200 bob"),
    ("no algorithm is MD5", {"algorithm": None}, (), "200 bob"),
    ("digits in capital letters", {"nc": "0000000A"}, (), "200 bob"),
    ("a tab after the scheme", {}, (("Digest ", "DIGEST\t"),), "200 bob"),
    ("blanks", {}, ((", ", " ,\t"), ("nc=", "nc = ")), "200 bob"),
    ("names in capital letters", {}, (("username", "UserName"),), "200 bob"),
    ("a host in capital letters", {"uri": "sip:bob@B.EXAMPLE"}, (),
     "200 bob"),
    ("a port", {"uri": "sip:bob@b.example:5060;transport=tcp"}, (),
     "200 bob"),
    ("an escape", {"uri": "sip:%62ob@b.example"}, (), "200 bob"),
    ("another user's URI", {"uri": "sip:eve@b.example"}, (),
     "400 Authorization is for another URI"),
    ("another host's URI", {"uri": "sip:bob@c.example"}, (),
     "400 Authorization is for another URI"),
    ("no URI", {"uri": "x"}, (), "400 Authorization is for another URI"),
    ("malformed", {}, (('"bob"', '"bob'),), "400 Bad Authorization header"),
    ("two names", {}, (("nc=", 'username="eve", nc='),),
     "400 Bad Authorization header"),
    ("another scheme", {}, (("Digest", "Bearer"),), "401"),
    ("another realm", {"realm": "c.example"}, (), "401"),
    ("an unknown algorithm", {"algorithm": "SHA-1"}, (), "401"),
    ("no qop", {"qop": None}, (), "401"),
    ("another qop", {"qop": "auth-int"}, (), "401"),
    ("no count", {"nc": None}, (), "401"),
    ("a short count", {"nc": "1"}, (), "401"),
    ("no digits", {"nc": "0000000g"}, (), "401"),
    ("no name", {"username": ""}, (), "401"),
    ("an unknown user", {"username": "eve"}, (), "401"),
    ("what does harm", {"username": "-e $(id) `id` * %s"}, (), "401"),
    ("a wrong password", {"password": "x"}, (), "401"),
    ("a wrong response", {"response": "0" * 32}, (), "401"),
    ("an empty response", {"response": ""}, (), "401"),
    ("another method", {"method": "BYE"}, (), "401"),
    ("a made-up nonce", {"nonce": "1-2-3"}, (), "401 stale"),
    ("no nonce", {"nonce": "x"}, (), "401 stale"),
    ("a long nonce", {"nonce": "a" * 3000}, (), "401 stale"),
    ("a forged nonce", {"nonce": f"6{'0' * 7}-{'0' * 16}-{'0' * 64}"}, (),
     "401 stale"),
    ("an old and forged one", {"nonce": f"1-{'0' * 16}-{'0' * 64}",
                               "password": "x"}, (), "401"),
)


def credentials(challenge, **changes):
    asked = dict(re.findall(r'(\w+)="?([^",]*)"?', challenge))
    params = {"username": "bob", "realm": asked["realm"],
              "nonce": asked["nonce"], "uri": URI, "nc": "00000001",
              "cnonce": "c\\\"n", "qop": "auth",
              "algorithm": asked["algorithm"]}
    password = changes.pop("password", "pass:word")
    method = changes.pop("method", "REGISTER")
    params.update(changes)
    algorithm = HASHES.get((params["algorithm"] or "MD5").upper(), "md5")

    def hash_of(*parts):
        return hashlib.new(algorithm, ":".join(
            part or "" for part in parts).encode()).hexdigest()

    params.setdefault("response", hash_of(
        hash_of(params["username"], asked["realm"], password),
        params["nonce"],
        params["nc"], params["cnonce"].replace("\\", ""), params["qop"],
        hash_of(method, params["uri"])))
    return "Digest " + ", ".join(
        f"{name}={text}" if name in ("nc", "qop", "algorithm")
        else f'{name}="{text}"'
        for name, text in params.items() if text is not None)


class Language:
    def __init__(self, name, command, program, directory, lib):
        self.name = name
        path = os.path.join(directory, "program " + name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(program)
        self.command = [*command, path]
        self.directory = directory
        self.environ = {
            "PATH": os.environ["PATH"], "LIB": lib, "LIFETIME": "60",
            "KEY": os.path.join(directory, "key"), "PROXY": "",
            "SEEN": directory, "ALGORITHMS": "MD5 SHA-256 SHA-512-256",
            "REQUEST_METHOD": "REGISTER", "REQUEST_URI": URI, "SIP_VIA": "v",
            "SIP_FROM": "f", "SIP_TO": "t", "SIP_CALL_ID": "i",
            "SIP_CSEQ": "1 REGISTER"}

    def ask(self, *rows, **changes):
        """The answer to a request with these rows of credentials."""
        environ = {**self.environ, **changes}
        header = "Proxy-Authorization" if environ["PROXY"] else \
            "Authorization"
        with tempfile.TemporaryFile() as message:
            for row in rows:
                message.write(f"{header}: {row}\r\n".encode())
            message.write(b"\r\n")
            message.seek(0)
            answer = subprocess.run(
                self.command, env=environ, stdin=message, text=True,
                stdout=subprocess.PIPE, check=False,
                stderr=subprocess.DEVNULL).stdout
        return answer

    def challenges(self, **changes):
        return re.findall(r"(?m)^(?:WWW|Proxy)-Authenticate: (.*)",
                          self.ask(**changes))


class Judge:
    def __init__(self):
        self.bad = 0

    def is_right(self, name, answer, wanted):
        status, *_ = answer[len("SIP/2.0 "):].split("\n")
        if wanted.startswith("40") and " " not in wanted[:5]:
            status = status[:3]
        if "stale=true" in answer:
            status = status[:3] + " stale"
        if status != wanted:
            print(f"{name}: {status!r}, not {wanted!r}")
            self.bad += 1


def main():
    lib, *shells = sys.argv[1:]
    judge = Judge()
    with tempfile.TemporaryDirectory() as directory:
        languages = [
            Language("Python", ["/usr/bin/python3", "-IBS"], PYTHON,
                     directory, lib),
            Language("Perl", ["perl"], PERL, directory, lib)]
        for shell in shells:
            languages.append(Language(shell, shell.split(), SHELL,
                                      directory, lib))
        # Each makes the challenge of each.
        for one, other in itertools.product(languages, repeat=2):
            rows = one.challenges()
            if len(rows) != 3:
                print(f"{one.name}: {len(rows)} challenges")
                judge.bad += 1
            # They have one nonce.
            for count, row in enumerate(rows, 1):
                judge.is_right(f"{one.name} asks, {other.name} reads {row}",
                               other.ask(credentials(row, nc=f"{count:08x}")),
                               "200 bob")
        for language in languages:
            for name, changes, texts, wanted in CASES:
                row = credentials(language.challenges()[0], **changes)
                for text, instead in texts:
                    row = row.replace(text, instead)
                judge.is_right(f"{language.name}: {name}", language.ask(row),
                               wanted)
            more(language, judge)
    return judge.bad > 0


def more(language, judge):
    """What takes more than one row or request."""
    name = language.name
    first = language.challenges()[0]
    row = credentials(first)
    judge.is_right(f"{name}: beside others", language.ask(
        "Bearer x==", 'Digest realm="x", y=z', 'Digest username="o', row),
        "200 bob")
    judge.is_right(f"{name}: again", language.ask(row), "401 stale")
    judge.is_right(f"{name}: the next count", language.ask(
        credentials(first, nc="00000002")), "200 bob")
    old = credentials(language.challenges()[0])
    judge.is_right(f"{name}: too old", language.ask(old, LIFETIME="-1"),
                   "401 stale")
    judge.is_right(f"{name}: not offered any more", language.ask(
        old, ALGORITHMS="SHA-256"), "401")
    with open(os.path.join(language.directory, "other key"), "w",
              encoding="ascii") as file:
        file.write("0123456789abcdef" * 4 + "\n")
    judge.is_right(f"{name}: with another key", language.ask(
        old, KEY=file.name), "401 stale")
    row, *_ = language.challenges(PROXY="-p")
    judge.is_right(f"{name}: as a proxy", language.ask(
        credentials(row), PROXY="-p"), "200 bob")
    judge.is_right(f"{name}: no credentials for a proxy", language.ask(
        PROXY="-p"), "407")
    key = os.path.join(language.directory, "own key")
    rows = language.challenges(KEY=key)
    judge.is_right(f"{name}: a key of its own", language.ask(
        credentials(rows[0]), KEY=key), "200 bob")
    with open(key, encoding="ascii") as file:
        if not re.fullmatch("[0-9a-f]{64}\n?", file.read()) or \
                os.stat(key).st_mode & 0o777 != 0o600:
            print(f"{name}: a bad key")
            judge.bad += 1
    os.unlink(key)
    judge.is_right(f"{name}: a key that cannot be made", language.ask(
        KEY="/nowhere/key"), "500 Server Internal Error")
    left = [entry for entry in os.listdir(language.directory)
            if "key." in entry]
    if left:
        print(f"{name}: left {left}")
        judge.bad += 1


if __name__ == "__main__":
    sys.exit(main())
