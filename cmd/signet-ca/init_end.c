/* SPDX-License-Identifier: BSD-2-Clause */

/* What init leaves besides the CA: serve.conf, and the way on. */

#include "init.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define SYSTEM_DIR "/var/lib/signet-ca"	/* of the systemd units */
#define PORT_OPEN 1024	/* from here on anybody may listen */

static const char serve_text[] =
    "# What 'signet-ca serve' goes by; signet-ca(1) has every line.  [http] and\n"
    "# [signer] count from the next start on, the rest from 'signet-ca reload' on.\n"
    "# What begins with # is what holds without it, or an example.\n"
    "\n"
    "[http]\n"
    "# CRLs, certificates and OCSP, for everybody.\n"
    "listen = %s\n"
    "# /health and /metrics, for this machine.\n"
    "%sadmin = %s\n"
    "# Clients at once, and those from one address.\n"
    "#connections = 256\n"
    "#connections-per-address = 64\n"
    "\n"
    "[crl]\n"
    "# Delta CRLs, which tell of revocations without a new base list.\n"
    "#delta-url = http://%s/issuing%%8-delta.crl\n"
    "#delta-hours = 24\n"
    "\n"
    "[ocsp]\n"
    "# How long an answer is good; rsa2048 is for clients that read nothing else.\n"
    "#minutes = 60\n"
    "#key = p256\n"
    "\n"
    "[enroll]\n"
    "# Renewals and enrollment agents' requests by HTTP, at /enroll.\n"
    "#over-http = no\n"
    "\n"
    "[scep]\n"
    "# Enrollment by SCEP, as NDES has it, at /scep and\n"
    "# /certsrv/mscep/mscep.dll ('signet-ca challenge new').\n"
    "#over-http = no\n"
    "\n"
    "[signer]\n"
    "# yes if the CA's key is in an HSM behind the network.\n"
    "#network = no\n";

enum sg_err
init_serve_conf(const char *dir, const struct init_plan *p)
{
	auto_done(buf) text = { 0 };
	auto_str path = NULL;
	enum sg_err e;

	if (p->listen == NULL)
		return SG_OK;
	SG_TRY(str_printf(&path, "%s/serve.conf", dir));
	SG_TRY(buf_printf(&text, serve_text, p->listen,
	    p->admin != NULL ? "" : "#",
	    p->admin != NULL ? p->admin : "127.0.0.1:8081",
	    p->host != NULL ? p->host : "pki.corp.example"));
	e = file_create(path, buf_bytes(&text), 0644);
	return e == SG_EEXIST ? SG_OK : e;
}

/* Who is not root has no port below 1024. */
static bool
needs_root(const char *listen)
{
	const char *colon = strrchr(listen, ':');
	int port = colon != NULL ? atoi(colon + 1) : 0;

	return geteuid() != 0 && port > 0 && port < PORT_OPEN;
}

/* In the folder of the units systemd serves. */
static void
next_serve(const char *dir, const struct init_plan *p)
{
	if (strcmp(dir, SYSTEM_DIR) == 0)
		(void)printf("  serve CRLs and OCSP   systemctl enable --now"
		    " signet-ca-signer.socket \\\n"
		    "                            signet-ca-web.socket\n");
	else
		(void)printf("  serve CRLs and OCSP   %ssignet-ca serve --dir %s"
		    "\n", needs_root(p->listen) ? "sudo " : "", dir);
	(void)printf("                        (settings: %s/serve.conf)\n",
	    dir);
}

static void
next_issuing(const char *dir, const struct init_plan *p)
{
	(void)printf("\nNext:\n");
	next_serve(dir, p);
	(void)printf("  issue                 signet-ca issue --dir %s --template"
	    " SmartcardLogon \\\n"
	    "                            --upn USER@REALM --in USER.req --out"
	    " USER.crt\n"
	    "  templates             signet-ca template list --dir %s\n"
	    "                        signet-ca template publish --dir %s"
	    " NAME\n"
	    "  enroll by SCEP        over-http = yes for scep in"
	    " serve.conf, and then\n"
	    "                        signet-ca challenge new --dir %s"
	    " --template NAME\n", dir, dir, dir, dir);
}

static void
next_trust(const char *dir, bool issuing)
{
	char *whole = realpath(dir, NULL);
	const char *path = whole != NULL ? whole : dir;

	(void)printf("\nOthers trust it by %s/root/cert.pem; let them compare"
	    " the SHA-256:\n"
	    "  Debian       cp %s/root/cert.pem"
	    " /usr/local/share/ca-certificates/signet-root.crt\n"
	    "               update-ca-certificates\n"
	    "  Windows      certutil -dspublish -f root\\cert.pem RootCA\n"
	    "               certutil -dspublish -f %s NTAuthCA\n"
	    "  MIT KDC      pkinit_anchors = FILE:%s/root/cert.pem\n", dir,
	    dir, issuing ? "issuing\\cert.pem" : "CA.crt", path);
	if (issuing)
		(void)printf("               pkinit_pool = FILE:%s/issuing/"
		    "cert.pem\n", path);
	free(whole);
}

static void
next_waiting(const char *dir, const struct options *o)
{
	(void)printf("\nNext:\n"
	    "  our own root          signet-ca sign-ca --dir ROOT %s"
	    " --out CA.crt \\\n"
	    "                            --chain-out CA.pem\n"
	    "  AD CS                 certreq -submit -attrib"
	    " CertificateTemplate:SubCA %s\n"
	    "  what comes back       signet-ca install-cert --dir %s CA.pem\n"
	    "  then                  signet-ca serve --dir %s\n",
	    o->request_out, o->request_out, dir, dir);
}

static void
next_root(const char *dir)
{
	(void)printf("\nNext:\n"
	    "  sign an issuing CA    signet-ca sign-ca --dir %s CA.req --out"
	    " CA.crt \\\n"
	    "                            --chain-out CA.pem\n"
	    "  a new CRL, in time    signet-ca crl --dir %s\n", dir, dir);
}

void
init_next(const struct session *s, const struct options *o,
    const struct init_plan *p)
{
	if (!p->has[CA_ISSUING])
		next_root(o->dir);
	else if (s->store->cert[CA_ISSUING] == NULL)
		next_waiting(o->dir, o);
	else
		next_issuing(o->dir, p);
	if (p->has[CA_ROOT])
		next_trust(o->dir, p->has[CA_ISSUING]);
}
