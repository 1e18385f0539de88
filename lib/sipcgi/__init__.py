"""Answer SIP requests from a Python 3 script.

    #!/usr/bin/python3 -IS
    import sys
    sys.path.insert(0, "/usr/local/share/sip-cgi")
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
started for each request; -IS saves as much again.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

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

_ALNUM = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                   "0123456789")
_TOKEN = _ALNUM | frozenset("-.!%*_+`'~")
_UNRESERVED = _ALNUM | frozenset("-_.!~*'()")
_HOST = _ALNUM | frozenset("-_.:")
_HEX = frozenset("0123456789ABCDEFabcdef")
_BLANK = " \t"

# What reply() writes itself, compact forms too.
_OWN = frozenset(("via", "v", "from", "f", "to", "t", "call-id", "i", "cseq",
                  "content-length", "l"))


class Uri:
    """A sip: or sips: URI in parts.

    user is canonical, as SIPCGI_USER is, and None when there is none; host
    is in small letters without a final dot, an IPv6 address in brackets.
    """

    def __init__(self, text: str) -> None:
        scheme, colon, rest = text.partition(":")
        self.scheme = scheme.lower()
        if not colon or self.scheme not in ("sip", "sips"):
            raise ValueError("not a sip: or sips: URI: " + repr(text))
        # So that it can stand between "<" and ">" in an answer.
        if not all("!" <= char <= "~" and char not in '<>"' for char in text):
            raise ValueError("bad character in URI: " + repr(text))
        user, at, rest = rest.rpartition("@")
        self.user = canonical(user.partition(":")[0]) if at else None
        if self.user == "" or "@" in user:
            raise ValueError("bad user in URI: " + repr(text))
        rest = rest.partition("?")[0]
        hostport, _, params = rest.partition(";")
        self.params: dict[str, str] = {}
        for param in params.split(";") if params else ():
            name, _, value = param.partition("=")
            self.params[name.lower()] = value
        end = hostport.find("]") + 1 if hostport.startswith("[") else 0
        host, colon, port = hostport[end:].partition(":")
        self.host = (hostport[:end] + host).lower().removesuffix(".")
        if (not self.host or not _HOST.issuperset(self.host.strip("[]")) or
                (colon and not _is_port(port))):
            raise ValueError("bad host in URI: " + repr(text))
        self.port = int(port) if colon else None


class Address:
    """One value of From, To, Contact, Route ...: display name, URI and
    header parameters (names in small letters, values without quotes)."""

    def __init__(self, value: str) -> None:
        value = value.strip(_BLANK)
        self.display = ""
        at = 0
        if value.startswith('"'):
            self.display, at = _unquote(value, 0)
            if value[at:].lstrip(_BLANK)[:1] != "<":
                raise ValueError("no URI in " + repr(value))
        open_at = value.find("<", at)
        if open_at < 0:
            # "a;b" may be a user, so parameters start behind the "@".
            end = value.find(";", value.find("@") + 1)
            end = len(value) if end < 0 else end
            self.uri = value[:end].rstrip(_BLANK)
        else:
            end = value.find(">", open_at)
            if end < 0:
                raise ValueError("no > in " + repr(value))
            if not at:
                self.display = value[:open_at].strip(_BLANK)
            self.uri = value[open_at + 1:end]
            end += 1
        self.params = parse_params(value[end:], ";")


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
        self.answered = self.method == "ACK"
        self._stdin = stdin
        self._stdout = stdout
        self._message: bytes | None = None

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
        lines: list[tuple[str, str]] = []
        for octets in self._split()[0].split(b"\n"):
            line = _decode(octets.removesuffix(b"\r"))
            if line[:1] in (" ", "\t") and lines:
                field, value = lines.pop()
                line = line.strip(_BLANK)
                lines.append((field, (value + " " + line).strip(_BLANK)))
                continue
            field, _, value = line.partition(":")
            lines.append((field.rstrip(_BLANK), value.strip(_BLANK)))
        return [value for field, value in lines if field.lower() == name]

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

    def reply(self, code: int, reason: str = "",
              headers: Iterable[tuple[str, str]] = (), body: bytes = b"",
              content_type: str = "text/plain;charset=UTF-8") -> None:
        """Write one complete response. Raises ValueError, with nothing
        written, for what cannot be sent."""
        if self.method == "ACK":
            return
        if not 100 <= code <= 699:
            raise ValueError(f"not a status code from 100 to 699: {code}")
        reason = reason or PHRASES.get(code) or _CLASSES[code // 100 - 1]
        rows = [(name, value) for name, value in headers]
        for name, value in rows:
            _check_field(name, value)
        if body:
            _check_value("Content-Type", content_type)
            rows.append(("Content-Type", content_type))
        _check_value("the reason phrase", reason)
        lines = [f"SIP/2.0 {code} {reason}"]
        for name, value in self._copied(code) + rows:
            lines.append(f"{name}: {value}")
        lines += [f"Content-Length: {len(body)}", "", ""]
        self._write(_encode("\r\n".join(lines)) + body)
        self.answered = code >= 200

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
                print("sipcgi.py:", name, "is not in the environment",
                      file=sys.stderr)
        return copied

    def _write(self, octets: bytes) -> None:
        while octets:
            octets = octets[os.write(self._stdout, octets):]


def run(main: Callable[[Request], None]) -> None:
    """Call main with the request; answer 500 when it raises or ends
    without a final answer."""
    request = Request()
    try:
        main(request)
    except BrokenPipeError:
        return      # the caller is gone
    except Exception:
        import traceback
        traceback.print_exc()
    if not request.answered:
        request.reply(500)


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
    """The values of a header field whose rows were joined by commas."""
    values = []
    start = at = 0
    bracket = False
    while at < len(value):
        char = value[at]
        if char == '"' and not bracket:
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
    values.append(value[start:].strip(_BLANK))
    return [item for item in values if item]


def parse_params(text: str, separator: str) -> dict[str, str]:
    """name=value pairs, each after a ";" or, as in Digest credentials,
    between commas. The first of a name counts."""
    params: dict[str, str] = {}
    at = 0
    while at < len(text):
        if text[at] in _BLANK or text[at] == separator:
            at += 1
            continue
        end = at
        while end < len(text) and text[end] not in separator + "=":
            end += 1
        name = text[at:end].strip(_BLANK).lower()
        if not name or not _TOKEN.issuperset(name):
            raise ValueError("bad parameter in " + repr(text))
        value = ""
        at = end
        if text[at:at + 1] == "=":
            at += 1
            while text[at:at + 1] in (" ", "\t"):
                at += 1
            if text[at:at + 1] == '"':
                value, at = _unquote(text, at)
                while text[at:at + 1] in (" ", "\t"):
                    at += 1
                if text[at:at + 1] not in ("", separator):
                    raise ValueError("bad parameter in " + repr(text))
            else:
                end = text.find(separator, at)
                end = len(text) if end < 0 else end
                value = text[at:end].strip(_BLANK)
                at = end
        params.setdefault(name, value)
    return params


def parse_credentials(value: str) -> tuple[str, dict[str, str]]:
    """The scheme, in small letters, and the parameters of one row of
    Authorization or Proxy-Authorization."""
    value = value.strip(_BLANK)
    end = 0
    while end < len(value) and value[end] not in _BLANK:
        end += 1
    return value[:end].lower(), parse_params(value[end:], ",")


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


def _is_port(text: str) -> bool:
    return text.isdigit() and len(text) <= 5 and 0 < int(text) < 65536


def _check_value(name: str, value: str) -> None:
    for char in value:
        if (char < " " and char != "\t") or char == "\x7f":
            raise ValueError("control character in " + name)


def _check_field(name: str, value: str) -> None:
    if not name or not _TOKEN.issuperset(name):
        raise ValueError("not a header field name: " + repr(name))
    if name.lower() in _OWN:
        raise ValueError(name + " is written by reply() itself")
    if name.lower() in ("content-type", "c"):
        raise ValueError("the type of the body is reply's content_type")
    _check_value(name, value)


def _decode(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
