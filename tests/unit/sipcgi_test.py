"""What lib/sipcgi.py promises; tests/unit/libraries.bats runs each class."""

import contextlib
import io
import os
import pathlib
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(HERE.parent.parent / "lib"))
import sipcgi  # noqa: E402

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
    def read(self, function, param, value):
        first = sipcgi.split_list(value)[0]
        address = sipcgi.Address(first)
        if function == "uri":
            return address.uri
        if function == "param":
            return address.params[param.lower()]
        uri = sipcgi.Uri(address.uri)
        return uri.user or "none" if function == "user" else uri.host

    def test_the_table_of_all_languages(self):
        count = 0
        table = (HERE / "values.txt").read_text(encoding="utf-8")
        for line in table.splitlines():
            if line.startswith("#"):
                continue
            function, param, value, want = line.split("|")
            try:
                got = self.read(function, param, value)
            except (ValueError, KeyError, IndexError):
                got = "none"
            self.assertEqual(got, want, line)
            count += 1
        self.assertGreater(count, 40)

    def test_lists(self):
        self.assertEqual(
            sipcgi.split_list('"a,b" <sip:x,y@z>;q=1 ,, <sip:u>;p="1,\\",2"'),
            ['"a,b" <sip:x,y@z>;q=1', '<sip:u>;p="1,\\",2"'])
        with self.assertRaises(ValueError):
            sipcgi.split_list('<sip:a>, "open')

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
        for bad in ("sip:", "sip:@b", "sip:a@b@c", "sip:a@b:0",
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
