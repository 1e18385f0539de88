"""Digest authentication (RFC 3261 section 22, RFC 7616, RFC 8760).

    from sipcgi.digest import Denied, Digest

    def main(request: sipcgi.Request) -> None:
        digest = Digest("example.com", "/var/lib/sip-cgi/digest.key")
        try:
            user = digest.verify(request, find_ha1).username
        except Denied as denied:
            return request.reply(*denied.answer)
        ...

A nonce holds its time and a proof of it that only who has the key can make,
so a challenge costs no memory. The key is a file, made when it is not there:
64 hexadecimal digits. sip-cgi.sh and SipCgi.pm can share it, and take each
other's nonces. Store no passwords but their hashes, ha1().

Within the lifetime of a nonce somebody who overhears a request can send it
again. A hook, see verify(), that remembers the highest count of each nonce
stops that.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import time

import sipcgi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# By the names of the algorithm parameter, those of hashlib.
ALGORITHMS = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}

_HEX = frozenset("0123456789abcdef")
_NEEDED = ("username", "nonce", "uri", "response", "nc", "cnonce")


class Denied(Exception):
    """The request is not let in.

    why: "missing" (no credentials for the realm: every phone begins so),
    "malformed", "incomplete", "algorithm", "uri" (they are for another URI),
    "nonce" (not one of ours), "user", "password", "stale" (too old, or its
    count was used). username: who it claims to be, "" where nobody.
    answer: what reply() takes, 400, 401 or 407 with a challenge.
    """

    def __init__(self, why: str, username: str,
                 answer: tuple[int, str, list[tuple[str, str]]]) -> None:
        super().__init__(why)
        self.why = why
        self.username = username
        self.answer = answer


class Credentials:
    """Those of a request that is let in."""

    def __init__(self, params: dict[str, str], algorithm: str) -> None:
        self.username = params["username"]
        self.realm = params["realm"]
        self.nonce = params["nonce"]
        self.count = int(params["nc"], 16)
        self.algorithm = algorithm


def ha1(username: str, realm: str, password: str,
        algorithm: str = "SHA-256") -> str:
    """The hash that verify() asks for, to be stored for each algorithm that
    is offered. Who has it can be that user in that realm, as with the
    password."""
    return _hash(algorithm, username, realm, password)


class Digest:
    """One realm.

    key: the path of the key file, or the key itself, for several hosts that
    keep one elsewhere: 64 hexadecimal digits, as octets. algorithms: those offered, in this order;
    a phone takes the first that it knows, and some give up on the first
    that they do not. lifetime: of a nonce, in seconds. proxy: with 407 and
    Proxy-Authorization in place of 401 and Authorization.
    """

    def __init__(self, realm: str, key: str | bytes,
                 algorithms: Iterable[str] = ("SHA-256", "MD5"),
                 lifetime: int = 300, proxy: bool = False) -> None:
        self.realm = realm
        self.algorithms = tuple(algorithms)
        for algorithm in self.algorithms:
            if algorithm not in ALGORITHMS:
                raise ValueError("no such Digest algorithm: " +
                                 repr(algorithm))
        self.lifetime = lifetime
        self.proxy = proxy
        self._key = _check_key(key, "the key") if isinstance(key, bytes) \
            else _read_key(key)

    def challenge(self, stale: bool = False) -> list[tuple[str, str]]:
        """The header fields of a 401 or 407. stale: the password was right,
        only the nonce is not, so nobody needs to be asked."""
        name = "Proxy-Authenticate" if self.proxy else "WWW-Authenticate"
        nonce = self._nonce(int(time.time()), os.urandom(8).hex())
        return [(name, f"Digest realm={sipcgi.quote(self.realm)}, "
                 f'nonce="{nonce}", algorithm={algorithm}, qop="auth"' +
                 (", stale=true" if stale else ""))
                for algorithm in self.algorithms]

    def verify(self, request: sipcgi.Request,
               find_ha1: Callable[[str, str], str | None],
               is_fresh: Callable[[str, int], bool] | None = None
               ) -> Credentials:
        """Who sent this; raises Denied unless that is proved.

        find_ha1(username, algorithm): the stored hash, None for a user who
        does not exist. is_fresh(nonce, count): called when the password was
        right; has no request with this nonce and a count as high been let
        in? Without it a nonce can be used again for its lifetime.
        """
        params = self._params(request)
        username = params.get("username", "")
        algorithm = params.get("algorithm", "MD5").upper()
        if algorithm not in self.algorithms:
            raise self.deny("algorithm", username)
        # Without qop there is no count to tell a replay by.
        if (params.get("qop", "").lower() != "auth" or
                any(not params.get(name) for name in _NEEDED) or
                not _is_count(params["nc"])):
            raise self.deny("incomplete", username)
        if not _same_resource(params["uri"], request.uri):
            raise self.deny("uri", username)
        # What is not text can be nobody's name, and no database takes it.
        stored = find_ha1(username, algorithm) if _is_text(username) else None
        right = self._is_right(params, stored or "", algorithm,
                               request.method)
        if not stored:
            raise self.deny("user", username)
        age = self._age(params["nonce"])
        if age is None:
            raise self.deny("nonce", username, stale=right)
        if not right:
            raise self.deny("password", username)
        credentials = Credentials(params, algorithm)
        if not 0 <= age <= self.lifetime or (is_fresh and not is_fresh(
                credentials.nonce, credentials.count)):
            raise self.deny("stale", username, stale=True)
        return credentials

    def deny(self, why: str, username: str = "",
             stale: bool = False) -> Denied:
        """What verify() raises; for a script that denies by itself."""
        if why in ("malformed", "uri"):
            name = "Proxy-Authorization" if self.proxy else "Authorization"
            reason = (f"{name} is for another URI" if why == "uri" else
                      f"Bad {name} header")
            return Denied(why, username, (400, reason, []))
        return Denied(why, username, (407 if self.proxy else 401, "",
                                      self.challenge(stale)))

    def _params(self, request: sipcgi.Request) -> dict[str, str]:
        """The credentials for this realm. Rows of other schemes and realms
        may stand beside them, and whether those are well-formed is not for
        us to judge."""
        rows = request.rows("Proxy-Authorization" if self.proxy else
                            "Authorization")
        why = "missing"
        for row in rows:
            try:
                scheme, params = sipcgi.parse_credentials(row)
            except ValueError:
                if row[:6].lower() == "digest":
                    why = "malformed"
                continue
            if scheme == "digest" and params.get("realm") == self.realm:
                return params
        raise self.deny(why)

    def _nonce(self, made: int, salt: str) -> str:
        # The salt: two phones in one second must not share a nonce, or the
        # count of one would be the replay of the other.
        text = f"{made:x}-{salt}"
        proof = hmac.new(self._key, _octets(f"{text} {self.realm}"), "sha256")
        return f"{text}-{proof.hexdigest()}"

    def _age(self, nonce: str) -> int | None:
        """In seconds; None when it was not made here for this realm."""
        made, _, rest = nonce.partition("-")
        salt = rest.partition("-")[0]
        if not (0 < len(made) <= 12 and _HEX.issuperset(made) and
                len(salt) == 16 and _HEX.issuperset(salt)):
            return None
        good = self._nonce(int(made, 16), salt)
        if not hmac.compare_digest(_octets(good), _octets(nonce)):
            return None
        return int(time.time()) - int(made, 16)

    def _is_right(self, params: dict[str, str], stored: str, algorithm: str,
                  method: str) -> bool:
        """Is the response that of somebody who knows the password?"""
        good = _hash(algorithm, stored, params["nonce"], params["nc"],
                     params["cnonce"], params["qop"],
                     _hash(algorithm, method, params["uri"]))
        return hmac.compare_digest(_octets(good),
                                   _octets(params["response"].lower()))


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _hash(algorithm: str, *parts: str) -> str:
    return hashlib.new(ALGORITHMS[algorithm], _octets(":".join(parts)),
                       usedforsecurity=False).hexdigest()


def _is_count(text: str) -> bool:
    return len(text) == 8 and _HEX.issuperset(text.lower())


def _same_resource(given: str, wanted: str) -> bool:
    """Do two URIs mean the same (RFC 3261 section 22.4)? Phones leave out
    the port or the parameters, or write the host otherwise."""
    if given == wanted:
        return True
    try:
        one, other = sipcgi.Uri(given), sipcgi.Uri(wanted)
    except ValueError:
        return given.lower() == wanted.lower()
    return ((one.user, one.host) == (other.user, other.host) and
            (one.port == other.port or None in (one.port, other.port)))


def _read_key(path: str) -> bytes:
    try:
        file = open(path, "rb")
    except FileNotFoundError:
        _make_key(path)
        file = open(path, "rb")
    with file:
        return _check_key(file.read(4096).rstrip(b"\n"), path)


def _check_key(key: bytes, name: str) -> bytes:
    if len(key) < 32:
        raise ValueError(name + ": not a key, which has 64 hexadecimal digits")
    return key


def _make_key(path: str) -> None:
    # Whole or not at all, and never a second one.
    temporary = f"{path}.{os.urandom(8).hex()}"
    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, os.urandom(32).hex().encode())
        os.fsync(file)
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        os.close(file)
        os.unlink(temporary)
