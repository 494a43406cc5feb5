/* SPDX-License-Identifier: BSD-2-Clause */
#include "pki/name.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "pki/asn1.h"
#include "pki/der.h"
#include "pki/oid.h"

/* RFC 4514 section 3, and what Windows and OpenSSL add; the first spelling of
 * a type is the one that is printed. */
static const struct {
	const char *name;
	int nid;
	const char *oid;	/* of those that are printed without OpenSSL */
} types[] = {
	{ "CN", NID_commonName, "2.5.4.3" },
	{ "L", NID_localityName, "2.5.4.7" },
	{ "ST", NID_stateOrProvinceName, "2.5.4.8" },
	{ "S", NID_stateOrProvinceName, NULL },
	{ "O", NID_organizationName, "2.5.4.10" },
	{ "OU", NID_organizationalUnitName, "2.5.4.11" },
	{ "C", NID_countryName, "2.5.4.6" },
	{ "STREET", NID_streetAddress, NULL },
	{ "DC", NID_domainComponent, "0.9.2342.19200300.100.1.25" },
	{ "UID", NID_userId, "0.9.2342.19200300.100.1.1" },
	{ "E", NID_pkcs9_emailAddress, "1.2.840.113549.1.9.1" },
	{ "EMAIL", NID_pkcs9_emailAddress, NULL },
	{ "EMAILADDRESS", NID_pkcs9_emailAddress, NULL },
	{ "SERIALNUMBER", NID_serialNumber, "2.5.4.5" },
	{ "SN", NID_surname, NULL },
	{ "GN", NID_givenName, NULL },
	{ "G", NID_givenName, NULL },
	{ "I", NID_initials, NULL },
	{ "T", NID_title, NULL },
};
/* What a '#' value may be. */
#define STRINGS (B_ASN1_PRINTABLESTRING | B_ASN1_TELETEXSTRING | \
    B_ASN1_BMPSTRING | B_ASN1_UNIVERSALSTRING | B_ASN1_UTF8STRING | \
    B_ASN1_IA5STRING | B_ASN1_NUMERICSTRING)
#define PLAIN_PARTS_MAX 16
#define CN_MAX 64	/* RFC 5280 A.1, ub-common-name */
#define TYPES_LEN (sizeof(types) / sizeof(types[0]))

static const char *
type_name(int nid)
{
	for (size_t i = 0; i < TYPES_LEN; i++)
		if (types[i].nid == nid)
			return types[i].name;
	return NULL;
}

static ASN1_OBJECT *
type_object(const char *name)
{
	for (size_t i = 0; i < TYPES_LEN; i++)
		if (strcasecmp(types[i].name, name) == 0)
			return OBJ_nid2obj(types[i].nid);
	if (strncasecmp(name, "OID.", 4) == 0)
		name += 4;
	return oid_valid(name) ? OBJ_txt2obj(name, 1) : NULL;
}

/* A text on its way to a name. */
struct scan {
	const char *start;
	const char *s;
	X509_NAME *name;
	unsigned parts;
};

static enum sg_err
scan_fail(const struct scan *c, const char *what)
{
	return sg_fail(SG_EARG, "name '%.80s': %s at character %zu",
	    c->start, what, (size_t)(c->s - c->start) + 1);
}

static void
blanks(struct scan *c)
{
	while (*c->s == ' ')
		c->s++;
}

static enum sg_err
scan_type(struct scan *c, ASN1_OBJECT **out)
{
	char type[OID_TEXT_MAX];
	size_t n = strcspn(c->s, "=,+;\"");

	if (c->s[n] != '=' || n == 0 || n >= sizeof(type))
		return scan_fail(c, "expected 'type=value'");
	memcpy(type, c->s, n);
	while (n > 0 && type[n - 1] == ' ')
		n--;
	type[n] = '\0';
	if ((*out = type_object(type)) == NULL) {
		ERR_clear_error();
		return scan_fail(c, "unknown type");
	}
	c->s = strchr(c->s, '=') + 1;
	return SG_OK;
}

/* RFC 4514 section 2.4: a backslash and a special character or two digits. */
static enum sg_err
scan_escape(struct scan *c, struct buf *out)
{
	char hex[3] = { 0 };

	c->s++;
	if (isxdigit((unsigned char)c->s[0]) &&
	    isxdigit((unsigned char)c->s[1])) {
		memcpy(hex, c->s, 2);
		c->s += 2;
		return hex_decode(out, hex);
	}
	if (*c->s == '\0' || strchr(" \"#+,;<=>\\", *c->s) == NULL)
		return scan_fail(c, "a wrong escape");
	return buf_add_u8(out, (uint8_t)*c->s++);
}

static enum sg_err
scan_quoted(struct scan *c, struct buf *out)
{
	for (c->s++;;) {
		if (*c->s == '\0')
			return scan_fail(c, "a quote is not closed");
		if (*c->s == '"') {
			c->s++;
			if (*c->s != '"')
				return SG_OK;
		}
		if (*c->s == '\\')
			SG_TRY(scan_escape(c, out));
		else
			SG_TRY(buf_add_u8(out, (uint8_t)*c->s++));
	}
}

static enum sg_err
scan_plain(struct scan *c, struct buf *out)
{
	size_t kept = 0;

	while (*c->s != '\0' && strchr(",+;", *c->s) == NULL) {
		bool blank = *c->s == ' ';

		if (*c->s == '"')
			return scan_fail(c, "a quote inside of a value");
		if (*c->s == '\\')
			SG_TRY(scan_escape(c, out));
		else
			SG_TRY(buf_add_u8(out, (uint8_t)*c->s++));
		if (!blank)
			kept = out->n;
	}
	out->n = kept;
	return SG_OK;
}

/* '#' and the DER of a string in hexadecimal. */
static enum sg_err
scan_hex(struct scan *c, int *type, struct buf *out)
{
	auto_str hex = NULL;
	auto_done(buf) der = { 0 };
	size_t n = strcspn(++c->s, " ,+;");
	const uint8_t *p;
	long len;
	int class, tag;

	SG_TRY(str_from_bytes(&hex, bytes_of(c->s, n)));
	if (hex_decode(&der, hex) != SG_OK || der.n == 0)
		return scan_fail(c, "wrong hexadecimal");
	p = der.p;
	if ((ASN1_get_object(&p, &len, &tag, &class, (long)der.n) & 0xa1) ||
	    class != V_ASN1_UNIVERSAL ||
	    (ASN1_tag2bit(tag) & STRINGS) == 0 ||
	    p + len != der.p + der.n) {
		ERR_clear_error();
		return scan_fail(c, "not the DER of a string");
	}
	c->s += n;
	*type = tag;
	return buf_add(out, p, (size_t)len);
}

static enum sg_err
scan_value(struct scan *c, int *type, struct buf *out)
{
	blanks(c);
	*type = MBSTRING_UTF8;
	if (*c->s == '#')
		return scan_hex(c, type, out);
	return *c->s == '"' ? scan_quoted(c, out) : scan_plain(c, out);
}

SG_AUTO_OSSL(X509_NAME_ENTRY)

static enum sg_err
scan_part(struct scan *c, bool joins)
{
	auto_ossl(ASN1_OBJECT) object = NULL;
	auto_ossl(X509_NAME_ENTRY) entry = NULL;
	auto_done(buf) value = { 0 };
	int type;

	if (++c->parts > NAME_PARTS_MAX)
		return scan_fail(c, "too many parts");
	blanks(c);
	SG_TRY(scan_type(c, &object));
	SG_TRY(scan_value(c, &type, &value));
	if (value.n == 0)
		return scan_fail(c, "an empty value");
	entry = X509_NAME_ENTRY_create_by_OBJ(NULL, object, type, value.p,
	    (int)value.n);
	if (entry == NULL) {
		SG_IGNORE(ossl_fail(SG_EARG, "not allowed there"));
		return sg_while(SG_EARG, "name '%.80s'", c->start);
	}
	/* In front: the text's order is the reverse of the DER's. */
	if (X509_NAME_add_entry(c->name, entry, 0, joins) != 1)
		return ossl_fail(SG_ECRYPTO, "making a name");
	return SG_OK;
}

static enum sg_err
scan_parts(struct scan *c)
{
	bool joins = false;

	for (blanks(c); *c->s != '\0';) {
		SG_TRY(scan_part(c, joins));
		blanks(c);
		if (*c->s == '\0')
			return SG_OK;
		if (strchr(",+;", *c->s) == NULL)
			return scan_fail(c, "expected ','");
		joins = *c->s++ == '+';
		if (c->s[strspn(c->s, " ")] == '\0')
			return scan_fail(c, "expected one more part");
	}
	return SG_OK;
}

enum sg_err
name_parse(struct buf *out, const char *text)
{
	auto_ossl(X509_NAME) name = X509_NAME_new();
	struct scan c = { text, text, name, 0 };

	if (name == NULL)
		return ossl_fail(SG_ENOMEM, "making a name");
	if (strlen(text) > NAME_TEXT_MAX)
		return sg_fail(SG_ELIMIT, "a name of %zu bytes is too long",
		    strlen(text));
	SG_TRY(scan_parts(&c));
	return der_add(out, ASN1_ITEM_rptr(X509_NAME), name);
}

bool
name_plain_cn(struct buf *out, const char *value)
{
	size_t from = out->n, n = strlen(value);

	for (const char *p = value; *p != '\0'; p++)
		if (*p < 0x20 || *p > 0x7e)
			return false;
	if (n == 0 || n > CN_MAX ||
	    der_put_oid(out, "2.5.4.3") != SG_OK ||
	    der_put(out, DER_UTF8_STRING, bytes_of(value, n)) != SG_OK ||
	    der_wrap(out, from, DER_SEQUENCE) != SG_OK ||
	    der_wrap(out, from, DER_SET) != SG_OK ||
	    der_wrap(out, from, DER_SEQUENCE) != SG_OK) {
		out->n = from;
		return false;
	}
	return true;
}

static enum sg_err
decode(X509_NAME **out, struct bytes der)
{
	auto_ossl(X509_NAME) name = NULL;

	SG_TRY(der_read((void **)&name, ASN1_ITEM_rptr(X509_NAME), der,
	    "a name"));
	if (X509_NAME_entry_count(name) > NAME_PARTS_MAX)
		return sg_fail(SG_ELIMIT, "a name has %d parts",
		    X509_NAME_entry_count(name));
	*out = name;
	name = NULL;
	return SG_OK;
}

static enum sg_err
escape(struct buf *out, struct bytes x)
{
	for (size_t i = 0; i < x.n; i++) {
		uint8_t c = x.p[i];
		bool edge = (c == ' ' && (i == 0 || i == x.n - 1)) ||
		    (c == '#' && i == 0);

		if (c < 0x20 || c == 0x7f)
			SG_TRY(buf_printf(out, "\\%02x", c));
		else if (edge || strchr("\"+,;<>\\", c) != NULL)
			SG_TRY(buf_printf(out, "\\%c", c));
		else
			SG_TRY(buf_add_u8(out, c));
	}
	return SG_OK;
}

static enum sg_err
print_hex(struct buf *out, const ASN1_OBJECT *object, const ASN1_STRING *s)
{
	char oid[OID_TEXT_MAX];
	auto_done(buf) der = { 0 };
	auto_str hex = NULL;
	ASN1_TYPE t = { .type = ASN1_STRING_type(s) };
	auto_ossl(ASN1_STRING) copy = ASN1_STRING_dup(s);

	if (OBJ_obj2txt(oid, sizeof(oid), object, 1) >= (int)sizeof(oid) ||
	    copy == NULL)
		return ossl_fail(SG_EFORMAT, "a name's type is too long");
	t.value.asn1_string = copy;
	SG_TRY(der_add(&der, ASN1_ITEM_rptr(ASN1_ANY), &t));
	SG_TRY(hex_encode(&hex, buf_bytes(&der)));
	return buf_printf(out, "%s=#%s", oid, hex);
}

static enum sg_err
print_entry(struct buf *out, const X509_NAME_ENTRY *e)
{
	const ASN1_OBJECT *object = X509_NAME_ENTRY_get_object(e);
	const ASN1_STRING *s = X509_NAME_ENTRY_get_data(e);
	const char *type = type_name(OBJ_obj2nid(object));
	auto_str text = NULL;

	if (type == NULL || string_utf8(&text, s) != SG_OK || *text == '\0')
		return print_hex(out, object, s);
	SG_TRY(buf_printf(out, "%s=", type));
	return escape(out, bytes_str(text));
}

static const char *
plain_type(struct bytes oid)
{
	auto_str text = NULL;

	if (oid_text(&text, oid) != SG_OK)
		return NULL;
	for (size_t i = 0; i < TYPES_LEN; i++)
		if (types[i].oid != NULL && strcmp(types[i].oid, text) == 0)
			return types[i].name;
	return NULL;
}

/* The next relative name of one attribute, whose value is not empty and a
 * string of plain ASCII. */
static bool
plain_part(const char **type, struct bytes *value, struct reader *name)
{
	struct reader set = reader_of(der_get(name, DER_SET));
	struct reader r = reader_of(der_get(&set, DER_SEQUENCE));
	uint8_t tag;

	*type = plain_type(der_get(&r, DER_OID));
	tag = r.left.n > 0 ? r.left.p[0] : 0;
	if (tag != DER_UTF8_STRING && tag != DER_PRINTABLE &&
	    tag != DER_IA5_STRING)
		return false;
	*value = der_get(&r, tag);
	for (size_t i = 0; i < value->n; i++)
		if (value->p[i] < 0x20 || value->p[i] > 0x7e)
			return false;
	return *type != NULL && value->n > 0 && reader_end(&r) &&
	    set.left.n == 0 && !name->failed;
}

/* What most names are; SG_ENOENT for others.  OpenSSL's way takes five times
 * as long. */
static enum sg_err
print_plain(struct buf *b, struct bytes der)
{
	struct { const char *type; struct bytes value; } v[PLAIN_PARTS_MAX];
	struct reader outer = reader_of(der), name;
	size_t n = 0;

	name = reader_of(der_get(&outer, DER_SEQUENCE));
	while (name.left.n > 0) {
		if (n == PLAIN_PARTS_MAX ||
		    !plain_part(&v[n].type, &v[n].value, &name))
			return SG_ENOENT;
		n++;
	}
	if (!reader_end(&outer))
		return SG_ENOENT;
	while (n-- > 0) {
		SG_TRY(buf_add_str(b, b->n > 0 ? "," : ""));
		SG_TRY(buf_add_str(b, v[n].type));
		SG_TRY(buf_add_u8(b, '='));
		SG_TRY(escape(b, v[n].value));
	}
	return SG_OK;
}

enum sg_err
name_print(char **out, struct bytes der)
{
	auto_ossl(X509_NAME) name = NULL;
	auto_done(buf) b = { 0 };
	int last = -1;
	enum sg_err plain = print_plain(&b, der);

	if (plain == SG_OK)
		return str_from_bytes(out, buf_bytes(&b));
	if (plain != SG_ENOENT)
		return plain;
	SG_TRY(decode(&name, der));
	for (int i = X509_NAME_entry_count(name) - 1; i >= 0; i--) {
		const X509_NAME_ENTRY *e = X509_NAME_get_entry(name, i);
		int set = X509_NAME_ENTRY_set(e);

		if (last >= 0)
			SG_TRY(buf_add_u8(&b, set == last ? '+' : ','));
		SG_TRY(print_entry(&b, e));
		last = set;
	}
	return str_from_bytes(out, buf_bytes(&b));
}

/* The last part of that type, if all are plain. */
static bool
plain_attribute(struct bytes *out, struct bytes der, const char *type)
{
	struct reader outer = reader_of(der), name;
	bool found = false;

	name = reader_of(der_get(&outer, DER_SEQUENCE));
	while (name.left.n > 0) {
		struct bytes value;
		const char *has;

		if (!plain_part(&has, &value, &name))
			return false;
		if (strcmp(has, type) != 0)
			continue;
		*out = value;
		found = true;
	}
	return found && reader_end(&outer);
}

enum sg_err
name_attribute(char **out, struct bytes der, const char *type)
{
	auto_ossl(X509_NAME) name = NULL;
	struct bytes plain;
	auto_ossl(ASN1_OBJECT) object = type_object(type);
	int at = -1, last = -1;

	if (object == NULL)
		return sg_fail(SG_EARG, "'%s' is not a name's type", type);
	if (plain_attribute(&plain, der, type))
		return str_from_bytes(out, plain);
	SG_TRY(decode(&name, der));
	while ((at = X509_NAME_get_index_by_OBJ(name, object, at)) >= 0)
		last = at;
	if (last < 0)
		return sg_fail(SG_ENOENT, "the name has no %s", type);
	return string_utf8(out, X509_NAME_ENTRY_get_data(
	    X509_NAME_get_entry(name, last)));
}

bool
name_same(struct bytes a, struct bytes b)
{
	auto_ossl(X509_NAME) x = NULL, *y = NULL;

	if (decode(&x, a) != SG_OK || decode(&y, b) != SG_OK)
		return false;
	return X509_NAME_cmp(x, y) == 0;
}

bool
name_empty(struct bytes der)
{
	return bytes_eq(der, bytes_of("\x30\x00", 2));
}
