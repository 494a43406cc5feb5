/* SPDX-License-Identifier: BSD-2-Clause */
#include "signin/krb5_conf.h"

#include <profile.h>
#include <stdlib.h>
#include <string.h>

/* What libkrb5 reads when nothing else is said. */
#define MACHINE_FILES	"/etc/krb5.conf"

static enum sg_err
file_line(struct buf *out, const char *key, const char *path)
{
	if (path == NULL)
		return SG_OK;
	if (strpbrk(path, "\n\r\"{}:") != NULL)
		return sg_fail(SG_EFORMAT,
		    "%s: the name cannot stand in krb5.conf", path);
	return buf_printf(out, "\t\t%s = FILE:%s\n", key, path);
}

enum sg_err
krb5_conf_text(struct buf *out, const struct krb5_conf *c)
{
	SG_TRY(buf_printf(out, "[realms]\n\t%s = {\n", c->realm));
	SG_TRY(file_line(out, "pkinit_anchors", c->anchors));
	SG_TRY(file_line(out, "pkinit_pool", c->pool));
	for (size_t i = 0; i < c->kdcs->n; i++)
		SG_TRY(buf_printf(out, "\t\tpkinit_kdc_hostname = %s\n",
		    c->kdcs->v[i]));
	/* Without this libkrb5 falls back to a password, and FreeRDP hands it
	 * the PIN for one: the KDC, or whoever poses as it, could then guess
	 * PINs offline. */
	return buf_add_str(out, "\t}\n[plugins]\n\tclpreauth = {\n"
	    "\t\tenable_only = pkinit\n\t}\n");
}

enum sg_err
krb5_conf_paths(const char *ours, char **out)
{
	const char *now = getenv("KRB5_CONFIG");

	return str_printf(out, "%s:%s", ours,
	    now != NULL && *now != '\0' ? now : MACHINE_FILES);
}

static bool
has_value(profile_t p, const char *const *path)
{
	char **v = NULL;
	bool any;

	if (profile_get_values(p, path, &v) != 0)
		return false;
	any = v[0] != NULL;
	profile_free_list(v);
	return any;
}

enum sg_err
krb5_conf_has_anchors(const char *paths, const char *realm, bool *out)
{
	static const char key[] = "pkinit_anchors";
	const char *const where[][4] = {
		{ "realms", realm, key, NULL },
		{ "libdefaults", realm, key, NULL },
		{ "libdefaults", key, NULL, NULL },
	};
	profile_t p;

	if (profile_init_path(paths, &p) != 0)
		return sg_fail(SG_EIO, "the Kerberos configuration %s cannot "
		    "be read", paths);
	*out = has_value(p, where[0]) || has_value(p, where[1]) ||
	    has_value(p, where[2]);
	profile_release(p);
	return SG_OK;
}
