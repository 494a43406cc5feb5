/* SPDX-License-Identifier: BSD-2-Clause */

/* The text of security descriptors, MS-DTYP 2.5.1. */

#include "pki/sddl.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define GUID_TEXT_LEN 36

struct word {
	char text[3];
	uint32_t value;
};

static const struct word ace_types[] = {
	{ "OA", ACE_ALLOW_OBJECT }, { "OD", ACE_DENY_OBJECT },
	{ "AU", ACE_AUDIT }, { "OU", ACE_AUDIT_OBJECT },
};

/* In the order in which Windows writes them. */
static const struct word ace_flags[] = {
	{ "OI", 0x01 }, { "CI", 0x02 }, { "NP", 0x04 },
	{ "IO", ACE_INHERIT_ONLY }, { "ID", 0x10 }, { "SA", 0x40 },
	{ "FA", 0x80 },
};

static const struct word rights[] = {
	{ "GA", RIGHT_GENERIC_ALL }, { "GR", RIGHT_GENERIC_READ },
	{ "GW", RIGHT_GENERIC_WRITE }, { "GX", RIGHT_GENERIC_EXECUTE },
	{ "CC", RIGHT_CREATE_CHILD }, { "DC", RIGHT_DELETE_CHILD },
	{ "LC", RIGHT_LIST }, { "SW", RIGHT_SELF },
	{ "RP", RIGHT_READ_PROP }, { "WP", RIGHT_WRITE_PROP },
	{ "DT", RIGHT_DELETE_TREE }, { "LO", RIGHT_LIST_OBJECT },
	{ "CR", RIGHT_CONTROL }, { "SD", RIGHT_DELETE },
	{ "RC", RIGHT_READ_CONTROL }, { "WD", RIGHT_WRITE_DACL },
	{ "WO", RIGHT_WRITE_OWNER },
};

/* Names of whole masks, of files and registry keys. */
static const struct word masks[] = {
	{ "FA", 0x1f01ff }, { "FR", 0x120089 }, { "FW", 0x120116 },
	{ "FX", 0x1200a0 }, { "KA", 0xf003f }, { "KR", 0x20019 },
	{ "KW", 0x20006 },
};
#define FILE_MASKS 4	/* those that no letters could write */
#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static const struct word *
find(const struct word *table, size_t n, const char *s)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].text[0] == toupper((unsigned char)s[0]) &&
		    table[i].text[1] == toupper((unsigned char)s[1]))
			return &table[i];
	return NULL;
}

/* Words of two letters, side by side. */
static enum sg_err
words(uint32_t *out, const char *s, const struct word *table, size_t n)
{
	uint32_t v = 0;

	for (; *s != '\0'; s += 2) {
		const struct word *w = s[1] != '\0' ? find(table, n, s)
						    : NULL;

		if (w == NULL)
			return sg_fail(SG_EFORMAT, "'%.2s' is not known here",
			    s);
		v |= w->value;
	}
	*out = v;
	return SG_OK;
}

static enum sg_err
mask_parse(uint32_t *out, const char *s)
{
	const struct word *w = strlen(s) == 2 ? find(masks, LEN(masks), s)
					      : NULL;
	char *end;
	unsigned long long v;

	if (w != NULL) {
		*out = w->value;
		return SG_OK;
	}
	if (!isdigit((unsigned char)*s))
		return sg_while(words(out, s, rights, LEN(rights)), "rights");
	v = strtoull(s, &end, 0);
	if (*end != '\0' || v > UINT32_MAX)
		return sg_fail(SG_EFORMAT, "'%.20s' are no rights", s);
	*out = (uint32_t)v;
	return SG_OK;
}

static enum sg_err
guid_parse(char **out, const char *s)
{
	char lower[GUID_TEXT_LEN + 1];
	bool good = strlen(s) == GUID_TEXT_LEN;

	if (*s == '\0')
		return SG_OK;
	for (size_t i = 0; good && i <= GUID_TEXT_LEN; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		lower[i] = (char)tolower((unsigned char)s[i]);
		if (i < GUID_TEXT_LEN && (dash ? s[i] != '-'
		    : !isxdigit((unsigned char)s[i])))
			good = false;
	}
	if (!good)
		return sg_fail(SG_EFORMAT, "'%.40s' is not a GUID", s);
	return str_dup(out, lower);
}

static enum sg_err
type_parse(uint8_t *out, const char *s)
{
	const struct word *w = strlen(s) == 2
	    ? find(ace_types, LEN(ace_types), s) : NULL;

	if (w != NULL)
		*out = (uint8_t)w->value;
	else if (strcasecmp(s, "A") == 0)
		*out = ACE_ALLOW;
	else if (strcasecmp(s, "D") == 0)
		*out = ACE_DENY;
	else
		return sg_fail(SG_EUNSUPPORTED, "entries of type '%.8s' are "
		    "not done here", s);
	return SG_OK;
}

static bool
has_object(uint8_t type)
{
	return type >= ACE_ALLOW_OBJECT;
}

#define ACE_FIELDS 6

/* "type;flags;rights;object;inherited object;trustee" */
static enum sg_err
ace_parse(struct ace *a, char *text)
{
	char *field[ACE_FIELDS] = { text };
	size_t n = 1;
	uint32_t flags = 0;

	for (char *p = text; (p = strchr(p, ';')) != NULL; n++) {
		*p++ = '\0';
		if (n == ACE_FIELDS)
			return sg_fail(SG_EUNSUPPORTED,
			    "conditions are not done here");
		field[n] = p;
	}
	if (n != ACE_FIELDS)
		return sg_fail(SG_EFORMAT, "an entry has six fields");
	SG_TRY(type_parse(&a->type, field[0]));
	SG_TRY(sg_while(words(&flags, field[1], ace_flags, LEN(ace_flags)),
	    "flags"));
	a->flags = (uint8_t)flags;
	SG_TRY(mask_parse(&a->mask, field[2]));
	SG_TRY(guid_parse(&a->object, field[3]));
	SG_TRY(guid_parse(&a->inherited, field[4]));
	if (!has_object(a->type) && (*field[3] != '\0' || *field[4] != '\0'))
		return sg_fail(SG_EFORMAT, "a plain entry with a GUID");
	if (trustee_parse(&a->trustee, field[5]) != SG_OK)
		return sg_fail(SG_EFORMAT, "the trustee '%.100s' is neither "
		    "an alias nor a SID", field[5]);
	return SG_OK;
}

static enum sg_err
ace_add(struct acl *l, const char *from, size_t n)
{
	auto_str text = NULL;
	auto_done(ace) a = { 0 };

	SG_TRY(str_from_bytes(&text, bytes_of(from, n)));
	SG_TRY(ace_parse(&a, text));
	return acl_insert(l, l->n, &a);
}

/* The list's own flags; *s moves behind them. */
static enum sg_err
acl_flags(struct acl *l, const char **s)
{
	static const char open[] = "NO_ACCESS_CONTROL";

	if (strncmp(*s, open, sizeof(open) - 1) == 0) {
		l->null = true;
		*s += sizeof(open) - 1;
	}
	for (;; *s += 1) {
		if (**s == 'P') {
			l->is_protected = true;
		} else if (strncmp(*s, "AI", 2) == 0) {
			l->auto_inherited = true;
			*s += 1;
		} else if (strncmp(*s, "AR", 2) == 0) {
			l->auto_inherit_required = true;
			*s += 1;
		} else {
			return SG_OK;
		}
	}
}

static enum sg_err
acl_parse(struct acl *l, const char **s)
{
	if (l->present)
		return sg_fail(SG_EFORMAT, "the same list twice");
	l->present = true;
	SG_TRY(acl_flags(l, s));
	while (**s == '(') {
		const char *end = strchr(*s, ')');

		if (end == NULL)
			return sg_fail(SG_EFORMAT, "the ')' is missing");
		if (l->null)
			return sg_fail(SG_EFORMAT,
			    "entries behind NO_ACCESS_CONTROL");
		SG_TRY(ace_add(l, *s + 1, (size_t)(end - *s - 1)));
		*s = end + 1;
	}
	return SG_OK;
}

/* The owner or the group: a SID, or two letters. */
static enum sg_err
who_parse(char **out, const char **s)
{
	bool sid = strncasecmp(*s, "S-", 2) == 0;
	size_t n = sid ? 1 + strspn(*s + 1, "-0123456789") : strnlen(*s, 2);
	auto_str text = NULL;

	if (*out != NULL)
		return sg_fail(SG_EFORMAT, "the same part twice");
	SG_TRY(str_from_bytes(&text, bytes_of(*s, n)));
	if (trustee_parse(out, text) != SG_OK)
		return sg_fail(SG_EFORMAT,
		    "'%.100s' is neither an alias nor a SID", text);
	*s += n;
	return SG_OK;
}

static enum sg_err
part_parse(struct sd *d, const char **s)
{
	char what = (*s)[0];

	if (what == '\0' || (*s)[1] != ':')
		return sg_fail(SG_EFORMAT, "expected O:, G:, D: or S:");
	*s += 2;
	if (what == 'O')
		return who_parse(&d->owner, s);
	if (what == 'G')
		return who_parse(&d->group, s);
	if (what == 'D')
		return acl_parse(&d->dacl, s);
	if (what == 'S')
		return acl_parse(&d->sacl, s);
	return sg_fail(SG_EFORMAT, "expected O:, G:, D: or S:");
}

enum sg_err
sddl_parse(struct sd *out, const char *text)
{
	auto_done(sd) d = { 0 };

	if (strlen(text) > SDDL_TEXT_MAX)
		return sg_fail(SG_ELIMIT, "more than %d characters of SDDL",
		    SDDL_TEXT_MAX);
	for (const char *s = text; *s != '\0';)
		SG_TRY(sg_while(part_parse(&d, &s), "SDDL at character %zu",
		    (size_t)(s - text) + 1));
	*out = d;
	d = (struct sd) { 0 };
	return SG_OK;
}

static enum sg_err
words_print(struct buf *b, uint32_t v, const struct word *table, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((v & table[i].value) == table[i].value)
			SG_TRY(buf_add_str(b, table[i].text));
	return SG_OK;
}

static enum sg_err
mask_print(struct buf *b, uint32_t mask)
{
	uint32_t all = 0;

	for (size_t i = 0; i < FILE_MASKS; i++)
		if (masks[i].value == mask)
			return buf_add_str(b, masks[i].text);
	for (size_t i = 0; i < LEN(rights); i++)
		all |= rights[i].value;
	if ((mask & ~all) != 0)
		return buf_printf(b, "0x%x", mask);
	return words_print(b, mask, rights, LEN(rights));
}

static const char *
type_text(uint8_t type)
{
	for (size_t i = 0; i < LEN(ace_types); i++)
		if (ace_types[i].value == type)
			return ace_types[i].text;
	return type == ACE_ALLOW ? "A" : "D";
}

static enum sg_err
acl_print(struct buf *b, char letter, const struct acl *l)
{
	if (!l->present)
		return SG_OK;
	SG_TRY(buf_printf(b, "%c:%s%s%s%s", letter,
	    l->null ? "NO_ACCESS_CONTROL" : "", l->is_protected ? "P" : "",
	    l->auto_inherit_required ? "AR" : "",
	    l->auto_inherited ? "AI" : ""));
	for (size_t i = 0; i < l->n; i++) {
		const struct ace *a = &l->v[i];

		SG_TRY(buf_printf(b, "(%s;", type_text(a->type)));
		SG_TRY(words_print(b, a->flags, ace_flags, LEN(ace_flags)));
		SG_TRY(buf_add_str(b, ";"));
		SG_TRY(mask_print(b, a->mask));
		SG_TRY(buf_printf(b, ";%s;%s;%s)",
		    a->object != NULL ? a->object : "",
		    a->inherited != NULL ? a->inherited : "", a->trustee));
	}
	return SG_OK;
}

enum sg_err
sddl_print(char **out, const struct sd *s)
{
	auto_done(buf) b = { 0 };

	if (s->owner != NULL)
		SG_TRY(buf_printf(&b, "O:%s", s->owner));
	if (s->group != NULL)
		SG_TRY(buf_printf(&b, "G:%s", s->group));
	SG_TRY(acl_print(&b, 'D', &s->dacl));
	SG_TRY(acl_print(&b, 'S', &s->sacl));
	return str_from_bytes(out, buf_bytes(&b));
}

void
ace_done(struct ace *a)
{
	free(a->object);
	free(a->inherited);
	free(a->trustee);
	*a = (struct ace) { 0 };
}

static void
acl_done(struct acl *l)
{
	for (size_t i = 0; i < l->n; i++)
		ace_done(&l->v[i]);
	free(l->v);
	*l = (struct acl) { 0 };
}

void
sd_done(struct sd *s)
{
	free(s->owner);
	free(s->group);
	acl_done(&s->dacl);
	acl_done(&s->sacl);
	*s = (struct sd) { 0 };
}

bool
sd_empty(const struct sd *s)
{
	return s->owner == NULL && s->group == NULL && !s->dacl.present &&
	    !s->sacl.present;
}

enum sg_err
acl_insert(struct acl *l, size_t at, struct ace *a)
{
	struct ace *v;

	if (l->n >= SD_ACES_MAX)
		return sg_fail(SG_ELIMIT, "more than %d entries",
		    SD_ACES_MAX);
	v = reallocarray(l->v, l->n + 1, sizeof(*v));
	if (v == NULL)
		return sg_fail(SG_ENOMEM, "out of memory");
	l->v = v;
	memmove(v + at + 1, v + at, (l->n - at) * sizeof(*v));
	v[at] = *a;
	*a = (struct ace) { 0 };
	l->n++;
	l->present = true;
	return SG_OK;
}

void
acl_remove(struct acl *l, size_t at)
{
	ace_done(&l->v[at]);
	l->n--;
	memmove(l->v + at, l->v + at + 1, (l->n - at) * sizeof(*l->v));
}
