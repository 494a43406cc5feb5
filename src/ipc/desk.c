/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/desk.h"

/* The longest request or reply, whatever it holds, and a refusal's note. */
#define FRAME_MAX ((size_t)96 << 10)

static const struct verb_info verbs[] = {
#define DESK(name, number, request, request_max, reply, reply_max, when, \
    again, evidence, verifier, what)                                     \
	{ number, #name, request, reply, request_max, reply_max,         \
	    VERB_##when, what },
#include "ipc/desk.def"
#undef DESK
};

#define DESK(name, number, request, request_max, reply, reply_max, when, \
    again, evidence, verifier, what)                                     \
	_Static_assert((request_max) + MESSAGE_OVERHEAD <= FRAME_MAX &&  \
	    (reply_max) + MESSAGE_OVERHEAD <= FRAME_MAX,                 \
	    #name " is larger than a frame");                            \
	_Static_assert(sizeof(request) <= MESSAGE_FIELD_MAX + 1 &&       \
	    sizeof(reply) <= MESSAGE_FIELD_MAX + 1,                      \
	    #name " has too many fields");
#include "ipc/desk.def"
#undef DESK

#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

/* In the same order. */
static const struct desk_rule rules[VERB_COUNT] = {
#define DESK(name, number, request, request_max, reply, reply_max, when, \
    again, evidence, verifier, what) { DESK_##again, evidence, verifier },
#include "ipc/desk.def"
#undef DESK
};

const struct verb_table desk_verbs = { verbs, VERB_COUNT, FRAME_MAX,
	"signer", "ipc/desk.h" };

const struct desk_rule *
desk_rule(const struct verb_info *v)
{
	return &rules[v - verbs];
}
