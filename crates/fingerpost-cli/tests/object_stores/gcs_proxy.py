"""Forwards requests to fake-gcs-server, which accepts the uploads of the XML API only with a signed URL, returns no headers of the
new object, and decompresses gzip uploads: gcs_proxy.py PORT ORIGIN"""

import http.server
import json
import sys
import urllib.error
import urllib.request

port, origin = sys.argv[1:]


class Proxy(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def forward(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        target = self.path
        if self.command == "PUT":
            target += ("&" if "?" in target else "?") + "X-Goog-Algorithm=GOOG4-RSA-SHA256"
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        # The server decompresses uploads, unlike Google.
        if encoding := headers.pop("Content-Encoding", None) or headers.pop("content-encoding", None):
            headers["x-goog-meta-encoding"] = encoding
        request = urllib.request.Request(origin + target, method=self.command, data=body or None, headers=headers)
        if self.command == "PUT" and not body:
            request.data = b""
        try:
            response = urllib.request.urlopen(request, timeout=10)
        except urllib.error.HTTPError as err:
            response = err
        content = response.read()
        self.send_response(response.status)
        for name, value in response.headers.items():
            if name.lower() == "x-goog-meta-encoding":
                self.send_header("Content-Encoding", value)
            elif name.lower() not in ("connection", "content-length", "date", "transfer-encoding"):
                self.send_header(name, value)
        if self.command == "PUT" and response.status == 200:
            created = json.loads(content)
            self.send_header("ETag", '"' + created["etag"] + '"')
            self.send_header("x-goog-generation", created["generation"])
        length = response.headers.get("Content-Length") if self.command == "HEAD" else len(content)
        self.send_header("Content-Length", str(length or 0))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_DELETE = do_GET = do_HEAD = do_POST = do_PUT = forward

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Proxy).serve_forever()
