/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef SG_PKI_ASN1_H
#define SG_PKI_ASN1_H

/*
 * DER in and out through OpenSSL's templates; inside of src/pki only.
 */

#include <openssl/asn1t.h>

#include "crypto/ossl.h"

/* Bytes of the largest thing we decode; each parser has its own limit below. */
#define DER_MAX ((size_t)4 << 20)
#define SERIAL_MAX 64	/* bytes; RFC 5280 4.1.2.2 allows 20 */

/*
 * Replaces *out by the decoded object, which the caller frees.  SG_EFORMAT
 * when it cannot be decoded or when bytes follow it; what names it.
 */
enum sg_err der_read(void **out, const ASN1_ITEM *it, struct bytes der,
    const char *what);
/* Appends the encoding. */
enum sg_err der_add(struct buf *out, const ASN1_ITEM *it, const void *x);

/* Texts in memory of their own; SG_EFORMAT for strings that are not valid or
 * hold a NUL. */
enum sg_err string_utf8(char **out, const ASN1_STRING *s);
/* The same without control characters. */
enum sg_err string_text(char **out, const ASN1_STRING *s);
/* The same for IA5String; control characters are refused too. */
enum sg_err string_ascii(char **out, const ASN1_STRING *s);
enum sg_err object_text(char **out, const ASN1_OBJECT *o);
/* The same from an OBJECT IDENTIFIER's contents. */
enum sg_err oid_text(char **out, struct bytes contents);
/* From dotted text; SG_EARG. */
enum sg_err object_parse(ASN1_OBJECT **out, const char *oid);
/* Lower-case hex of a serial number, two digits a byte, at least "00". */
enum sg_err serial_text(char **out, const ASN1_INTEGER *i);
/* Seconds since 1970. */
enum sg_err time_read(int64_t *out, const ASN1_TIME *t);

/* A string of a type (V_ASN1_UTF8STRING, ...) in memory of its own. */
enum sg_err string_make(ASN1_STRING **out, int type, struct bytes x);
/* BMPString (UTF-16BE) of UTF-8 text and back. */
enum sg_err bmp_make(ASN1_STRING **out, const char *text);

/* X509_PUBKEY without the key object that OpenSSL makes of one: with its
 * decoders that takes as long as several signatures. */
typedef struct {
	X509_ALGOR *algorithm;
	ASN1_BIT_STRING *bits;
} PLAIN_SPKI;
DECLARE_ASN1_ITEM(PLAIN_SPKI)
static inline void
PLAIN_SPKI_auto(PLAIN_SPKI **p)
{
	ASN1_item_free((ASN1_VALUE *)*p, ASN1_ITEM_rptr(PLAIN_SPKI));
}
struct bytes plain_spki_bits(const PLAIN_SPKI *k);

/* Replaces *der by the DER inside of a PEM block with one of the labels
 * (NULL at the end), or by the text itself when it is no PEM. */
enum sg_err pem_or_der(struct buf *der, struct bytes in,
    const char *const *labels, const char *what);
/* Appends a PEM block (RFC 7468). */
enum sg_err pem_write(struct buf *out, const char *label, struct bytes der);

#endif
