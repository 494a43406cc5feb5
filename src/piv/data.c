/* SPDX-License-Identifier: BSD-2-Clause */
#include "piv/data.h"

#include <string.h>

#include "crypto/digest.h"
#include "piv/tlv.h"

#define TAG_CERT_9A	0x5fc105
#define TAG_CERT_9C	0x5fc10a
#define TAG_CERT_9D	0x5fc10b
#define TAG_CERT_9E	0x5fc101
#define TAG_CHUID	0x5fc102
#define TAG_CCC		0x5fc107
#define TAG_HISTORY	0x5fc10c
#define TAG_DISCOVERY	0x7e
#define TAG_OBJECT	0x53
#define TAG_END		0xfe	/* error detection code, always empty */

#define RID_LEN 5		/* the AID's first bytes, NIST's own */

static const uint8_t aid[] = { 0xa0, 0, 0, 3, 8, 0, 0, 0x10, 0, 1, 0 };

/* FASC-N of a card that no federal agency has issued: agency 9999, and all
 * other numbers zero, as SP 800-73-4 wants it beside a GUID. */
static const uint8_t fascn[] = { 0xd4, 0xe7, 0x39, 0xd8, 0x21, 0x08, 0x6c,
	0x10, 0x84, 0x21, 0x0d, 0x83, 0x60, 0xd8, 0x21, 0x08, 0x42, 0x10,
	0x84, 0x21, 0x80, 0x42, 0x10, 0xc3, 0xf3 };

struct bytes
piv_aid(void)
{
	return bytes_of(aid, sizeof(aid));
}

static enum sg_err
add_text(struct buf *b, uint32_t tag, const char *text)
{
	return tlv_write(b, tag, bytes_str(text));
}

/* SP 800-73-4 part 2, table 3: the rest of the AID, and whose it is. */
enum sg_err
piv_application(struct buf *out)
{
	auto_done(buf) rid = { 0 }, body = { 0 };

	SG_TRY(tlv_write(&rid, 0x4f, bytes_of(aid, RID_LEN)));
	SG_TRY(tlv_write(&body, 0x4f, bytes_of(aid + RID_LEN,
	    sizeof(aid) - RID_LEN)));
	SG_TRY(tlv_write(&body, 0x79, buf_bytes(&rid)));
	return tlv_write(out, 0x61, buf_bytes(&body));
}

enum sg_err
piv_guid(const struct piv_objects *o, uint8_t out[PIV_GUID_LEN])
{
	auto_done(buf) all = { 0 };
	uint8_t hash[SHA256_LEN];

	SG_TRY(buf_add_str(&all, "signet card"));
	for (int i = 0; i < PIV_SLOTS; i++) {
		const struct piv_key *k = &o->keys[i];

		SG_TRY(buf_add_u8(&all, k->present));
		SG_TRY(buf_add_u8(&all, (uint8_t)k->type));
		SG_TRY(buf_add_block(&all, bytes_str(k->name)));
		SG_TRY(buf_add_block(&all, buf_bytes(&k->cert)));
	}
	SG_TRY(sha256(buf_bytes(&all), hash));
	memcpy(out, hash, PIV_GUID_LEN);
	out[6] = (uint8_t)((out[6] & 0x0f) | 0x80);	/* version 8 */
	out[8] = (uint8_t)((out[8] & 0x3f) | 0x80);	/* variant */
	return SG_OK;
}

static enum sg_err
chuid(const uint8_t *guid, struct buf *b)
{
	SG_TRY(tlv_write(b, 0x30, bytes_of(fascn, sizeof(fascn))));
	SG_TRY(tlv_write(b, 0x34, bytes_of(guid, PIV_GUID_LEN)));
	/* The certificates have periods of their own. */
	SG_TRY(add_text(b, 0x35, "99991231"));
	/* Nobody has signed it. */
	SG_TRY(add_text(b, 0x3e, ""));
	return add_text(b, TAG_END, "");
}

/* Appendix A, table 8: a card identifier and otherwise what says "PIV". */
static enum sg_err
capabilities(const uint8_t *guid, struct buf *b)
{
	static const uint8_t card[] = { 0xa0, 0, 0, 1, 0x16, 0xff, 2 };
	static const uint8_t empty[] = { 0xf6, 0xf7, 0xfa, 0xfb, 0xfc, 0xfd,
		TAG_END };
	auto_done(buf) id = { 0 };

	SG_TRY(buf_add(&id, card, sizeof(card)));
	SG_TRY(buf_add(&id, guid, PIV_GUID_LEN - 2));
	SG_TRY(tlv_write(b, 0xf0, buf_bytes(&id)));
	SG_TRY(add_text(b, 0xf1, "\x21"));
	SG_TRY(add_text(b, 0xf2, "\x21"));
	SG_TRY(add_text(b, 0xf3, ""));
	SG_TRY(tlv_write(b, 0xf4, bytes_of("", 1)));
	SG_TRY(add_text(b, 0xf5, "\x10"));
	for (size_t i = 0; i < sizeof(empty); i++)
		SG_TRY(add_text(b, empty[i], ""));
	return SG_OK;
}

/* No key of times past, on the card or elsewhere. */
static enum sg_err
history(struct buf *b)
{
	SG_TRY(tlv_write(b, 0xc1, bytes_of("", 1)));
	SG_TRY(tlv_write(b, 0xc2, bytes_of("", 1)));
	return add_text(b, TAG_END, "");
}

/* Stands without the wrapping tag of the others. */
static enum sg_err
discovery(struct buf *out)
{
	/* The PIV PIN alone, no other way to be let in. */
	static const uint8_t usage[] = { 0x40, 0 };
	auto_done(buf) b = { 0 };

	SG_TRY(tlv_write(&b, 0x4f, piv_aid()));
	SG_TRY(tlv_write(&b, 0x5f2f, bytes_of(usage, sizeof(usage))));
	return tlv_write(out, TAG_DISCOVERY, buf_bytes(&b));
}

static enum sg_err
certificate(const struct piv_key *k, struct buf *b)
{
	if (!k->present || k->cert.n == 0 || k->cert.n > PIV_CERT_MAX)
		return sg_fail(SG_ENOENT, "the card has no such certificate");
	SG_TRY(tlv_write(b, 0x70, buf_bytes(&k->cert)));
	SG_TRY(tlv_write(b, 0x71, bytes_of("", 1)));	/* not compressed */
	return add_text(b, TAG_END, "");
}

enum sg_err
piv_data(const struct piv_objects *o, const uint8_t guid[PIV_GUID_LEN],
    uint32_t tag, struct buf *out)
{
	auto_done(buf) b = { 0 };

	switch (tag) {
	case TAG_DISCOVERY:
		return discovery(out);
	case TAG_CHUID:
		SG_TRY(chuid(guid, &b));
		break;
	case TAG_CCC:
		SG_TRY(capabilities(guid, &b));
		break;
	case TAG_HISTORY:
		SG_TRY(history(&b));
		break;
	case TAG_CERT_9A:
		SG_TRY(certificate(&o->keys[PIV_9A], &b));
		break;
	case TAG_CERT_9C:
		SG_TRY(certificate(&o->keys[PIV_9C], &b));
		break;
	case TAG_CERT_9D:
		SG_TRY(certificate(&o->keys[PIV_9D], &b));
		break;
	case TAG_CERT_9E:
		SG_TRY(certificate(&o->keys[PIV_9E], &b));
		break;
	default:
		return sg_fail(SG_ENOENT, "the card has no such object");
	}
	return tlv_write(out, TAG_OBJECT, buf_bytes(&b));
}
