/* SPDX-License-Identifier: BSD-2-Clause */
#include "container/store.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

#define SUFFIX ".container"

static enum sg_err
path_of(char **out, const char *folder, uint32_t uid)
{
	return str_printf(out, "%s/%u" SUFFIX, folder, uid);
}

/* For each entry of the folder, with its name. */
static enum sg_err
each_entry(const char *folder,
    enum sg_err (*each)(void *arg, const char *name), void *arg)
{
	DIR *d = opendir(folder);
	struct dirent *entry;
	enum sg_err e = SG_OK;

	if (d == NULL)
		return sg_fail(SG_EIO, "%s: %s", folder, strerror(errno));
	while (e == SG_OK && (entry = readdir(d)) != NULL)
		e = each(arg, entry->d_name);
	(void)closedir(d);
	return e;
}

static enum sg_err
drop_unfinished(void *arg, const char *name)
{
	auto_str path = NULL;

	if (strstr(name, SUFFIX ".new-") == NULL)
		return SG_OK;
	SG_TRY(str_printf(&path, "%s/%s", (const char *)arg, name));
	return file_remove(path);
}

enum sg_err
store_open(const char *folder)
{
	auto_str copy = NULL;

	SG_TRY(folder_make(folder, 0700));
	/* It may be there already, with whatever mode somebody gave it. */
	if (chmod(folder, 0700) != 0)
		return sg_fail(SG_EIO, "%s: %s", folder, strerror(errno));
	SG_TRY(str_dup(&copy, folder));
	return each_entry(folder, drop_unfinished, copy);
}

enum sg_err
store_load(const char *folder, uint32_t uid, struct container *out)
{
	auto_done(container) c = { 0 };
	auto_done(buf) b = { 0 };
	auto_str path = NULL;

	SG_TRY(path_of(&path, folder, uid));
	SG_TRY(file_read(&b, path, CONTAINER_FILE_MAX));
	SG_TRY(container_read(buf_bytes(&b), path, &c));
	if (c.uid != uid)
		return sg_fail(SG_EFORMAT, "%s: it is the container of user "
		    "%u", path, c.uid);
	container_done(out);
	*out = c;
	c = (struct container) { 0 };
	return SG_OK;
}

enum sg_err
store_live(const char *folder, uint32_t uid, struct container *out)
{
	auto_done(container) c = { 0 };
	enum sg_err e = store_load(folder, uid, &c);

	if (e == SG_ENOENT || (e == SG_OK && c.phase != CONTAINER_LIVE))
		return sg_fail(SG_ENOENT, "there is no container for user %u "
		    "(signet setup makes one)", uid);
	SG_TRY(e);
	container_done(out);
	*out = c;
	c = (struct container) { 0 };
	return SG_OK;
}

static enum sg_err
store_write(const char *folder, const struct container *c,
    enum sg_err (*put)(const char *path, struct bytes x, mode_t mode))
{
	auto_done(buf) b = { 0 };
	auto_str path = NULL;

	SG_TRY(path_of(&path, folder, c->uid));
	SG_TRY(container_write(c, &b));
	return put(path, buf_bytes(&b), 0600);
}

enum sg_err
store_save(const char *folder, const struct container *c)
{
	return store_write(folder, c, file_replace);
}

enum sg_err
store_create(const char *folder, const struct container *c)
{
	return store_write(folder, c, file_create);
}

enum sg_err
store_remove(const char *folder, uint32_t uid)
{
	auto_str path = NULL;

	SG_TRY(path_of(&path, folder, uid));
	return file_remove(path);
}

struct each_user {
	enum sg_err (*each)(void *arg, uint32_t uid);
	void *arg;
};

static enum sg_err
user_entry(void *arg, const char *name)
{
	const struct each_user *u = arg;
	size_t n = strspn(name, "0123456789");
	auto_str digits = NULL;
	long long uid;

	if (n == 0 || strcmp(name + n, SUFFIX) != 0)
		return SG_OK;
	SG_TRY(str_from_bytes(&digits, bytes_of(name, n)));
	if (number_parse(&uid, digits, 0, UINT32_MAX, name) != SG_OK)
		return SG_OK;
	return u->each(u->arg, (uint32_t)uid);
}

enum sg_err
store_each(const char *folder,
    enum sg_err (*each)(void *arg, uint32_t uid), void *arg)
{
	struct each_user u = { each, arg };

	return each_entry(folder, user_entry, &u);
}
