/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "pki/name.h"
#include "verb.h"

#define GUID_TEXT_LEN 36	/* 8-4-4-4-12 */

/* Registry text to the octets of the directory: the first three groups are
 * little-endian there (MS-DTYP 2.3.4.2). */
static enum sg_err
guid_parse(struct buf *out, const char *text)
{
	static const uint8_t order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10,
		11, 12, 13, 14, 15 };
	auto_done(buf) raw = { 0 };
	char hex[GUID_TEXT_LEN + 1];
	size_t n = 0;

	for (const char *p = text; *p != '\0' && n < GUID_TEXT_LEN; p++)
		if (*p != '-' && *p != '{' && *p != '}')
			hex[n++] = *p;
	hex[n] = '\0';
	if (hex_decode(&raw, hex) != SG_OK || raw.n != sizeof(order))
		return sg_fail(SG_EARG, "--guid: '%.80s' is not a GUID",
		    text);
	for (size_t i = 0; i < sizeof(order); i++)
		SG_TRY(buf_add_u8(out, raw.p[order[i]]));
	return SG_OK;
}

static enum sg_err
copy(char **out, const char *s)
{
	return s != NULL ? str_dup(out, s) : SG_OK;
}

enum sg_err
identity_from(struct identity *id, const struct options *o)
{
	if (o->subject != NULL)
		SG_TRY(sg_while(name_parse(&id->subject, o->subject),
		    "--subject"));
	SG_TRY(copy(&id->upn, o->upn));
	SG_TRY(copy(&id->sid, o->sid));
	SG_TRY(copy(&id->email, o->email));
	SG_TRY(copy(&id->realm, o->realm));
	SG_TRY(texts_add_all(&id->dns, &o->dns));
	SG_TRY(texts_add_all(&id->ip, &o->ip));
	if (o->guid != NULL)
		SG_TRY(guid_parse(&id->guid, o->guid));
	return identity_check(id);
}

enum sg_err
named_read(struct buf *out, const char *path, size_t max)
{
	auto_done(caller) caller = { 0 };

	if (strcmp(path, "-") == 0)
		return file_read_fd(out, STDIN_FILENO, max,
		    "standard input");
	caller_act(&caller);
	return file_read(out, path, max);
}

enum sg_err
write_out(const char *path, struct bytes x)
{
	auto_done(caller) caller = { 0 };

	if (strcmp(path, "-") == 0)
		return file_write_fd(STDOUT_FILENO, x, "standard output");
	caller_act(&caller);
	return file_replace(path, x, 0644);
}

/* From the leaf to the root. */
static enum sg_err
write_chain(const struct ca_store *s, const struct cert *c, const char *path)
{
	const struct ca_generation *g = ca_current(&s->gen[CA_ISSUING]);
	auto_done(buf) pem = { 0 };

	SG_TRY(cert_pem(&pem, c));
	SG_TRY(cert_pem(&pem, g->cert));
	for (size_t i = 0; i < g->above.n; i++)
		SG_TRY(cert_pem(&pem, g->above.v[i]));
	return write_out(path, buf_bytes(&pem));
}

static enum sg_err
report(const struct csr *r, const struct cert *c)
{
	auto_done(texts) remarks = { 0 };
	auto_str label = NULL;

	SG_TRY(ca_remarks(&remarks, r, c));
	for (size_t i = 0; i < remarks.n; i++)
		(void)fprintf(stderr, "signet-ca: note: %s\n", remarks.v[i]);
	SG_TRY(cert_label(&label, c));
	(void)fprintf(stderr, "issued %s to %s\n", c->serial, label);
	return SG_OK;
}

enum sg_err
outcome_check(const struct ca_outcome *r)
{
	const struct ca_verdict *v = &r->verdict;
	long long id = r->request;

	switch (v->disposition) {
	case CA_ISSUED:
		return SG_OK;
	case CA_PENDING:
		return sg_fail(SG_EBUSY, "request %lld is pending: %s "
		    "('signet-ca request approve %lld' with --dir and --out "
		    "issues it)", id, v->words, id);
	case CA_DENIED:
		break;
	}
	if (id == 0)	/* not kept */
		return sg_fail(v->why, "%s", v->words);
	return sg_fail(v->why, "request %lld: %s", id, v->words);
}

enum sg_err
issue(struct ca_outcome *out, struct session *s, const struct options *o,
    const struct identity *id, const struct csr *r)
{
	auto_done(template) t = { 0 };
	struct ca_issuer i;
	struct ca_order order = { .template = &t, .identity = id,
		.request = r, .now = clock_now(), .days = o->days,
		.requester = s->who };

	SG_TRY(session_template(&t, s, o->template));
	SG_TRY(session_issuer(&i, s, CA_ISSUING));
	SG_TRY(ca_submit(out, s->store, &i, &order));
	return outcome_check(out);
}

static enum sg_err
folder_check(const char *path)
{
	auto_str copy = NULL;

	if (path == NULL || strcmp(path, "-") == 0)
		return SG_OK;
	SG_TRY(str_dup(&copy, path));
	if (access(dirname(copy), W_OK | X_OK) != 0)
		return sg_fail(errno == ENOENT ? SG_ENOENT : SG_EPERM,
		    "%s cannot be written: %s", path, strerror(errno));
	return SG_OK;
}

enum sg_err
outputs_check(const struct options *o)
{
	SG_TRY(folder_check(o->out));
	SG_TRY(folder_check(o->chain_out));
	SG_TRY(folder_check(o->key_out));
	if (o->key_out != NULL && access(o->key_out, F_OK) == 0)
		return sg_fail(SG_EEXIST, "--key-out: %s is there already, "
		    "and a key is not written over", o->key_out);
	return SG_OK;
}

enum sg_err
hand_out(const struct session *s, const struct options *o,
    const struct csr *r, const struct cert *c)
{
	auto_done(buf) pem = { 0 };

	SG_TRY(cert_pem(&pem, c));
	SG_TRY(sg_while(write_out(o->out, buf_bytes(&pem)), "issued %s "
	    "('signet-ca cert export' writes it), but", c->serial));
	if (o->chain_out != NULL)
		SG_TRY(write_chain(s->store, c, o->chain_out));
	return report(r, c);
}

enum sg_err
request_read(struct csr **out, const char *path)
{
	auto_done(buf) text = { 0 };

	SG_TRY(named_read(&text, path, CSR_MAX));
	return sg_while(csr_read(out, buf_bytes(&text)), "%s", path);
}

static enum sg_err
run(const struct options *o)
{
	auto_done(session) s = { 0 };
	auto_done(identity) id = { 0 };
	auto_free(csr) r = NULL;
	auto_done(ca_outcome) made = { 0 };

	SG_TRY(option_needed(o->template, "template"));
	SG_TRY(option_needed(o->in, "in"));
	SG_TRY(option_needed(o->out, "out"));
	SG_TRY(identity_from(&id, o));
	SG_TRY(outputs_check(o));
	SG_TRY(request_read(&r, o->in));
	SG_TRY(session_open(&s, o));
	SG_TRY(issue(&made, &s, o, &id, r));
	return hand_out(&s, o, r, made.cert);
}

static const enum opt options[] = { OPT_DIR, OPT_TEMPLATE, OPT_IN, OPT_OUT,
	OPT_CHAIN_OUT, OPT_SUBJECT, OPT_UPN, OPT_SID, OPT_EMAIL, OPT_DNS,
	OPT_IP, OPT_GUID, OPT_REALM, OPT_DAYS, OPT_PASSPHRASE_FD, OPT_END };

const struct verb verb_issue = {
	.name = "issue",
	.summary = "issues a certificate for a request",
	.usage = "issue --dir DIR --template NAME --in REQUEST\n"
	    "                       --out CERT [OPTIONS]",
	.text = "Names come from the options, not from the request, unless the"
	    " template lets\nthe enrollee supply them and there is no such"
	    " option.  A template may want an\nofficer's approval: then the"
	    " request waits ('signet-ca help request list') and\nthe exit"
	    " status is 3.\n\n"
	    "  --template NAME      SmartcardLogon, KerberosAuthentication,"
	    " WebServer, ...\n"
	    "  --in FILE            PKCS#10, PEM or DER; '-' is standard"
	    " input\n"
	    "  --out FILE           the certificate, PEM; '-' is standard"
	    " output\n"
	    "  --chain-out FILE     the same followed by its CAs, PEM\n"
	    "  --subject DN         as LDAP writes it, CN first\n"
	    "  --upn USER@DOMAIN    --sid S-1-5-...    --email ADDRESS\n"
	    "  --dns NAME           --ip ADDRESS       both may be repeated\n"
	    "  --realm REALM        of a KDC (adds krbtgt/REALM@REALM)\n"
	    "  --guid GUID          of a domain controller's object\n"
	    "  --days N             instead of the template's validity\n"
	    "  --passphrase-fd N    opens the CA's key\n",
	.options = options,
	.run = run,
};
