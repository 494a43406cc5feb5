/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy/card.h"

#include <stddef.h>
#include <string.h>

#include "base/text.h"

static const struct switch_key {
	const char *key;
	size_t at;		/* of a bool in struct card_policy */
} switches[] = {
	{ "emulation", offsetof(struct card_policy, emulation) },
	{ "certificates", offsetof(struct card_policy, certificates) },
	{ "all-users", offsetof(struct card_policy, all_users) },
	{ "pin-change", offsetof(struct card_policy, pin_change) },
};

static const struct number_key {
	const char *key;
	long long max;		/* the least is 1 */
	size_t at;		/* of a uint32_t */
} numbers[] = {
	{ "slots", CARD_POLICY_SLOTS_MAX,
	    offsetof(struct card_policy, slots) },
	{ "idle", CARD_POLICY_IDLE_MAX,
	    offsetof(struct card_policy, idle_s) },
	{ "session-minutes", CARD_POLICY_MINUTES_MAX,
	    offsetof(struct card_policy, session_minutes) },
	{ "session-uses", CARD_POLICY_USES_MAX,
	    offsetof(struct card_policy, session_uses) },
};

static void *
member(struct card_policy *p, size_t at)
{
	return (char *)p + at;
}

enum sg_err
card_policy_line(struct card_policy *p, const struct conf_line *l)
{
	long long v;

	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		if (strcmp(l->key, switches[i].key) == 0)
			return conf_bool(member(p, switches[i].at), l->value);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (strcmp(l->key, numbers[i].key) != 0)
			continue;
		SG_TRY(number_parse(&v, l->value, 1, numbers[i].max, l->key));
		*(uint32_t *)member(p, numbers[i].at) = (uint32_t)v;
		return SG_OK;
	}
	return sg_fail(SG_EFORMAT, "unknown key '%s' in section [card]",
	    l->key);
}
