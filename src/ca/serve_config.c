/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/serve_config.h"

#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/text.h"

#define DELTA_HOURS	24	/* when deltas have a URL and no time */
#define HOURS_MAX	(24 * 365)
#define OCSP_MINUTES	60
#define MINUTES_MAX	(7 * 24 * 60)
/* Signs much faster than RSA, and is made in no time. */
#define OCSP_KEY	"p256"
#define LISTEN		"127.0.0.1:8080"
#define CONNECTIONS	256
#define PER_ADDRESS	64
#define CONNECTIONS_MAX	65536

void
serve_config_done(struct serve_config *c)
{
	texts_done(&c->delta_urls);
	free(c->ocsp_key);
	free(c->listen);
	free(c->admin);
	*c = (struct serve_config) { 0 };
}

static enum sg_err
number(unsigned *out, const struct conf_line *l, long long min,
    long long max)
{
	long long v;

	SG_TRY(number_parse(&v, l->value, min, max, l->key));
	*out = (unsigned)v;
	return SG_OK;
}

/* It goes into an IA5String. */
static enum sg_err
url(struct texts *out, const struct conf_line *l)
{
	for (const char *p = l->value; *p != '\0'; p++)
		if ((unsigned char)*p <= 0x20 || (unsigned char)*p >= 0x7f)
			return sg_fail(SG_EFORMAT, "'%.80s' is not a URL",
			    l->value);
	if (strstr(l->value, "://") == NULL)
		return sg_fail(SG_EFORMAT, "'%.80s' is not a URL", l->value);
	return texts_add(out, l->value);
}

static enum sg_err
text(char **out, const struct conf_line *l)
{
	free(*out);
	*out = NULL;
	return str_dup(out, l->value);
}

static enum sg_err
line(void *arg, const struct conf_line *l)
{
	struct serve_config *c = arg;
	auto_str key = NULL;

	SG_TRY(str_printf(&key, "%s.%s", l->section, l->key));
	if (strcmp(key, "crl.delta-hours") == 0)
		return number(&c->delta_hours, l, 0, HOURS_MAX);
	if (strcmp(key, "crl.delta-url") == 0)
		return url(&c->delta_urls, l);
	if (strcmp(key, "ocsp.minutes") == 0)
		return number(&c->ocsp_minutes, l, 1, MINUTES_MAX);
	if (strcmp(key, "ocsp.key") == 0)
		return text(&c->ocsp_key, l);
	if (strcmp(key, "http.listen") == 0)
		return text(&c->listen, l);
	if (strcmp(key, "http.admin") == 0)
		return text(&c->admin, l);
	if (strcmp(key, "signer.network") == 0)
		return conf_bool(&c->network, l->value);
	if (strcmp(key, "enroll.over-http") == 0)
		return conf_bool(&c->enroll_http, l->value);
	if (strcmp(key, "scep.over-http") == 0)
		return conf_bool(&c->scep, l->value);
	if (strcmp(key, "http.connections") == 0)
		return number(&c->connections, l, 1, CONNECTIONS_MAX);
	if (strcmp(key, "http.connections-per-address") == 0)
		return number(&c->per_address, l, 1, CONNECTIONS_MAX);
	return sg_fail(SG_EFORMAT, "there is no '%s' in [%s]", l->key,
	    l->section);
}

enum sg_err
serve_config_read(struct serve_config *out, const char *dir)
{
	auto_done(serve_config) c = { .delta_hours = UINT32_MAX,
		.ocsp_minutes = OCSP_MINUTES, .connections = CONNECTIONS,
		.per_address = PER_ADDRESS };
	auto_str path = NULL;
	enum sg_err e;

	SG_TRY(str_dup(&c.listen, LISTEN));
	SG_TRY(str_dup(&c.ocsp_key, OCSP_KEY));
	SG_TRY(str_printf(&path, "%s/serve.conf", dir));
	if ((e = conf_read(path, line, &c)) != SG_OK && e != SG_ENOENT)
		return e;
	/* A list that nobody is told of is no use. */
	if (c.delta_hours == UINT32_MAX)
		c.delta_hours = c.delta_urls.n > 0 ? DELTA_HOURS : 0;
	if (c.delta_hours > 0 && c.delta_urls.n == 0)
		return sg_fail(SG_EFORMAT, "%s: delta-hours without a "
		    "delta-url", path);
	*out = c;
	c = (struct serve_config) { 0 };
	return SG_OK;
}
