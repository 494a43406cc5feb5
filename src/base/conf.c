/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/conf.h"

#include <string.h>
#include <strings.h>

#include "base/file.h"

struct parser {
	char section[CONF_LINE_MAX];
	char name[CONF_LINE_MAX];
	conf_each *each;
	void *arg;
};

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static char *
trim(char *s)
{
	size_t n;

	while (blank(*s))
		s++;
	for (n = strlen(s); n > 0 && blank(s[n - 1]); n--)
		s[n - 1] = '\0';
	return s;
}

static enum sg_err
section_line(struct parser *p, char *s)
{
	size_t n = strlen(s);
	char *name;

	if (n < 3 || s[n - 1] != ']')
		return sg_fail(SG_EFORMAT, "a section line is '[section]'");
	s[n - 1] = '\0';
	s = trim(s + 1);
	if ((name = strpbrk(s, " \t")) != NULL)
		*name++ = '\0';
	strcpy(p->section, s);
	strcpy(p->name, name != NULL ? trim(name) : "");
	return SG_OK;
}

static enum sg_err
key_line(struct parser *p, char *s, unsigned line)
{
	struct conf_line c = { p->section, p->name, NULL, NULL, line };
	char *eq = strchr(s, '=');

	if (eq == NULL)
		return sg_fail(SG_EFORMAT, "expected 'key = value'");
	*eq = '\0';
	c.key = trim(s);
	c.value = trim(eq + 1);
	if (*c.key == '\0')
		return sg_fail(SG_EFORMAT, "nothing stands before the '='");
	return p->each(p->arg, &c);
}

static enum sg_err
one_line(struct parser *p, struct bytes text, unsigned line)
{
	char s[CONF_LINE_MAX], *t;

	if (text.n >= sizeof(s))
		return sg_fail(SG_ELIMIT, "the line is longer than %d bytes",
		    CONF_LINE_MAX - 1);
	if (text.n > 0 && memchr(text.p, '\0', text.n) != NULL)
		return sg_fail(SG_EFORMAT, "the line holds a NUL byte");
	if (text.n > 0)
		memcpy(s, text.p, text.n);
	s[text.n] = '\0';
	t = trim(s);
	if (*t == '\0' || *t == '#')
		return SG_OK;
	return *t == '[' ? section_line(p, t) : key_line(p, t, line);
}

enum sg_err
conf_parse(struct bytes text, const char *file, conf_each *each, void *arg)
{
	struct parser p = { .each = each, .arg = arg };

	for (unsigned line = 1; text.n > 0; line++) {
		const uint8_t *nl = memchr(text.p, '\n', text.n);
		size_t n = nl != NULL ? (size_t)(nl - text.p) : text.n;

		SG_TRY(sg_while(one_line(&p, bytes_of(text.p, n), line),
		    "%s:%u", file, line));
		n += nl != NULL;
		text.p += n;
		text.n -= n;
	}
	return SG_OK;
}

enum sg_err
conf_read(const char *path, conf_each *each, void *arg)
{
	auto_done(buf) b = { 0 };

	SG_TRY(file_read(&b, path, CONF_FILE_MAX));
	return conf_parse(buf_bytes(&b), path, each, arg);
}

enum sg_err
conf_bool(bool *out, const char *value)
{
	static const char *const yes[] = { "yes", "true", "on", "1" };
	static const char *const no[] = { "no", "false", "off", "0" };

	for (size_t i = 0; i < 4; i++) {
		if (strcasecmp(value, yes[i]) == 0) {
			*out = true;
			return SG_OK;
		}
		if (strcasecmp(value, no[i]) == 0) {
			*out = false;
			return SG_OK;
		}
	}
	return sg_fail(SG_EFORMAT, "'%s' is neither yes nor no", value);
}
