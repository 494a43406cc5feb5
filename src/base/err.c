/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/err.h"

#include <stdio.h>
#include <string.h>

static _Thread_local char note[SG_NOTE_MAX];

static const struct {
	const char *name;
	const char *words;
} table[SG_ERR_COUNT] = {
	[SG_OK] = { "ok", "no error" },
	[SG_ENOMEM] = { "memory", "out of memory" },
	[SG_EARG] = { "argument", "that value cannot be used" },
	[SG_EFORMAT] = { "format", "malformed data" },
	[SG_ELIMIT] = { "limit", "a limit is exceeded" },
	[SG_ENOENT] = { "not-found", "not found" },
	[SG_EEXIST] = { "exists", "exists already" },
	[SG_EPERM] = { "permission", "not permitted" },
	[SG_EIO] = { "io", "input or output failed" },
	[SG_EBUSY] = { "busy", "in use; try again" },
	[SG_ECANCEL] = { "cancelled", "cancelled" },
	[SG_ETIMEOUT] = { "timeout", "no answer in time" },
	[SG_ELOGIN] = { "login", "the container must be opened first" },
	[SG_EPIN] = { "pin", "wrong PIN" },
	[SG_EBLOCKED] = { "blocked", "the container is blocked" },
	[SG_EVERIFY] = { "verify", "verification failed" },
	[SG_ECRYPTO] = { "crypto", "a cryptographic operation failed" },
	[SG_ETPM] = { "tpm", "the TPM refused or cannot be reached" },
	[SG_EUNSUPPORTED] = { "unsupported", "not supported" },
	[SG_EINTERNAL] = { "internal", "internal error" },
};

/* Foreign text may be part of a note; it must not steer a terminal. */
static void
note_tame(void)
{
	for (char *p = note; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
}

enum sg_err
sg_fail(enum sg_err e, const char *fmt, ...)
{
	/* The arguments may point into the old note. */
	char text[SG_NOTE_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	memcpy(note, text, sizeof(note));
	note_tame();
	return e;
}

enum sg_err
sg_while(enum sg_err e, const char *fmt, ...)
{
	char text[SG_NOTE_MAX];
	va_list ap;
	size_t n, have;

	if (e == SG_OK)
		return e;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text) - 2, fmt, ap);
	va_end(ap);
	strcat(text, ": ");
	if (note[0] == '\0')
		(void)snprintf(note, sizeof(note), "%s", sg_note(e));
	n = strlen(text);
	have = strlen(note);
	if (have > sizeof(note) - 1 - n)
		have = sizeof(note) - 1 - n;
	memmove(note + n, note, have);
	memcpy(note, text, n);
	note[n + have] = '\0';
	note_tame();
	return e;
}

const char *
sg_note(enum sg_err e)
{
	if (note[0] != '\0')
		return note;
	return e < SG_ERR_COUNT ? table[e].words : "unknown error";
}

void
sg_note_clear(void)
{
	note[0] = '\0';
}

const char *
sg_err_name(enum sg_err e)
{
	return e < SG_ERR_COUNT ? table[e].name : "unknown";
}
