/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/verbs.h"

#define FIELDS_MAX (MESSAGE_FRAME_MAX - MESSAGE_OVERHEAD)

static const struct verb_info verbs[] = {
#define VERB(name, number, request, reply, who, when, what)             \
	{ number, #name, request, reply, FIELDS_MAX, FIELDS_MAX,        \
	    VERB_##when, what },
#include "ipc/verbs.def"
#undef VERB
};

#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

/* In the same order. */
static const enum verb_who who_may[VERB_COUNT] = {
#define VERB(name, number, request, reply, who, when, what) VERB_##who,
#include "ipc/verbs.def"
#undef VERB
};

const struct verb_table daemon_verbs = { verbs, VERB_COUNT,
	MESSAGE_FRAME_MAX, "signetd", "signetd.conf" };

const struct verb_info *
verb_find(unsigned number)
{
	return verb_of(&daemon_verbs, number);
}

enum verb_who
verb_who(const struct verb_info *v)
{
	return who_may[v - verbs];
}
