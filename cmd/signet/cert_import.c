/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <time.h>

#include "cert_verb.h"
#include "taking.h"
#include "trust_root.h"

/* One CA's certificate: a root becomes an anchor, when that is wanted. */
static enum sg_err
ask_for(struct cert_ask *out, const struct taking *t, const struct cert *x,
    struct texts *labels)
{
	auto_str label = NULL;
	bool root = cert_self_issued(x);

	if (!x->ext.ca)
		return sg_fail(SG_EVERIFY, "the certificate of '%s' is for no"
		    " key of this container and not a CA's", x->subject);
	if (root)
		SG_TRY(trust_root(&t->pin, x, t->trust));
	SG_TRY(cert_label(&label, x));
	SG_TRY(texts_add(labels, label));
	*out = (struct cert_ask) {
		.kind = root ? CERT_ANCHOR : CERT_INTERMEDIATE,
		.der = buf_bytes(&x->der),
		.label = labels->v[labels->n - 1],
	};
	return SG_OK;
}

/* Only certificates of CAs are among them. */
static enum sg_err
import_authorities(struct client *c, const struct taking *t)
{
	struct cert_ask asks[BUNDLE_COUNT_MAX] = { 0 };
	auto_done(texts) labels = { 0 };

	if (t->label != NULL)
		return sg_fail(SG_EARG, "--label is for a personal certificate,"
		    " and none of these is for a key of this container");
	if (t->given.n > BUNDLE_COUNT_MAX)
		return sg_fail(SG_ELIMIT, "more than %d certificates",
		    BUNDLE_COUNT_MAX);
	for (size_t i = 0; i < t->given.n; i++)
		SG_TRY(ask_for(&asks[i], t, t->given.v[i], &labels));
	SG_TRY(pin_login(c, &t->pin, "Your PIN, to install certificates of"
	    " CAs.", NULL));
	SG_TRY(client_certs_add(c, asks, t->given.n, NULL));
	for (size_t i = 0; i < t->given.n; i++)
		(void)printf("%s: '%s'\n", asks[i].kind == CERT_ANCHOR
			? "Trusted" : "Installed", asks[i].label);
	return SG_OK;
}

enum sg_err
cert_import(int argc, char **argv)
{
	auto_free(client) c = NULL;
	auto_done(taking) t = TAKING_INIT;
	auto_done(objects) have = { 0 };
	auto_done(accept) a = { 0 };
	enum sg_err e;

	SG_TRY(taking_parse(&t, argc, argv));
	SG_TRY(client_open(&c, NULL));
	SG_TRY(client_objects(c, &have));
	e = accept_check(&a, &t.given, &have, time(NULL));
	if (e == SG_ENOENT)
		return import_authorities(c, &t);
	SG_TRY(e);
	return take(c, &t, &a, &have);
}
