/* SPDX-License-Identifier: BSD-2-Clause */
#include "ca/transactions.h"

#include <string.h>

#include "base/reader.h"

enum sg_err
ca_transaction_name(struct ca_transaction *out, struct bytes who,
    const char *name)
{
	auto_done(buf) both = { 0 };
	uint8_t key[SHA256_LEN];

	SG_TRY(sha256(who, key));
	SG_TRY(buf_add(&both, key, sizeof(key)));
	SG_TRY(buf_add_str(&both, name));
	return sha256(buf_bytes(&both), out->hash);
}

/* 63 bits of it are the line's number, so that the table is its own index;
 * whoever makes two of his own fall together loses the first. */
static int64_t
number_of(const struct ca_transaction *t)
{
	struct reader r = reader_of(bytes_of(t->hash, sizeof(t->hash)));

	return (int64_t)(read_u64(&r) >> 1);
}

static void
copy(uint8_t out[SHA256_LEN], struct bytes x)
{
	if (x.n == SHA256_LEN)
		memcpy(out, x.p, x.n);
	else
		memset(out, 0, SHA256_LEN);
}

enum sg_err
ca_transaction_find(struct ca_transaction *t, const struct ca_store *s)
{
	auto_free(db_stmt) st = NULL;
	bool row;

	t->request = 0;
	copy(t->asked, (struct bytes) { 0 });
	SG_TRY(db_prepare(&st, s->db, "SELECT hash, asked, request"
	    " FROM transactions WHERE id = $1"));
	db_bind_int(st, 1, number_of(t));
	SG_TRY(db_step(&row, st));
	if (!row || !bytes_eq(db_blob(st, 0), bytes_of(t->hash,
	    sizeof(t->hash))))
		return SG_OK;
	copy(t->asked, db_blob(st, 1));
	t->request = db_int(st, 2);
	return SG_OK;
}

enum sg_err
ca_transaction_put(const struct ca_store *s, const struct ca_transaction *t)
{
	auto_free(db_stmt) st = NULL;

	SG_TRY(db_prepare(&st, s->db, "INSERT INTO transactions (id, hash,"
	    " asked, request) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO"
	    " UPDATE SET hash = $2, asked = $3, request = $4"));
	db_bind_int(st, 1, number_of(t));
	db_bind_blob(st, 2, bytes_of(t->hash, sizeof(t->hash)));
	db_bind_blob(st, 3, bytes_of(t->asked, sizeof(t->asked)));
	db_bind_int(st, 4, t->request);
	return db_run(st);
}
