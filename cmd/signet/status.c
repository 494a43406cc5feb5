/* SPDX-License-Identifier: BSD-2-Clause */
#include "user.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "options.h"
#include "output.h"
#include "pin_ask.h"
#include "verb.h"

static const char *
state_word(enum container_state s)
{
	switch (s) {
	case CONTAINER_NONE:
		return "none";
	case CONTAINER_READY:
		return "ready";
	case CONTAINER_OPEN:
		return "open";
	case CONTAINER_BLOCKED:
		return "blocked";
	case CONTAINER_BROKEN:
		break;
	}
	return "broken";
}

static const struct {
	const char *word;
	const char *advice;
} reasons[REASON_COUNT] = {
	[REASON_NONE] = { "", NULL },
	[REASON_UNREADABLE] = { "unreadable", "the administrator looks at the"
	    " disk; the keys may well be whole" },
	[REASON_DAMAGED] = { "damaged", "put a backup of the file back, if"
	    " there is one; otherwise 'signet reset' and 'signet setup'" },
	[REASON_NEWER] = { "newer", "install the version of Signet that"
	    " wrote it" },
	[REASON_FOREIGN] = { "foreign", "put your own file back, if there is"
	    " a backup; otherwise 'signet reset' and 'signet setup'" },
	[REASON_OTHER_TPM] = { "other-tpm", "the keys stay with the TPM that"
	    " made them: save what 'signet cert list' shows ('signet cert"
	    " export'), then 'signet reset', 'signet setup' and new requests" },
	[REASON_INDEX_GONE] = { "index-gone", "'signet pin recover' makes it"
	    " anew with the recovery code; the keys stay" },
};

static const char *const healths[HEALTH_COUNT] = {
	[HEALTH_UNKNOWN] = "unknown",
	[HEALTH_OK] = "ok",
	[HEALTH_LOCKOUT] = "lockout",
	[HEALTH_UNUSABLE] = "unusable",
	[HEALTH_SILENT] = "silent",
};

/* What the person can do next. */
static const char *
advice(const struct status *s)
{
	if (s->state == CONTAINER_BROKEN && reasons[s->reason].advice != NULL)
		return reasons[s->reason].advice;
	switch (s->state) {
	case CONTAINER_NONE:
		return s->uid != (uint32_t)geteuid() ? NULL
		    : "'signet setup' makes a container";
	case CONTAINER_BLOCKED:
		return "'signet pin recover' sets a new PIN with the recovery"
		       " code";
	case CONTAINER_BROKEN:
		return "'signet reset' deletes it, 'signet setup' makes a new"
		       " one";
	case CONTAINER_READY:
	case CONTAINER_OPEN:
		break;
	}
	if (s->tries_known && s->tries_limit - s->tries_used == 1)
		return "one PIN try is left: the right PIN gives back all";
	return NULL;
}

static enum sg_err
print_json(const struct status *s)
{
	auto_free(json_out) j = NULL;

	SG_TRY(json_out_new(&j));
	json_put_object(j, NULL);
	json_put_num(j, "user", s->uid);
	json_put_str(j, "state", state_word(s->state));
	if (s->state != CONTAINER_NONE) {
		json_put_time(j, "created", (long long)s->created);
		json_put_num(j, "generation", (long long)s->generation);
		json_put_num(j, "logins", s->logins);
		json_put_num(j, "tries_limit", s->tries_limit);
		if (s->tries_known)
			json_put_num(j, "tries_used", s->tries_used);
	}
	if (s->state == CONTAINER_BROKEN)
		json_put_str(j, "reason", reasons[s->reason].word);
	json_put_str(j, "trouble", s->trouble);
	json_put_str(j, "tpm_state", healths[s->health]);
	json_put_str(j, "tpm", s->tpm);
	json_put_str(j, "daemon", s->daemon);
	json_put_num(j, "waiting", s->waiting);
	json_put_num(j, "busy_seconds", s->busy_s);
	json_put_num(j, "audit_lines_lost", (long long)s->audit_lost);
	json_close(j);
	return json_print(j, stdout);
}

/* Its version, and what is worth knowing of its work. */
static enum sg_err
print_daemon(const struct status *s)
{
	auto_done(buf) text = { 0 };

	SG_TRY(buf_add_str(&text, s->daemon));
	if (s->busy_s > 0)
		SG_TRY(buf_printf(&text, ", waits for the TPM for %u s",
		    s->busy_s));
	if (s->waiting > 0)
		SG_TRY(buf_printf(&text, ", %u more requests wait",
		    s->waiting));
	if (s->audit_lost > 0)
		SG_TRY(buf_printf(&text, ", %llu audit lines could not be"
		    " written", (unsigned long long)s->audit_lost));
	SG_TRY(buf_terminate(&text));
	field_print("Daemon", (const char *)text.p);
	return SG_OK;
}

static enum sg_err
print_text(const struct status *s)
{
	char created[DATE_TEXT_MAX];
	auto_str tries = NULL;

	field_print("Container", state_word(s->state));
	if (s->state != CONTAINER_NONE) {
		moment_text(created, (int64_t)s->created);
		SG_TRY(s->tries_known
			? str_printf(&tries, "%u of %u left",
			    s->tries_limit - s->tries_used, s->tries_limit)
			: str_printf(&tries, "%u, how many are left is not"
			    " known", s->tries_limit));
		field_print("Created", created);
		field_print("PIN tries", tries);
	}
	if (*s->trouble != '\0')
		field_print("Trouble", s->trouble);
	field_print("TPM", s->tpm);
	SG_TRY(print_daemon(s));
	if (advice(s) != NULL)
		field_print("Next", advice(s));
	return SG_OK;
}

/* While the TPM hangs signetd still knows what it saw last, of one's own. */
static enum sg_err
ask_status(struct client *c, uint32_t uid, struct status *out)
{
	enum sg_err e = client_status(c, uid, out);

	if (e != SG_ETIMEOUT || uid != (uint32_t)geteuid())
		return e;
	SG_TRY(client_glance(c, out));
	out->health = HEALTH_SILENT;
	free(out->tpm);
	return str_dup(&out->tpm, "does not answer");
}

static enum sg_err
status(int argc, char **argv)
{
	auto_free(client) c = NULL;
	auto_done(status) s = { 0 };
	struct arguments a;
	const char *user = NULL;
	uint32_t uid;
	bool json = false;
	/* Asked a second time in another way, if need be. */
	const struct client_limits limits = { 2500, 10000, 10000, 0 };
	const struct option table[] = {
		{ .name = "json", .flag = &json },
		{ .name = "user", .text = &user },
		{ .name = NULL },
	};

	SG_TRY(options_parse(argc, argv, table, &a));
	SG_TRY(arguments_check(&a, 0, 0, "no argument"));
	SG_TRY(user_id(&uid, user));
	SG_TRY(client_open(&c, NULL));
	client_set_limits(c, &limits);
	SG_TRY(ask_status(c, uid, &s));
	return json ? print_json(&s) : print_text(&s);
}

static int
run(int argc, char **argv)
{
	return cli_end(sg_while(status(argc, argv), "status"));
}

const struct cli_verb cli_status = {
	.name = "status",
	.summary = "shows the state of your container and of the TPM",
	.usage = "status [--json] [--user USER]\n",
	.text = "States: none; ready; open (this process is logged in); blocked"
		" (too many wrong\nPINs); broken (its file or its parts in the"
		" TPM are unusable;\nthe last line says what to do).\n\n"
		"  --json       for programs\n"
		"  --user USER  another user's container (root only)\n",
	.run = run,
};
