/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "describe.h"
#include "options.h"
#include "output.h"
#include "verb.h"

#define INSPECT_MAX ((size_t)4 << 20)	/* bytes of a file */

/* One kind of file: tells whether it reads it, and shows it. */
typedef enum sg_err show_fn(struct sink *s, struct bytes text,
    const char *file);

static void
begin(struct sink *s, const char *kind)
{
	if (s->json != NULL) {
		json_put_object(s->json, NULL);
		json_put_str(s->json, "kind", kind);
	} else {
		field_print("Kind", kind);
	}
}

static void
end(struct sink *s)
{
	if (s->json != NULL)
		json_close(s->json);
}

static enum sg_err
show_certs(struct sink *s, struct bytes text, const char *file)
{
	auto_done(certs) l = { 0 };

	(void)file;
	SG_TRY(certs_read(&l, text));
	for (size_t i = 0; i < l.n; i++) {
		if (i > 0 && s->json == NULL)
			(void)putchar('\n');
		begin(s, "certificate");
		SG_TRY(describe_cert(s, l.v[i]));
		end(s);
	}
	return SG_OK;
}

static enum sg_err
show_csr(struct sink *s, struct bytes text, const char *file)
{
	auto_free(csr) r = NULL;

	(void)file;
	SG_TRY(csr_read(&r, text));
	begin(s, "certificate request");
	SG_TRY(describe_csr(s, r));
	end(s);
	return SG_OK;
}

static enum sg_err
show_crl(struct sink *s, struct bytes text, const char *file)
{
	auto_free(crl) l = NULL;

	(void)file;
	SG_TRY(crl_read(&l, text));
	begin(s, "revocation list");
	SG_TRY(describe_crl(s, l));
	end(s);
	return SG_OK;
}

static enum sg_err
show_inf(struct sink *s, struct bytes text, const char *file)
{
	auto_done(inf) f = { 0 };
	auto_done(certreq) r = { 0 };

	SG_TRY(inf_parse(&f, text, file));
	SG_TRY(certreq_read(&r, &f, file));
	begin(s, "certreq policy file");
	SG_TRY(describe_certreq(s, &r));
	end(s);
	return SG_OK;
}

static bool
holds(struct bytes text, const char *mark)
{
	return memmem(text.p, text.n, mark, strlen(mark)) != NULL;
}

/* The reader whose kind the text names. */
static show_fn *
by_mark(struct bytes text)
{
	static const struct {
		const char *mark;
		show_fn *show;
	} marks[] = {
		{ "-----BEGIN CERTIFICATE REQUEST", show_csr },
		{ "-----BEGIN NEW CERTIFICATE REQUEST", show_csr },
		{ "-----BEGIN X509 CRL", show_crl },
		{ "-----BEGIN CERTIFICATE", show_certs },
		{ "-----BEGIN TRUSTED CERTIFICATE", show_certs },
		{ "-----BEGIN PKCS7", show_certs },
		{ "-----BEGIN CMS", show_certs },
		{ "[NewRequest]", show_inf },
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (holds(text, marks[i].mark))
			return marks[i].show;
	return NULL;
}

/* DER says nothing of its kind: the reader that takes it is the right one,
 * and all of them read the whole before they show anything. */
static enum sg_err
show_der(struct sink *s, struct bytes text, const char *file)
{
	static show_fn *const all[] = { show_certs, show_csr, show_crl };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i](s, text, file) == SG_OK)
			return SG_OK;
	return sg_fail(SG_EFORMAT, "%s: DER that is no certificate, bundle,"
	    " request or revocation list", file);
}

static enum sg_err
show(struct sink *s, struct bytes text, const char *file)
{
	show_fn *named = by_mark(text);

	if (named != NULL)
		return sg_while(named(s, text, file), "%s", file);
	if (text.n > 0 && text.p[0] == 0x30)
		return show_der(s, text, file);
	/* UTF-16 hides its section lines from by_mark(). */
	if (text.n > 1 && (text.p[0] == 0xff || text.p[0] == 0xfe))
		return show_inf(s, text, file);
	return sg_fail(SG_EFORMAT, "%s: no certificate, bundle, request,"
	    " revocation list or certreq policy file", file);
}

static enum sg_err
show_files(struct sink *s, char *const *files, int n)
{
	for (int i = 0; i < n; i++) {
		auto_done(buf) text = { 0 };

		SG_TRY(file_read(&text, files[i], INSPECT_MAX));
		if (i > 0 && s->json == NULL)
			(void)putchar('\n');
		SG_TRY(show(s, buf_bytes(&text), files[i]));
	}
	return SG_OK;
}

static enum sg_err
show_json(char *const *files, int n)
{
	auto_free(json_out) j = NULL;
	struct sink s;

	SG_TRY(json_out_new(&j));
	s.json = j;
	json_put_array(j, NULL);
	SG_TRY(show_files(&s, files, n));
	json_close(j);
	return json_print(j, stdout);
}

static enum sg_err
inspect(int argc, char **argv)
{
	struct sink s = { NULL };
	struct arguments a;
	bool json = false;
	const struct option table[] = {
		{ .name = "json", .flag = &json },
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 1, argc, "at least one FILE"));
	return json ? show_json(a.v, a.n) : show_files(&s, a.v, a.n);
}

static int
run(int argc, char **argv)
{
	return cli_end(sg_while(inspect(argc, argv), "inspect"));
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
