/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_BASE_ERR_H
#define SG_BASE_ERR_H

/*
 * Errors.  The code tells the program what to do next; the note tells the
 * person what happened.  Codes are told apart only where a caller would act
 * differently on them.
 */

#include <stdarg.h>

enum [[nodiscard]] sg_err {
	SG_OK = 0,
	SG_ENOMEM,	/* memory or locked memory ran out */
	SG_EARG,	/* a value the person gave cannot be used */
	SG_EFORMAT,	/* foreign bytes or a file are not what they should be */
	SG_ELIMIT,	/* a named limit is exceeded */
	SG_ENOENT,	/* what was asked for does not exist */
	SG_EEXIST,	/* what was to be made exists already */
	SG_EPERM,	/* the caller may not do that */
	SG_EIO,		/* reading, writing or talking failed */
	SG_EBUSY,	/* somebody else holds it; trying again may help */
	SG_ECANCEL,	/* the person cancelled */
	SG_ETIMEOUT,	/* nobody answered in time */
	SG_ELOGIN,	/* the container must be opened first */
	SG_EPIN,	/* the PIN or recovery code is wrong */
	SG_EBLOCKED,	/* too many wrong PINs: only recovery helps */
	SG_EVERIFY,	/* a signature, chain or rule does not hold */
	SG_ECRYPTO,	/* the crypto library failed */
	SG_ETPM,	/* the TPM refused or cannot be reached */
	SG_EUNSUPPORTED,/* valid, but not something we do */
	SG_EINTERNAL,	/* our own mistake */
	SG_ERR_COUNT
};

/* Bytes of a note, terminating NUL included; longer ones are cut. */
#define SG_NOTE_MAX 1024

/*
 * Replaces the calling thread's note by the formatted text and returns e.
 * The text is one sentence without capital and full stop, and never holds a
 * secret.  Control characters in it are shown as '?'.
 */
enum sg_err sg_fail(enum sg_err e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Puts "<formatted text>: " in front of the note and returns e; does nothing
 * but return SG_OK when e is SG_OK.
 */
enum sg_err sg_while(enum sg_err e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The calling thread's note, or the code's own words if there is none; never
 * NULL; valid until the thread's next call of a function of this header. */
const char *sg_note(enum sg_err e);

/* Empties the calling thread's note. */
void sg_note_clear(void);

/* A fixed short word for a code ("format"), as used in JSON and on the wire. */
const char *sg_err_name(enum sg_err e);

/*
 * Returns from the calling function when an expression fails.  For functions
 * whose locals are all released by the cleanup attribute.
 */
#define SG_TRY(expr)                                 \
	do {                                         \
		enum sg_err sg_try_err = (expr);     \
		if (sg_try_err != SG_OK)             \
			return sg_try_err;           \
	} while (0)

/* An error that is ignored on purpose, with the reason in a comment. */
#define SG_IGNORE(expr)                              \
	do {                                         \
		enum sg_err sg_ignored = (expr);     \
		(void)sg_ignored;                    \
	} while (0)

#endif
