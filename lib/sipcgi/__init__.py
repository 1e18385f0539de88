"""Answer SIP requests from a Python 3 script.

    #!/usr/bin/python3 -I
    import sipcgi

    def main(request: sipcgi.Request) -> None:
        request.reply(302, headers=[("Contact", "<sip:bob@192.0.2.7>")])

    sipcgi.run(main)

A Request is what sipcgi-handler left in the environment and on standard
input. Request.reply() writes one complete response: Via, From, To with its
tag, Call-ID and CSeq from the request, the given header fields, the length
in octets; nothing at all for an ACK. What would begin a line of its own
raises ValueError. run() answers 500 when main() raises, and leaves the
traceback in the log: a caller that gets no answer tries again and again.

Text is str; octets that are not UTF-8 survive as surrogates. Only modules
that Python has loaded at its start are imported here, for a process is
started for each request.
"""

from __future__ import annotations

import atexit
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Union

    Headers = Union[dict[str, object],
                    Iterable[Union[tuple[str, object], str]]]

# The reason phrases of IANA's registry.
PHRASES: dict[int, str] = {
    100: "Trying",
    180: "Ringing",
    181: "Call Is Being Forwarded",
    182: "Queued",
    183: "Session Progress",
    199: "Early Dialog Terminated",
    200: "OK",
    202: "Accepted",
    204: "No Notification",
    300: "Multiple Choices",
    301: "Moved Permanently",
    302: "Moved Temporarily",
    305: "Use Proxy",
    380: "Alternative Service",
    400: "Bad Request",
    401: "Unauthorized",
    402: "Payment Required",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    407: "Proxy Authentication Required",
    408: "Request Timeout",
    410: "Gone",
    412: "Conditional Request Failed",
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
    415: "Unsupported Media Type",
    416: "Unsupported URI Scheme",
    417: "Unknown Resource-Priority",
    420: "Bad Extension",
    421: "Extension Required",
    422: "Session Interval Too Small",
    423: "Interval Too Brief",
    424: "Bad Location Information",
    425: "Bad Alert Message",
    428: "Use Identity Header",
    429: "Provide Referrer Identity",
    430: "Flow Failed",
    433: "Anonymity Disallowed",
    436: "Bad Identity Info",
    437: "Unsupported Credential",
    438: "Invalid Identity Header",
    439: "First Hop Lacks Outbound Support",
    440: "Max-Breadth Exceeded",
    469: "Bad Info Package",
    470: "Consent Needed",
    480: "Temporarily Unavailable",
    481: "Call/Transaction Does Not Exist",
    482: "Loop Detected",
    483: "Too Many Hops",
    484: "Address Incomplete",
    485: "Ambiguous",
    486: "Busy Here",
    487: "Request Terminated",
    488: "Not Acceptable Here",
    489: "Bad Event",
    491: "Request Pending",
    493: "Undecipherable",
    494: "Security Agreement Required",
    500: "Server Internal Error",
    501: "Not Implemented",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Server Time-out",
    505: "Version Not Supported",
    513: "Message Too Large",
    555: "Push Notification Service Not Supported",
    580: "Precondition Failure",
    600: "Busy Everywhere",
    603: "Decline",
    604: "Does Not Exist Anywhere",
    606: "Not Acceptable",
    607: "Unwanted",
    608: "Rejected",
}

# Any other code is of a class (RFC 3261 section 7.2).
_CLASSES = ("Provisional", "Success", "Redirection", "Client Error",
            "Server Error", "Global Failure")

# A longer value (octets) is refused by what takes it apart.
VALUE_MAX = 2048

_DIGITS = frozenset("0123456789")
_ALNUM = _DIGITS | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "abcdefghijklmnopqrstuvwxyz")
_TOKEN = _ALNUM | frozenset("-.!%*_+`'~")
_UNRESERVED = _ALNUM | frozenset("-_.!~*'()")
_LABEL = _ALNUM | frozenset("-_")
_HEX = frozenset("0123456789ABCDEFabcdef")
_IPV6 = _HEX | frozenset(":.")
# RFC 3261 section 25.1 has these in no reason phrase.
_NO_REASON = frozenset('<>"{}|\\^`#')
_BLANK = " \t"

# What reply() writes itself, compact forms too.
_OWN = frozenset(("via", "v", "from", "f", "to", "t", "call-id", "i", "cseq",
                  "content-length", "l"))

# What no reason phrase begins with: a header field without its colon.
_FIELDS = frozenset((
    "accept-encoding", "accept-language", "alert-info", "allow",
    "allow-events", "authentication-info", "call-info",
    "content-disposition", "content-encoding", "content-language",
    "content-type", "error-info", "expires", "min-expires", "min-se",
    "proxy-authenticate", "record-route", "retry-after", "session-expires",
    "unsupported", "www-authenticate"))


class Uri:
    """A sip:, sips: or tel: URI in parts.

    user is canonical, as SIPCGI_USER is, and None when there is none; host
    is in small letters without a final dot, an IPv6 address in brackets, and
    "" in a tel: URI. port is None when it is absent or 0. number is the
    telephone number of a tel: URI, or of a user that is one: digits, "*" and
    "#", after a "+" where it is global, without visual separators; context
    is the phone-context of one that is not (RFC 3966).
    """

    def __init__(self, text: str) -> None:
        _check_length(text)
        scheme, colon, rest = text.partition(":")
        self.scheme = scheme.lower()
        if not colon or self.scheme not in ("sip", "sips", "tel"):
            raise ValueError("not a sip:, sips: or tel: URI: " + repr(text))
        # So that it can stand between "<" and ">" in an answer.
        if not all("!" <= char <= "~" and char not in '<>"' for char in text):
            raise ValueError("bad character in URI: " + repr(text))
        self.user: str | None = None
        self.host = ""
        self.port: int | None = None
        self.number: str | None = None
        self.context: str | None = None
        self.params: dict[str, str] = {}
        if self.scheme == "tel":
            self._parse_number(rest)
            if self.number is None:
                raise ValueError("bad number in URI: " + repr(text))
            self._parse_params(rest.partition(";")[2])
        else:
            self._parse_sip(text, rest)

    def _parse_sip(self, text: str, rest: str) -> None:
        user, at, rest = rest.rpartition("@")
        if at:
            self.user = canonical(user.partition(":")[0])
            if not self.user or "@" in user:
                raise ValueError("bad user in URI: " + repr(text))
            self._parse_number(self.user)
        hostport, _, params = rest.partition("?")[0].partition(";")
        end = hostport.find("]") + 1 if hostport.startswith("[") else 0
        host, colon, port = hostport[end:].partition(":")
        self.host = (hostport[:end] + host).lower().removesuffix(".")
        if not _is_host(self.host) or (colon and not _is_port(port)):
            raise ValueError("bad host in URI: " + repr(text))
        self.port = int(port) or None if colon else None
        self._parse_params(params)

    def _parse_params(self, text: str) -> None:
        for param in text.split(";") if text else ():
            name, _, value = param.partition("=")
            self.params.setdefault(name.lower(), value)

    def _parse_number(self, text: str) -> None:
        """RFC 3966 section 3; a SIP user has the same (RFC 3261 19.1.6)."""
        number, _, params = text.partition(";")
        number = number.replace("%23", "#")
        for separator in "-.()":
            number = number.replace(separator, "")
        digits = number.removeprefix("+")
        if not digits or not (_DIGITS if number != digits else
                              _DIGITS | {"*", "#"}).issuperset(digits):
            return
        self.number = number
        for param in params.split(";"):
            name, _, value = param.partition("=")
            if name.lower() == "phone-context" and self.context is None:
                self.context = value.lower()


class Address:
    """The first value of From, To, Contact, Route ...: display name, URI and
    header parameters (names in small letters, values without quotes; one
    that is malformed is left out). Via and the like have parameters, too,
    and "" in place of a URI."""

    def __init__(self, value: str) -> None:
        _check_length(value)
        flat, strings = _flatten(value)
        before = flat[:_find(flat, "<,")]
        rest = flat[len(before):]
        self.display = ""
        if rest.startswith("<"):
            uri, close, tail = rest[1:].partition(">")
            # An unquoted name has none of these; something else may have.
            if not close or not _is_free(before, ":;>") or "<" in uri:
                raise ValueError("no URI in " + repr(value))
            self.display = _name(before, strings)
            strings = strings[before.count('"'):]
        else:
            # "a;b" may be a user, so parameters start behind the "@".
            at = before.find("@") if before.lstrip(_BLANK)[:5].lower(
                ).startswith(("sip:", "sips:")) else -1
            end = at + 1 + _find(before[at + 1:], ";")
            uri, tail = before[:end], before[end:]
        self.uri = uri.strip(_BLANK)
        if not _is_free(uri, '">'):
            raise ValueError("no URI in " + repr(value))
        if not _is_free(self.uri, _BLANK):
            self.uri = ""
        tail = tail[:_find(tail, ",")].strip(_BLANK)
        if (tail and tail[0] != ";") or not _is_free(tail, "<>"):
            raise ValueError("bad parameters in " + repr(value))
        self.params = _parameters(tail, iter(strings))


class _Mark:
    """Who writes the final answer.

    Whoever reads the open file first: processes that inherit it share its
    offset. Its name is in _sip_mark, for the programs that a script runs
    have the libraries, too. Without it (fd is None) only this object counts.
    """

    def __init__(self, shared: bool) -> None:
        self.taken = False
        self._fd = self._open() if shared else None

    @staticmethod
    def _open() -> int | None:
        try:
            fd, _, path = os.environ.get("_sip_mark", "").partition(" ")
            if path and os.path.samestat(os.fstat(int(fd)), os.stat(path)):
                return int(fd)
        except (OSError, ValueError):
            pass    # a script that closed it
        path = f"/proc/{os.getpid()}/oom_score_adj"
        try:
            mark = os.open(path, os.O_RDONLY)
        except OSError:
            return None
        os.set_inheritable(mark, True)
        os.environ["_sip_mark"] = f"{mark} {path}"
        return mark

    def take(self) -> bool:
        """May a final answer be written?"""
        first = not self.taken
        self.taken = True
        if first and self._fd is not None:
            try:
                first = os.read(self._fd, 64) != b""
            except OSError:
                pass
        return first


class Request:
    """The request that this process was started for.

    method, uri: the start line's. user, host: the canonical parts of a sip:
    Request-URI, None when there are none. body: the octets of the body.
    """

    def __init__(self, environ: Mapping[str, str] | None = None,
                 stdin: int = 0, stdout: int = 1) -> None:
        if environ is None:
            environ = {_decode(name): _decode(value)
                       for name, value in os.environb.items()}
        self.environ = environ
        self.method = environ.get("REQUEST_METHOD", "")
        self.uri = environ.get("REQUEST_URI", "")
        self.user = environ.get("SIPCGI_USER")
        self.host = environ.get("SIPCGI_HOST")
        self._stdin = stdin
        self._stdout = stdout
        self._message: bytes | None = None
        self._mark = _guard if _guard and stdout == 1 else _Mark(False)

    def __contains__(self, name: str) -> bool:
        return _variable(name) in self.environ

    def get(self, name: str, default: str = "") -> str:
        """A header field's value from the environment: all its rows,
        joined by ", "."""
        return self.environ.get(_variable(name), default)

    def rows(self, name: str) -> list[str]:
        """Each row of a header field, unfolded, from standard input: also
        what the environment does not have, such as Authorization."""
        name = name.lower()
        found: list[list[str]] = []
        wanted = False
        for octets in self._split()[0].split(b"\n"):
            line = _decode(octets.removesuffix(b"\r"))
            if line[:1] in (" ", "\t"):
                if wanted:
                    found[-1].append(line.strip(_BLANK))
                continue
            field, colon, value = line.partition(":")
            wanted = bool(colon) and field.rstrip(_BLANK).lower() == name
            if wanted:
                found.append([value.strip(_BLANK)])
        return [" ".join(part for part in parts if part) for parts in found]

    @property
    def body(self) -> bytes:
        return self._split()[1]

    def _split(self) -> tuple[bytes, bytes]:
        message = self._read()
        length = int(self.environ.get("CONTENT_LENGTH", "0"))
        head = max(0, len(message) - length)
        return message[:head], message[head:]

    def _read(self) -> bytes:
        # From its start, and without moving the offset where there is one.
        if self._message is None:
            chunks = []
            offset = 0
            while True:
                try:
                    chunk = os.pread(self._stdin, 1 << 20, offset)
                except OSError:
                    chunk = os.read(self._stdin, 1 << 20)
                if not chunk:
                    break
                offset += len(chunk)
                chunks.append(chunk)
            self._message = b"".join(chunks)
        return self._message

    def allow(self, *methods: str) -> bool:
        """Is the method one of these? If not, 405 with them as Allow."""
        if self.method in methods:
            return True
        self.reply(405, headers=[("Allow", ", ".join(methods))])
        return False

    def require(self, *extensions: str) -> bool:
        """Does the request require nothing but these extensions? If not,
        420 with the others (RFC 3261 section 8.2.2.3)."""
        if self.method in ("ACK", "CANCEL"):
            return True
        known = [extension.lower() for extension in extensions]
        items = [item.strip(_BLANK) for item in
                 self.get("Require").split(",")]
        missing = [item for item in items
                   if item and item.lower() not in known]
        if missing:
            self.reply(420, headers=[("Unsupported", ", ".join(missing))])
        return not missing

    def reply(self, code: int, reason: str = "",
              headers: Headers = (), body: bytes | str = b"",
              content_type: str = "text/plain;charset=UTF-8") -> None:
        """Write one complete response. Raises ValueError or TypeError, with
        nothing written, for what cannot be sent. After a final answer
        nothing is written but a line to the log."""
        if self.method == "ACK":
            return
        code = _check_code(code)
        reason = _check_reason(reason) or PHRASES.get(code) or \
            _CLASSES[code // 100 - 1]
        rows = [_check_field(name, value) for name, value in _pairs(headers)]
        if isinstance(body, str):
            body = _encode(body)
        elif not isinstance(body, (bytes, bytearray, memoryview)):
            raise TypeError(f"body is neither text nor octets: {body!r}")
        if body:
            _check_value("Content-Type", content_type)
            rows.append(("Content-Type", content_type))
        lines = [f"SIP/2.0 {code} {reason}"]
        for name, value in self._copied(code) + rows:
            lines.append(f"{name}: {value}")
        lines += [f"Content-Length: {len(body)}", "", ""]
        if self._mark.taken if code < 200 else not self._mark.take():
            _say(f"{code} comes after the final answer; not sent")
            return
        self._write(_encode("\r\n".join(lines)) + body)

    @property
    def answered(self) -> bool:
        """Has the final answer been written, or is none due? A script that
        writes it by itself, or by a program without this library, sets it
        to True."""
        return self.method == "ACK" or self._mark.taken

    @answered.setter
    def answered(self, value: bool) -> None:
        if value:
            self._mark.take()

    def _copied(self, code: int) -> list[tuple[str, str]]:
        """RFC 3261 section 8.2.6."""
        copied = []
        names = ["Via", "From", "To", "Call-ID", "CSeq"]
        if code == 100:
            names.append("Timestamp")
        elif ((self.method == "INVITE" and code < 300) or
              (self.method in ("SUBSCRIBE", "REFER") and code // 100 == 2)):
            names.append("Record-Route")    # section 12.1.1
        for name in names:
            if name in self:
                value = self.get(name)
                tag = self.environ.get("SIPCGI_TO_TAG")
                if name == "To" and tag:
                    value += ";tag=" + tag
                copied.append((name, value))
            elif name not in ("Timestamp", "Record-Route"):
                _say(name + " is not in the environment")
        return copied

    def _write(self, octets: bytes) -> None:
        while octets:
            octets = octets[os.write(self._stdout, octets):]

    def _finish(self) -> None:
        """A caller that gets no answer tries again and again."""
        if self.method == "ACK" or not self._mark.take():
            return
        self._mark = _Mark(False)
        _say("the script ended without a final answer; answering 500")
        try:
            self.reply(500)
        except OSError:
            pass    # the caller is gone


def run(main: Callable[[Request], None]) -> None:
    """Call main with the request; answer 500 when it raises or ends
    without a final answer."""
    request = Request()
    try:
        main(request)
    except BrokenPipeError:
        request.answered = True     # the caller is gone
    except Exception:
        import traceback
        traceback.print_exc()
    request._finish()


# Only where a request is, and not for an administrator's command: the answer
# of a script that ends in another way than by the end of run().
_guard: _Mark | None = None
if os.environ.get("REQUEST_METHOD"):
    _guard = _Mark(True)
    _process = os.getpid()

    def _at_exit() -> None:
        # Not in a child.
        if os.getpid() == _process and _guard and not _guard.taken:
            Request()._finish()

    atexit.register(_at_exit)


def _say(text: str) -> None:
    """To the log, on one line; never to what print() takes in its place."""
    if sys.stderr is not None:
        print("sipcgi:", "".join(char if " " <= char != "\x7f" else "?"
                                 for char in text), file=sys.stderr)


def _variable(name: str) -> str:
    return "SIP_" + name.upper().replace("-", "_")


def canonical(user: str) -> str:
    """Decode each %HH that stands for an unreserved character; every other
    one gets upper-case digits."""
    first, *rest = user.split("%")
    parts = [first]
    for part in rest:
        digits = part[:2]
        if len(digits) == 2 and _HEX.issuperset(digits):
            char = chr(int(digits, 16))
            if char in _UNRESERVED:
                parts.append(char + part[2:])
            else:
                parts.append("%" + digits.upper() + part[2:])
        else:
            parts.append("%" + part)
    return "".join(parts)


def split_list(value: str) -> list[str]:
    """The values of a header field whose rows were joined by commas: those
    outside of quotes and angle brackets."""
    values = []
    start = at = 0
    bracket = False
    while at < len(value):
        char = value[at]
        if char == '"':
            _, at = _unquote(value, at)
            continue
        if char == "<":
            bracket = True
        elif char == ">":
            bracket = False
        elif char == "," and not bracket:
            values.append(value[start:at].strip(_BLANK))
            start = at + 1
        at += 1
    if bracket:
        raise ValueError("no > in " + repr(value))
    values.append(value[start:].strip(_BLANK))
    return [item for item in values if item]


def parse_credentials(value: str) -> tuple[str, dict[str, str]]:
    """The scheme, in small letters, and the parameters of one row of
    Authorization or Proxy-Authorization; credentials of another form, as
    those of Basic, are the parameter "token68"."""
    flat, strings = _flatten(value.strip(_BLANK))
    end = _find(flat, _BLANK)
    scheme, rest = flat[:end].lower(), flat[end:].strip(_BLANK)
    if not scheme or not _TOKEN.issuperset(scheme):
        raise ValueError("no scheme in " + repr(value))
    if rest and _is_free(rest, ' \t,"') and not rest.rstrip("=").count("="):
        return scheme, {"token68": rest}
    params: dict[str, str] = {}
    left = iter(strings)
    for item in rest.split(","):
        if not item.strip(_BLANK):
            continue
        param = _parameter(item, left)
        if param is None or "=" not in item or param[0] in params:
            raise ValueError("bad parameter in " + repr(value))
        params[param[0]] = param[1]
    return scheme, params


def quote(text: str) -> str:
    """A quoted string, as for a display name or a realm."""
    _check_value("a quoted string", text)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _unquote(text: str, at: int) -> tuple[str, int]:
    """The quoted string that begins at text[at], and where it ends."""
    chars: list[str] = []
    at += 1
    while at < len(text):
        if text[at] == '"':
            return "".join(chars), at + 1
        if text[at] == "\\":
            at += 1
        chars.append(text[at:at + 1])
        at += 1
    raise ValueError("no closing quote in " + repr(text))


def _flatten(text: str) -> tuple[str, list[str]]:
    """The text with each quoted string as a lone quotation mark, and what
    they hold: what is left can be cut at any delimiter."""
    parts: list[str] = []
    strings: list[str] = []
    at = 0
    while True:
        open_at = text.find('"', at)
        if open_at < 0:
            return "".join(parts) + text[at:], strings
        parts.append(text[at:open_at + 1])
        string, at = _unquote(text, open_at)
        strings.append(string)


def _find(text: str, chars: str) -> int:
    """Where the first of these characters is; the length when none is."""
    places = [place for place in map(text.find, chars) if place >= 0]
    return min(places, default=len(text))


def _is_free(text: str, chars: str) -> bool:
    return _find(text, chars) == len(text)


def _name(text: str, strings: list[str]) -> str:
    """A display name of a flattened value."""
    first, *rest = text.strip(_BLANK).split('"')
    return first + "".join(string + part
                           for string, part in zip(strings, rest))


def _parameter(text: str, strings: Iterator[str]) -> tuple[str, str] | None:
    """name[=value] of a flattened text, whose strings are the next ones;
    None when it is malformed."""
    found = [next(strings) for _ in range(text.count('"'))]
    name, equals, value = text.partition("=")
    name, value = name.strip(_BLANK).lower(), value.strip(_BLANK)
    if not name or not _TOKEN.issuperset(name):
        return None
    if value == '"':
        return name, found[0]
    return (name, value) if _is_free(value, ' \t"') else None


def _parameters(text: str, strings: Iterator[str]) -> dict[str, str]:
    params: dict[str, str] = {}
    for item in text.split(";"):
        param = _parameter(item, strings)
        if param is not None:
            params.setdefault(*param)
    return params


def _check_length(value: str) -> None:
    length = len(_encode(value))
    if length > VALUE_MAX:
        raise ValueError(f"a value of {length} octets")


def _is_host(text: str) -> bool:
    """As sipcgi-handler judges the host of a Request-URI."""
    if text.startswith("["):
        return len(text) > 2 and text[-1] == "]" and \
            _IPV6.issuperset(text[1:-1])
    return len(text) <= 255 and all(
        label and "-" not in (label[0], label[-1]) and
        _LABEL.issuperset(label) for label in text.split("."))


def _is_port(text: str) -> bool:
    return (bool(text) and _DIGITS.issuperset(text) and
            len(text.lstrip("0")) <= 5 and int(text) < 65536)


def _check_code(code: int) -> int:
    if not isinstance(code, int) or not 100 <= code <= 699:
        raise ValueError(f"not a status code from 100 to 699: {code!r}")
    return int(code)


def _check_reason(reason: str) -> str:
    if not isinstance(reason, str):
        raise TypeError(f"the reason phrase is not text: {reason!r}; header "
                        "fields are given as headers=")
    _check_value("the reason phrase", reason)
    name = reason[:_find(reason, " \t:")]
    rest = reason[len(name):].strip(_BLANK)
    if ((rest.startswith(":") and name and _TOKEN.issuperset(name)) or
            (rest and name.lower() in _FIELDS) or
            not _NO_REASON.isdisjoint(reason) or "sip:" in reason.lower() or
            "sips:" in reason.lower()):
        raise ValueError(f"not a reason phrase: {reason!r}; a header field "
                         "is given as headers=[(name, value)]")
    return reason


def _pairs(headers: Headers) -> Iterable[tuple[str, object]]:
    """Header fields, in any form in which they are commonly given."""
    if isinstance(headers, str):
        headers = [headers]
    items = headers.items() if isinstance(headers, dict) else headers
    for item in items:
        if isinstance(item, str):
            name, colon, value = item.partition(":")
            if not colon:
                raise ValueError(f"not a header field (Name: value): {item!r}")
            yield name.rstrip(_BLANK), value.strip(_BLANK)
        elif isinstance(item, (tuple, list)) and len(item) == 2:
            yield item[0], item[1]
        else:
            raise TypeError(f"not a header field (name, value): {item!r}")


def _check_value(name: str, value: str) -> None:
    for char in value:
        if (char < " " and char != "\t") or char == "\x7f":
            raise ValueError("control character in " + name)


def _check_field(name: str, value: object) -> tuple[str, str]:
    if not isinstance(name, str) or not name or not _TOKEN.issuperset(name):
        raise ValueError(f"not a header field name: {name!r}")
    if name.lower() in _OWN:
        raise ValueError(name + " is written by reply() itself")
    if name.lower() in ("content-type", "c"):
        raise ValueError("the type of the body is reply's content_type")
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        raise TypeError(f"the value of {name} is not text: {value!r}")
    _check_value(name, str(value))
    return name, str(value)


def _decode(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
