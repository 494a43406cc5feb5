/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_TPM_LOADED_H
#define SG_TPM_LOADED_H

/* The keys that stay loaded between uses. */

#include "tpm/context.h"
#include "tpm/key_public.h"

/* Forgets all of them and the kept policy session. */
void keys_forget(struct tpm *t);

/* Lets at most n stay, the latest used.  Does nothing when a resource manager
 * makes room by itself. */
void keys_make_room(struct tpm *t, size_t n);

/* Forgets what is known about a login index, not the keys: it was written or
 * defined anew and has another Name now. */
void keys_forget_login(struct tpm *t, uint32_t index);

/* Makes the key or sealed thing that the template and (if sealed) sensitive
 * say, below the storage root key. */
enum sg_err key_create(struct tpm *t, enum tpm_key_type type,
    const struct policy *policy, const struct secret *sensitive,
    struct tpm_key *out);

/* Loads it, unless it is loaded; pub is what key_public_parse() made of it. */
enum sg_err key_ready(struct tpm *t, const struct tpm_key *k,
    const struct key_public *pub, struct loaded_key **out);

/* Proves the login in the kept policy session, for one use; SG_ELOGIN.  After
 * any failure, and that of the use, key_broken(). */
enum sg_err key_arm(struct tpm *t, const struct vault *v,
    const struct secret *login, struct loaded_key *k);
void key_broken(struct tpm *t, struct loaded_key *k);

/* The private operation of tpm_key_use, authorised by this session. */
enum sg_err key_operate(struct tpm *t, const struct loaded_key *k,
    ESYS_TR session, const struct key_public *pub, struct bytes in,
    struct buf *out);
/* SG_EARG unless it is what the key takes. */
enum sg_err key_input_check(const struct key_public *pub, struct bytes in);

#endif
