/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "ca/sub.h"
#include "verb.h"

static enum sg_err
write_files(const struct options *o, const struct cert *root,
    const struct cert *c)
{
	auto_done(buf) pem = { 0 };

	SG_TRY(cert_pem(&pem, c));
	SG_TRY(sg_while(write_out(o->out, buf_bytes(&pem)), "issued %s "
	    "('signet-ca cert export' writes it), but", c->serial));
	if (o->chain_out == NULL)
		return SG_OK;
	SG_TRY(cert_pem(&pem, root));
	return write_out(o->chain_out, buf_bytes(&pem));
}

static enum sg_err
run(const struct options *o)
{
	auto_done(session) s = { 0 };
	auto_free(csr) r = NULL;
	auto_free(cert) c = NULL;
	struct ca_sub sub = { .path_len = (int)o->path_length,
		.days = o->days > 0 ? o->days : ISSUING_DAYS };
	struct ca_act act;
	struct ca_issuer i;

	SG_TRY(option_needed(o->out, "out"));
	SG_TRY(outputs_check(o));
	SG_TRY(request_read(&r, o->operand));
	SG_TRY(session_open(&s, o));
	SG_TRY(session_issuer(&i, &s, CA_ROOT));
	act = session_act(&s);
	sub.request = r;
	sub.now = act.at;
	SG_TRY(sg_while(ca_sub_sign(&c, &i, &sub), "%s", o->operand));
	SG_TRY(ca_sub_keep(s.store, c, &act));
	SG_TRY(write_files(o, i.cert, c));
	(void)fprintf(stderr, "issued %s to %s\n", c->serial, c->subject);
	return SG_OK;
}

static const enum opt options[] = { OPT_DIR, OPT_OUT, OPT_CHAIN_OUT,
	OPT_DAYS, OPT_PATH_LENGTH, OPT_PASSPHRASE_FD, OPT_END };

const struct verb verb_ca_sign = {
	.name = "ca sign",
	.alias = "sign-ca",
	.summary = "the root signs another CA's request",
	.usage = "ca sign --dir DIR REQUEST --out CERT [OPTIONS]",
	.text = "Its name, its key and its CA version come from the request,"
	    " the rest is the root's\nto say.\n\n"
	    "  --out FILE           the certificate, PEM; '-' is standard"
	    " output\n"
	    "  --chain-out FILE     the same followed by the root's\n"
	    "  --path-length N      how many CAs may be below it (0)\n"
	    "  --days N             how long it is good (3650), no longer than"
	    " the root's\n"
	    "  --passphrase-fd N    opens the root's key\n",
	.options = options,
	.operands = 1,
	.run = run,
};
