/* SPDX-License-Identifier: BSD-2-Clause */

/* The words of certutil, with their dash and in any case. */

#include <stddef.h>
#include <strings.h>

#include "verb.h"

static const struct {
	const char *word;
	const char *verb;
} words[] = {
	{ "backup", "backup" },
	{ "ca.cert", "ca export" },
	{ "CATemplates", "template list" },
	{ "CRL", "crl" },
	{ "deny", "request deny" },
	{ "dsAddTemplate", "dsaddtemplate" },
	{ "dsTemplate", "dstemplate" },
	{ "installCert", "ca install" },
	{ "renewCert", "ca renew" },
	{ "restore", "restore" },
	{ "resubmit", "request approve" },
	{ "revoke", "cert revoke" },
	{ "Template", "template list" },
	{ "view", "request list" },
};

const char *
certutil_verb(const char *word)
{
	if (word[0] != '-')
		return NULL;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(word + 1, words[i].word) == 0)
			return words[i].verb;
	return NULL;
}
