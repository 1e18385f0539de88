"""What lib/sipcgi promises; tests/unit/libraries.bats runs each class."""

import contextlib
import hashlib
import http
import io
import os
import pathlib
import sys
import tempfile
import threading
import time
import unittest
from unittest import mock

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent.parent / "lib"))
import sipcgi  # noqa: E402
from sipcgi import digest  # noqa: E402

ENVIRON = {
    "REQUEST_METHOD": "INVITE",
    "REQUEST_URI": "sip:bob@b.example",
    "SIPCGI_USER": "bob",
    "SIPCGI_HOST": "b.example",
    "SIPCGI_TO_TAG": "t0t4g",
    "SIP_VIA": "SIP/2.0/TCP a.example;branch=z9hG4bK1",
    "SIP_FROM": '"A" <sip:alice@a.example>;tag=1',
    "SIP_TO": "<sip:bob@b.example>",
    "SIP_CALL_ID": "1@a.example",
    "SIP_CSEQ": "7 INVITE",
    "CONTENT_LENGTH": "19",
}
COPIED = ("Via: SIP/2.0/TCP a.example;branch=z9hG4bK1\r\n"
          'From: "A" <sip:alice@a.example>;tag=1\r\n'
          "To: <sip:bob@b.example>;tag=t0t4g\r\n"
          "Call-ID: 1@a.example\r\n"
          "CSeq: 7 INVITE\r\n")


class Case(unittest.TestCase):
    def setUp(self):
        self.output = tempfile.TemporaryFile()
        self.addCleanup(self.output.close)
        self.input = open(HERE / "sip-cgi.stdin", "rb")
        self.addCleanup(self.input.close)

    def request(self, **changes):
        environ = {**ENVIRON, **changes}
        return sipcgi.Request(
            {k: v for k, v in environ.items() if v is not None},
            self.input.fileno(), self.output.fileno())

    def written(self):
        self.output.seek(0)
        return self.output.read()

    def assertWritten(self, text):
        self.assertEqual(self.written(), text.encode())


class Reply(Case):
    def test_is_complete(self):
        self.request().reply(302, headers=[("Contact", "<sip:b@192.0.2.7>")])
        self.assertWritten(
            "SIP/2.0 302 Moved Temporarily\r\n" + COPIED +
            "Contact: <sip:b@192.0.2.7>\r\nContent-Length: 0\r\n\r\n")

    def test_length_is_in_octets(self):
        self.request().reply(200, body="grün".encode())
        self.assertWritten(
            "SIP/2.0 200 OK\r\n" + COPIED +
            "Content-Type: text/plain;charset=UTF-8\r\n"
            "Content-Length: 5\r\n\r\ngrün")

    def test_body_has_the_type_given(self):
        self.request().reply(200, body=b"v=0\0",
                             content_type="application/sdp")
        self.assertWritten(
            "SIP/2.0 200 OK\r\n" + COPIED +
            "Content-Type: application/sdp\r\n"
            "Content-Length: 4\r\n\r\nv=0\0")

    def test_tag_is_not_added_twice(self):
        self.request(SIPCGI_TO_TAG=None,
                     SIP_TO="<sip:bob@b.example>;tag=9").reply(486)
        self.assertIn(b"\r\nTo: <sip:bob@b.example>;tag=9\r\n",
                      self.written())

    def test_ack_is_never_answered(self):
        request = self.request(REQUEST_METHOD="ACK")
        request.reply(200)
        request.reply(9999)
        self.assertTrue(request.answered)
        self.assertWritten("")

    def test_trying_carries_the_timestamp(self):
        self.request(SIP_TIMESTAMP="54").reply(100)
        self.assertIn(b"\r\nTimestamp: 54\r\n", self.written())
        self.output.truncate(0)
        self.request(SIP_TIMESTAMP="54").reply(200)
        self.assertNotIn(b"Timestamp", self.written())

    def test_record_route_where_a_dialog_begins(self):
        for method, code, copied in (
                ("INVITE", 100, False), ("INVITE", 180, True),
                ("INVITE", 200, True), ("INVITE", 302, False),
                ("SUBSCRIBE", 200, True), ("SUBSCRIBE", 489, False),
                ("OPTIONS", 200, False)):
            self.output.truncate(0)
            self.request(REQUEST_METHOD=method,
                         SIP_RECORD_ROUTE="<sip:p;lr>").reply(code)
            self.assertEqual(
                b"\r\nRecord-Route: <sip:p;lr>\r\n" in self.written(), copied)

    def test_unknown_code_has_the_phrase_of_its_class(self):
        self.request().reply(299)
        self.assertTrue(self.written().startswith(b"SIP/2.0 299 Success\r\n"))

    def test_octets_that_are_not_utf8_survive(self):
        self.request(SIP_FROM="\udcff\udc80;tag=1").reply(200)
        self.assertIn(b"\r\nFrom: \xff\x80;tag=1\r\n", self.written())

    def test_nothing_begins_a_line_of_its_own(self):
        for bad in "a\r\nEvil: 1", "a\n", "\ra", "a\0", "a\x1b[2J", "\x7f":
            for given in (dict(headers=[("Subject", bad)]),
                          dict(reason=bad),
                          dict(body=b"x", content_type=bad)):
                with self.assertRaises(ValueError):
                    self.request().reply(200, **given)
        self.assertWritten("")

    def test_the_commonest_slips_work(self):
        for headers in ({"Retry-After": "30"}, [("Retry-After", 30)],
                        ["Retry-After: 30"], "Retry-After: 30",
                        (["Retry-After", "30"],), ["Retry-After :30"]):
            self.output.truncate(0)
            self.output.seek(0)
            self.request().reply(503, headers=headers)
            self.assertIn(b"\r\nRetry-After: 30\r\n", self.written())
        self.output.truncate(0)
        self.output.seek(0)
        self.request().reply(http.HTTPStatus.OK, body="grün")
        self.assertTrue(self.written().startswith(b"SIP/2.0 200 OK\r\n"))
        self.assertTrue(self.written().endswith(
            "Content-Length: 5\r\n\r\ngrün".encode()))

    def test_what_does_not_work_says_what_is_wrong(self):
        for words, arguments in (
                ("status code", dict(code=486.0)),
                ("status code", dict(code="486")),
                ("status code", dict(code=True)),
                ("status code", dict(code=None)),
                ("headers=", dict(reason=[("Contact", "<sip:a>")])),
                ("headers=", dict(reason="Contact: <sip:a>")),
                ("headers=", dict(reason="Contact : x")),
                ("headers=", dict(reason="Contact <sip:a>")),
                ("headers=", dict(reason="Contact sip:a")),
                ("headers=", dict(reason="Retry-After 30")),
                ("not text", dict(headers={"Contact": None})),
                ("not text", dict(headers={"Contact": ["<sip:a>"]})),
                ("not text", dict(headers=[("Contact", b"<sip:a>")])),
                (r"\(name, value\)", dict(headers=[None])),
                (r"\(name, value\)", dict(headers=[("Contact",)])),
                ("Name: value", dict(headers=["Contact"])),
                ("content_type", dict(headers={"Content-Type": "a/b"})),
                ("body", dict(body=None)),
                ("body", dict(body=5))):
            with self.assertRaisesRegex((TypeError, ValueError), words,
                                        msg=arguments):
                self.request().reply(**{"code": 200, **arguments})
        self.assertWritten("")
        for reason in ("Retry-After", "Sip is down", "Contact us",
                       "Gone fishing: back at 5", "Käse: x"):
            self.request().reply(480, reason)

    def test_methods_that_are_not_allowed(self):
        self.assertTrue(self.request().allow("OPTIONS", "INVITE"))
        self.assertFalse(self.request(REQUEST_METHOD="ACK").allow("INVITE"))
        self.assertWritten("")
        self.assertFalse(self.request().allow("OPTIONS", "ACK"))
        self.assertWritten("SIP/2.0 405 Method Not Allowed\r\n" + COPIED +
                           "Allow: OPTIONS, ACK\r\n"
                           "Content-Length: 0\r\n\r\n")

    def test_extensions_that_are_not_known(self):
        self.assertTrue(self.request().require())
        required = {"SIP_REQUIRE": "timer ,100rel,, X"}
        self.assertTrue(self.request(**required).require(
            "100rel", "TIMER", "x"))
        for method in "ACK", "CANCEL":
            self.assertTrue(self.request(REQUEST_METHOD=method,
                                         **required).require())
        self.assertWritten("")
        self.assertFalse(self.request(**required).require("Timer"))
        self.assertWritten("SIP/2.0 420 Bad Extension\r\n" + COPIED +
                           "Unsupported: 100rel, X\r\n"
                           "Content-Length: 0\r\n\r\n")

    def test_names_are_tokens_and_not_its_own(self):
        for name in ("", "a b", "a:", "ä", "a\r\nb", "VIA", "v", "To",
                     "Content-Length", "l", "content-type"):
            with self.assertRaises(ValueError):
                self.request().reply(200, headers=[(name, "x")])
        for code in (0, 99, 700):
            with self.assertRaises(ValueError):
                self.request().reply(code)
        self.assertWritten("")


class Input(Case):
    def test_body(self):
        self.input.seek(30)
        self.assertEqual(self.request().body, b"line 1\r\nline 2\n\nend")
        self.assertEqual(self.input.tell(), 30)
        self.assertEqual(self.request(CONTENT_LENGTH=None).body, b"")

    def test_body_from_a_pipe(self):
        reader, writer = os.pipe()
        os.write(writer, b"A: b\xff\r\n\r\nbody")
        os.close(writer)
        request = sipcgi.Request({"CONTENT_LENGTH": "4"}, reader)
        self.assertEqual(request.body, b"body")
        self.assertEqual(request.rows("a"), ["b\udcff"])
        os.close(reader)

    def test_rows(self):
        request = self.request()
        self.assertEqual(request.rows("authorization"),
                         ['Digest username="bob", realm="r"', "Basic x"])
        self.assertEqual(request.rows("X_Odd"), ["a b c"])
        self.assertEqual(request.rows("Empty"), [""])
        self.assertEqual(request.rows("line 1"), [])

    def test_get(self):
        self.assertEqual(self.request().get("Call-Id"), "1@a.example")
        self.assertEqual(self.request().get("Subject"), "")
        self.assertIn("Call-ID", self.request())
        self.assertNotIn("Subject", self.request())

    def test_parts(self):
        request = self.request()
        self.assertEqual((request.method, request.uri, request.user,
                          request.host),
                         ("INVITE", "sip:bob@b.example", "bob", "b.example"))


class Values(Case):
    @staticmethod
    def read(function, param, value):
        if function == "list":
            return " // ".join(sipcgi.split_list(value)) or None
        if function in ("scheme", "credential"):
            scheme, params = sipcgi.parse_credentials(value)
            return scheme if function == "scheme" else params[param.lower()]
        address = sipcgi.Address(value)
        if function == "uri":
            return address.uri or None
        if function == "param":
            return address.params[param.lower()]
        uri = sipcgi.Uri(value if value[:4].lower() == "tel:" else address.uri)
        return getattr(uri, function) or None

    def test_the_table_of_all_languages(self):
        count = 0
        table = (HERE / "values.txt").read_text(encoding="utf-8")
        for line in table.splitlines():
            if line.startswith("#"):
                continue
            function, param, value, want = line.split("|")
            try:
                got = self.read(function, param, value)
            except (ValueError, KeyError):
                got = None
            with self.subTest(line):
                self.assertEqual("none" if got is None else got, want)
            count += 1
        self.assertGreater(count, 180)

    def test_lists(self):
        self.assertEqual(
            sipcgi.split_list('"a,b" <sip:x,y@z>;q=1 ,, <sip:u>;p="1,\\",2"'),
            ['"a,b" <sip:x,y@z>;q=1', '<sip:u>;p="1,\\",2"'])
        with self.assertRaises(ValueError):
            sipcgi.split_list('<sip:a>, "open')

    def test_long_values_are_refused(self):
        for length, good in ((2048, True), (2049, False)):
            value = "<sip:a@b>;x=".ljust(length, "y")
            uri = "sip:a@b;x=".ljust(length, "y")
            for function, text in (sipcgi.Address, value), (sipcgi.Uri, uri):
                if good:
                    function(text)
                else:
                    with self.assertRaises(ValueError):
                        function(text)

    def test_the_first_of_two_parameters_counts(self):
        self.assertEqual(sipcgi.Address("<sip:a>;tag=1;Tag=2").params,
                         {"tag": "1"})

    def test_display_name(self):
        self.assertEqual(sipcgi.Address('"a\\"b" <sip:x>').display, 'a"b')
        self.assertEqual(sipcgi.Address("A B <sip:x>").display, "A B")

    def test_uri(self):
        uri = sipcgi.Uri("SIPS:bob:pw@[::1]:5061;transport=TCP;lr?a=b")
        self.assertEqual((uri.scheme, uri.user, uri.host, uri.port,
                          uri.params),
                         ("sips", "bob", "[::1]", 5061,
                          {"transport": "TCP", "lr": ""}))
        for bad in ("sip:", "sip:@b", "sip:a@b@c", "sip:a@b:-0",
                    "sip:a@b:65536", "sip:a@b:x", "sip:a@b:٣", "a@b",
                    "sip:a>@b", "sip:a@b c", "sip:a@b,c", "sip:ä@b",
                    "sip:a@b;x=\r\n"):
            with self.assertRaises(ValueError, msg=bad):
                sipcgi.Uri(bad)

    def test_credentials(self):
        self.assertEqual(
            sipcgi.parse_credentials('Digest username="a\\"b, c" ,qop=auth,'
                                     'uri="sip:x;y=1",nc = 00000001'),
            ("digest", {"username": 'a"b, c', "qop": "auth",
                        "uri": "sip:x;y=1", "nc": "00000001"}))
        for bad in ('Digest a="x"y', 'Digest "x"', 'Digest a="x'):
            with self.assertRaises(ValueError):
                sipcgi.parse_credentials(bad)

    def test_quote(self):
        self.assertEqual(sipcgi.quote('a"b\\c'), '"a\\"b\\\\c"')
        with self.assertRaises(ValueError):
            sipcgi.quote("a\r\nb")


class Digest(Case):
    REALM = "b.example"

    def setUp(self):
        super().setUp()
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.key = os.path.join(directory.name, "key")

    def digest(self, **options):
        return digest.Digest(self.REALM, self.key,
                             digest.ALGORITHMS, **options)

    @staticmethod
    def answer(challenge, user="bob", password="pw", method="INVITE",
               uri="sip:bob@b.example", nc="00000001", **changes):
        """The credentials that a phone makes, by the hash named there."""
        _, asked = sipcgi.parse_credentials(challenge)
        name = {"MD5": "md5", "SHA-256": "sha256",
                "SHA-512-256": "sha512_256"}[asked["algorithm"]]

        def h(*parts):
            return hashlib.new(name, ":".join(parts).encode()).hexdigest()

        params = {"username": user, "realm": asked["realm"],
                  "nonce": asked["nonce"], "uri": uri, "nc": nc,
                  "cnonce": "c", "qop": "auth",
                  "algorithm": asked["algorithm"]}
        params.update(changes)
        params.setdefault("response", h(
            h(user, asked["realm"], password), params["nonce"], nc, "c",
            params["qop"] or "auth", h(method, uri)))
        return "Digest " + ", ".join(
            f"{name}={value}" if name in ("nc", "qop", "algorithm") else
            f"{name}={sipcgi.quote(value)}"
            for name, value in params.items() if value is not None)

    def verify(self, rows, target=None, is_fresh=None, **changes):
        header = "Proxy-Authorization" if target and target.proxy else \
            "Authorization"
        self.input = tempfile.TemporaryFile()
        self.addCleanup(self.input.close)
        for row in [rows] if isinstance(rows, str) else rows:
            self.input.write(f"{header}: {row}\r\n".encode(
                "utf-8", "surrogateescape"))
        self.input.write(b"\r\n")
        self.input.flush()
        request = self.request(CONTENT_LENGTH=None, **changes)

        def find(user, algorithm):
            return None if user != "bob" else digest.ha1(
                user, self.REALM, "pw", algorithm)

        return (target or self.digest()).verify(request, find, is_fresh)

    def assertDenied(self, why, code, *arguments, stale=False, **keywords):
        with self.assertRaises(digest.Denied) as caught:
            self.verify(*arguments, **keywords)
        denied = caught.exception
        self.assertEqual((denied.why, denied.answer[0]), (why, code))
        for _, value in denied.answer[2]:
            self.assertEqual(value.endswith(", stale=true"), stale, value)
        self.assertEqual(len(denied.answer[2]), 0 if code == 400 else 3)
        return denied

    def test_each_algorithm(self):
        rows = [value for _, value in self.digest().challenge()]
        self.assertEqual(len(rows), 3)
        for row, algorithm in zip(rows, digest.ALGORITHMS):
            seen = self.verify(self.answer(row))
            self.assertEqual((seen.username, seen.count, seen.algorithm),
                             ("bob", 1, algorithm))

    def test_the_examples_of_the_standard(self):
        # RFC 7616 section 3.9.1.
        for algorithm, user, realm, password, nonce, cnonce, uri, good in (
                ("MD5", "Mufasa", "http-auth@example.org", "Circle of Life",
                 "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
                 "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
                 "/dir/index.html", "8ca523f5e9506fed4657c9700eebdbec"),
                ("SHA-256", "Mufasa", "http-auth@example.org",
                 "Circle of Life",
                 "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
                 "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
                 "/dir/index.html",
                 "753927fa0e85d155564e2e272a28d1802ca10daf449679469"
                 "7cf8db5856cb6c1")):
            params = {"nonce": nonce, "cnonce": cnonce, "qop": "auth",
                      "nc": "00000001", "uri": uri, "response": good}
            self.assertTrue(self.digest()._is_right(
                params, digest.ha1(user, realm, password, algorithm),
                algorithm, "GET"), algorithm)

    def test_challenge_is_a_whole_answer(self):
        with self.assertRaises(digest.Denied) as caught:
            self.verify([])
        request = self.request()
        request.reply(*caught.exception.answer)
        self.assertRegex(
            self.written().decode(),
            'SIP/2.0 401 Unauthorized\r\n(?s:.*)\r\nWWW-Authenticate: '
            'Digest realm="b.example", nonce="[0-9a-f]+-[0-9a-f]{16}-'
            '[0-9a-f]{64}", algorithm=MD5, qop="auth"\r\n')

    def test_a_key_that_is_no_file(self):
        # The same key is the same, wherever it is kept.
        row = self.digest().challenge()[0][1]
        with open(self.key, "rb") as file:
            target = digest.Digest(self.REALM, file.read())
        self.assertEqual(
            self.verify(self.answer(row), target).username, "bob")
        with self.assertRaises(ValueError):
            digest.Digest(self.REALM, b"short")

    def test_proxy(self):
        target = self.digest(proxy=True)
        (name, row), *_ = target.challenge()
        self.assertEqual(name, "Proxy-Authenticate")
        self.assertEqual(
            self.verify(self.answer(row), target).username, "bob")
        self.assertDenied("missing", 407, [], target)

    def test_who_is_denied(self):
        row = self.digest().challenge()[0][1]
        other = digest.Digest(self.REALM, self.key + "2").challenge()[0][1]
        cases = (
            ("missing", 401, []),
            ("missing", 401, ["Basic eA=="]),
            ("missing", 401, ["Bearer x.y.z"]),
            ("missing", 401, self.answer(row, realm="c.example")),
            ("malformed", 400, ['Digest username="bob']),
            ("algorithm", 401, self.answer(row, algorithm="SHA-1")),
            ("incomplete", 401, self.answer(row, qop=None)),
            ("incomplete", 401, self.answer(row, qop="auth-int")),
            ("incomplete", 401, self.answer(row, cnonce=None)),
            ("incomplete", 401, self.answer(row, username="")),
            ("incomplete", 401, self.answer(row, nc="1")),
            ("incomplete", 401, self.answer(row, nc="0000000g")),
            ("incomplete", 401, self.answer(row, nc="+0000001")),
            ("uri", 400, self.answer(row, uri="sip:eve@b.example")),
            ("uri", 400, self.answer(row, uri="sip:bob@b.example:5061"),
             None, None, "sip:bob@b.example:5060"),
            ("user", 401, self.answer(row, user="eve")),
            ("user", 401, self.answer(row, username="\udcff")),
            ("password", 401, self.answer(row, password="x")),
            ("password", 401, self.answer(row, response="\udcff")),
            ("password", 401, self.answer(row, method="BYE")),
        )
        for why, code, rows, *more in cases:
            changes = {"REQUEST_URI": more[2]} if more else {}
            with self.subTest(why=why, rows=rows):
                self.assertDenied(why, code, rows, **changes)
        for nonce in ("x", "-", "1-2-3", row[30:60], "f" * 5000,
                      "00000000001-" + "0" * 16 + "-" + "0" * 64):
            # The password is right, so nobody needs to be asked.
            self.assertDenied("nonce", 401, self.answer(row, nonce=nonce),
                              stale=True)
        self.assertDenied("nonce", 401, self.answer(other, password="x"))

    def test_a_row_of_another_scheme_or_realm_does_no_harm(self):
        row = self.answer(self.digest().challenge()[0][1])
        for others in (["Bearer x=="], ['Digest realm="x", qop=auth'],
                       ['Digest username="open']):
            self.assertEqual(self.verify(others + [row]).username, "bob")
            self.assertEqual(self.verify([row] + others).username, "bob")

    def test_blanks_and_case_do_not_matter(self):
        row = self.answer(self.digest().challenge()[0][1])
        for text in (row.replace("Digest ", "DIGEST \t "),
                     row.replace(", ", " ,\t"), row.replace("=", " = "),
                     row.replace("algorithm=MD5", "Algorithm=md5"),
                     row.replace("username", "USERNAME")):
            self.assertEqual(self.verify(text).username, "bob", text)

    def test_uris_that_mean_the_same(self):
        row = self.digest().challenge()[0][1]
        for given, wanted in (
                ("sip:b.example", "sip:b.example:5060"),
                ("sip:B.Example", "sip:b.example;transport=tcp"),
                ("sip:b.example;lr", "sip:b.example"),
                ("sip:%62ob@b.example", "sip:bob@b.example;user=phone"),
                ("tel:+1A", "tel:+1a")):
            for uri, requested in ((given, wanted), (wanted, given)):
                self.verify(self.answer(row, uri=uri), REQUEST_URI=requested)

    def test_nonce_gets_old(self):
        target = self.digest(lifetime=10)
        row = self.answer(target.challenge()[0][1])
        now = time.time()
        for later in -5, 12:
            with mock.patch("time.time", return_value=now + later):
                self.assertDenied("stale", 401, row, target, stale=True)
        # Who does not know the password does not hear that it is stale.
        bad = self.answer(target.challenge()[0][1], password="x")
        with mock.patch("time.time", return_value=now + 12):
            self.assertDenied("password", 401, bad, target)

    def test_counts_may_be_kept(self):
        row = self.digest().challenge()[0][1]
        highest = {}

        def is_fresh(nonce, count):
            if count <= highest.get(nonce, 0):
                return False
            highest[nonce] = count
            return True

        for nc, good in (("00000001", True), ("00000001", False),
                         ("0000000A", True), ("00000009", False)):
            text = self.answer(row, nc=nc)
            if good:
                self.verify(text, is_fresh=is_fresh)
            else:
                self.assertDenied("stale", 401, text, is_fresh=is_fresh,
                                  stale=True)
        # Only of somebody who knows the password.
        self.assertDenied("password", 401, self.answer(row, password="x"),
                          is_fresh=self.fail)

    def test_key_is_made_once_and_for_the_owner(self):
        targets = []
        threads = [threading.Thread(
            target=lambda: targets.append(self.digest())) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len({target._key for target in targets}), 1)
        self.assertEqual(os.stat(self.key).st_mode & 0o777, 0o600)
        self.assertEqual(os.listdir(os.path.dirname(self.key)), ["key"])
        with open(self.key, "w", encoding="ascii") as file:
            file.write("short\n")
        with self.assertRaises(ValueError):
            self.digest()


class Run(Case):
    def setUp(self):
        super().setUp()
        saved = os.dup(1)
        self.addCleanup(os.close, saved)
        self.addCleanup(os.dup2, saved, 1)
        os.dup2(self.output.fileno(), 1)
        os.environ.update(ENVIRON)
        for name in ENVIRON:
            self.addCleanup(os.environ.pop, name)

    def run_main(self, main):
        log = io.StringIO()
        with contextlib.redirect_stderr(log):
            sipcgi.run(main)
        return log.getvalue()

    def test_an_exception_is_a_500_and_in_the_log(self):
        log = self.run_main(lambda request: request.reply(200, "a\nb"))
        self.assertIn("control character in the reason phrase", log)
        self.assertWritten("SIP/2.0 500 Server Internal Error\r\n" + COPIED +
                           "Content-Length: 0\r\n\r\n")

    def test_no_answer_is_a_500(self):
        self.run_main(lambda request: request.reply(180))
        self.assertEqual(self.written().count(b"SIP/2.0 "), 2)
        self.assertIn(b"SIP/2.0 500 Server", self.written())

    def test_an_ack_needs_no_answer(self):
        os.environ["REQUEST_METHOD"] = "ACK"
        self.run_main(lambda request: None)
        self.assertWritten("")

    def test_an_answer_is_left_alone(self):
        def main(request):
            request.reply(200)
            raise KeyError("after the answer")
        self.assertIn("after the answer", self.run_main(main))
        self.assertEqual(self.written().count(b"\r\n\r\n"), 1)


if __name__ == "__main__":
    unittest.main()
