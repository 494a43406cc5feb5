#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
A stand-in for NDES, as Windows servers of several years answer (RFC 8894 and
where they depart from it), and for servers that are none.

    ndes.py FOLDER ADDRESS:PORT [ADDRESS:PORT]

The second port is for TLS, with tls.pem and tls.key.

FOLDER holds ca.pem, ca.key, enc.pem, enc.key (CEP Encryption), sign.pem,
sign.key (Exchange Enrollment Agent), chain.pem, and "challenge", whose text is
good once. What is asked for with "/pending/" in the path waits until there is
a file "approved". The path's first part chooses who answers:

    /2003/    hangs up at GetCACaps; 3DES and SHA-1 only; no certificates along
    /2012/    says nothing at GetCACaps; failures in SHA-1 with a byte of
              content, a NULL and NDES's HRESULT
    /2019/    AES and SHA-256, by POST; RenewalReq; the same failures in SHA-256
    /nonce/   another nonce    /half/  half an answer   /slow/  no answer
    /other/   a certificate for another key
    /stall/   no answer to the first request, which it says in "stalled"
    /page/    a page for people
    /down/    HTTP 503 with words

All but the signature's attributes is openssl's work.
"""
import base64
import http.server
import os
import re
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

FOLDER = sys.argv[1]
LOCK = threading.Lock()
SCEP = "2.16.840.1.113733.1.9."
HRESULT = "1.3.6.1.4.1.311.21.33"
E_INVALIDARG = "-2147024809"
CAPS = b"POSTPKIOperation\nRenewal\nSHA-512\nSHA-256\nSHA-1\nDES3\nAES\n"


def path(name):
    return os.path.join(FOLDER, name)


def read(name):
    with open(path(name), "rb") as f:
        return f.read()


def openssl(*args, data=b""):
    return subprocess.run(["openssl", *args], input=data, check=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


# --- DER, X.690 ---


def elements(data):
    """One level: (tag, content, the whole)."""
    at = 0
    while at < len(data):
        start, tag, n, at = at, data[at], data[at + 1], at + 2
        if n & 0x80:
            count = n & 0x7F
            n = int.from_bytes(data[at:at + count], "big")
            at += count
        yield tag, data[at:at + n], data[start:at + n]
        at += n


def tlv(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    if n < 0x80:
        return bytes([tag, n]) + body
    size = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def oid(dotted):
    first, second, *rest = map(int, dotted.split("."))
    out = bytes([40 * first + second])
    for n in rest:
        chunk = [n & 0x7F]
        while n := n >> 7:
            chunk.append(0x80 | n & 0x7F)
        out += bytes(reversed(chunk))
    return tlv(6, out)


def seq(*parts):
    return tlv(0x30, *parts)


DATA = oid("1.2.840.113549.1.7.1")
SIGNED = oid("1.2.840.113549.1.7.2")
RSA = seq(oid("1.2.840.113549.1.1.1"), b"\5\0")
HASHES = {"sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1"}


def inside(der, *way):
    """Goes down: each step is the number of an element."""
    for step in way:
        der = list(elements(der))[step][1]
    return der


def attributes(message):
    """The signed attributes: OID's DER to the value's content."""
    info = list(elements(inside(message, 0, 1, 0)))[-1][1]
    signer = inside(info, 0)
    signed = next(c for tag, c, _ in elements(signer) if tag == 0xA0)
    out = {}
    for _, attribute, _ in elements(signed):
        (_, _, name), (_, values, _) = elements(attribute)
        out[name] = inside(values, 0)
    return out


def certificate(name):
    return base64.b64decode(re.search(
        b"-BEGIN CERTIFICATE-----(.*?)-----END", read(name), re.S).group(1))


# --- CertRep ---


def attribute(name, value):
    return seq(oid(name), tlv(0x31, value))


def signed(content, hash_name, own, certs):
    algorithm = seq(oid(HASHES[hash_name]), b"\5\0")
    digest = openssl("dgst", "-" + hash_name, "-binary", data=content or b"")
    attrs = sorted([
        attribute("1.2.840.113549.1.9.3", DATA),
        attribute("1.2.840.113549.1.9.4", tlv(4, digest)), *own])
    signature = openssl("dgst", "-" + hash_name, "-sign", path("sign.key"),
                        data=tlv(0x31, *attrs))
    signer = certificate("sign.pem")
    tbs = [x for x in elements(inside(signer, 0, 0)) if x[0] != 0xA0]
    who = seq(tbs[2][2], tbs[0][2])
    info = seq(b"\2\1\1", who, algorithm, tlv(0xA0, *attrs), RSA,
               tlv(4, signature))
    body = seq(DATA, tlv(0xA0, tlv(4, content))) if content is not None \
        else seq(DATA)
    return seq(SIGNED, tlv(0xA0, seq(
        b"\2\1\1", tlv(0x31, algorithm), body,
        tlv(0xA0, signer) if certs else b"", tlv(0x31, info))))


class Answer:
    def __init__(self, kind, message):
        self.kind = kind
        self.got = attributes(message)
        self.hash = "sha256" if kind not in ("2003", "2012") else "sha1"

    def field(self, number):
        return self.got[oid(SCEP + str(number))]

    def common(self, status):
        text = lambda s: tlv(19, s)
        nonce = self.field(5)
        if self.kind == "nonce":
            nonce = bytes(16)
        return [attribute(SCEP + "2", text(b"3")),
                attribute(SCEP + "3", text(status)),
                attribute(SCEP + "5", tlv(4, os.urandom(16))),
                attribute(SCEP + "6", tlv(4, nonce)),
                attribute(SCEP + "7", text(self.field(7)))]

    def failure(self):
        own = self.common(b"2") + [
            attribute(SCEP + "4", tlv(19, b"2")),
            attribute(HRESULT, tlv(19, E_INVALIDARG.encode()))]
        return signed(b"\0", self.hash, own, False)

    def pending(self):
        return signed(None, self.hash, self.common(b"3"), False)

    def success(self, certs, recipient):
        cipher = "-des3" if self.kind in ("2003", "2012") else "-aes128"
        bundle = openssl("crl2pkcs7", "-nocrl", "-certfile", certs,
                         "-outform", "DER")
        sealed = openssl("cms", "-encrypt", "-binary", cipher, "-outform",
                         "DER", recipient, data=bundle)
        return signed(sealed, self.hash, self.common(b"0"),
                      self.kind not in ("2003", "2012"))


def challenge_is_good(csr):
    text = openssl("req", "-inform", "DER", "-noout", "-text", data=csr)
    match = re.search(rb"challengePassword *:(.*)", text)
    with LOCK:
        wanted = read("challenge").strip()
        good = bool(match) and wanted and match.group(1).strip() == wanted
        if good:
            open(path("challenge"), "w").close()
    return good


def issue(csr, kind, out):
    if kind == "other":
        openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout",
                os.devnull, "-subj", "/CN=other", "-out", out + ".csr")
    else:
        with open(out + ".csr", "wb") as f:
            f.write(openssl("req", "-inform", "DER", data=csr))
    openssl("x509", "-req", "-in", out + ".csr", "-CA", path("ca.pem"),
            "-CAkey", path("ca.key"), "-days", "30", "-sha256",
            "-set_serial", "0x5" + os.urandom(15).hex(),
            "-copy_extensions", "copyall", "-out", out)


def der_of_signer(message, out):
    """The one certificate that came along."""
    certs = next(c for tag, c, _ in elements(inside(message, 0, 1, 0))
                 if tag == 0xA0)
    with open(out, "wb") as f:
        f.write(openssl("x509", "-inform", "DER", data=certs))


def renewable(signer):
    return subprocess.run(
        ["openssl", "verify", "-partial_chain", "-trusted", path("ca.pem"),
         signer], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL).returncode == 0


def operate(kind, message, waits, work):
    answer = Answer(kind, message)
    signer, cert = work + "/signer.pem", work + "/cert.pem"
    plain, sealed = work + "/plain", work + "/sealed"
    with open(work + "/message", "wb") as f:
        f.write(message)
    openssl("cms", "-verify", "-noverify", "-binary", "-inform", "DER",
            "-in", work + "/message", "-out", sealed)
    if kind == "2003" and b"\x2a\x86\x48\x86\xf7\x0d\x03\x07" not in \
            open(sealed, "rb").read():
        return answer.failure()     # 3DES or nothing
    openssl("cms", "-decrypt", "-binary", "-inform", "DER", "-in", sealed,
            "-recip", path("enc.pem"), "-inkey", path("enc.key"), "-out",
            plain)
    der_of_signer(message, signer)
    with open(plain, "rb") as f:
        csr = f.read()
    waiting = path("waiting-" + re.sub(
        "[^0-9A-Za-z]", "", answer.field(7).decode()))
    if answer.field(2) == b"20":        # CertPoll
        with open(waiting, "rb") as f:
            csr = f.read()
    elif answer.field(2) == b"17":      # RenewalReq
        if not renewable(signer):
            return answer.failure()
    elif not challenge_is_good(csr):
        return answer.failure()
    if waits and not os.path.exists(path("approved")):
        with open(waiting, "wb") as f:
            f.write(csr)
        return answer.pending()
    issue(csr, kind, cert)
    return answer.success(cert, signer)


class Handler(http.server.BaseHTTPRequestHandler):
    server_version = "Microsoft-IIS/10.0"

    def reply(self, status, kind, body, length=None):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length or len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def scep(self, body):
        url = urllib.parse.urlsplit(self.path)
        kind = url.path.split("/")[1]
        query = urllib.parse.parse_qs(url.query)
        operation = query.get("operation", [""])[0]
        self.close_connection = True
        if kind == "slow":
            time.sleep(600)
        elif kind == "page":
            self.reply(200, "text/html", b"<html>Welcome</html>")
        elif kind == "down":
            self.reply(503, "text/plain", b"closed for today")
        elif operation == "GetCACaps":
            # NDES wants a message, whatever is in it.
            if kind == "2003" or "message" not in query:
                return
            self.reply(200, "text/plain", b"" if kind == "2012" else CAPS)
        elif operation == "GetCACert" and "message" in query:
            self.reply(200, "application/x-x509-ca-ra-cert", openssl(
                "crl2pkcs7", "-nocrl", "-certfile", path("enc.pem"),
                "-certfile", path("sign.pem"), "-certfile",
                path("chain.pem"), "-outform", "DER"))
        elif kind == "stall" and operation == "PKIOperation" and \
                not os.path.exists(path("stalled")):
            open(path("stalled"), "w").close()
            time.sleep(600)
        elif operation == "PKIOperation":
            if body is None:
                body = base64.b64decode(query["message"][0])
            with tempfile.TemporaryDirectory() as work:
                out = operate(kind, body, "/pending/" in url.path, work)
            if kind == "half":
                self.reply(200, "application/x-pki-message",
                           out[:len(out) // 2], len(out))
            else:
                self.reply(200, "application/x-pki-message", out)
        else:
            self.reply(500, "text/html", b"<html>error</html>")

    def do_GET(self):
        self.scep(None)

    def do_POST(self):
        self.scep(self.rfile.read(int(self.headers["Content-Length"])))


def listen(where):
    host, port = where.rsplit(":", 1)
    server = http.server.ThreadingHTTPServer((host, int(port)), Handler)
    server.daemon_threads = True
    return server


def main():
    if len(sys.argv) > 3:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path("tls.pem"), path("tls.key"))
        server = listen(sys.argv[3])
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
    server = listen(sys.argv[2])
    print("ready", flush=True)
    server.serve_forever()


main()
