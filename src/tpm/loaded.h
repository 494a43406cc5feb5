/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TPM_LOADED_H
#define SG_TPM_LOADED_H

/* The keys that stay loaded between uses. */

#include "tpm/context.h"

/* Forgets all of them and the kept policy session. */
void keys_forget(struct tpm *t);

/* Lets at most n stay, the latest used.  Does nothing when a resource manager
 * makes room by itself. */
void keys_make_room(struct tpm *t, size_t n);

/* Forgets what is known about a login index, not the keys: it was written or
 * defined anew and has another Name now. */
void keys_forget_login(struct tpm *t, uint32_t index);

#endif
