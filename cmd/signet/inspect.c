/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "options.h"
#include "output.h"
#include "proto/certreq.h"
#include "proto/scep_print.h"
#include "verb.h"

#define INSPECT_MAX ((size_t)4 << 20)	/* bytes of a file */

static enum sg_err
certreq_fields(struct fields *out, const struct certreq *r)
{
	SG_TRY(fields_add(out, "type", "Type", "certreq policy file"));
	SG_TRY(fields_add(out, "subject", "Subject", r->subject));
	SG_TRY(fields_add(out, "key_name", "Key name", r->container));
	SG_TRY(fields_add_flag(out, "existing_key", "Existing key",
	    r->existing));
	SG_TRY(fields_add(out, "friendly_name", "Friendly name",
	    r->friendly_name));
	return content_fields(out, &r->content);
}

static enum sg_err
read_inf(struct inspection *out, struct bytes text, const char *file)
{
	auto_done(inf) f = { 0 };
	auto_done(certreq) r = { 0 };
	auto_done(fields) fields = { 0 };

	SG_TRY(inf_parse(&f, text, file));
	SG_TRY(certreq_read(&r, &f, file));
	SG_TRY(certreq_fields(&fields, &r));
	return inspection_add(out, &fields);
}

/* By its section's name, which UTF-16 hides behind its byte order mark. */
static bool
is_inf(struct bytes text)
{
	static const char mark[] = "[NewRequest]";

	if (text.n > 1 && (text.p[0] == 0xff || text.p[0] == 0xfe))
		return true;
	return memmem(text.p, text.n, mark, sizeof(mark) - 1) != NULL;
}

static enum sg_err
read_file(struct inspection *out, const char *file)
{
	static const char pem[] = "-----BEGIN ";
	auto_done(buf) text = { 0 };
	struct bytes b;
	enum sg_err e;

	SG_TRY(file_read(&text, file, INSPECT_MAX));
	b = buf_bytes(&text);
	if (is_inf(b))
		return read_inf(out, b, file);
	if (b.n == 0 || (b.p[0] != 0x30 &&
	    memmem(b.p, b.n, pem, sizeof(pem) - 1) == NULL))
		return sg_fail(SG_EFORMAT, "%s: no certificate, bundle,"
		    " request, revocation list, SCEP message or certreq policy"
		    " file", file);
	/* Before bundles, since certificates are in it. */
	e = scep_inspect(out, b);
	return sg_while(e == SG_ENOENT ? inspect(out, b) : e, "%s", file);
}

static enum sg_err
show_text(const struct inspection *i)
{
	for (size_t k = 0; k < i->n; k++) {
		if (k > 0)
			(void)putchar('\n');
		SG_TRY(record_print(&i->v[k]));
	}
	return SG_OK;
}

static enum sg_err
show_json(const struct inspection *i)
{
	auto_free(json_out) j = NULL;

	SG_TRY(json_out_new(&j));
	json_put_array(j, NULL);
	for (size_t k = 0; k < i->n; k++) {
		json_put_object(j, NULL);
		json_put_fields(j, &i->v[k]);
		json_close(j);
	}
	json_close(j);
	return json_print(j, stdout);
}

/* All files are read before anything is shown. */
static enum sg_err
inspect_files(int argc, char **argv)
{
	auto_done(inspection) all = { 0 };
	struct arguments a;
	bool json = false;
	const struct option table[] = {
		{ .name = "json", .flag = &json },
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 1, argc, "at least one FILE"));
	for (int i = 0; i < a.n; i++)
		SG_TRY(read_file(&all, a.v[i]));
	return json ? show_json(&all) : show_text(&all);
}

static int
run(int argc, char **argv)
{
	return cli_end(sg_while(inspect_files(argc, argv), "inspect"));
}

const struct cli_verb cli_inspect = {
	.name = "inspect",
	.summary = "shows what is in a certificate, request or other file",
	.usage = "inspect FILE... [--json]\n",
	.text = "FILE holds certificates (PEM, DER, PKCS#7), a request, a"
		" revocation list, or a\ncertreq policy file. Nothing in it is"
		" trusted or verified, but a request's own\nsignature.\n\n"
		"  --json   for programs\n",
	.run = run,
};
