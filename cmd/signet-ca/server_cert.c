/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "base/file.h"
#include "verb.h"

/* A request that goes no further than this process. */
static enum sg_err
request_make(struct csr **out, const struct template *t,
    const struct identity *id, struct pkey *key)
{
	auto_done(csr_content) c;
	auto_done(buf) der = { 0 };
	bool pss = (t->private_key_flag & KEY_ALTERNATE_SIGNATURE) != 0;

	csr_content_init(&c);
	SG_TRY(template_request(&c, t, id));
	SG_TRY(csr_build(&der, &c, template_hash(t), pss, pkey_signer(key)));
	return csr_parse(out, buf_bytes(&der));
}

static enum sg_err
key_write(const struct pkey *k, const char *path)
{
	auto_done(secret) pem = { 0 };
	auto_done(caller) caller = { 0 };

	SG_TRY(pkey_private_pem(k, NULL, &pem));
	caller_act(&caller);
	return file_create(path, secret_bytes(&pem), 0600);
}

static enum sg_err
run(const struct options *o)
{
	auto_done(session) s = { 0 };
	auto_done(template) t = { 0 };
	auto_done(identity) id = { 0 };
	auto_free(pkey) key = NULL;
	auto_free(csr) r = NULL;
	auto_done(ca_outcome) made = { 0 };
	enum sg_err e;

	SG_TRY(option_needed(o->template, "template"));
	SG_TRY(option_needed(o->key_out, "key-out"));
	SG_TRY(option_needed(o->out, "out"));
	SG_TRY(outputs_check(o));
	SG_TRY(identity_from(&id, o));
	SG_TRY(session_open(&s, o));
	SG_TRY(session_template(&t, &s, o->template));
	SG_TRY(key_make(&key, o->key != NULL ? o->key : "rsa2048"));
	SG_TRY(request_make(&r, &t, &id, key));
	e = issue(&made, &s, o, &id, r);
	if (e != SG_OK && made.verdict.disposition != CA_PENDING)
		return e;
	/* The key first: a certificate without one is of no use. */
	SG_TRY(key_write(key, o->key_out));
	SG_TRY(outcome_check(&made));
	return hand_out(&s, o, r, made.cert);
}

static const enum opt options[] = { OPT_DIR, OPT_TEMPLATE, OPT_KEY,
	OPT_KEY_OUT, OPT_OUT, OPT_CHAIN_OUT, OPT_SUBJECT, OPT_UPN, OPT_SID,
	OPT_EMAIL, OPT_DNS, OPT_IP, OPT_GUID, OPT_REALM, OPT_DAYS,
	OPT_PASSPHRASE_FD, OPT_END };

const struct verb verb_server = {
	.name = "server",
	.summary = "makes a key and its certificate for a server",
	.usage = "server --dir DIR --template NAME --dns NAME\n"
	    "                        --key-out KEY --out CERT [OPTIONS]",
	.text = "The same as 'issue' with a key that is made here and written"
	    " with mode 0600.\n\n"
	    "  --key TYPE           rsa2048 (as a rule), rsa3072 or p256\n"
	    "  --key-out FILE       PKCS#8, PEM, not encrypted\n"
	    "  --dns NAME           may be repeated; and as 'issue' has them,"
	    " --subject,\n"
	    "                       --upn, --sid, --email, --ip, --guid,"
	    " --realm, --days,\n"
	    "                       --out, --chain-out and --passphrase-fd\n\n"
	    "A KDC: --template KerberosAuthentication --dns KDC --realm"
	    " REALM\nAn RDP or web server: --template WebServer --dns HOST\n",
	.options = options,
	.run = run,
};
