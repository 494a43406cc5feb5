/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/provider.h"

#include <stddef.h>
#include <strings.h>

static const struct {
	const char *word;
	const char *name;
} providers[KSP_END] = {
	[KSP_PASSPORT] = { "passport", PROVIDER_PASSPORT },
	[KSP_SOFTWARE] = { "software", PROVIDER_SOFTWARE },
	[KSP_SMARTCARD] = { "smartcard", PROVIDER_SMARTCARD },
	[KSP_PLATFORM] = { "platform", PROVIDER_PLATFORM },
};

static bool
valid(enum provider p)
{
	return p >= KSP_PASSPORT && p < KSP_END;
}

const char *
provider_name(enum provider p)
{
	return valid(p) ? providers[p].name : "";
}

const char *
provider_word(enum provider p)
{
	return valid(p) ? providers[p].word : "";
}

enum sg_err
provider_parse(enum provider *out, const char *s)
{
	for (int p = KSP_PASSPORT; p < KSP_END; p++) {
		if (strcasecmp(providers[p].word, s) != 0 &&
		    strcasecmp(providers[p].name, s) != 0)
			continue;
		*out = (enum provider)p;
		return SG_OK;
	}
	return sg_fail(SG_EARG, "'%s' is no key storage provider: passport, "
	    "software, smartcard or platform", s);
}

bool
provider_in_container(enum provider p)
{
	return valid(p) && p != KSP_SMARTCARD;
}

bool
provider_wants_gesture(enum provider p)
{
	return p == KSP_PASSPORT || p == KSP_SOFTWARE;
}
