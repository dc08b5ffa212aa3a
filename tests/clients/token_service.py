#!/usr/bin/env python3
"""Docker Hub's token service, for tests: lets everybody pull.

usage: token_service.py HOST:PORT TLS_CERT TLS_KEY SIGNING_CERT SIGNING_KEY

Answers GET over https with tokens as CNCF distribution verifies them: JWTs,
signed with RS256, that carry their certificate. A line per token goes to
standard output.
"""

import base64
import http.server
import json
import ssl
import subprocess
import sys
import time
import urllib.parse
import uuid

LIFETIME_SECONDS = 300


def encode(data):
    if isinstance(data, dict):
        data = json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Signer:
    def __init__(self, certificate, key):
        self.key = key
        with open(certificate, encoding="ascii") as file:
            lines = file.read().splitlines()
        self.header = {
            "typ": "JWT",
            "alg": "RS256",
            "x5c": ["".join(line for line in lines if "-----" not in line)],
        }

    def sign(self, claims):
        text = encode(self.header) + "." + encode(claims)
        signature = subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", self.key],
            input=text.encode(),
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        return text + "." + encode(signature)


def pulls_of(scopes):
    """What of the scopes, `repository:NAME:ACTIONS`, is granted: pulls."""
    granted = []
    for scope in scopes:
        kind, _, rest = scope.partition(":")
        name, _, actions = rest.rpartition(":")
        if "pull" in actions.split(","):
            granted.append({"type": kind, "name": name, "actions": ["pull"]})
    return granted


class Handler(http.server.BaseHTTPRequestHandler):
    signer = None

    def do_GET(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        scopes = " ".join(query.get("scope", [])).split()
        now = int(time.time())
        claims = {
            "iss": "test-issuer",
            "sub": "",
            "aud": query.get("service", [""])[0],
            "iat": now,
            "nbf": now - 5,
            "exp": now + LIFETIME_SECONDS,
            "jti": str(uuid.uuid4()),
            "access": pulls_of(scopes),
        }
        token = self.signer.sign(claims)
        answer = {"token": token, "expires_in": LIFETIME_SECONDS}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        agent = self.headers.get("User-Agent", "")
        print("token", " ".join(scopes), agent, flush=True)

    def log_message(self, *_):
        pass


def main():
    address, tls_certificate, tls_key, certificate, key = sys.argv[1:]
    host, _, port = address.rpartition(":")
    Handler.signer = Signer(certificate, key)
    server = http.server.ThreadingHTTPServer((host, int(port)), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls_certificate, tls_key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
