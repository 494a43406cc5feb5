/* SPDX-License-Identifier: BSD-2-Clause */
#include "init.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ca/urls.h"
#include "crypto/digest.h"
#include "net/listen.h"
#include "pki/name.h"

#define NAME_DEFAULT	"CN=Signet Issuing CA"
#define ROOT_DEFAULT	"CN=Signet Root CA"
#define KEY_DEFAULT	"rsa3072"
#define HERE		"127.0.0.1:8080"
#define EVERYWHERE	"0.0.0.0"
#define HTTP_PORT	":80"

/* Microsoft's arc for the templates of a forest, adcs.md 1.8. */
#define OID_ARC "1.3.6.1.4.1.311.21.8"

/* Names of files as serve has them. */
#define ISSUING_CRL	"issuing%8.crl"
#define ISSUING_CERT	"issuing%4.crt"
#define ROOT_CRL	"root%8.crl"
#define ROOT_CERT	"root%4.crt"
#define OCSP		"ocsp"

void
init_plan_done(struct init_plan *p)
{
	ca_config_done(&p->config);
	for (int i = 0; i < CA_LEVELS; i++)
		free(p->name[i]);
	free(p->listen);
	*p = (struct init_plan) { 0 };
}

static enum sg_err
oid_base_make(char **out)
{
	uint32_t arc[5];

	SG_TRY(random_fill(arc, sizeof(arc)));
	return str_printf(out, "%s.%u.%u.%u.%u.%u", OID_ARC,
	    arc[0] & 0xffffff, arc[1] & 0xffffff, arc[2] & 0xffffff,
	    arc[3] & 0xffffff, arc[4] & 0xffffff);
}

enum sg_err
init_role_parse(bool has[CA_LEVELS], const char *name)
{
	bool both = strcmp(name, "both") == 0;

	has[CA_ROOT] = both || strcmp(name, "root") == 0;
	has[CA_ISSUING] = both || strcmp(name, "issuing") == 0;
	if (!has[CA_ROOT] && !has[CA_ISSUING])
		return sg_fail(SG_EARG, "--role: '%s' is none of root, "
		    "issuing, both", name);
	return SG_OK;
}

static enum sg_err
role_check(const struct init_plan *p, const struct options *o)
{
	if (!p->has[CA_ROOT] && o->request_out == NULL)
		return sg_fail(SG_EARG, "--request-out is needed: another CA"
		    " signs what it holds");
	if (p->has[CA_ROOT] && o->request_out != NULL)
		return sg_fail(SG_EARG, "--request-out is for --role issuing");
	if (!p->has[CA_ROOT] && (o->root_name != NULL ||
	    o->root_key_at != NULL || o->root_cdp_url.n > 0 ||
	    o->root_aia_url.n > 0))
		return sg_fail(SG_EARG, "the root of an issuing CA alone is "
		    "elsewhere: no --root-... here");
	if (!p->has[CA_ISSUING] && (o->listen != NULL || o->admin != NULL))
		return sg_fail(SG_EARG, "a root alone serves nothing: no "
		    "--listen and --admin here");
	return SG_OK;
}

/* Labels of letters, digits and hyphens with single dots between them. */
static bool
host_name(const char *p, size_t n)
{
	char before = '.';

	for (size_t i = 0; i < n; i++) {
		if (!isalnum((unsigned char)p[i]) &&
		    (before == '.' || (p[i] != '.' && p[i] != '-')))
			return false;
		before = p[i];
	}
	return before != '.' && before != '-';
}

enum sg_err
init_host_check(const char *host)
{
	size_t n = strcspn(host, ":");
	long long port;

	if (!host_name(host, n))
		return sg_fail(SG_EARG, "'%.80s' is no host name: expected "
		    "one as pki.corp.example, or with :PORT", host);
	if (host[n] == '\0')
		return SG_OK;
	return number_parse(&port, host + n + 1, 1, UINT16_MAX, "the port");
}

/* Those that were said, otherwise the one that serve has at --host. */
static enum sg_err
urls_fill(struct texts *out, const struct texts *said, const char *host,
    const char *file)
{
	auto_str url = NULL;

	if (said->n > 0 || host == NULL)
		return texts_add_all(out, said);
	SG_TRY(str_printf(&url, "http://%s/%s", host, file));
	return texts_add(out, url);
}

/* Of a root alone the plain options say the same as those of the root. */
static enum sg_err
root_urls(struct ca_config *c, const struct options *o, bool alone)
{
	const struct texts *cdp = &o->root_cdp_url, *aia = &o->root_aia_url;

	if (alone && o->cdp_url.n > 0)
		cdp = &o->cdp_url;
	if (alone && o->aia_url.n > 0)
		aia = &o->aia_url;
	SG_TRY(texts_add_all(&c->ocsp[CA_ROOT],
	    alone ? &o->ocsp_url : &(struct texts) { 0 }));
	SG_TRY(urls_fill(&c->cdp[CA_ROOT], cdp, o->host, ROOT_CRL));
	return urls_fill(&c->ca_issuers[CA_ROOT], aia, o->host, ROOT_CERT);
}

static enum sg_err
config_make(struct ca_config *c, const struct options *o,
    const bool has[CA_LEVELS])
{
	c->crl_days = o->crl_days;
	if (o->tcti != NULL)
		SG_TRY(str_dup(&c->tcti, o->tcti));
	SG_TRY(oid_base_make(&c->oid_base));
	if (o->host != NULL)
		SG_TRY(sg_while(init_host_check(o->host), "--host"));
	if (has[CA_ROOT])
		SG_TRY(root_urls(c, o, !has[CA_ISSUING]));
	if (!has[CA_ISSUING])
		return SG_OK;
	SG_TRY(urls_fill(&c->cdp[CA_ISSUING], &o->cdp_url, o->host,
	    ISSUING_CRL));
	SG_TRY(urls_fill(&c->ca_issuers[CA_ISSUING], &o->aia_url, o->host,
	    ISSUING_CERT));
	return urls_fill(&c->ocsp[CA_ISSUING], &o->ocsp_url, o->host, OCSP);
}

/* Without --root-name: "Root" in place of "Issuing" in the CN, or behind it. */
static enum sg_err
root_name(char **out, const struct options *o, bool alone)
{
	static const char word[] = "Issuing";
	auto_done(buf) der = { 0 };
	auto_str text = NULL;
	const char *end, *hit;

	if (o->root_name != NULL || o->name == NULL)
		return str_dup(out, o->root_name != NULL ? o->root_name
							 : ROOT_DEFAULT);
	if (alone)
		return str_dup(out, o->name);
	SG_TRY(name_parse(&der, o->name));
	SG_TRY(name_print(&text, buf_bytes(&der)));
	if (strncmp(text, "CN=", 3) != 0)
		return sg_fail(SG_EARG, "--name does not begin with a CN: "
		    "--root-name is needed");
	for (end = text; *end != '\0' && strchr(",+", *end) == NULL; end++)
		if (*end == '\\' && end[1] != '\0')
			end++;
	hit = strstr(text, word);
	if (hit == NULL || hit > end)
		return str_printf(out, "%.*s Root%s", (int)(end - text), text,
		    end);
	return str_printf(out, "%.*sRoot%s", (int)(hit - text), text,
	    hit + sizeof(word) - 1);
}

static enum sg_err
names_make(struct init_plan *p, const struct options *o)
{
	if (p->has[CA_ISSUING])
		SG_TRY(str_dup(&p->name[CA_ISSUING],
		    o->name != NULL ? o->name : NAME_DEFAULT));
	if (p->has[CA_ROOT])
		SG_TRY(root_name(&p->name[CA_ROOT], o, !p->has[CA_ISSUING]));
	return SG_OK;
}

static enum sg_err
keys_plan(struct init_plan *p, const struct options *o)
{
	p->key = o->key != NULL ? o->key : KEY_DEFAULT;
	p->place[CA_ISSUING] = o->key_at != NULL ? o->key_at : "file";
	p->place[CA_ROOT] = o->root_key_at;
	if (p->place[CA_ROOT] == NULL)
		p->place[CA_ROOT] = !p->has[CA_ISSUING] && o->key_at != NULL
		    ? o->key_at : "file";
	return sg_while(ca_key_type_parse(&p->type, p->key), "--key");
}

enum sg_err
init_listen_default(char **out, const char *host)
{
	const char *port;

	if (host == NULL)
		return str_dup(out, HERE);
	port = strrchr(host, ':');
	return str_printf(out, EVERYWHERE "%s", port != NULL ? port
							     : HTTP_PORT);
}

/* Only who has said what it is called wants to be reached. */
static enum sg_err
doors_plan(struct init_plan *p, const struct options *o)
{
	if (!p->has[CA_ISSUING])
		return SG_OK;
	p->admin = o->admin;
	if (p->admin != NULL)
		SG_TRY(sg_while(listen_check(p->admin), "--admin"));
	if (o->listen == NULL)
		return init_listen_default(&p->listen, o->host);
	SG_TRY(sg_while(listen_check(o->listen), "--listen"));
	return str_dup(&p->listen, o->listen);
}

enum sg_err
init_plan_make(struct init_plan *p, const struct options *o)
{
	SG_TRY(init_role_parse(p->has, o->role != NULL ? o->role : "both"));
	SG_TRY(role_check(p, o));
	SG_TRY(keys_plan(p, o));
	p->host = o->host;
	SG_TRY(names_make(p, o));
	SG_TRY(config_make(&p->config, o, p->has));
	return doors_plan(p, o);
}
